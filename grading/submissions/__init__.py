"""What students hand in.

handed          the files in folders, archives and mails
mails           reads a mail
layouts         whose a file is, by the names that learning platforms give to files
surroundings    the folders around what students handed in
names           what the name of a notebook tells
platformtables  what platforms write beside the files
intake          finds the notebooks: one for each student and assignment
beside          the files that lie beside a notebook
origin          where a notebook came from, as a gradebook stores it
notebook        reads the cells of a notebook, and finds the cell that answers a question
"""
