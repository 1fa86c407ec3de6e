"""What grading leaves behind.

record         a submission and its marks
gradebook      stores every mark, and writes the tables of all marks
byhand         the table in which a person gives marks
roster         who belongs to the class, and whom a name means
deadlines      until when, and what lateness costs
standings      where everybody stands: marks, groups and lateness together
grades         the table of that
platforms      the tables and archives that learning platforms take
account        what became of each file
tables         reads tables that people made
spreadsheet    how tables are written for spreadsheets
nbgraderbook   the same marks in nbgrader's own gradebook
summary        a page for the instructor
feedback       a page for each student
pages          the templates of both
"""
