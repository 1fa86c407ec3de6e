"""Build the container of the Dockerfile and try it: python -m tools.container.

Docker builds it where a Docker daemon answers. Elsewhere, root can do without Docker: debootstrap
makes a bare Debian in a temporary folder, in which the Dockerfile's steps are run one by one.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import faults, repository
from tools.files import ROOT

TAG = "batch-normalization-course"

TRIAL = """set -e
export no_proxy="127.0.0.1,$no_proxy"
[ "$(id -u)" -ne 0 ]
jupyter lab --version
MINI_CIFAR=textures python -m tools.notebooks content/02-normalizing-a-batch.ipynb
(jupyter lab --ip=127.0.0.1 --port=8899 --no-browser --IdentityProvider.token=tried &) >lab.log 2>&1
python - <<'ASK'
import json, time, urllib.request
for attempt in range(120):
    try:
        answer = urllib.request.urlopen("http://127.0.0.1:8899/api/contents/content?token=tried")
    except OSError:
        time.sleep(0.5)
    else:
        break
names = {entry["name"] for entry in json.load(answer)["content"]}
assert "02-normalizing-a-batch.ipynb" in names, names
ASK
jupyter server stop 8899 2>/dev/null
"""
"""What must work inside for the container's user: a notebook, and JupyterLab over HTTP."""

NETWORK_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
"""Files of the host that a chroot needs to reach the network."""


class ContainerError(Exception):
    """The container cannot be built or does not work."""


def steps(text, arguments=None):
    """(instruction, rest, environment) for each step of a Dockerfile, with its variables filled in.

    arguments: values in the place of ARG's defaults, as for `docker build --build-arg`. The shell
    that executes RUN and CMD fills in their variables itself, from `environment`.
    """
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    lines = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", " ").splitlines()
    for line in filter(str.strip, lines):
        instruction, rest = line.split(maxsplit=1)
        if instruction not in ("RUN", "CMD"):
            rest = re.sub(r"\$\{(\w+)\}", lambda name: variables[name[1]], rest)
        if instruction in ("ARG", "ENV"):
            name, value = rest.split("=", 1)
            variables[name] = (arguments or {}).get(name, value) if instruction == "ARG" else value
        yield instruction, rest.strip(), dict(variables)


class Chroot:
    """A bare Debian in `folder`, in which the steps of a Dockerfile are followed."""

    def __init__(self, folder):
        self.folder, self.user, self.workdir, self.environment = folder, "root", "/", {}

    def follow(self, instruction, rest):
        if instruction == "FROM":
            self.bootstrap(re.search(r":(\w+)-", rest)[1])
        elif instruction == "RUN":
            self.run(rest)
        elif instruction == "COPY":
            self.copy(*shlex.split(rest))
        elif instruction == "USER":
            self.user = rest
        elif instruction == "WORKDIR":
            self.workdir = rest
            self.inside(rest).mkdir(parents=True, exist_ok=True)
        elif instruction not in ("ARG", "ENV", "EXPOSE", "CMD"):
            raise ContainerError(f"A chroot cannot follow the step {instruction} {rest}")

    def inside(self, path):
        return self.folder / path.lstrip("/")

    def bootstrap(self, suite):
        self.folder.chmod(0o755)  # a temporary folder is its owner's alone
        call("debootstrap", "--variant=minbase", suite, self.folder)

    def run(self, command):
        for name in filter(os.path.exists, NETWORK_FILES):
            self.inside(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, self.inside(name))
        # With its own process ids, so that whatever a step leaves running ends with the step.
        mount = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@"'
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", mount]
        enter += [str(self.folder), "chroot", str(self.folder)]
        if self.user != "root":
            enter += ["setpriv", f"--reuid={self.user}", "--init-groups", f"--regid={self.user}"]
        script = f"cd {shlex.quote(self.workdir)} && {command}"
        proxies = {k: v for k, v in os.environ.items() if re.search("(?i)proxy|cert|ssl|_ca", k)}
        call(*enter, "/bin/sh", "-c", script, env=proxies | self.environment)

    def copy(self, chown, *names):
        *sources, target = names
        target = self.inside(str(Path(self.workdir, target)))
        if sources == ["."]:
            pairs = [(ROOT / name, target / name) for name in copied()]
        else:
            folder = target if len(sources) > 1 or target.is_dir() else None
            pairs = [(ROOT / name, folder / name if folder else target) for name in sources]
        for source, place in pairs:
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, place, dirs_exist_ok=True)
            else:
                shutil.copy2(source, place)
        call("chown", "-R", chown.removeprefix("--chown="), target)


def copied():
    """The names of the files that `COPY . .` copies: those of a clone without .dockerignore's."""
    return [name for name in repository.files() if not name.startswith(".github/")]


def call(*command, env=None):
    """Run a command and show what it prints; raises ContainerError where it fails."""
    done = subprocess.run(list(map(str, command)), env=env, check=False)
    if done.returncode:
        raise ContainerError(f"This failed with {done.returncode}: {shlex.join(map(str, command))}")


def daemon():
    """Whether a Docker daemon answers."""
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def build():
    """Build the container and run the trial in it; raises ContainerError where a step fails."""
    text = (ROOT / "Dockerfile").read_text()
    if daemon():
        call("docker", "build", "--tag", TAG, ROOT)
        call("docker", "run", "--rm", TAG, "sh", "-c", TRIAL)
        print(f"Works. Start it: docker run --rm -p 8888:8888 {TAG}")
        return
    if os.geteuid() or not shutil.which("debootstrap"):
        sys.exit(
            "No Docker daemon answers: start one, or, as root on Debian, "
            "apt-get install debootstrap and run this again."
        )
    with tempfile.TemporaryDirectory(prefix="course-container-") as folder:
        chroot = Chroot(Path(folder))
        for instruction, rest, environment in steps(text):
            print(f"--- {instruction} {rest}"[:110], flush=True)
            chroot.environment = environment
            chroot.follow(instruction, rest)
        print("--- The trial, as the container's user", flush=True)
        chroot.run(TRIAL)
    print("Works: the Dockerfile's steps, run in a bare Debian without Docker.")


def main():
    try:
        build()
    except ContainerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    with faults.in_one_line():
        main()
