"""A fork edits nothing: a clone with another `origin` builds a book that knows only the fork."""

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from lxml import html

from tests.commands import git
from tools import publish, repository
from tools.files import ROOT

FORK = "https://github.com/some-one/a.fork"
CHAPTER = "02-normalizing-a-batch"
TOC = f"""format: jb-book
root: content/index
chapters:
  - file: content/{CHAPTER}
  - file: content/references
"""
HOSTS = ("colab.research.google.com", "mybinder.org", "github.io", "github.com")
"""On these, every address is the fork's, but for what the text of the book cites."""

UNEDITED = (
    *(".github", "_config.yml", "_ext", "benchmarks", "grading", "local", "tools"),
    *("Dockerfile", "Makefile"),
)
"""What a fork has no reason to edit, unlike its texts, which may name the original."""


@pytest.fixture(scope="module")
def fork(tmp_path_factory):
    """This tree, cloned, with another origin and a short table of contents, built."""
    folder = tmp_path_factory.mktemp("fork") / "course"
    git(ROOT, "clone", "--quiet", "--no-hardlinks", ROOT, folder)
    for name in repository.files():  # as it is now, committed or not
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    settings = (folder / "_config.yml").read_text()
    (folder / "_config.yml").write_text(settings.replace("notebooks: cache", "notebooks: off"))
    (folder / "_toc.yml").write_text(TOC)
    git(folder, "remote", "set-url", "origin", f"{FORK}.git")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "--message", "the fork's own")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "COURSE_"))}
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--quiet"]
    subprocess.run(command, cwd=folder, env=clean, check=True, capture_output=True)
    (folder / "node_modules").unlink()
    return folder


@pytest.fixture(scope="module")
def pages(fork):
    return {path.name: html.parse(path).getroot() for path in (fork / "_build/html").glob("*.html")}


def test_every_way_to_launch_leads_to_the_fork(pages):
    page = pages[f"{CHAPTER}.html"]
    (buttons,) = page.find_class("article-header-buttons")
    assert {a.get("aria-label"): a.get("href") for a in buttons.iter("a")} == {
        "Open in Colab": "https://colab.research.google.com/github/some-one/a.fork/blob/launch/"
        f"content/{CHAPTER}.ipynb",
        "Open in Binder": "https://mybinder.org/v2/gh/some-one/a.fork/launch?urlpath=lab/tree/"
        f"content/{CHAPTER}.ipynb",
        "Download this notebook": f"_sources/content/{CHAPTER}.ipynb",
    }
    assert list(pages["index.html"].find_class("article-header-buttons")[0].iter("a")) == []


def test_source_edit_and_citation_lead_to_the_fork(pages):
    def footer(name):
        (found,) = pages[name].find_class("book-footer")
        return {a.text: a.get("href").split("?")[0] for a in found.iter("a")}

    links = {
        "Source": FORK,
        "Report a mistake on this page": f"{FORK}/issues/new",
        "Cite": f"{FORK}/blob/HEAD/CITATION.cff",
    }
    for name in "index", "references":
        edit = {"Edit this page": f"{FORK}/edit/HEAD/content/{name}.md"}
        assert footer(f"{name}.html") == links | edit
    # GitHub's editor shows a notebook as JSON; its page shows it, and has a way to an editor.
    source = {"Edit this page": f"{FORK}/blob/HEAD/content/{CHAPTER}.ipynb"}
    assert footer(f"{CHAPTER}.html") == links | source
    assert footer("search.html") == links


def test_a_download_is_stamped_with_the_fork(fork):
    path = fork / "_build/html/_sources/content" / f"{CHAPTER}.ipynb"
    sources = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    assert f'REPOSITORY = "{FORK}"\nCOMMIT = "{git(fork, "rev-parse", "HEAD")}"' in sources
    assert "{cite:" not in sources


def addresses(fork):
    """Every absolute address in what was built, with the page it stands in."""
    for path in sorted((fork / "_build/html").rglob("*")):
        if path.name == "licences.txt":  # where what others made comes from
            continue
        if path.suffix in (".html", ".xml", ".txt", ".ipynb"):
            text = path.read_text("utf-8")
            for address in re.findall(r"https?://[^\s\"'<>()\\]+", text):
                yield path.name, address


