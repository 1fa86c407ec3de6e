"""The repository's address: found in a clone or named by a workflow, and followed by the book."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from lxml import html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests import small_course
from tests.commands import git
from tools import notebooks, repository
from tools.files import ROOT


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A new clone without an origin, and without the workflow that the tests may run in."""
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    folder = tmp_path / "course"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/some-one/the.course",
        "https://github.com/some-one/the.course.git",
        "https://user:secret@github.com/some-one/the.course.git/",
        "git@github.com:some-one/the.course.git",
        "git@github.com:some-one/the.course",
        "ssh://git@github.com/some-one/the.course.git",
        "ssh://git@ssh.github.com:443/some-one/the.course.git",
    ],
)
def test_every_spelling_of_an_origin_is_understood(remote, clone):
    git(clone, "remote", "add", "origin", remote)
    found = repository.find(clone)
    assert (found.owner, found.name) == ("some-one", "the.course")
    assert found.url == "https://github.com/some-one/the.course"
    assert found.site == "https://some-one.github.io/the.course/"


@pytest.mark.parametrize(
    "remote", ["https://gitlab.com/a/b", "/srv/git/a/b.git", "https://github.com.example.org/a/b"]
)
def test_another_host_is_no_address(remote, clone):
    git(clone, "remote", "add", "origin", remote)
    assert repository.find(clone) is None


def test_nothing_is_guessed(clone):
    assert repository.find(clone) is None
    assert repository.find(clone.parent) is None  # no clone at all


def test_a_copy_inside_another_clone_does_not_borrow_its_address(clone):
    git(clone, "remote", "add", "origin", "https://github.com/other/project")
    (clone / "copy").mkdir()
    assert repository.find(clone / "copy") is None


def test_a_workflow_names_the_repository(clone, monkeypatch):
    git(clone, "remote", "add", "origin", "https://github.com/a/fork")
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/someone.github.io")
    found = repository.find(clone)
    assert found.url == "https://github.com/someone/someone.github.io"
    assert found.site == "https://someone.github.io/"


def test_a_workflow_of_another_server_is_no_address(clone, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "a/b")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://forge.example.org")
    assert repository.find(clone) is None


def test_a_malformed_name_is_refused(clone, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "justaname")
    with pytest.raises(ValueError, match="OWNER/NAME; received 'justaname'"):
        repository.find(clone)


def test_the_commit_is_the_one_checked_out(clone):
    git(clone, "remote", "add", "origin", "https://github.com/a/b")
    assert repository.find(clone).commit == ""
    git(clone, "commit", "-q", "--allow-empty", "-m", "first")
    assert len(repository.find(clone).commit) == 40


def test_the_site_is_named_or_that_of_the_repository(clone, monkeypatch):
    assert repository.site(clone) == ""
    git(clone, "remote", "add", "origin", "https://github.com/a/b")
    assert repository.site(clone) == "https://a.github.io/b/"
    git(clone, "remote", "set-url", "origin", "https://forge.example.org/a/b")
    assert repository.site(clone) == ""
    monkeypatch.setenv("COURSE_SITE", "https://school.example/norm")
    assert repository.site(clone) == "https://school.example/norm/"


def test_what_is_committed_and_pushed_is_known(clone, tmp_path):
    assert not repository.committed(clone)  # there is no commit
    git(clone, "commit", "-q", "--allow-empty", "-m", "first")
    assert repository.committed(clone) and not repository.pushed(clone)

    git(tmp_path, "init", "-q", "--bare", "elsewhere.git")
    git(clone, "remote", "add", "origin", tmp_path / "elsewhere.git")
    git(clone, "push", "-q", "origin", "HEAD:main")
    assert repository.pushed(clone)

    (clone / "local").mkdir()
    (clone / "marks.csv").touch()
    assert not repository.committed(clone) and repository.committed(clone, "local")
    (clone / "local" / "new.py").touch()
    assert not repository.committed(clone, "local")


@pytest.fixture
def tiny_book(clone):
    """A book of one chapter with this project's own settings; returns `build() -> its output`."""
    small_course.copy(clone, *small_course.PAGES, "content/references.bib")
    settings = (ROOT / "_config.yml").read_text()
    (clone / "_config.yml").write_text(settings.replace("notebooks: cache", "notebooks: off"))
    (clone / "node_modules").symlink_to(ROOT / "node_modules")
    (clone / "_toc.yml").write_text(
        "format: jb-book\nroot: content/index\nchapters:\n- file: content/01-a\n"
    )
    content = clone / "content"
    (content / "index.md").write_text("# A book\n\n[](01-a.ipynb)\n")
    chapter = new_notebook(
        cells=[
            new_markdown_cell("# A chapter\n\n[Back](index.md). $x$ {cite:p}`ioffe2015batch`"),
            new_code_cell("", metadata={"tags": ["setup", "remove-input"]}),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    notebooks.put_setup(chapter)
    notebooks.write(chapter, content / "01-a.ipynb")

    def build():
        command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-q"]
        done = subprocess.run(
            command, cwd=clone, capture_output=True, text=True, env=os.environ, check=True
        )
        return done.stdout

    return build


def links(page):
    return set(html.parse(page).xpath("//@href"))


def test_a_site_that_is_named_needs_no_repository(tiny_book, clone, monkeypatch):
    monkeypatch.setenv("COURSE_SITE", "https://example.org/norm")
    assert "no launch buttons" in tiny_book()
    site = clone / "_build" / "html"
    assert "https://example.org/norm/01-a.html" in links(site / "01-a.html")
    assert links(site / "404.html") == {"https://example.org/norm/"}
    assert "https://example.org/norm/01-a.html" in (site / "sitemap.xml").read_text()


def test_the_book_follows_its_address(tiny_book, clone):
    printed, site = tiny_book(), clone / "_build" / "html"
    assert "no launch buttons" in printed
    assert not [link for link in links(site / "01-a.html") if "//" in link]
    assert not (site / "sitemap.xml").exists()
    assert 'REPOSITORY, COMMIT = "", ""' in notebook_source(site)

    git(clone, "remote", "add", "origin", "git@github.com:someone/course.git")
    assert "no launch buttons" not in tiny_book()
    assert links(site / "01-a.html") >= {
        "https://colab.research.google.com/github/someone/course/blob/launch/content/01-a.ipynb",
        "https://github.com/someone/course",
        "https://someone.github.io/course/01-a.html",  # the canonical address
        "_sources/content/01-a.ipynb",
    }
    assert links(site / "404.html") == {"https://someone.github.io/course/"}
    assert not [link for link in links(site / "index.html") if "colab" in link]
    site_map = (site / "sitemap.xml").read_text()
    assert "<loc>https://someone.github.io/course/01-a.html</loc>" in site_map
    assert "https://someone.github.io/course/sitemap.xml" in (site / "robots.txt").read_text()
    assert (site / "card.png").is_file()
    source = notebook_source(site)
    assert 'REPOSITORY = "https://github.com/someone/course"' in source
    assert "(https://someone.github.io/course/" in source
    assert "(Ioffe and Szegedy 2015)" in source


def notebook_source(site):
    """All cells of the notebook that the book offers for download."""
    notebook = nbformat.read(site / "_sources" / "content" / "01-a.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells)
