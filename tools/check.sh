#!/bin/bash
# Look at the sources without running the product: lint, format, types, import rules, documents.
#
# Usage: tools/check.sh PYTHON
# Runs all of them, says which failed, and fails if one did.
set -uo pipefail
cd "$(dirname "$0")/.."
python=$1
bin=$(dirname "$python")
failed=()

look() { # look NAME COMMAND...
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "check: $name: well"
    else
        printf '%s\n' "$output"
        echo "check: $name: FAILED"
        failed+=("$name")
    fi
}

# Named, because ruff would format the examples in the documents too.
sources=(src tests benchmarks tools)
look lint "$bin/ruff" check "${sources[@]}"
look format "$bin/ruff" format --check "${sources[@]}"
look types "$bin/mypy"
look imports "$bin/lint-imports"
look pages "$python" tools/errors_page.py
look losses "$python" tools/fidelity_page.py
look rules "$python" tools/checks_page.py
look documents "$python" -m pytest -q -p no:cacheprovider tests/unit/test_docs.py

if [ ${#failed[@]} -gt 0 ]; then
    echo "check: failed: ${failed[*]}"
    exit 1
fi
