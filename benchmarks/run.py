"""
Measure Lading beside its peers, in one run, alternating.

    python benchmarks/run.py [a b c d e f] [--runs 5] [--scratch DIR] [--output FILE]

Each measurement names the guarantee it compares.  "rclone copy" alone has not
read back what it wrote; "rclone copy + check" has, as Lading always has, so the
bar of same guarantee is held against the latter where NEW computes no digest.
Figures depend on the machine; only ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lading.testkit.servers import ApacheServer
from measure import Contender, alternating, machine, summary

LADING = [sys.executable, "-m", "lading"]
MIB = 1024 * 1024


def main() -> None:
    """Run the measurements asked for and write what was measured."""
    options = _options()
    scratch = Path(options.scratch) / f"lading-bench-{os.getpid()}"
    scratch.mkdir(parents=True)
    results: dict[str, Any] = {
        "machine": machine(),
        "versions": _versions(),
        "at": time.strftime("%Y-%m-%d"),
        "measurements": {},
    }
    try:
        for name in options.which or list(MEASUREMENTS):
            print(f"({name}) {MEASUREMENTS[name].__doc__.strip()}")  # type: ignore[union-attr]
            results["measurements"][name] = MEASUREMENTS[name](scratch, options.runs)
            shutil.rmtree(scratch)
            scratch.mkdir()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    Path(options.output).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"\n{json.dumps(results['machine'])}\n{json.dumps(results['versions'])}")
    for name, measured in results["measurements"].items():
        _print(name, measured)
    print(f"raw figures: {options.output}")


def copy_small(scratch: Path, runs: int) -> dict[str, Any]:
    """folder to folder, 20,000 files of 4 to 32 KB"""
    _small(scratch / "old", 20_000, 4096, 32_768)
    return _copies(scratch, runs, 8)


def copy_large(scratch: Path, runs: int) -> dict[str, Any]:
    """folder to folder, 2 GB in ten files"""
    _large(scratch / "old")
    return _copies(scratch, runs, 4)


def copy_webdav(scratch: Path, runs: int) -> dict[str, Any]:
    """folder to WebDAV on Apache mod_dav, 5,000 files of 4 to 32 KB"""
    _small(scratch / "old", 5_000, 4096, 32_768)
    with ApacheServer() as server:
        secret = {"BENCH_PASSWORD": server.password or ""}
        remote = _remote(server)

        def clear() -> None:
            for name in os.listdir(server.root):
                shutil.rmtree(Path(server.root, name), ignore_errors=True)
            shutil.rmtree(scratch / "state", ignore_errors=True)

        copy = _rclone(
            "copy", str(scratch / "old"), remote, "--transfers", "8", "--checkers", "8", *_login(server)
        )
        check = _rclone(
            "check", "--download", str(scratch / "old"), remote, "--checkers", "8", *_login(server)
        )
        login = (
            ["--new-opt", f"user={server.user}", "--new-opt", "password=env:BENCH_PASSWORD"]
            if server.user
            else []
        )
        lading = [
            *LADING,
            "copy",
            str(scratch / "old"),
            server.url,
            *login,
            "--state",
            str(scratch / "state"),
            "--json",
        ]
        taken = alternating(
            [
                Contender("lading copy", [lading], clear, secret),
                Contender("rclone copy + check", [copy, check], clear),
                Contender("rclone copy (not read back)", [copy], clear),
            ],
            runs,
            print,
        )
    return _measured(taken, "rclone copy + check", 1.0)


def second_pass(scratch: Path, runs: int) -> dict[str, Any]:
    """a second pass over 100,000 files with nothing changed, folder to folder"""
    _small(scratch / "old", 100_000, 10, 20)
    subprocess.run([*_copy(scratch)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*_copy(scratch)], check=True, stdout=subprocess.DEVNULL)
    taken = alternating(
        [
            Contender("lading copy", [_copy(scratch)], _nothing),
            Contender(
                "rclone copy",
                [_rclone("copy", str(scratch / "old"), str(scratch / "new"), "--checkers", "8")],
                _nothing,
            ),
        ],
        runs,
        print,
    )
    return _measured(taken, "rclone copy", 1.0)


def verify(scratch: Path, runs: int) -> dict[str, Any]:
    """verify 20,000 files of 4 to 32 KB and 2 GB in ten files, folder against folder, every byte of both"""
    measured = {}
    for name, make in (("small", lambda root: _small(root, 20_000, 4096, 32_768)), ("large", _large)):
        old, new = scratch / name / "old", scratch / name / "new"
        make(old)
        subprocess.run(["cp", "-a", str(old), str(new)], check=True)
        judge = [*LADING, "verify", str(old), str(new), "--json"]
        elsewhere = {"TMPDIR": str(scratch)}
        taken = alternating(
            [
                Contender("lading verify", [[*judge, "--state", str(scratch / name / "state")]], _nothing),
                Contender("lading verify (no record, no digests)", [judge], _nothing, elsewhere),
                Contender(
                    "rclone check --download",
                    [_rclone("check", "--download", str(old), str(new), "--checkers", "4")],
                    _nothing,
                ),
            ],
            runs,
            print,
        )
        measured[name] = _measured(taken, "rclone check --download", 1.0)
        shutil.rmtree(scratch / name)
    return {"parts": measured}


def scan_million(scratch: Path, runs: int) -> dict[str, Any]:
    """scan and compare generated entries: 100 thousand and 1 million"""
    measured: dict[str, Any] = {}
    for entries in (100_000, 1_000_000):
        one, two = (f"generated:entries={entries},seed=1" + change for change in ("", ",change=1"))

        def clear() -> None:
            shutil.rmtree(scratch / "m1", ignore_errors=True)

        scan = [*LADING, "scan", one, "-o", str(scratch / "m1"), "--json"]
        if not (scratch / f"m2-{entries}").exists():
            subprocess.run(
                [*LADING, "scan", two, "-o", str(scratch / f"m2-{entries}"), "--json"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        compare = [*LADING, "compare", str(scratch / "m1"), str(scratch / f"m2-{entries}"), "--json"]
        taken = alternating([Contender(f"scan {entries}", [scan], clear)], runs, print)
        taken |= alternating(
            [Contender(f"compare {entries}", [compare], _nothing, accepts=frozenset({0, 10}))], runs, print
        )
        measured |= summary(taken)
    growth = {
        name: measured[f"{name} 1000000"]["largest_median"] / measured[f"{name} 100000"]["largest_median"]
        for name in ("scan", "compare")
    }
    return {
        "contenders": measured,
        "peak_growth": growth,
        "bar": "growth of the largest process below 1.5, peak below 600 MB",
    }


MEASUREMENTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "a": copy_small,
    "b": copy_large,
    "c": copy_webdav,
    "d": second_pass,
    "e": verify,
    "f": scan_million,
}


def _copies(scratch: Path, runs: int, transfers: int) -> dict[str, Any]:
    def clear() -> None:
        shutil.rmtree(scratch / "new", ignore_errors=True)
        shutil.rmtree(scratch / "state", ignore_errors=True)

    old, new = str(scratch / "old"), str(scratch / "new")
    copy = _rclone("copy", old, new, "--transfers", str(transfers), "--checkers", "8")
    check = _rclone("check", "--download", old, new, "--checkers", str(transfers))
    taken = alternating(
        [
            Contender("lading copy", [_copy(scratch)], clear),
            Contender("rclone copy + check", [copy, check], clear),
            Contender("rclone copy (not read back)", [copy], clear),
            Contender("cp -a (floor, no digests)", [["cp", "-a", old, new]], clear),
        ],
        runs,
        print,
    )
    return _measured(taken, "rclone copy + check", 2.0 if transfers == 8 else 1.0)


def _measured(taken: dict[str, Any], peer: str, bar: float) -> dict[str, Any]:
    figures = summary(taken)
    ours = next(name for name in figures if name.startswith("lading"))
    ratios = {
        name: it["wall_median"] / figures[ours]["wall_median"] for name, it in figures.items() if name != ours
    }
    return {
        "contenders": figures,
        "times_as_fast_as": ratios,
        "bar": f"{bar} times {peer}",
        "held": ratios[peer] >= bar,
    }


def _print(name: str, measured: dict[str, Any]) -> None:
    for part, it in measured.get("parts", {"": measured}).items():
        print(f"\n({name}) {part}")
        for contender, figures in it["contenders"].items():
            print(
                f"  {contender:32s} {figures['wall_median']:7.2f} s ({figures['wall_min']:.2f}-{figures['wall_max']:.2f})"
                f"  cpu {figures['cpu_median']:6.2f} s  peak {figures['peak_median'] / MIB:5.0f} MiB, largest process {figures['largest_median'] / MIB:5.0f} MiB"
            )
        for peer, ratio in it.get("times_as_fast_as", {}).items():
            print(f"  {ratio:.2f} times as fast as {peer}")
        for what, growth in it.get("peak_growth", {}).items():
            print(f"  peak of {what} at a million is {growth:.2f} times that at a hundred thousand")
        print(f"  bar: {it['bar']}{'' if 'held' not in it else ', held' if it['held'] else ', MISSED'}")


def _copy(scratch: Path) -> list[str]:
    return [
        *LADING,
        "copy",
        str(scratch / "old"),
        str(scratch / "new"),
        "--state",
        str(scratch / "state"),
        "--json",
    ]


def _rclone(*words: str) -> list[str]:
    binary = Path(sys.executable).with_name("rclone")
    return [
        str(binary if binary.exists() else shutil.which("rclone") or "rclone"),
        *words,
        "-q",
        "--config",
        "/dev/null",
    ]


def _remote(server: ApacheServer) -> str:
    return f":webdav,url='{server.url}',vendor=other:"


def _login(server: ApacheServer) -> list[str]:
    pacer = ["--webdav-pacer-min-sleep", "0"]
    if not server.user:
        return pacer
    hidden = subprocess.run(
        [*_rclone("obscure", server.password)[:3]], capture_output=True, text=True, check=True
    ).stdout.strip()
    return [*pacer, "--webdav-user", server.user, "--webdav-pass", hidden]


def _small(root: Path, count: int, least: int, most: int) -> None:
    dice = random.Random(1)
    for number in range(count):
        folder = root / f"d{number // 200:04d}"
        if number % 200 == 0:
            folder.mkdir(parents=True)
        (folder / f"f{number:06d}.bin").write_bytes(dice.randbytes(dice.randint(least, most)))


def _large(root: Path) -> None:
    dice = random.Random(2)
    root.mkdir(parents=True)
    for number in range(10):
        with open(root / f"model {number}.bin", "wb") as stream:
            for _ in range(200):
                stream.write(dice.randbytes(1_000_000))


def _nothing() -> None:
    return


def _versions() -> dict[str, str]:
    with ExitStack():
        lading = subprocess.run(
            [*LADING, "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        rclone = subprocess.run(
            [*_rclone("version")[:2]], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
        cp = subprocess.run(
            ["cp", "--version"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
    return {"lading": lading, "rclone": rclone, "cp": cp}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "which", nargs="*", choices=[*MEASUREMENTS, []], help="which measurements; all by default"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scratch", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp")
    parser.add_argument("--output", default="benchmarks/results/run.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
