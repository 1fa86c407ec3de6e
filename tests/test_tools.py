"""The first commands of a newcomer: set-up, execution of the notebooks, server, browser."""

import functools
import http.server
import os
import re
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.request

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import browser, cache, execute, freshness, serve
from tools.files import ROOT, SITE


def in_root(*command, **environment):
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_every_target_of_make_is_explained():
    shown = in_root("make", "help").stdout
    explained = "book", "serve", "test", "test-colab", "bench", "lint", "cluster", "grade", "pdf"
    for target in explained:
        assert re.search(rf"make {target} +[a-z]{{3}}", shown)


def test_an_old_python_is_named_and_nothing_is_made(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.1\nexit 1\n')
    old.chmod(0o755)
    script = tmp_path / "tools" / "environment.sh"
    script.parent.mkdir()
    script.write_text((ROOT / "tools" / "environment.sh").read_text())
    done = subprocess.run(
        ["sh", script], cwd=tmp_path, env={**os.environ, "PYTHON": str(old)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "is Python 3.9.1" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_lock_leaves_out_what_makes_every_process_slow():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    excluded = settings["tool"]["uv"]["exclude-dependencies"]
    locked = re.findall(r"(?m)^([\w-]+)==", (ROOT / "requirements.lock").read_text())
    assert "jsonschema" in locked and excluded
    assert set(locked).isdisjoint(excluded)


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} cannot be used.*try another"):
            serve.main(port)


def test_a_port_that_is_no_number_is_named():
    with pytest.raises(SystemExit, match=r"Port abc cannot be used.*try another"):
        serve.main("abc")


def test_a_missing_book_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="run `make book` first"):
        serve.main(0)


def test_the_server_prints_the_address_that_answers():
    command = [sys.executable, "-u", "-m", "tools.serve", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[4]
            with urllib.request.urlopen(address, timeout=10) as page:
                assert page.read() == (SITE / "index.html").read_bytes()
        finally:
            server.terminate()


def test_a_reader_who_leaves_in_the_middle_of_a_file_is_no_error(tmp_path, capfd):
    (tmp_path / "large.bin").write_bytes(bytes(30_000_000))
    handler = functools.partial(serve.QuietHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        with socket.create_connection(server.server_address) as reader:
            reader.sendall(b"GET /large.bin HTTP/1.0\r\n\r\n")
            assert reader.recv(8) == b"HTTP/1.0"
        server.shutdown()
    assert capfd.readouterr().err == ""


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """Two notebooks and a cache of their own; returns a function that lists what ran."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "_build" / "cache")
    monkeypatch.setattr(execute, "MESSAGES", tmp_path / "_build" / "execute.log")
    monkeypatch.setattr(execute, "paths", lambda: sorted(tmp_path.glob("*.ipynb")))
    monkeypatch.setattr(freshness, "stamp", lambda: "today")
    for name in ("one", "two"):
        write(tmp_path / f"{name}.ipynb", f"open('{name}.ran', 'a').write('x')")

    def ran():
        found = {path.stem: len(path.read_text()) for path in tmp_path.glob("*.ran")}
        return found.get("one", 0), found.get("two", 0)

    return ran


def write(path, source):
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)


def test_only_what_changed_is_executed(small_book, tmp_path):
    execute.main()
    assert small_book() == (1, 1)
    execute.main()
    assert small_book() == (1, 1)
    write(tmp_path / "one.ipynb", "open('one.ran', 'a').write('xx')")
    execute.main()
    assert small_book() == (3, 1)


def test_everything_is_executed_when_the_code_changed(small_book, monkeypatch):
    execute.main()
    monkeypatch.setattr(freshness, "stamp", lambda: "tomorrow")
    execute.main()
    assert small_book() == (2, 2)


def test_what_a_test_has_executed_is_not_executed_again(small_book, tmp_path):
    path = tmp_path / "one.ipynb"
    freshness.store_tested(nbformat.read(path, as_version=4), path, seconds=1.0)
    execute.main()
    assert small_book() == (0, 1)


def test_a_test_leaves_a_book_of_other_data_as_it_is(small_book, tmp_path, monkeypatch):
    execute.main()
    path = tmp_path / "one.ipynb"
    with monkeypatch.context() as photographs:
        photographs.setattr(freshness, "stamp", lambda: "photographs")
        freshness.store_tested(nbformat.read(path, as_version=4), path, seconds=1.0)
    execute.main()
    assert small_book() == (1, 1)


def test_a_test_of_changed_code_begins_the_books_cache_anew(small_book, tmp_path, monkeypatch):
    monkeypatch.setattr(freshness, "stamp", lambda: "old data")
    execute.main()
    monkeypatch.setattr(freshness, "stamp", lambda: "new data")
    path = tmp_path / "one.ipynb"
    freshness.store_tested(nbformat.read(path, as_version=4), path, seconds=1.0)
    execute.main()
    assert small_book() == (1, 2)


def test_the_stamp_follows_code_packages_and_data(tmp_path, monkeypatch):
    root = tmp_path / "grading"  # as a folder of the course's is called, too
    monkeypatch.setattr(freshness, "ROOT", root)
    (root / "local").mkdir(parents=True)
    lock, module = root / "requirements.lock", root / "local" / "a.py"
    lock.write_text("a")
    module.write_text("a")
    monkeypatch.setattr(freshness.data, "load_mini_cifar", lambda: (np.zeros(3), np.zeros(1)))
    stamps = {freshness.stamp()}
    module.write_text("b")
    stamps.add(freshness.stamp())
    lock.write_text("b")
    stamps.add(freshness.stamp())
    monkeypatch.setattr(freshness.data, "load_mini_cifar", lambda: (np.ones(3), np.zeros(1)))
    stamps.add(freshness.stamp())
    assert len(stamps) == 4


def test_a_broken_notebook_is_named_and_the_rest_is_stored(small_book, tmp_path, capsys):
    write(tmp_path / "one.ipynb", "the_answer = 41\nthe_answer / 0")
    with pytest.raises(SystemExit, match=r"The book stops here: one\.ipynb\."):
        execute.main()
    printed = capsys.readouterr().out
    assert "one.ipynb did not run" in printed
    assert "ZeroDivisionError" in printed
    assert "the_answer / 0" in printed
    last = printed.rstrip().splitlines()[-1]
    assert last == "one.ipynb, code cell 1 (the_answer = 41): ZeroDivisionError: division by zero"
    write(tmp_path / "one.ipynb", "open('one.ran', 'a').write('x')")
    execute.main()
    assert small_book() == (1, 1)


def test_a_kernel_that_ends_is_named_and_the_rest_is_stored(small_book, tmp_path, capsys):
    write(tmp_path / "one.ipynb", "import os\nos._exit(1)")
    with pytest.raises(SystemExit, match=r"The book stops here: one\.ipynb\."):
        execute.main()
    last = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert last.startswith("one.ipynb, the kernel ended (is there memory enough?)")
    assert small_book() == (0, 1)


def test_without_any_browser_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "install", lambda: False)
    with pytest.raises(SystemExit, match="install Chromium or Chrome"):
        browser.main()