def test_no_address_leads_anywhere_but_to_the_fork(fork):
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "content").iterdir() if p.is_file())
    strangers, followed = set(), set()
    for page, address in addresses(fork):
        host, path = urlsplit(address).hostname or "", urlsplit(address).path.lower()
        if host.endswith(HOSTS) and address.rstrip(".") not in sources:
            ours = host == "some-one.github.io" or "/some-one/a.fork" in path
            (followed if ours else strangers).add((page, address))
    assert strangers == set()
    assert {page for page, _ in followed} >= {"index.html", "sitemap.xml", "robots.txt"}


def test_nothing_that_a_fork_need_not_edit_names_the_original():
    original = repository.find(ROOT)
    if original is None:
        pytest.skip("this clone has no origin on GitHub: there is no original to be named")
    named = f"{original.owner}/{original.name}".lower()
    naming = [
        name
        for name in git(ROOT, "ls-files", "--", *UNEDITED).splitlines()
        if (ROOT / name).is_file() and named in (ROOT / name).read_text("utf-8", "ignore").lower()
    ]
    assert naming == []


def test_the_launch_branch_is_one_commit_on_top_of_the_published_one(fork, tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet", "--bare", "elsewhere.git")
    # This very clone may be shallow, as a workflow's is.
    git(tmp_path / "elsewhere.git", "config", "receive.shallowUpdate", "true")
    executed = tmp_path / "launch"
    (executed / "content").mkdir(parents=True)
    (executed / "content" / f"{CHAPTER}.ipynb").write_text("executed and stamped")
    before = git(fork, "rev-parse", "HEAD"), git(fork, "status", "--porcelain")

    for _ in range(2):  # publishing again replaces what was published
        publish.push(fork, executed, str(tmp_path / "elsewhere.git"))

    def there(*arguments):
        return git(tmp_path / "elsewhere.git", *arguments)

    assert there("rev-parse", "launch^") == before[0]
    assert there("diff", "--name-only", "launch^", "launch") == f"content/{CHAPTER}.ipynb"
    assert there("show", f"launch:content/{CHAPTER}.ipynb") == "executed and stamped"
    assert there("show", "launch:Dockerfile") == git(fork, "show", "HEAD:Dockerfile")
    assert before == (git(fork, "rev-parse", "HEAD"), git(fork, "status", "--porcelain"))


def test_a_remote_that_does_not_answer_is_named(fork, tmp_path):
    with pytest.raises(SystemExit, match=r"could not be pushed to .*nowhere.git") as refused:
        publish.push(fork, tmp_path, "https://user:secret@127.0.0.1:9/nowhere.git")
    assert "secret" not in str(refused.value)


@pytest.fixture
def github(monkeypatch):
    """A server in GitHub's place that refuses everybody; yields the credentials it was sent."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            got.append(self.headers["Authorization"])
            self.send_response(403 if got[-1] else 401)
            self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(repository, "SERVER", f"http://127.0.0.1:{server.server_port}")
        yield got
        server.shutdown()


def test_another_remote_gets_the_token_in_its_url_and_not_the_clones_own(fork, tmp_path, github):
    header = f"http.{repository.SERVER}/.extraheader"
    git(fork, "config", header, "Authorization: the clone's own")  # as a workflow's checkout does
    remote = repository.SERVER.replace("//", "//token@") + "/school/course"
    with pytest.raises(SystemExit, match="403"):
        publish.push(fork, tmp_path, remote)
    git(fork, "config", "--unset", header)
    assert github == [None, f"Basic {base64.b64encode(b'token:').decode()}"]


def test_another_remote_and_another_host_need_one_variable_each(fork, monkeypatch):
    git(fork, "remote", "add", "public", "git@github.com:school/course.git")
    for remote in "public", "https://github.com/school/course":
        monkeypatch.setenv("COURSE_REMOTE", remote)
        monkeypatch.setenv("GITHUB_REPOSITORY", "some-one/a.fork")
        assert repository.find(fork).url == "https://github.com/school/course"
    monkeypatch.setenv("COURSE_SITE", "https://school.example/ml/norm")
    assert repository.find(fork).site == "https://school.example/ml/norm/"
    git(fork, "remote", "remove", "public")
