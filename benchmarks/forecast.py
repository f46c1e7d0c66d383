"""
Measure whether the forecast of a copy agrees with the copy that follows it.

    python benchmarks/forecast.py [--scratch DIR] [--output FILE] [--only SHAPE…] [--to lading|s3] [--quick]

Four shapes of data (many tiny files; few huge ones; a mixture from 1 KiB to 128 MiB; a deep tree with versions, which lies on a
drive of ours) go to two connectors: a drive of ours that is served, and a bucket of SeaweedFS, both on the loopback.  In each
case three trials stand before, between and after two whole copies to empty places, for the machine may be busy with other work; told is the
mean of the forecasts / the mean of the copies, each forecast alone, and the load of the machine.  The bar is 0.8 to 1.2.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from drill import address, named, server
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.lading import open as open_lading
from lading.model.access import Version
from lading.model.entry import Entry
from lading.testkit.servers import SeaweedServer
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from measure import machine
from run import LADING

BAR = 0.2
SECOND = 10**9
KEY, SECRET = "LADING_BENCH_KEY", "LADING_BENCH_SECRET"
ROUNDS = 2
"""Copies; a trial stands before and after each."""
SECONDS = "20"
"""What a trial may take."""


def main() -> None:
    """Measure, print and write down."""
    options = _options()
    scratch = Path(options.scratch) / f"lading-bench-forecast-{os.getpid()}"
    scratch.mkdir(parents=True)
    found: dict[str, Any] = {"machine": machine(), "at": time.strftime("%Y-%m-%d"), "bar": BAR}
    found["measurements"] = _before(options.output)
    try:
        for name, one in measured(scratch, options):
            found["measurements"][name] = one
            alone = ", ".join(f"{it:.2f}" for it in one["ratios"])
            copies = ", ".join(f"{it:.1f} s" for it in one["copies"])
            print(
                f"{name:18s} forecast / copy {one['ratio']:.2f} (alone {alone}), copies {copies}", flush=True
            )
            if options.output:
                Path(options.output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def measured(scratch: Path, options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each shape to each connector."""
    for shape, make in SHAPES.items():
        if options.only and shape not in options.only:
            continue
        home = scratch / shape
        home.mkdir()
        with ExitStack() as stack:
            old, words = make(home, stack, 0.1 if options.quick else 1.0)
            for kind, target in TARGETS.items():
                if options.to in ("", kind):
                    yield f"{shape} to {kind}", paired(home, kind, old, words, target(home, stack))
        shutil.rmtree(home, ignore_errors=True)


def paired(home: Path, kind: str, old: str, words: list[str], new: Callable[[str], str]) -> dict[str, Any]:
    """Trial, copy, trial, copy, trial; the raw numbers."""
    tries, copies, loads = [], [], []
    for number in range(ROUNDS + 1):
        loads.append(os.getloadavg()[0])
        state = str(home / f"{kind}-state-{number}")
        last = [*words, "--state", state, "--json"]
        told = _lading("forecast", old, new(f"trial-{number}"), "--seconds", SECONDS, *last)
        tries.append(json.loads(told))
        if number < ROUNDS:
            begun = time.monotonic()
            done = json.loads(_lading("copy", old, new(f"copy-{number}"), *last))
            copies.append(time.monotonic() - begun)
            assert done["account"]["failures"] == 0, done["account"]
    return {**judged([it["seconds"] for it in tries], copies), "load": loads, **_raw(tries)}


def judged(tries: list[float], copies: list[float]) -> dict[str, Any]:
    """The mean of the forecasts / the mean of the copies, and each forecast alone."""
    mean = sum(copies) / len(copies)
    ratio = sum(tries) / len(tries) / mean
    return {
        "ratio": ratio,
        "held": abs(ratio - 1) <= BAR,
        "ratios": [it / mean for it in tries],
        "forecasts": tries,
        "copies": copies,
    }


