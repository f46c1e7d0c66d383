"""
Count the calls that WeDrive is asked for, beside the fewest that its published API needs.

    python benchmarks/wedrive.py [--files 100] [--large 2] [--output FILE]

WeDrive allows so many calls a month, so calls are what a move costs; how long it takes says nothing here, since
the other side is an emulator.  Small files of 4 KiB lie fifty to a folder, large ones have 21 MiB.  Each row is one
whole command with a state of its own, and a second one that finds nothing to do.  The fewest are: one call for a
listing of up to 1,000 entries, one for a folder, one for a download, three for a file in blocks that pushes no
card (one with `oneshot=yes`), and two and one for each block of 2 MiB for a large one, or one if WeDrive has its content.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from lading.connectors.wedrive.digest import BLOCK
from lading.testkit.servers.wedrive import WeDriveEmulator

SMALL, LARGE, TOGETHER = 4096, 21 << 20, 50
SECRET = "LADING_BENCH_WEDRIVE"
WITHOUT_LIMIT: Mapping[str, object] = {"quota_paid": 10**9, "per_minute": 10**9, "per_hour": 10**9}
BESIDE = ("gettoken", "download_url")


def main() -> None:
    """Count, print and write down."""
    options = _options()
    scratch = Path(tempfile.mkdtemp(prefix="lading-bench-wedrive-"))
    try:
        with WeDriveEmulator(switches=WITHOUT_LIMIT) as server:
            os.environ[SECRET] = server.secret
            found = _counted(server, scratch, options.files, options.large)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _print(found)
    Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    Path(options.output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _counted(server: WeDriveEmulator, scratch: Path, files: int, large: int) -> dict[str, Any]:
    folders = -(-files // TOGETHER)
    _fill(scratch / "old", files, large)
    blocks = -(-LARGE // BLOCK)
    listings, made = folders + 1, folders
    rows: dict[str, tuple[list[str], int]] = {}
    first, second = _space(server), _space(server)
    old, back = str(scratch / "old"), str(scratch / "back")
    # Every content is read back after it was stored, as with any drive that tells no SHA-256.
    proof = files + large
    into = listings + made + 3 * files + large * (2 + blocks) + proof
    rows["into WeDrive"] = (["copy", old, f"wedrive:{first}", "--new-opt"], into)
    # The same contents once more: WeDrive has the large ones by then.
    fewest = into - 2 * files - large * (1 + blocks)
    rows["into WeDrive, oneshot=yes"] = (["copy", old, f"wedrive:{second}", "--new-opt"], fewest)
    rows["scan"] = (["scan", f"wedrive:{first}", "-o", str(scratch / "manifest"), "--opt"], listings)
    rows["out of WeDrive"] = (["copy", f"wedrive:{first}", back, "--old-opt"], listings + files + large)
    found = {}
    for name, (words, fewest) in rows.items():
        more = {"oneshot": "yes"} if "oneshot" in name else {}
        calls = [
            _run(server, scratch / f"state-{name}", words, more) for _ in range(1 if name == "scan" else 2)
        ]
        found[name] = {
            "fewest": fewest,
            "calls": sum(calls[0].values()),
            "by_call": calls[0],
            "again": [sum(it.values()) for it in calls[1:]],
        }
    return {"files": files, "large": large, "blocks": blocks, "folders": folders, "rows": found}


def _run(server: WeDriveEmulator, state: Path, words: list[str], more: Mapping[str, str]) -> dict[str, int]:
    """The WeDrive calls that one command makes."""
    server.control("forget_counters")
    flag = words[-1]
    given = {
        "corp": server.corpid,
        "secret": f"env:{SECRET}",
        "host": server.url.rstrip("/"),
        "state": str(state / "calls"),
        **more,
    }
    options = [word for name, value in given.items() for word in (flag, f"{name}={value}")]
    kept = ["--state", str(state)] if words[0] == "copy" else []
    command = [sys.executable, "-m", "lading", *words[:-1], *options, *kept]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    told = server.control("counters")["calls"]
    return {name: sum(codes.values()) for name, codes in sorted(told.items()) if name not in BESIDE}


def _fill(folder: Path, files: int, large: int) -> None:
    for number in range(files):
        place = folder / f"{number // TOGETHER:03}" / f"{number:05}.bin"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(number.to_bytes(8, "big") * (SMALL // 8))
    for number in range(large):
        (folder / f"large-{number}.bin").write_bytes(bytes([number]) * LARGE)


def _space(server: WeDriveEmulator) -> str:
    token = _asked(server, "GET", f"gettoken?corpid={server.corpid}&corpsecret={server.secret}")
    route = f"wedrive/space_create?access_token={token['access_token']}"
    return str(_asked(server, "POST", route, json.dumps({"space_name": "bench"}))["spaceid"])


def _asked(server: WeDriveEmulator, verb: str, route: str, body: str | None = None) -> dict[str, Any]:
    line = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        line.request(verb, f"/cgi-bin/{route}", body)
        answer: dict[str, Any] = json.loads(line.getresponse().read())
        return answer
    finally:
        line.close()


def _print(found: dict[str, Any]) -> None:
    print(
        f"WeDrive: {found['files']} files of 4 KiB in {found['folders']} folders,"
        f" {found['large']} of 21 MiB in {found['blocks']} blocks"
    )
    for name, row in found["rows"].items():
        again = "".join(f", again {count}" for count in row["again"])
        print(
            f"  {name:<26} {row['calls']:>6} calls, {row['calls'] / row['fewest']:.2f} × {row['fewest']}{again}"
        )
        print(f"    {', '.join(f'{call} {count}' for call, count in row['by_call'].items())}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--large", type=int, default=2)
    parser.add_argument("--output", default="benchmarks/results/wedrive.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
