#!/bin/sh
# A twin of Colab in _build/colab: its package versions, on its Python where the machine has it.
set -eu
wanted=3.13
twin=_build/colab
here=tests/colab/requirements.txt

if [ -f "$twin/ready" ] && [ ! "$here" -nt "$twin/ready" ]; then exit 0; fi

python=.venv/bin/python
for candidate in python$wanted "${PYENV_ROOT:-$HOME/.pyenv}"/versions/$wanted.*/bin/python; do
    if "$candidate" -c '' 2>/dev/null; then python=$candidate; fi
done
echo "Setting up Colab's twin ($twin) with $("$python" -V), once"
.venv/bin/uv venv --quiet --clear --python "$("$python" -c 'import sys; print(sys.executable)')" "$twin"
.venv/bin/uv pip install --quiet --compile-bytecode --python "$twin" -r "$here"
touch "$twin/ready"
