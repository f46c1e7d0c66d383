"""
Measure the WebDAV door of our own drive beside Apache mod_dav and WsgiDAV with its own file provider.

    python benchmarks/drive_dav.py [--runs 5] [--scratch DIR] [--output FILE] [--sync] [--quick]

All servers run at once, idle but for the one that is asked, and take turns in each round.
The client is libcurl in this process, so its share of the processors is the same for all.  All folders
lie on the scratch (best a tmpfs: then nothing waits for a disk).  The drive runs with
`sync = false` unless --sync is given: neither of the others syncs what it writes.  The drive also keeps
each save as a version by SHA-256, with an event for the audit, and notes each read.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pycurl

from lading.testkit.servers import ApacheOptions, ApacheServer, LocalServer, WsgiDavServer
from lading.testkit.servers.lading_drive import LadingDriveServer
from measure import machine

SMALL = 16 * 1024
LARGE = 1 << 30
BLOCK = os.urandom(1 << 20)
MIB = 1 << 20
LISTED = 10_000
PROPERTIES = (
    b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/>'
    b"<getlastmodified/><getetag/></prop></propfind>"
)
OURS, APACHE, WSGIDAV = "lading drive", "apache mod_dav", "wsgidav + granian"
BARS = {
    "put_1": (0.5, 1.0),
    "get_1": (0.5, 1.0),
    "put_50": (0.5, 1.0),
    "get_50": (0.5, 1.0),
    "put_large": (1 / 1.5, None),
    "get_large": (1 / 1.5, None),
}
"""Least share of the rate of Apache, and of that of WsgiDAV."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one step took: seconds, requests per second, seconds of the server's processors, peak bytes (PSS)."""

    wall: float
    rate: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Side:
    """One server under measurement."""

    name: str
    server: LocalServer
    login: str

    def url(self, path: str) -> str:
        return self.server.url + path


def main() -> None:
    """Measure and write what was measured."""
    options = _options()
    scratch = Path(options.scratch) / f"lading-bench-dav-{os.getpid()}"
    scratch.mkdir(parents=True)
    scratch.chmod(0o755)
    try:
        results = {
            "machine": machine(),
            "versions": {
                name: version(name) for name in ("granian", "wsgidav", "cheroot", "django", "pycurl")
            },
            "at": time.strftime("%Y-%m-%d"),
            "scratch": _file_system(scratch),
            "sync": options.sync,
            "measurements": {"g": measure(scratch, options)},
        }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    Path(options.output).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    report(results["measurements"]["g"])
    print(f"{json.dumps(results['machine'])}\nsync: {options.sync}, scratch: {results['scratch']}")
    print(f"raw figures: {options.output}")


def measure(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """WebDAV: small files with 1 and 50 clients, 1 GiB, a listing of 10,000"""
    with ExitStack() as stack:
        sides = [stack.enter_context(_serving(make)) for make in _makers(scratch, sync=options.sync)]
        for side in sides:
            _prepare(side, LISTED if not options.quick else 1000)
        taken: dict[str, dict[str, list[Taken]]] = {}
        for number in range(options.runs + 1):
            for side in sides:
                for step, result in _round(side, number, options.quick):
                    print(
                        f"    round {number} {side.name:18s} {step:10s} {result.wall:8.2f} s {result.rate:8.0f}/s"
                        f" {result.cpu:7.2f} s cpu {result.peak / MIB:6.0f} MiB",
                        flush=True,
                    )
                    if number:
                        taken.setdefault(step, {}).setdefault(side.name, []).append(result)
    return {"steps": {step: _step(step, by) for step, by in taken.items()}}


def report(measured: dict[str, Any]) -> None:
    """Print the medians, and which bars are held."""
    for step, it in measured["steps"].items():
        print(f"\n{step}")
        for name, side in it["contenders"].items():
            print(
                f"  {name:18s} {side['rate_median']:9.1f}/s ({side['rate_min']:.1f}-{side['rate_max']:.1f})"
                f"  cpu {side['cpu_median']:6.2f} s  peak {side['peak_median'] / MIB:5.0f} MiB"
            )
        for bar in it["bars"]:
            print(f"  {bar['text']}: {bar['ratio']:.2f}, {'held' if bar['held'] else 'MISSED'}")


class GranianWsgiDav(WsgiDavServer):
    """
    WsgiDAV with its own file provider behind the same server as our drive, with as many processes and threads.

    Behind cheroot 50 clients at once starve each other: 140 requests/s, and connections that are reset.
    """

    name = "wsgidav-granian"

    def command(self) -> list[str]:
        """Granian serving a module that is written for it."""
        configuration = {**self._configuration(), "verbose": 0}
        module = _MODULE.format(configuration=repr(configuration))
        (self.home / "served.py").write_text(module, encoding="utf-8")
        how = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "32", "--no-ws"]
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--working-dir", str(self.home)]
        return [sys.executable, "-m", "granian", *how, *where, "--log-level", "error", "served:application"]


