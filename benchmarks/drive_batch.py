"""
Measure how fast many small files come into our own drive.

    python benchmarks/drive_batch.py [--runs 5] [--scratch DIR] [--output FILE] [--sync] [--quick]

10,000 files of 4 KiB, each with its own content.  They come by the batch call of the API, from one
client and from two at once, each into a folder of its own in one space; by one PUT each over the API;
and, as a peer, `lading copy` of a folder into the drive beside `rclone copy` into Apache mod_dav with
and without `rclone check --download`.  Every file becomes a version by SHA-256 with an event for the audit.
All folders lie on the scratch (best a tmpfs); the drive runs with `sync = false` unless --sync is given.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Upload
from lading.connectors.lading import open as open_lading
from lading.model.entry import Entry
from lading.testkit.servers import ApacheServer
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from measure import Contender, alternating, machine, summary
from run import LADING, _login, _rclone, _remote

SIZE = 4096
BAR = 1000.0
TOKEN = "LADING_BENCH_TOKEN"


def main() -> None:
    """Measure, print and write down."""
    options = _options()
    count = 1000 if options.quick else 10_000
    scratch = Path(options.scratch) / f"lading-bench-batch-{os.getpid()}"
    scratch.mkdir(parents=True)
    try:
        found = {
            "machine": machine(),
            "files": count,
            "bytes_each": SIZE,
            "sync": options.sync,
            "ingest": ingest(scratch, count, options.runs, options.sync),
            "copy": copy(scratch, count, options.runs, options.sync),
        }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _print(found)
    Path(options.output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def ingest(scratch: Path, count: int, runs: int, sync: bool) -> dict[str, Any]:
    """Files per second of each way in, in turn."""
    ways: dict[str, Callable[[LadingDriveServer, int], None]] = {
        "batch, one client": lambda server, run: _clients(server, 1, count, run, batch=True),
        "batch, two clients": lambda server, run: _clients(server, 2, count, run, batch=True),
        "one PUT each, one client": lambda server, run: _clients(server, 1, count, run, batch=False),
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    with LadingDriveServer(_home(scratch), sync=sync) as server:
        os.environ[TOKEN] = server.token
        for run in range(runs + 1):
            for way, do in ways.items():
                begin = time.perf_counter()
                do(server, run)
                rate = count / (time.perf_counter() - begin)
                print(f"    round {run} {way:32s} {rate:8.0f} files/s", flush=True)
                if run:
                    rates[way].append(rate)
    medians = {way: statistics.median(found) for way, found in rates.items()}
    return {"rates": rates, "medians": medians, "bar": BAR, "held": medians["batch, two clients"] >= BAR}


def copy(scratch: Path, count: int, runs: int, sync: bool) -> dict[str, Any]:
    """`lading copy` into the drive beside `rclone copy` into Apache."""
    old, state, rounds = scratch / "old", scratch / "state", iter(range(10**6))
    for number in range(count):
        folder = old / f"d{number // 200:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}.bin").write_bytes(os.urandom(SIZE))
    with LadingDriveServer(_home(scratch), sync=sync) as server, ApacheServer() as apache:
        secret = {TOKEN: server.token}
        target = scratch / "new.toml"

        def fresh() -> None:
            shutil.rmtree(state, ignore_errors=True)
            place = f"http://{HOST}:{server.port}/{SPACE}/copy {next(rounds)}"
            target.write_text(
                f'kind = "lading"\nplace = "{place}"\ntoken = "env:{TOKEN}"\ncreate = "yes"\n',
                encoding="utf-8",
            )

        def clear() -> None:
            for name in os.listdir(apache.root):
                shutil.rmtree(Path(apache.root, name), ignore_errors=True)

        lading = [*LADING, "copy", str(old), str(target), "--state", str(state), "--json"]
        there = [_remote(apache), "--checkers", "8", *_login(apache)]
        sent = _rclone("copy", str(old), *there, "--transfers", "8")
        read = _rclone("check", "--download", str(old), *there)
        taken = alternating(
            [
                Contender("lading copy to our drive", [lading], fresh, secret),
                Contender("rclone copy + check to Apache", [sent, read], clear),
                Contender("rclone copy to Apache", [sent], clear),
            ],
            runs,
            print,
        )
    return summary(taken)


def _clients(server: LadingDriveServer, clients: int, count: int, run: int, *, batch: bool) -> None:
    context = get_context("fork")
    each = count // clients
    jobs = [
        context.Process(target=_send, args=(server.port, f"{run} {clients} {batch} {number}", each, batch))
        for number in range(clients)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
        if job.exitcode:
            raise SystemExit("a client failed")


def _send(port: int, folder: str, count: int, batch: bool) -> None:
    place = f"http://{HOST}:{port}/{SPACE}/{folder}"
    address = Address("lading", place, {"token": f"env:{TOKEN}", "create": "yes"})
    noise = os.urandom(SIZE)
    contents = (
        (f"f{number}.bin", number.to_bytes(8, "big") + os.urandom(8) + noise[16:]) for number in range(count)
    )
    with open_lading(address) as drive:
        if not batch:
            for name, content in contents:
                drive.write((name,), [content], expect=ABSENT)
            return
        assert drive.batch is not None
        answers = drive.batch.write(Upload((name,), content, ABSENT, None) for name, content in contents)
        sys.exit(sum(isinstance(answer, Entry) for answer in answers) != count)


def _home(scratch: Path) -> Path:
    home = scratch / f"home-{time.monotonic_ns()}"
    home.mkdir()
    return home


def _print(found: dict[str, Any]) -> None:
    print("\nways into the drive, files per second (median)")
    for way, rate in found["ingest"]["medians"].items():
        print(f"  {way:32s} {rate:8.0f}")
    print(f"  bar: {BAR:.0f} by batch, {'held' if found['ingest']['held'] else 'MISSED'}")
    print("\na folder copied")
    for name, it in found["copy"].items():
        print(f"  {name:32s} {it['wall_median']:7.2f} s ({it['wall_min']:.2f}-{it['wall_max']:.2f})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds that count (one more goes before)")
    parser.add_argument("--scratch", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp")
    parser.add_argument("--output", default="benchmarks/results/drive_batch.json")
    parser.add_argument("--sync", action="store_true", help="let the drive wait for the disk")
    parser.add_argument("--quick", action="store_true", help="a small run, to see that it works")
    return parser.parse_args()


if __name__ == "__main__":
    main()
