#!/bin/bash
# Measure everything that a figure of ours rests on, one benchmark after the other, each beside its peer.
#
# Usage: tools/bench.sh PYTHON [NAME...]
# NAME is a file of benchmarks/ without its ending, such as `vault`; without any, all of them run.  Each writes its figures into
# a folder of the day in benchmarks/results/; what documents rest on lies beside and stays.  One that fails does not keep the
# others from running: it is named at the end, and the exit code is 1.
set -uo pipefail
cd "$(dirname "$0")/.."
python=$1
shift
names=("$@")
[ ${#names[@]} -gt 0 ] ||
    names=(run drive_dav drive_batch drive_rights access versions s3 assess wedrive vault drill forecast)
failed=()
results=benchmarks/results/$(date +%F)
mkdir -p "$results"

for name in "${names[@]}"; do
    echo "bench: $name"
    begun=$SECONDS
    "$python" "benchmarks/$name.py" --output "$results/$name.json" || failed+=("$name")
    echo "bench: $name took $((SECONDS - begun)) s"
done

if [ ${#failed[@]} -gt 0 ]; then
    echo "bench: failed: ${failed[*]}"
    exit 1
fi