# WsgiDAV calls `start_response` late, which Granian does not expect.
_MODULE = """
from itertools import chain
from wsgidav.wsgidav_app import WsgiDAVApp

serve = WsgiDAVApp({configuration})


def application(environ, start_response):
    blocks = iter(serve(environ, start_response))
    return chain([next(blocks, b"")], blocks)
"""


def _makers(scratch: Path, *, sync: bool) -> Iterator[Callable[[], Side]]:
    def folder(name: str) -> Path:
        made = scratch / name
        made.mkdir()
        made.chmod(0o777)
        return made

    def ours() -> Side:
        server = LadingDriveServer(folder("drive"), sync=sync)
        return Side(OURS, server, "")

    def apache() -> Side:
        server = ApacheServer(folder("apache"), options=ApacheOptions(requests_per_connection=0))
        return Side(APACHE, server, f"{server.user}:{server.password}")

    def wsgidav() -> Side:
        server = GranianWsgiDav(folder("wsgidav"))
        return Side(WSGIDAV, server, f"{server.user}:{server.password}")

    yield from (ours, apache, wsgidav)


@contextmanager
def _serving(make: Callable[[], Side]) -> Iterator[Side]:
    side = make()
    with side.server as server:
        # The token of the drive is known once its home is made.
        yield (
            Side(OURS, server, f"{server.user}:{server.token}")
            if isinstance(server, LadingDriveServer)
            else side
        )


def _prepare(side: Side, count: int) -> None:
    # One client for the listed folder; it is not measured.
    _demand(side, "MKCOL", "listed/")
    names = [f"listed/entry {number:05d}.txt".replace(" ", "%20") for number in range(count)]
    _small(side, names, 8, put=True, size=10)


def _round(side: Side, number: int, quick: bool) -> Iterator[tuple[str, Taken]]:
    folder = f"round{number}/"
    _demand(side, "MKCOL", folder)
    count, large = (300, 64 * MIB) if quick else (2000, LARGE)
    for clients in (1, 50):
        names = [f"{folder}c{clients}-{one}.bin" for one in range(count)]
        yield f"put_{clients}", _watched(side, count, lambda n=names, c=clients: _small(side, n, c, put=True))
        yield (
            f"get_{clients}",
            _watched(side, count, lambda n=names, c=clients: _small(side, n, c, put=False)),
        )
    yield "put_large", _watched(side, 1, lambda: _upload(side, f"{folder}large.bin", large))
    yield "get_large", _watched(side, 1, lambda: _download(side, f"{folder}large.bin", large))
    yield "propfind", _watched(side, 1, lambda: _listing(side, LISTED if not quick else 1000))
    _demand(side, "DELETE", folder)


