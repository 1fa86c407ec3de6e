"""What nbval executes to its end is stored for the book, and nothing else is."""

import subprocess
import sys
from pathlib import Path

from tests import small_course
from tools.cache import opened


def test_a_notebook_that_nbval_has_executed_is_stored_with_its_outputs(tmp_path):
    names = "conftest.py", "pyproject.toml", "tests/store_executed.py", "tests/nbval_sanitize.cfg"
    small_course.copy(tmp_path, *small_course.TOOLS, *names)
    small_course.write_module(tmp_path, "data", small_course.DATA)
    small_course.write_notebook(tmp_path, "whole", "print(6 * 7)")
    small_course.write_notebook(tmp_path, "broken", "1 / 0")
    command = [sys.executable, "-m", "pytest", "content", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr

    with opened(tmp_path / "_build" / ".jupyter_cache") as cache:
        (record,) = cache.list_cache_records()
        assert Path(record.uri).name == "whole.ipynb"
        assert record.data["execution_seconds"] > 0
        (cell,) = cache.get_cache_bundle(record.pk).nb.cells
    assert (cell.execution_count, cell.outputs[0].text) == (1, "42\n")
