#!/bin/bash
# Make a virtual environment with the pinned packages and the command lading.
#
# Usage: tools/setup.sh VENV LOCK
# Uses pip and a Python from 3.11 on; $PYTHON names one, otherwise the first that fits is taken.
# Refuses to go on without the digests of the lock file.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1 lock=$2

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if fits "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "setup: Python 3.11 or later is needed; name it with PYTHON=/path/to/python3" >&2
    return 1
}

make_venv() {
    local python
    python=$(find_python)
    echo "setup: $venv with $("$python" --version)"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
        rm -rf "$venv"
        echo "setup: $python cannot make a virtual environment; on Debian and Ubuntu install python3-venv" >&2
        return 1
    fi
}

# A folder that was moved or whose Python is gone is made again.
if ! fits "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    make_venv
fi
pip=("$venv/bin/python" -m pip -qq --disable-pip-version-check --no-input)
echo "setup: installing the packages of $lock"
"${pip[@]}" install --require-hashes --requirement "$lock"
# Built by the hatchling of the lock file, not by one that is fetched for the purpose.
"${pip[@]}" install --no-deps --no-build-isolation --editable .
echo "setup: $venv/bin/lading is ready"
