"""
Measure `access diff`: who gained access between two drives of 1,000,000 entries, for 5,000 people and 50,000 grants.

    python benchmarks/access.py [--entries 1000000] [--people 5000] [--grants 50000] [--moments 4] [--output FILE]

Two drives are generated in TMPDIR: 200 spaces with folders up to eight deep, departments in departments, groups in
groups, guests, breaks, denials and ends.  The second one differs from the first in a few hundred planted ways.  The comparison
runs in a process of its own on two processors with DuckDB held to --memory; its peak memory is what the kernel counted.  The run fails if the bar is
missed, if the added grants are not told as exactly what they give, or if the first drive differs from itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.access.comparing import MOMENTS, Wish, compare_access
from lading.manifest.access.tables import Tables
from lading.manifest.engine import engine
from lading.manifest.schema import ROW_GROUP
from lading.model.access import Role
from measure import machine

BAR_SECONDS = 300.0
BAR_BYTES = 2 << 30
NOW = 1_800_000_000 * 10**9
SPACES, GROUPS, DEPARTMENTS = 200, 400, 150
PLANTED, ADDED = 300, 50

Row = list[Any]


def main() -> None:
    """Generate both drives, compare them in a process of its own, and write what it took."""
    options = _options()
    if options.inside:
        print(json.dumps(_compared(Path(options.inside), options)))
        return
    with tempfile.TemporaryDirectory(prefix="lading-bench-access-") as folder:
        facts = _build(Path(folder), options)
        taken = json.loads(_alone(folder))
    results = {"machine": machine(), "at": time.strftime("%Y-%m-%d"), **facts, **taken}
    results |= {"bar_seconds": BAR_SECONDS, "bar_bytes": BAR_BYTES}
    print(json.dumps(results, indent=1))
    if options.output:
        Path(options.output).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    held = taken["seconds"] < BAR_SECONDS and taken["peak_bytes"] < BAR_BYTES and taken["sound"]
    print(f"bar: {'held' if held else 'MISSED'}")
    sys.exit(0 if held else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, count in (("entries", 1_000_000), ("people", 5_000), ("grants", 50_000), ("moments", MOMENTS)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--memory", default="400MB")
    parser.add_argument("--output")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def _alone(folder: str) -> str:
    command = [sys.executable, *sys.argv, "--inside", folder]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _compared(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    sides = [_tables(folder / name) for name in ("old", "new")]
    began, began_busy = time.perf_counter(), time.process_time()
    with engine(memory_limit=options.memory, threads=2) as connection:
        found = compare_access(connection, *sides, Wish(NOW, moments=options.moments))
        taken, busy = time.perf_counter() - began, time.process_time() - began_busy
        nodes = connection.execute("select count(*) from nodes").fetchall()[0][0]
        clean = compare_access(connection, sides[0], sides[0], Wish(NOW, moments=1))
    outcome = found.outcomes[NOW]
    added = [
        cause.pairs for cause in outcome.causes if cause.giver and cause.giver.source.startswith("planted")
    ]
    return {
        "seconds": round(taken, 1),
        "processor_seconds": round(busy, 1),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "memory_limit": options.memory,
        "moments": len(found.outcomes),
        "nodes": nodes,
        "pairs": {"gained": outcome.gained, "lost": outcome.lost, "same": outcome.same},
        "causes": len(outcome.causes),
        "sound": added == [2] * ADDED and not clean.differs,
        "gaining_causes": sum(cause.gain for cause in outcome.causes),
    }


def _tables(folder: Path) -> Tables:
    names = ("entries", "grants", "principals", "members")
    return Tables(**{name: [str(folder / f"{name}.parquet")] for name in names})


# ---- the two drives ------------------------------------------------------------------------------------------


def _build(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    chance = random.Random(7)
    folders = _folders(options.entries // 10, chance)
    entries = sorted(
        {*folders, *(f"{chance.choice(folders)}/文件 {n:07}.docx" for n in range(options.entries))}
    )
    entries = chance.sample(entries, options.entries) if len(entries) > options.entries else entries
    # Places that nobody sees, and people who see nothing there until the second drive lets each of them in to one.
    entries += [path for n in range(ADDED) for path in (f"外部 {n:03}", f"外部 {n:03}/合同.pdf")]
    principals, members = _people(options.people, chance)
    grants = _grants(folders, options, chance)
    for name, granted, belonging in (
        ("old", grants, members),
        ("new", *_planted(grants, members, options, chance)),
    ):
        place = folder / name
        place.mkdir()
        _write(place, "entries", [(path,) for path in entries], "path")
        _write(place, "principals", principals, "kind id name mail login active parent owner until")
        _write(place, "members", belonging, "group member")
        _write(
            place,
            "grants",
            granted,
            "path effect principal_kind principal role rank reach rights expires source",
        )
    return {
        "entries": len(entries),
        "people": len(principals) - DEPARTMENTS - GROUPS,
        "grants": len(grants),
        "planted": PLANTED,
    }


def _folders(count: int, chance: random.Random) -> list[str]:
    found = [f"项目 {number:03}" for number in range(SPACES)]
    while len(found) < count:
        above = chance.choice(found[-5_000:] if chance.random() < 0.5 else found)
        if above.count("/") < 8:
            found.append(f"{above}/卷 {len(found):06}")
    return found


def _people(count: int, chance: random.Random) -> tuple[list[Row], list[Row]]:
    def row(kind: str, name: str, parent: str | None = None, owner: str | None = None) -> Row:
        return [
            kind,
            name,
            name.title(),
            "",
            "",
            chance.random() > 0.02 or kind != "person" or name[0] == "x",
            parent,
            owner,
            None,
        ]

    departments = [row("department", "d0")]
    departments += [
        row("department", f"d{n}", parent=f"d{chance.randrange(n)}") for n in range(1, DEPARTMENTS)
    ]
    groups = [row("group", f"g{n}") for n in range(GROUPS)]
    people = [row("person", f"x{n}") for n in range(ADDED)]
    people += [
        row("guest" if n % 20 == 19 else "person", f"p{n}", owner="p0" if n % 20 == 19 else None)
        for n in range(count)
    ]
    members = [[f"d{chance.randrange(DEPARTMENTS)}", f"p{n}"] for n in range(count)]
    members += [[f"g{g}", f"p{chance.randrange(count)}"] for g in range(GROUPS) for _ in range(25)]
    members += [[f"g{chance.randrange(GROUPS)}", f"g{g}"] for g in range(0, GROUPS, 3)]
    return [*departments, *groups, *people], members


def _grants(folders: list[str], options: argparse.Namespace, chance: random.Random) -> list[Row]:
    found = []
    for number in range(options.grants):
        path = chance.choice(folders) if number >= SPACES * 10 else f"项目 {number % SPACES:03}"
        effect = chance.choices(("allow", "deny", "break"), (92, 4, 4))[0]
        kind, whom = _whom(options.people, chance) if effect != "break" else ("everybody", "")
        role = chance.randint(Role.PREVIEW, Role.MANAGE) if effect != "break" else 0
        ends = NOW + chance.randint(-100, 100) * 10**15 if chance.random() < 0.05 else None
        found.append([path, effect, kind, whom, role, 0, "all", [], ends, str(number)])
    return found


def _whom(people: int, chance: random.Random) -> tuple[str, str]:
    kind = chance.choices(("person", "group", "department", "everybody"), (50, 35, 14, 1))[0]
    if kind == "person":
        number = chance.randrange(people)
        return ("guest" if number % 20 == 19 else "person"), f"p{number}"
    if kind == "everybody":
        return kind, "everybody"
    return kind, f"{kind[0]}{chance.randrange(GROUPS if kind == 'group' else DEPARTMENTS)}"


def _planted(
    grants: list[Row], members: list[Row], options: argparse.Namespace, chance: random.Random
) -> tuple[list[Row], list[Row]]:
    """The second drive: denials and breaks lost, roles raised, grants lost and added, one person too many in groups."""
    found = [list(grant) for grant in grants]
    for number in chance.sample(range(SPACES * 10, len(found)), PLANTED):
        grant = found[number]
        if grant[1] != "allow" or number % 3 == 0:
            grant[6] = "later"  # holds on nothing that is there: as good as lost
        else:
            grant[4] = Role.MANAGE
    extra = [
        [f"外部 {n:03}", "allow", "person", f"x{n}", int(Role.EDIT), 0, "all", [], None, f"planted {n}"]
        for n in range(ADDED)
    ]
    joined = [[f"g{n}", f"p{chance.randrange(options.people)}"] for n in range(5)]
    return found + extra, members + joined


_KINDS = {
    "active": pa.bool_(),
    "until": pa.int64(),
    "expires": pa.int64(),
    "role": pa.int8(),
    "rank": pa.int8(),
    "rights": pa.list_(pa.string()),
}


def _write(place: Path, name: str, rows: list[Any], columns: str) -> None:
    names = columns.split()
    values = zip(*rows, strict=True)
    arrays = [pa.array(column, _KINDS.get(it, pa.string())) for it, column in zip(names, values, strict=True)]
    pq.write_table(
        pa.table(arrays, names=names), place / f"{name}.parquet", compression="zstd", row_group_size=ROW_GROUP
    )


if __name__ == "__main__":
    main()
