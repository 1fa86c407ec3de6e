"""What grading leaves behind.

gradebook      stores every mark, and writes the tables of all marks
byhand         the table in which a person gives marks
spreadsheet    how tables are written for spreadsheets
nbgraderbook   the same marks in nbgrader's own gradebook
summary        a page for the instructor
feedback       a page for each student
pages          the templates of both
"""
