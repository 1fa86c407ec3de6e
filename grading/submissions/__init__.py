"""What students hand in.

intake     finds the notebooks in a folder: whose they are, and of which assignment
beside     the files that lie beside a notebook
notebook   reads the cells of a notebook, and finds the cell that answers a question
"""
