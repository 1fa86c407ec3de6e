"""The Dockerfile's promises, and the steps that a machine without Docker follows in its place.

`make container` follows them for real; that takes minutes.
"""

import re
import subprocess

import pytest

from tools import container
from tools.files import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
STEPS = list(container.steps(TEXT))


def only(instruction):
    return [rest for name, rest, _ in STEPS if name == instruction]


def test_the_base_is_pinned_and_nobody_works_as_root():
    (base,) = only("FROM")
    assert re.fullmatch(r"debian:bookworm-\d{8}-slim", base)
    names = [name for name, _, _ in STEPS]
    assert only("USER") == ["reader"]
    assert names.index("USER") < names.index("COPY")
    assert all(rest.startswith("--chown=1000 ") for rest in only("COPY"))


def test_the_environment_is_everybodys_and_jupyter_is_on_the_path():
    set_up = next(rest for rest in only("RUN") if "environment.sh" in rest)
    assert set_up.startswith("tools/environment.sh ")
    last_name, last, environment = STEPS[-1]
    assert (last_name, last.split(",")[:2]) == ("CMD", ['["jupyter"', ' "lab"'])
    assert environment["PATH"].startswith("/home/reader/course/.venv/bin:")
    lock = (ROOT / "requirements.lock").read_text()
    for needed in "jupyterlab", "notebook":  # what Binder starts
        assert re.search(rf"(?m)^{needed}==", lock)


def test_binder_chooses_the_user():
    chosen = list(container.steps(TEXT, {"NB_USER": "jovyan", "NB_UID": "1234"}))
    assert ("USER", "jovyan") in [step[:2] for step in chosen]
    assert chosen[-1][2]["HOME"] == "/home/jovyan"
    assert "--chown=1234 . ." in [rest for name, rest, _ in chosen if name == "COPY"]


def test_steps_join_lines_leave_comments_and_fill_variables_in():
    text = "# 1\nFROM a:b-c\nARG N=1\nENV D=/d/${N}\n# 2\nRUN x ${N} \\\n  && y\nCOPY a ${D}\n"
    assert [(name, re.sub(" +", " ", rest)) for name, rest, _ in container.steps(text)] == [
        ("FROM", "a:b-c"), ("ARG", "N=1"), ("ENV", "D=/d/1"), ("RUN", "x ${N} && y"),
        ("COPY", "a /d/1"),
    ]  # fmt: skip


def test_what_is_copied_is_what_a_clone_holds():
    copied = set(container.copied())
    assert {"Dockerfile", "requirements.lock", "local/data.py", "tools/environment.sh"} <= copied
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    tops = {line for line in left_out if line and line[0] not in "#*"}
    assert [name for name in copied if name.split("/")[0] in tops] == []


def test_no_folder_that_git_ignores_gets_into_the_image():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    folders = {line.strip("/") for line in ignored if line.endswith("/")}
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"gradebook", "submitted"} <= folders  # marks, and the seed of the hidden cases
    assert folders <= {line.removeprefix("**/") for line in left_out}


@pytest.mark.parametrize("step", ["VOLUME /data", "ADD a b"])
def test_a_step_that_a_chroot_cannot_follow_is_named(step, tmp_path):
    with pytest.raises(container.ContainerError, match=step):
        container.Chroot(tmp_path).follow(*step.split(maxsplit=1))


def test_a_step_that_fails_is_named():
    with pytest.raises(container.ContainerError, match=r"failed with 1: false '?a b"):
        container.call("false", "a b")


def test_without_docker_and_without_root_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr(container, "daemon", lambda: False)
    monkeypatch.setattr(container.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"No Docker daemon answers: start one"):
        container.main()


def test_a_docker_daemon_builds_and_tries(monkeypatch):
    asked = []
    monkeypatch.setattr(container, "daemon", lambda: True)
    monkeypatch.setattr(container, "call", lambda *command: asked.append(command[:2]))
    container.main()
    assert asked == [("docker", "build"), ("docker", "run")]


def test_the_trial_is_a_script_that_a_shell_understands():
    subprocess.run(["sh", "-n", "-c", container.TRIAL], check=True)
