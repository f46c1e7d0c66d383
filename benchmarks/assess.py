"""
How long an assessment of a large manifest takes, and how much memory: `lading assess OLD NEW`, as a person calls it.

Usage: benchmarks/assess.py [--entries N] [--grants N] [--output FILE]

OLD is made up as in `benchmarks/fidelity.py`, with a digest for each file and some of everything that checks look for;
NEW has the names of Windows, so that names are held against its rules.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fidelity import OURS, written
from lading.connectors.profile import AccessRules, Features
from lading.manifest.files import sha256_of
from lading.manifest.tables import FOLDER
from measure import machine

WINDOWS = {"case": "folded", "characters": list('\\/:*?"<>|\0'), "endings": [" ", "."]}

_ENTRIES = """
select path, lower(path) as normal, split_part(path, '/', 1) as space, kind, size,
    1700000000000000000 + n * 1000003 as modified, null as id, null as etag,
    if(kind = 'file', unhex(sha256((n % 900000)::varchar)), null) as sha256, []::varchar[] as digests,
    if(n % 200003 = 7, 'forbidden', null) as problem
from (
    select n, if(n % 101 = 0, 'folder', 'file') as kind, if(n % 101 = 0, 0, n % 100000) as size,
        's' || (n // 101 % 10) || '/' || 'd' || (n // 101) || if(n % 101 = 0, '', '/' || case
            when n % 5003 = 1 then 'what?' when n % 5003 = 2 then '密码表' when n % 5003 = 3 then '~$a' else 'f' end || n
            || if(n % 3 = 0, '.docx', '.pdf')) as path
    from range({entries}) as t(n)
    union all select n, 'folder', 0, 's' || n from range(10) as t(n)
)
"""
_PRINCIPALS = """
select 'person' as kind, 'p' || n as id, 'Name ' || n as name, 'p' || n || '@x' as mail, '' as login, true as active,
    null as parent, null as owner, null::bigint as until from range(5000) as t(n)
"""
_MEMBERS = "select 'g' as \"group\", 'p' || n as member from range(10) as t(n)"
_GRANTS = """
select path, 'allow' as effect, 'person' as principal_kind, 'p' || (n * 13 % 5000) as principal, 3::tinyint as role,
    0::tinyint as rank, 'all' as reach, []::varchar[] as rights, null::bigint as expires, '' as source
from (select *, row_number() over () - 1 as n from (select path from made using sample {grants} rows (reservoir, 7)))
"""


def main() -> None:
    """Make both sides, assess them in a process of its own, print one JSON document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--grants", type=int, default=50_000)
    parser.add_argument("--output", default=None)
    asked = parser.parse_args()
    sizes = {"entries": asked.entries, "grants": asked.grants}
    with tempfile.TemporaryDirectory() as scratch:
        queries = {"entries": _ENTRIES, "principals": _PRINCIPALS, "members": _MEMBERS, "grants": _GRANTS}
        filled = {name: query.format(**sizes) for name, query in queries.items()}
        old = written(Path(scratch) / "old", filled, Features(), AccessRules())
        _finish(Path(old.directory), {})
        few = {"entries": _ENTRIES.format(entries=1), "principals": _PRINCIPALS, "members": _MEMBERS}
        new = written(Path(scratch) / "new", few, OURS, AccessRules())
        _finish(Path(new.directory), WINDOWS)
        result = _assess(scratch) | sizes
    head = {"machine": machine(), "at": time.strftime("%Y-%m-%d"), "bar_seconds": 120, "bar_mib": 1024}
    text = json.dumps(head | result, indent=1) + "\n"
    print(text, end="")
    if asked.output:
        Path(asked.output).write_text(text, encoding="utf-8")


def _finish(folder: Path, names: dict[str, object]) -> None:
    """State the digests that a command insists on, and give the drive the rules of *names*."""
    header = folder / "manifest.json"
    facts = json.loads(header.read_bytes())
    for name, table in facts["tables"].items():
        table["sha256"] = sha256_of(str(folder / FOLDER / f"{name}.parquet"))
    facts["profile"]["names"] |= names
    facts["finished"] = time.time()
    header.write_text(json.dumps(facts), encoding="utf-8")


def _assess(scratch: str) -> dict[str, object]:
    began = time.monotonic()
    words = ["assess", f"{scratch}/old", f"{scratch}/new", "--state", f"{scratch}/state", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "lading", *words],
        capture_output=True,
        check=False,
        env={**os.environ, "LADING_LANG": "en"},
    )
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    answer = json.loads(done.stdout)
    if "assessment" not in answer:
        sys.exit(done.stdout.decode())
    document = answer["assessment"]
    counts = {it["code"]: it["count"] for it in document["findings"] if it["count"]}
    return {"seconds": round(took, 1), "peak_mib": peak, "exit_code": done.returncode, "found": counts}


if __name__ == "__main__":
    main()
