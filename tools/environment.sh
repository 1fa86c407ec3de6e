#!/bin/sh
# Make the environment in .venv from requirements.lock, with the Node packages of package-lock.json.
# Safe to interrupt and to run again: the mark at the end is what `make` looks at.
set -eu

works() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if works "$python"; then break; fi
    python=
done
if [ -z "$python" ]; then
    echo "The course needs Python 3.11, 3.12 or 3.13; ${PYTHON:-python3} is $(${PYTHON:-python3} -V 2>&1)." \
         "Name another one: make PYTHON=/path/to/python3.12" >&2
    exit 1
fi

echo "Setting up the environment (.venv) with $("$python" -V), once"
if ! [ -x .venv/bin/pip ]; then
    "$python" -m venv --clear .venv || {
        echo "This Python cannot make environments (Debian, Ubuntu: apt-get install python3-venv)." >&2
        exit 1
    }
fi
.venv/bin/pip install --quiet "$(grep '^uv==' requirements.lock)"
VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --requirement requirements.lock
PYTHONPATH=_ext .venv/bin/python -c "from course_page import node; node.install()"
touch .venv/ready
