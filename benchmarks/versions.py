"""
Measure how fast files with many versions move between two drives of our own.

    python benchmarks/versions.py [--runs 3] [--scratch DIR] [--output FILE] [--quick]

2,000 files with 10 versions each (`lading copy --with versions`) and 20,000 plain files (`lading copy`), every content
1 to 4 KiB and another one, from one `lading drive serve` to another on the loopback, in turn, each time into a new
space.  Told is the rate of contents per second, and the ratio of the two; the bar is one half.  All folders lie on the
scratch (best a tmpfs); the drives run with `sync = false`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.lading import open as open_lading
from lading.model.access import Version
from lading.model.entry import Entry
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from measure import Contender, alternating, machine, summary
from run import LADING

VERSIONS = 10
BAR = 0.5
OLD, NEW = "LADING_BENCH_OLD", "LADING_BENCH_NEW"
SECOND = 10**9


def main() -> None:
    """Measure, print and write down."""
    options = _options()
    files = 200 if options.quick else 2_000
    scratch = Path(options.scratch) / f"lading-bench-versions-{os.getpid()}"
    scratch.mkdir(parents=True)
    try:
        found = {"machine": machine(), "contents": files * VERSIONS, **measured(scratch, files, options.runs)}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for name, rate in found["rates"].items():
        print(f"{name:40s} {rate:8.0f} contents/s")
    print(f"ratio {found['ratio']:.2f}, bar {BAR}: {'held' if found['held'] else 'NOT HELD'}")
    if options.output:
        Path(options.output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(scratch: Path, files: int, runs: int) -> dict[str, Any]:
    """Rates of both ways in turn, and their ratio."""
    homes = [scratch / name for name in ("old-home", "new-home")]
    for home in homes:
        home.mkdir()
    with LadingDriveServer(homes[0]) as old, LadingDriveServer(homes[1]) as new:
        secrets = {OLD: old.token, NEW: new.token}
        os.environ.update(secrets)
        fill(old, "versions", files, VERSIONS)
        fill(old, "plain", files * VERSIONS, 1)
        contenders = [
            _copy(scratch, old, new, "versions", ["--with", "versions"], secrets),
            _copy(scratch, old, new, "plain", [], secrets),
        ]
        taken = alternating(contenders, runs, print)
        check(new, files)
    told = summary(taken)
    rates = {name: files * VERSIONS / float(str(it["wall_median"])) for name, it in told.items()}
    ratio = rates["versions"] / rates["plain"]
    return {"taken": told, "rates": rates, "ratio": ratio, "bar": BAR, "held": ratio >= BAR}


def fill(server: LadingDriveServer, folder: str, files: int, versions: int) -> None:
    """Put *files* with so many *versions* into *folder* of the space."""
    with open_lading(_address(server, SPACE, OLD)) as drive:
        for number in range(-1, files // 200 + 1):
            drive.make_folder((folder, f"d{number:04d}") if number >= 0 else (folder,))
        assert drive.batch is not None
        for answer in drive.batch.write(_uploads(folder, files, versions)):
            assert isinstance(answer, Entry), answer


def _uploads(folder: str, files: int, versions: int) -> Iterator[Upload]:
    dice = random.Random(20261126)
    for number in range(files):
        path = (folder, f"d{number // 200:04d}", f"f{number:05d}.bin")
        for ordinal in range(versions):
            content = dice.randbytes(dice.randrange(1024, 4096))
            at = (1_600_000_000 + number * 100 + ordinal) * SECOND
            version = Version("", at, len(content), modified=at)
            yield Upload(path, content, ANYTHING if ordinal else ABSENT, at, version)


def _copy(
    scratch: Path,
    old: LadingDriveServer,
    new: LadingDriveServer,
    folder: str,
    more: list[str],
    secrets: dict[str, str],
) -> Contender:
    state, rounds = scratch / f"state-{folder}", iter(range(10**6))
    source, target = scratch / f"{folder}-old.toml", scratch / f"{folder}-new.toml"
    _write(source, _address(old, f"{SPACE}/{folder}", OLD))

    def fresh() -> None:
        shutil.rmtree(state, ignore_errors=True)
        _write(target, _address(new, f"{SPACE}/{folder}-{next(rounds)}", NEW))

    command = [*LADING, "copy", str(source), str(target), "--state", str(state), "--json", *more]
    return Contender(folder, [command], fresh, secrets)


def check(server: LadingDriveServer, files: int) -> None:
    """Be sure that the first copy has all its versions."""
    with open_lading(_address(server, f"{SPACE}/versions-0", NEW)) as drive:
        found = list(drive.versions.all()) if drive.versions else []
    assert files == len(found), len(found)
    assert {VERSIONS} == {len(versions) for _, versions in found}


def _address(server: LadingDriveServer, place: str, token: str) -> Address:
    return Address("lading", f"http://{HOST}:{server.port}/{place}", {"token": f"env:{token}"})


def _write(file: Path, address: Address) -> None:
    lines = [
        'kind = "lading"',
        f'place = "{address.place}"',
        f'token = "{address.options["token"]}"',
        'create = "yes"',
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    parser.add_argument("--output", default="")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
