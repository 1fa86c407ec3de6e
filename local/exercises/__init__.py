"""The exercises' one judge, for the checks in the notebooks and for the marks.

questions/   the assignments, a module each: points, cases, judges
question     what a question and an assignment are
probes       runs what a reader wrote on one case; its source is what enters the sandbox
judging      compares what came out with what is right, and with what wrong ideas would make
ideas        the fifteen misconceptions, and a hint for every wrong idea
broken       wrong copies of the layer, one idea each
checks       what a notebook calls: prints what passed, and hints
"""
