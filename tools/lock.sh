#!/bin/bash
# Pin every package with its digests, for all supported Pythons and systems at once.
#
# Usage: tools/lock.sh FOLDER
# Writes runtime.txt (what the product needs) and all.txt (with tests, demo and tools) there.
# Names no registry: whoever installs uses their own.  Versions already pinned stay where they
# still fit; remove the files first to take the newest of everything.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
tool=build/lock
mkdir -p build
[ -x $tool/bin/uv ] || { python3 -m venv $tool && $tool/bin/python -m pip --quiet install uv; }

pin() { # pin FILE SOURCE...
    local file=$folder/$1
    shift
    $tool/bin/uv pip compile --quiet "$@" --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$file" >/dev/null
    echo "lock: $(grep -c == "$file") packages in $file"
}

pin runtime.txt pyproject.toml
pin all.txt pyproject.toml "$folder/build.in" --extra testkit --extra dev --extra postgresql --extra s3 --extra smb --constraint "$folder/runtime.txt"