def _raw(tries: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("seconds", "least", "most", "binds", "costs", "tried", "measured", "left")
    return {
        "found": {name: tries[0][name] for name in ("files", "folders", "bytes", "versions")},
        "trials": [{name: it[name] for name in names} for it in tries],
    }


def tiny(home: Path, _: ExitStack, part: float) -> tuple[str, list[str]]:
    """16,000 files of 1 to 4 KiB, 100 in a folder."""
    dice = random.Random(1)
    for number in range(int(16_000 * part)):
        _file(
            home / "old" / f"d{number // 100:03d}" / f"合同 {number:05d}.txt",
            dice,
            dice.randrange(1 << 10, 4 << 10),
        )
    return str(home / "old"), []


def huge(home: Path, _: ExitStack, part: float) -> tuple[str, list[str]]:
    """24 files of 64 to 96 MiB, 1.9 GiB in all."""
    dice = random.Random(2)
    for number in range(24):
        _file(home / "old" / f"模型 {number:02d}.bin", dice, int(dice.randrange(64 << 20, 96 << 20) * part))
    return str(home / "old"), []


def mixed(home: Path, _: ExitStack, part: float) -> tuple[str, list[str]]:
    """8,000 files, most from 1 to 256 KiB, one in 250 from 8 to 128 MiB."""
    dice = random.Random(3)
    for number in range(int(8_000 * part)):
        largest = 27 if number % 250 == 0 else 18
        size = int(2 ** dice.uniform(23 if largest == 27 else 10, largest))
        _file(
            home / "old" / f"p{number // 400:02d}" / f"q{number // 40:03d}" / f"表 {number:05d}.xlsx",
            dice,
            size,
        )
    return str(home / "old"), []


def deep(home: Path, stack: ExitStack, part: float) -> tuple[str, list[str]]:
    """6,000 files of 1 to 32 KiB, four in a folder, folders seven deep; one file in three with four versions; on a drive of ours."""
    it = stack.enter_context(server(home, "old"))
    with open_lading(address(it)) as drive:
        assert drive.batch is not None
        files, made = int(6_000 * part), set()
        for number in range(files):
            path = _deep(number)
            for depth in range(1, len(path)):
                if path[:depth] not in made:
                    made.add(path[:depth])
                    drive.make_folder(path[:depth])
        for answer in drive.batch.write(_versions(files)):
            assert isinstance(answer, Entry), answer
    return str(named(home, it, "old")), ["--with", "versions"]


def _versions(files: int) -> Iterator[Upload]:
    dice = random.Random(4)
    for number in range(files):
        for ordinal in range(4 if number % 3 == 0 else 1):
            content = dice.randbytes(dice.randrange(1 << 10, 32 << 10))
            at = (1_600_000_000 + number * 100 + ordinal) * SECOND
            version = Version("", at, len(content), modified=at)
            yield Upload(_deep(number), content, ANYTHING if ordinal else ABSENT, at, version)


def _deep(number: int) -> tuple[str, ...]:
    folder = number // 4
    digits = [f"{level}-{folder // 4**level % 4 if level else folder}" for level in range(5, -1, -1)]
    return ("项目", *digits, f"文件 {number:05d}.docx")


SHAPES = {"tiny": tiny, "huge": huge, "mixed": mixed, "deep": deep}


def to_lading(home: Path, stack: ExitStack) -> Callable[[str], str]:
    """Folders of a drive of ours."""
    it: LadingDriveServer = stack.enter_context(server(home, "new"))
    token = named(home, it, "new").with_suffix(".token")

    def place(name: str) -> str:
        return _described(
            home / f"lading-{name}.toml",
            kind="lading",
            place=f"http://{HOST}:{it.port}/{SPACE}/{name}",
            token=f"file:{token}",
            create="yes",
        )

    return place


def to_s3(home: Path, stack: ExitStack) -> Callable[[str], str]:
    """Prefixes of a bucket."""
    (home / "seaweed").mkdir()
    it = stack.enter_context(SeaweedServer(home / "seaweed"))
    os.environ[KEY], os.environ[SECRET] = it.user, it.password

    def place(name: str) -> str:
        return _described(
            home / f"s3-{name}.toml",
            kind="s3",
            place=f"{it.bucket}/{name}",
            endpoint=it.url,
            key=f"env:{KEY}",
            secret=f"env:{SECRET}",
            create="yes",
        )

    return place


TARGETS = {"lading": to_lading, "s3": to_s3}


def _described(file: Path, **options: str) -> str:
    file.write_text("".join(f'{name} = "{value}"\n' for name, value in options.items()), encoding="utf-8")
    return str(file)


def _file(path: Path, dice: random.Random, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as stream:
        for start in range(0, size, 1 << 20):
            stream.write(dice.randbytes(min(1 << 20, size - start)))


def _before(output: str) -> dict[str, Any]:
    """What an earlier run wrote, so that the parts can be measured one after the other."""
    if not output or not os.path.exists(output):
        return {}
    return dict(json.loads(Path(output).read_text(encoding="utf-8")).get("measurements", {}))


def _lading(*words: str) -> str:
    done = subprocess.run([*LADING, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    parser.add_argument("--output", default="")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--to", default="", choices=["", *TARGETS])
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
