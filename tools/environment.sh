#!/bin/sh
# Make the environment in .venv from requirements.lock, with the Node packages of package-lock.json.
# It can be interrupted and run again: `make` takes it for done only once .venv/ready is written.
set -eu

works() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11; fi
wanted=$1
while [ $# -gt 0 ] && ! works "$1"; do shift; done
if [ $# -eq 0 ]; then
    echo "The course needs Python 3.11, 3.12 or 3.13; $wanted is $("$wanted" -V 2>&1)." \
         "Name another one: make PYTHON=/path/to/python3.12" >&2
    exit 1
fi

version=$("$1" -V)
echo "Setting up the environment (.venv) with $version, once"
if ! .venv/bin/python -m pip -V >/dev/null 2>&1 || [ "$(.venv/bin/python -V)" != "$version" ]; then
    "$1" -m venv --clear .venv || {
        echo "This Python cannot make environments (Debian, Ubuntu: apt-get install python3-venv)." >&2
        exit 1
    }
fi
{
    .venv/bin/python -m pip install --quiet "$(grep '^uv==' requirements.lock)" &&
        # Compiled now, because a later user, who may not write here, would compile at every import.
        VIRTUAL_ENV=.venv .venv/bin/uv pip sync --quiet --compile-bytecode requirements.lock &&
        .venv/bin/python -c "from _ext.course_page import node; node.install()"
} 2>.venv/messages || {
    echo "The packages did not arrive (the last words of .venv/messages:" \
        "$(tail -n 1 .venv/messages)). Is there a network, and room? Then run this again." >&2
    exit 1
}
touch .venv/ready
