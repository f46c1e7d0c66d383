"""
Measure whether the forecast of a drill agrees with the restore that follows it.

    python benchmarks/drill.py [--files 20000] [--scratch DIR] [--output FILE] [--quick]

A drive of our own with 20,000 files (1 to 16 KiB, one in ten with three versions; rights on folders and files) is served,
backed up, and lost with its database and its store.  A drill restores a sample for 95 % confidence and 0.1 % tolerance to an
empty drive and forecasts a full restore; then all of it is restored into a new drive, by the clock, and `lading compare`
and `lading access diff` must find nothing.  Told is forecast / real; the bar is 0.75 to 1.25.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.lading import open as open_lading
from lading.model.access import Grant, Principal, PrincipalKind, Role, Version
from lading.model.entry import Entry
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from measure import machine
from run import LADING

IN_FOLDER, OLDER, PEOPLE = 100, 10, 8
BAR = 0.25
SECOND = 10**9
_PEOPLE = f"""
from lading.drive.actor import SYSTEM
from lading.drive.people import principals
for number in range({PEOPLE}):
    principals.add(SYSTEM, "person", f"p{{number}}", name=f"P{{number}}", mail=f"p{{number}}@firm.example")
"""


def main() -> None:
    """Measure, print and write down."""
    options = _options()
    scratch = Path(options.scratch) / f"lading-bench-drill-{os.getpid()}"
    scratch.mkdir(parents=True)
    os.environ["LADING_VAULT_PASSWORD"] = "a phrase for the benchmark alone"
    try:
        found = {"machine": machine(), **measured(scratch, 2_000 if options.quick else options.files)}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps({name: it for name, it in found.items() if name != "machine"}, indent=1))
    print(f"forecast / real {found['ratio']:.2f}: {'held' if found['held'] else 'NOT HELD'}")
    if options.output:
        Path(options.output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(scratch: Path, files: int) -> dict[str, Any]:
    """The journey; its raw numbers."""
    vault, state = scratch / "vault", ("--state", scratch / "state")
    lading("vault", "init", vault)
    with server(scratch, "old") as old:
        place = named(scratch, old, "old")
        fill(old, files)
        _, backup = timed("vault", "backup", place, vault, *state, "--json")
        lading("scan", place, "--with", "all", "-o", scratch / "a")
    shutil.rmtree(scratch / "old-home")
    with server(scratch, "scratch") as place_for_drill:
        told, drill = timed(
            "drill",
            vault,
            *state,
            "--scratch",
            named(scratch, place_for_drill, "scratch"),
            "--seed",
            1,
            "--json",
        )
    with server(scratch, "new") as new:
        place = named(scratch, new, "new")
        _, real = timed(
            "vault", "restore", vault, "latest", place, "--with", "versions,grants,links", *state, "--json"
        )
        lading("scan", place, "--with", "all", "-o", scratch / "b")
    # Either of them ends this run where there is a difference.
    lading("compare", scratch / "a", scratch / "b", "--json")
    lading("access", "diff", scratch / "a", scratch / "b")
    ratio = told["forecast"]["seconds"] / real
    return {
        "files": files,
        "seconds": {"backup": backup, "drill": drill, "restore": real},
        "forecast": told["forecast"],
        "portions": told["portions"],
        "left": told["left"],
        "ratio": ratio,
        "held": abs(ratio - 1) <= BAR,
    }


def fill(it: LadingDriveServer, files: int) -> None:
    """Put *files* with their versions and rights into the drive."""
    with open_lading(address(it)) as drive:
        assert drive.batch is not None and drive.grants is not None
        for number in range((files + IN_FOLDER - 1) // IN_FOLDER):
            drive.make_folder((f"d{number:04d}",))
        for answer in drive.batch.write(_uploads(files)):
            assert isinstance(answer, Entry), answer
        for number in range(0, files, IN_FOLDER // 2):
            path = _path(number) if number % IN_FOLDER else _path(number)[:1]
            who = Principal(PrincipalKind.PERSON, f"p{number // 50 % PEOPLE}")
            drive.grants.set(Grant(path, who, frozenset(), role=Role.EDIT))


def server(scratch: Path, name: str) -> LadingDriveServer:
    """An empty drive that knows the people."""
    home = scratch / f"{name}-home"
    home.mkdir()
    return LadingDriveServer(home)


def named(scratch: Path, it: LadingDriveServer, name: str) -> Path:
    """The address of the space in a file, as the commands take it."""
    it.run(_PEOPLE)
    token = scratch / f"{name}.token"
    token.write_text(it.token, encoding="utf-8")
    file = scratch / f"{name}.toml"
    place = f"http://{HOST}:{it.port}/{SPACE}"
    file.write_text(f'kind = "lading"\nplace = "{place}"\ntoken = "file:{token}"\n', encoding="utf-8")
    return file


def address(it: LadingDriveServer) -> Address:
    """The space, for us."""
    os.environ["LADING_BENCH_TOKEN"] = it.token
    return Address("lading", f"http://{HOST}:{it.port}/{SPACE}", {"token": "env:LADING_BENCH_TOKEN"})


def timed(*words: object) -> tuple[dict[str, Any], float]:
    """What a command answers, and its seconds by the clock."""
    begun = time.monotonic()
    answer: dict[str, Any] = json.loads(lading(*words))
    return answer, time.monotonic() - begun


def lading(*words: object) -> str:
    """What a command writes; one that does not end well ends the run."""
    done = subprocess.run([*LADING, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _uploads(files: int) -> Iterator[Upload]:
    dice = random.Random(20261126)
    for number in range(files):
        for ordinal in range(3 if number % OLDER == 0 else 1):
            content = dice.randbytes(dice.randrange(1 << 10, 16 << 10))
            at = (1_600_000_000 + number * 100 + ordinal) * SECOND
            version = Version("", at, len(content), modified=at)
            yield Upload(_path(number), content, ANYTHING if ordinal else ABSENT, at, version)


def _path(number: int) -> tuple[str, ...]:
    return (f"d{number // IN_FOLDER:04d}", f"合同 {number:05d}.docx")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    parser.add_argument("--output", default="")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