def _watched(side: Side, count: int, do: Callable[[], None]) -> Taken:
    watch = _Watch(side.server.pid)
    before = watch.cpu()
    watch.start()
    begin = time.perf_counter()
    do()
    wall = time.perf_counter() - begin
    watch.stop()
    return Taken(wall, count / wall, watch.cpu() - before, watch.peak)


def _small(side: Side, names: list[str], clients: int, *, put: bool, size: int = SMALL) -> None:
    multi = pycurl.CurlMulti()
    free = [_curl(side) for _ in range(clients)]
    waiting = list(enumerate(names))
    active = 0
    while waiting or active:
        while free and waiting:
            curl = free.pop()
            number, name = waiting.pop()
            _aim(curl, side, name, _content(number, size) if put else None)
            multi.add_handle(curl)
            active += 1
        while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        _, good, bad = multi.info_read()
        if bad:
            raise SystemExit(f"{side.name}: {bad[0][2]}")
        for curl in good:
            _check(side, curl, put=put, size=size)
            multi.remove_handle(curl)
            free.append(curl)
            active -= 1
        if active and not good:
            multi.select(0.05)


def _curl(side: Side) -> pycurl.Curl:
    curl = pycurl.Curl()
    login = base64.b64encode(side.login.encode()).decode()
    curl.setopt(pycurl.HTTPHEADER, [f"Authorization: Basic {login}", "Expect:"])
    curl.setopt(pycurl.TCP_NODELAY, 1)
    curl.setopt(pycurl.WRITEFUNCTION, lambda _: None)
    return curl


def _aim(curl: pycurl.Curl, side: Side, name: str, content: bytes | None) -> None:
    curl.setopt(pycurl.URL, side.url(name))
    curl.answer = io.BytesIO()
    curl.setopt(pycurl.WRITEFUNCTION, curl.answer.write)
    if content is not None:
        curl.setopt(pycurl.UPLOAD, 1)
        body = io.BytesIO(content)
        curl.setopt(pycurl.READFUNCTION, body.read)
        # A server may end an idle connection just when it is used again; libcurl then begins anew.
        curl.setopt(pycurl.SEEKFUNCTION, lambda to, origin: 0 if body.seek(to, origin) >= 0 else 1)
        curl.setopt(pycurl.INFILESIZE_LARGE, len(content))


def _check(side: Side, curl: pycurl.Curl, *, put: bool, size: int) -> None:
    status = curl.getinfo(pycurl.HTTP_CODE)
    if status not in ((201, 204) if put else (200,)):
        raise SystemExit(f"{side.name}: answered {status}: {curl.answer.getvalue()[:500]!r}")
    if not put and len(curl.answer.getvalue()) != size:
        raise SystemExit(f"{side.name}: {len(curl.answer.getvalue())} bytes instead of {size}")


def _content(number: int, size: int) -> bytes:
    # No two alike, or a store by digest would write only one.
    head = number.to_bytes(4, "big") + os.urandom(8)
    return (head + BLOCK[:size])[:size]


def _upload(side: Side, name: str, size: int) -> None:
    curl, left = _curl(side), size

    def read(count: int) -> bytes:
        nonlocal left
        block = BLOCK[: min(count, left)]
        left -= len(block)
        return block

    curl.setopt(pycurl.UPLOAD, 1)
    curl.setopt(pycurl.UPLOAD_BUFFERSIZE, MIB)
    curl.setopt(pycurl.READFUNCTION, read)
    curl.setopt(pycurl.INFILESIZE_LARGE, size)
    _whole(side, curl, name, (201, 204))


def _download(side: Side, name: str, size: int) -> None:
    curl, got = _curl(side), 0

    def write(block: bytes) -> None:
        nonlocal got
        got += len(block)

    curl.setopt(pycurl.BUFFERSIZE, 512 * 1024)
    curl.setopt(pycurl.WRITEFUNCTION, write)
    _whole(side, curl, name, (200,))
    if got != size:
        raise SystemExit(f"{side.name}: {got} bytes instead of {size}")


