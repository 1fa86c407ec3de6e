"""What runs on other people's machines calls `make`, nothing else, and asks for few rights."""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests import loopback
from tools import colab, report, repository
from tools.files import ROOT

HOME = ROOT / ".github"
GOALS = re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
LINTER = Path(sys.executable).with_name("jactionlint")


def workflow(name):
    return yaml.load((HOME / "workflows" / f"{name}.yml").read_text(), yaml.BaseLoader)


every_workflow = pytest.mark.parametrize("name", ["test", "publish", "weekly"])


def steps(name):
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def test_the_linter_of_workflows_finds_nothing():
    done = subprocess.run([LINTER, "--no-hints"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_of_workflows_can_fail(tmp_path):
    good = (HOME / "workflows" / "test.yml").read_text()
    (tmp_path / "bad.yml").write_text(good.replace("matrix.python }}", "matrix.pyton }}"))
    done = subprocess.run([LINTER, "bad.yml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and '"pyton"' in done.stdout


@every_workflow
def test_a_step_calls_make_and_nothing_else(name):
    commands = [step["run"] for step in steps(name) if "run" in step]
    assert commands
    for command in set(commands) - {"python3 -m tools.report"}:
        make, *goals = command.split()
        assert make == "make" and set(goals) <= set(GOALS), command


@every_workflow
def test_rights_are_given_job_by_job_and_only_where_needed(name):
    described = workflow(name)
    assert described["permissions"] in ({"contents": "read"}, {})
    allowed = {
        ("publish", "build"): {"contents"},
        ("publish", "deploy"): {"pages", "id-token"},
        ("weekly", "report"): {"issues"},
    }
    for job, settings in described["jobs"].items():
        rights = {k for k, v in settings.get("permissions", {}).items() if v == "write"}
        assert rights == allowed.get((name, job), set())
        longest = 120 if job == "multiverse" else 60  # every notebook in eight worlds
        assert int(settings["timeout-minutes"]) <= longest
    assert "concurrency" in described


@pytest.mark.parametrize(("name", "job"), [("test", "test"), ("publish", "build")])
def test_a_push_to_the_default_branch_is_followed_whatever_its_name(name, job):
    described = workflow(name)
    assert described["on"]["push"] == {"branches-ignore": [repository.BRANCH]}
    condition = described["jobs"][job]["if"]
    assert "github.ref_name == github.event.repository.default_branch" in condition


@pytest.mark.parametrize("name", ["test", "publish"])
def test_no_branch_cancels_what_another_waits_for(name):
    assert workflow(name)["concurrency"]["group"] == name + "-${{ github.ref }}"


def test_every_promised_python_and_macos_are_tested():
    matrix = workflow("test")["jobs"]["test"]["strategy"]["matrix"]
    promised = re.search(r"3\.11\D+3\.12\D+3\.13", (ROOT / "README.md").read_text())
    assert promised and matrix["python"] == ["3.11", "3.12", "3.13"]
    assert {more["os"] for more in matrix["include"]} == {"macos-latest"}
    gate = set(re.findall(r"(?m)^make .*", (ROOT / ".ci" / "run").read_text()))
    assert {step["run"] for step in steps("test") if "run" in step} >= gate


def test_the_report_says_how_to_repeat_what_the_weekly_jobs_run():
    jobs = workflow("weekly")["jobs"]
    run = {name: job["steps"][-1]["run"] for name, job in jobs.items() if name != "report"}
    assert run == report.CHECKS
    assert set(jobs["report"]["needs"]) == set(run)


GH = f"""#!{sys.executable}
import json, os, pathlib, sys
log = pathlib.Path(os.environ["LOG"])
if "GH_FAILS" in os.environ:
    sys.exit("the 'a/fork' repository\\nhas disabled issues")
elif sys.argv[2] == "list":
    print(log.with_name("open.json").read_text())
else:
    log.write_text(json.dumps(sys.argv[2:]))
"""


@pytest.fixture
def reported(tmp_path, monkeypatch):
    """`gh` as far as the report needs it; returns a function of jobs and open issues."""
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("LOG", str(tmp_path / "log.json"))
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "a/fork")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")

    def run(titles=(), **results):
        jobs = {name: {"result": results.get(name, "success")} for name in report.CHECKS}
        monkeypatch.setenv("JOBS", json.dumps(jobs))
        issues = [{"number": 40 + n, "title": title} for n, title in enumerate(titles)]
        (tmp_path / "open.json").write_text(json.dumps(issues))
        (tmp_path / "log.json").write_text("null")
        report.main()
        return json.loads((tmp_path / "log.json").read_text())

    return run


def test_what_breaks_opens_one_issue_and_adds_to_it(reported):
    action, _, title, _, body = reported(links="failure")
    assert (action, title) == ("create", report.TITLE)
    assert "make links" in body and "https://github.com/a/fork/actions/runs/7" in body
    assert "colab" not in body

    action, number, _, body = reported(["another", report.TITLE], colab="cancelled")
    assert (action, number) == ("comment", "41")
    assert "make colab-versions test-colab" in body


def test_what_is_well_again_closes_it_and_stays_silent_otherwise(reported):
    assert reported(["another", report.TITLE])[:2] == ["close", "41"]
    assert reported(["another"]) is None


def test_where_issues_are_off_a_line_says_so_and_what_broke_is_listed(
    reported, monkeypatch, capsys
):
    monkeypatch.setenv("GH_FAILS", "1")
    off = r"^`gh` failed \(the 'a/fork' repository has disabled issues\).*Settings, General, Issues"
    with pytest.raises(SystemExit, match=off):
        reported(links="failure")
    assert capsys.readouterr().out == "Broken: links\n"


FREEZE = """absl-py==1.4.0
google-colab @ file:///colabtools/dist/google_colab-1.0.0.tar.gz
Scikit_Learn==9.8.7
numpy==2.9.0
"""


def test_versions_follow_what_colab_announces():
    twin = "# As of 2026-08-19 (Python 3.13).\nscikit-learn==1.6.1\nnumpy==2.1.3\nfilelock\n"
    today = datetime.date(2027, 1, 2)
    assert colab.renewed(twin, FREEZE, today) == (
        "# As of 2027-01-02 (Python 3.13).\nscikit-learn==9.8.7\nnumpy==2.9.0\nfilelock\n"
    )
    with pytest.raises(LookupError, match="no longer announces keras, torch,"):
        colab.renewed("keras==3\nnumpy==2\ntorch==1\n", FREEZE, today)


def test_the_freeze_is_fetched_and_what_changed_is_printed(tmp_path, monkeypatch, capsys):
    twin = tmp_path / "requirements.txt"
    twin.write_text("# 2026-08-19\nnumpy==2.1.3\n")
    monkeypatch.setattr(colab, "TWIN", twin)
    script = loopback.whole, loopback.answers(404)
    with loopback.serve(FREEZE.encode(), *script) as server:
        monkeypatch.setenv("COLAB_FREEZE", server.url)
        colab.main()
        assert capsys.readouterr().out == "numpy 2.1.3 -> 2.9.0\n"
        assert "numpy==2.9.0" in twin.read_text()
        with pytest.raises(SystemExit, match=f"^{server.url}: HTTP Error 404"):
            colab.main()


def test_the_twin_lists_what_the_tool_can_renew():
    assert len(colab.versions(colab.TWIN.read_text())) > 10


@pytest.fixture
def clone(tmp_path):
    """A clone with the hooks, and a notebook that is about to be committed with a picture."""
    (tmp_path / "content").mkdir()
    for folder in ("tools", "local"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / ".pre-commit-config.yaml").symlink_to(ROOT / ".pre-commit-config.yaml")
    (tmp_path / "Makefile").write_text("lint:\n\t@echo linted; exit 3\n")
    picture = new_output("display_data", {"image/png": "x", "text/plain": "a figure"})
    cell = new_code_cell("1", outputs=[picture], metadata={"collapsed": True})
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "content" / "one.ipynb")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "content", "Makefile"], check=True)
    return tmp_path


def test_the_hooks_strip_pictures_and_run_what_lint_runs(clone):
    environment = {**os.environ, "PRE_COMMIT_HOME": str(clone / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--config", ".pre-commit-config.yaml"],
        cwd=clone, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "linted" in done.stdout
    assert "files were modified by this hook" in done.stdout
    stored = (clone / "content" / "one.ipynb").read_text()
    assert "image/png" not in stored and "collapsed" not in stored and "a figure" in stored


def test_the_hooks_fetch_nothing():
    assert [repo["repo"] for repo in HOOKS] == ["local"]
    assert {hook["language"] for hook in HOOKS[0]["hooks"]} == {"system"}
