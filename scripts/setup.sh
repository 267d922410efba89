#!/bin/sh
# Create the project's own environment from requirements.lock: setup.sh VENV [PYTHON]
# uv when it can be had (fast), plain pip when not. Nothing outside VENV is touched.
set -eu
venv=$1
python=${2:-}

suits() { "$1" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

if [ -z "$python" ]; then
    for candidate in python3.12 python3.13 python3.11 python3; do
        if suits "$candidate"; then python=$candidate; break; fi
    done
elif ! suits "$python"; then
    echo "PYTHON=$python is not a Python 3.11, 3.12 or 3.13 with the venv module." >&2
    exit 2
fi
if [ -z "$python" ]; then
    echo "Python 3.11, 3.12 or 3.13 with its venv module was not found." >&2
    echo "On Debian or Ubuntu: sudo apt-get install python3 python3-venv. Or name one: make all PYTHON=/path/to/python3.12" >&2
    exit 2
fi

echo "Setting up $venv with $("$python" --version) ..."
"$python" -m venv --clear "$venv"
if "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv && "$venv/bin/uv" --version >/dev/null 2>&1; then
    "$venv/bin/uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes -r requirements.lock
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
else
    echo "uv is not available here: installing with pip, which takes a little longer."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
