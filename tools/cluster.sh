#!/bin/sh
# Add the packages of requirements-cluster.lock (Dask) to the environment in .venv, which must be made.
# Safe to interrupt and to run again: the mark at the end is what `make` looks at.
set -eu

echo "Adding Dask to the environment (.venv), once"
VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --compile-bytecode -r requirements-cluster.lock \
    2>.venv/messages || {
    echo "Dask did not arrive (the last words of .venv/messages:" \
        "$(tail -n 1 .venv/messages)). Is there a network, and room? Then run this again." >&2
    exit 1
}
touch .venv/cluster-ready