def _listing(side: Side, count: int) -> None:
    curl, answer = _curl(side), io.BytesIO()
    login = base64.b64encode(side.login.encode()).decode()
    headers = [f"Authorization: Basic {login}", "Depth: 1", "Content-Type: application/xml"]
    curl.setopt(pycurl.HTTPHEADER, headers)
    curl.setopt(pycurl.CUSTOMREQUEST, "PROPFIND")
    curl.setopt(pycurl.POSTFIELDS, PROPERTIES)
    curl.setopt(pycurl.WRITEFUNCTION, answer.write)
    _whole(side, curl, "listed/", (207,))
    if (found := answer.getvalue().count(b"entry%20")) < count:
        raise SystemExit(f"{side.name}: {found} entries instead of {count}")


def _demand(side: Side, method: str, name: str) -> None:
    curl = _curl(side)
    curl.setopt(pycurl.CUSTOMREQUEST, method)
    curl.setopt(pycurl.WRITEFUNCTION, lambda _: None)
    _whole(side, curl, name, (200, 201, 204))


def _whole(side: Side, curl: pycurl.Curl, name: str, good: tuple[int, ...]) -> None:
    curl.setopt(pycurl.URL, side.url(name))
    curl.perform()
    status = curl.getinfo(pycurl.HTTP_CODE)
    curl.close()
    if status not in good:
        raise SystemExit(f"{side.name}: {name} answered {status}")


def _step(step: str, by: dict[str, list[Taken]]) -> dict[str, Any]:
    contenders = {
        name: {
            "rate_median": statistics.median(it.rate for it in runs),
            "rate_min": min(it.rate for it in runs),
            "rate_max": max(it.rate for it in runs),
            "wall_median": statistics.median(it.wall for it in runs),
            "cpu_median": statistics.median(it.cpu for it in runs),
            "peak_median": statistics.median(it.peak for it in runs),
            "runs": [asdict(it) for it in runs],
        }
        for name, runs in by.items()
    }
    bars = []
    for peer, least in zip((APACHE, WSGIDAV), BARS.get(step, (None, None)), strict=True):
        if least is not None:
            # Within one round all met the same load of the machine; the median of the ratios drops the rest.
            ratio = statistics.median(
                own.rate / other.rate for own, other in zip(by[OURS], by[peer], strict=True)
            )
            text = f"rate as a share of {peer} (bar {least:.2f})"
            bars.append({"text": text, "ratio": ratio, "held": ratio >= least})
    return {"contenders": contenders, "bars": bars}


class _Watch(threading.Thread):
    """Looks at the memory of a server and all its processes, twice a second: to look costs the server time, the more the larger it is."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._ended, self.peak = pid, threading.Event(), 0

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(_share, self._family())))
            if self._ended.wait(0.5):
                return

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def cpu(self) -> float:
        return sum(map(_cpu, self._family()))

    def _family(self) -> list[int]:
        found = [self._pid]
        for parent in found:
            try:
                for task in Path(f"/proc/{parent}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
            except OSError:
                continue
        return found


def _share(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
            return sum(int(line.split()[1]) * 1024 for line in stream if line.startswith("Pss:"))
    except (OSError, ValueError):
        return 0


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _file_system(path: Path) -> str:
    best, kind = "", "?"
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, point, name, *_ = line.split()
        if str(path).startswith(point) and len(point) >= len(best):
            best, kind = point, name
    return kind


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds that count (one more goes before)")
    parser.add_argument("--scratch", default="/dev/shm")
    parser.add_argument("--output", default="benchmarks/results/drive_dav.json")
    parser.add_argument("--sync", action="store_true", help="let the drive wait for the disk")
    parser.add_argument("--quick", action="store_true", help="a small run, to see that it works")
    return parser.parse_args()


if __name__ == "__main__":
    main()
