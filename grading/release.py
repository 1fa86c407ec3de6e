"""The notebooks that students get: the sources of the assignments without their solutions."""

import shutil
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grading.records.nbgraderbook import own_programs
from tools import launch, repository


def release(slug, source, folder):
    """Make folder/release/SLUG/SLUG.ipynb of the notebook `source` and return its path.

    nbgrader removes the solutions, locks the checks, and adds the assignment to its gradebook. If
    the repository's address is known, the notebook works without the course around it, as in Colab.
    """
    folder = Path(folder).resolve()
    staged = folder / ".source" / slug / f"{slug}.ipynb"
    staged.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(source, as_version=4)
    home = repository.find()
    if home is not None:
        launch.stand_alone(notebook, home, launch.citations(), "content/assignments")
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.pop("tags", None)  # by which the book folds a solution
    nbformat.write(notebook, staged)
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.assignment_id = slug
    # The folder may hold a "source" that somebody else uses, which is nbgrader's own choice.
    config.CourseDirectory.source_directory = ".source"
    config.ClearSolutions.code_stub = {"python": launch.STUB}
    config.GenerateAssignment.force = True
    course = CourseDirectory(config=config)
    with own_programs():
        GenerateAssignment(coursedir=course, config=config).start()
    shutil.rmtree(staged.parent.parent)
    return folder / "release" / slug / f"{slug}.ipynb"
