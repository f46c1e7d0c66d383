"""
Compare HTTP clients at the work of a WebDAV connector: many small files and one large one, digested on the way.

Apache mod_dav serves a folder on loopback; every client runs in a process of
its own, the clients take turns, and the table shows medians.  Usage:

    python benchmarks/http_clients.py --json result.json
    python benchmarks/http_clients.py --clients urllib3,pycurl --python niquests=OTHER/bin/python

A client that is not installed is listed as missing.  niquests brings a
replacement of urllib3 into the environment it is installed in, so give it an
interpreter of its own; the version column shows what was really measured.
"""

import argparse
import base64
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

CHUNK = 1 << 20
SMALL = 16 * 1024
NAMES = ["http.client", "urllib3", "requests", "httpx", "niquests", "pycurl", "aiohttp"]


class Client(Protocol):
    """What a connector needs: one is made per thread, except where sharing is the library's own advice."""

    def put(self, path: str, source: Iterator[bytes], size: int) -> int: ...
    def get(self, path: str) -> Iterator[bytes]: ...


class StandardClient:
    def __init__(self, base: str, login: str) -> None:
        import http.client  # noqa: PLC0415 (only the client under test)

        host = base.removeprefix("http://").rstrip("/")
        self.connection, self.headers = http.client.HTTPConnection(host), {"Authorization": login}

    def put(self, path: str, source: Iterator[bytes], size: int) -> int:
        headers = {**self.headers, "Content-Length": str(size)}
        self.connection.request("PUT", path, body=source, headers=headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def get(self, path: str) -> Iterator[bytes]:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        while block := answer.read(CHUNK):
            yield block


class Urllib3Client:
    def __init__(self, base: str, login: str) -> None:
        import urllib3  # noqa: PLC0415 (only the client under test)

        self.pool = urllib3.connection_from_url(base, maxsize=1, retries=False)
        self.headers = {"Authorization": login}

    def put(self, path: str, source: Iterator[bytes], size: int) -> int:
        headers = {**self.headers, "Content-Length": str(size)}
        return int(self.pool.urlopen("PUT", path, body=source, headers=headers).status)

    def get(self, path: str) -> Iterator[bytes]:
        answer = self.pool.urlopen("GET", path, headers=self.headers, preload_content=False)
        while block := answer.read(CHUNK):
            yield block
        answer.release_conn()


class RequestsClient:
    module = "requests"

    def __init__(self, base: str, login: str) -> None:
        self.session, self.base = __import__(self.module).Session(), base.rstrip("/")
        self.session.trust_env = False
        self.session.headers["Authorization"] = login

    def put(self, path: str, source: Iterator[bytes], size: int) -> int:
        body = Sized(source, size)
        return int(self.session.put(self.base + path, data=body).status_code)

    def get(self, path: str) -> Iterator[bytes]:
        with self.session.get(self.base + path, stream=True) as answer:
            yield from answer.iter_content(CHUNK)


class NiquestsClient(RequestsClient):
    module = "niquests"


class Sized:
    """An iterator that knows its length: the only streamed body with Content-Length that requests accepts."""

    def __init__(self, source: Iterator[bytes], size: int) -> None:
        self.source, self.size = source, size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        return self.source


class HttpxClient:
    def __init__(self, base: str, login: str) -> None:
        import httpx  # noqa: PLC0415 (only the client under test)

        self.client = httpx.Client(base_url=base, headers={"Authorization": login}, trust_env=False)

    def put(self, path: str, source: Iterator[bytes], size: int) -> int:
        return int(self.client.put(path, content=source, headers={"Content-Length": str(size)}).status_code)

    def get(self, path: str) -> Iterator[bytes]:
        with self.client.stream("GET", path) as answer:
            yield from answer.iter_raw(CHUNK)


class PycurlClient:
    def __init__(self, base: str, login: str) -> None:
        import pycurl  # noqa: PLC0415 (only the client under test)

        self.curl, self.base = pycurl, base.rstrip("/")
        self.handle, self.multi = pycurl.Curl(), pycurl.CurlMulti()
        self.headers = [f"Authorization: {login}", "Expect:"]

    def put(self, path: str, source: Iterator[bytes], size: int) -> int:
        curl, pending = self.handle, [b""]

        def pull(room: int) -> bytes:
            block = pending[0] or next(source, b"")
            pending[0] = block[room:]
            return block[:room]

        curl.reset()
        curl.setopt(self.curl.URL, self.base + path)
        curl.setopt(self.curl.HTTPHEADER, self.headers)
        curl.setopt(self.curl.UPLOAD, 1)
        curl.setopt(self.curl.UPLOAD_BUFFERSIZE, CHUNK)
        curl.setopt(self.curl.INFILESIZE_LARGE, size)
        curl.setopt(self.curl.READFUNCTION, pull)
        curl.setopt(self.curl.WRITEFUNCTION, len)
        curl.perform()
        return int(curl.getinfo(self.curl.RESPONSE_CODE))

    def get(self, path: str) -> Iterator[bytes]:
        curl, blocks = self.handle, []  # type: tuple[Any, list[bytes]]
        curl.reset()
        curl.setopt(self.curl.URL, self.base + path)
        curl.setopt(self.curl.HTTPHEADER, self.headers)
        curl.setopt(self.curl.BUFFERSIZE, 512 * 1024)
        curl.setopt(self.curl.WRITEFUNCTION, blocks.append)
        self.multi.add_handle(curl)
        try:
            active = 1
            while active:
                _, active = self.multi.perform()
                yield from blocks
                blocks.clear()
                if active:
                    self.multi.select(1.0)
        finally:
            self.multi.remove_handle(curl)


class AiohttpClient:
    """One loop in a thread for all; the blocking source is pulled in the loop's thread pool."""

    loop: Any = None
    session: Any = None

    def __init__(self, base: str, login: str) -> None:
        import asyncio  # noqa: PLC0415 (only the client under test)

        self.asyncio, self.base = asyncio, base.rstrip("/")
        if AiohttpClient.loop is None:
            import threading  # noqa: PLC0415

            AiohttpClient.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()
            AiohttpClient.session = self._wait(self._open(login))

    def _wait(self, work: Any) -> Any:
        return self.asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def _open(self, login: str) -> Any:
        import aiohttp  # noqa: PLC0415

        return aiohttp.ClientSession(headers={"Authorization": login}, read_bufsize=CHUNK)

    def put(self, path: str, source: Iterator[bytes], size: int) -> int:
        async def blocks() -> Any:
            while block := await self.loop.run_in_executor(None, next, source, b""):
                yield block

        async def send() -> int:
            headers = {"Content-Length": str(size)}
            async with self.session.put(self.base + path, data=blocks(), headers=headers) as answer:
                await answer.read()
                return int(answer.status)

        return int(self._wait(send()))

    def get(self, path: str) -> Iterator[bytes]:
        answer = self._wait(self.session.get(self.base + path).__aenter__())
        while block := self._wait(answer.content.readany()):
            yield block
        self._wait(answer.__aexit__(None, None, None))


CLIENTS: dict[str, Callable[[str, str], Client]] = {
    "http.client": StandardClient,
    "urllib3": Urllib3Client,
    "requests": RequestsClient,
    "niquests": NiquestsClient,
    "httpx": HttpxClient,
    "pycurl": PycurlClient,
    "aiohttp": AiohttpClient,
}


def content(index: int) -> bytes:
    """The small file number *index*: no two are alike, so an answer given to the wrong question shows."""
    seed = hashlib.sha256(str(index).encode()).digest()
    return seed * (SMALL // len(seed))


def digest_of(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def digesting(blocks: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def put_small(client: Client, index: int) -> None:
    digest = hashlib.sha256()
    status = client.put(f"/small/{index}.bin", digesting(iter([content(index)]), digest), SMALL)
    if status not in (200, 201, 204) or digest.hexdigest() != hashlib.sha256(content(index)).hexdigest():
        raise SystemExit(f"PUT of file {index} answered {status}")


def get_small(client: Client, index: int) -> None:
    if digest_of(client.get(f"/small/{index}.bin")) != hashlib.sha256(content(index)).hexdigest():
        raise SystemExit(f"GET of file {index} gave other content")


def put_large(client: Client, size: int) -> None:
    blocks = (bytes(CHUNK) for _ in range(size // CHUNK))
    status = client.put("/large.bin", digesting(blocks, hashlib.sha256()), size)
    if status not in (200, 201, 204):
        raise SystemExit(f"PUT of the large file answered {status}")


def get_large(client: Client, expected: str) -> None:
    if digest_of(client.get("/large.bin")) != expected:
        raise SystemExit("GET of the large file gave other content")


def work(name: str, task: str, count: int, threads: int) -> dict[str, float]:
    """Do one task in this process; *count* is files, or bytes of the large file."""
    base, login = os.environ["BENCH_URL"], os.environ["BENCH_LOGIN"]
    clients = [CLIENTS[name](base, login) for _ in range(threads)]
    expected = digest_of(bytes(CHUNK) for _ in range(count // CHUNK)) if task == "get-large" else ""
    before, started = os.times(), time.perf_counter()
    if task == "put-large":
        put_large(clients[0], count)
    elif task == "get-large":
        get_large(clients[0], expected)
    else:
        step = {"put-small": put_small, "get-small": get_small}[task]

        def share(lane: int) -> None:
            for index in range(lane, count, threads):
                step(clients[lane], index)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(share, range(threads)))
    seconds, after = time.perf_counter() - started, os.times()
    return {
        "seconds": seconds,
        "cpu": after.user - before.user + after.system - before.system,
        "peak_mib": peak_memory() / 1024,
    }


def peak_memory() -> int:
    """This process's peak in KiB; `ru_maxrss` would count the parent that it was forked from."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def version(python: str, name: str) -> str:
    """The version that *python* would measure, or an empty string when the client is missing."""
    if name == "http.client":
        return platform.python_version()
    code = f"import {name} as m; print(getattr(m, '__version__', '') or m.version.split()[0].split('/')[-1])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def run_child(python: str, arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    command = [python, __file__, "--worker", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments} failed: {done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def measure(options: argparse.Namespace) -> dict[str, Any]:
    sys.path.insert(0, str(Path(__file__).parent.parent / "src"))
    from lading.testkit.servers import ApacheServer  # noqa: PLC0415 (works from a bare checkout)

    pythons = defaultdict(lambda: sys.executable, (pair.split("=", 1) for pair in options.python))
    versions = {name: version(pythons[name], name) for name in options.clients.split(",")}
    jobs = [(t, options.files, n) for n in options.threads for t in ("put-small", "get-small")]
    jobs += [(task, options.large << 20, 1) for task in ("put-large", "get-large")]
    rows: dict[tuple[str, str, int], list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=options.scratch, prefix="http-clients-") as folder:
        os.chmod(folder, 0o755)
        root = Path(folder, "files")
        (root / "small").mkdir(parents=True)
        with ApacheServer(root) as server:
            login = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
            environment = {**os.environ, "BENCH_URL": server.url, "BENCH_LOGIN": f"Basic {login}"}
            names = [name for name, known in versions.items() if known]
            for turn in range(options.rounds):
                for task, count, threads in jobs:
                    for name in names[turn % len(names) :] + names[: turn % len(names)]:
                        if task.startswith("put"):  # every client creates, none overwrites
                            for old in [*(root / "small").iterdir(), root / "large.bin"]:
                                old.unlink(missing_ok=True)
                        arguments = [name, task, str(count), str(threads)]
                        result = run_child(pythons[name], arguments, environment)
                        rows[name, task, threads].append(result)
    return {"machine": machine(), "versions": versions, "results": summary(rows, options)}


def machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
        "apache": subprocess.run(
            ["/usr/sbin/apache2", "-v"], capture_output=True, text=True, check=False
        ).stdout[16:30],
    }


def summary(rows: dict[Any, list[dict[str, float]]], options: argparse.Namespace) -> list[dict[str, Any]]:
    result = []
    for (name, task, threads), samples in rows.items():
        middle = {key: round(statistics.median(s[key] for s in samples), 3) for key in samples[0]}
        amount = options.large if task.endswith("large") else options.files
        middle["per_second"] = round(amount / middle["seconds"])
        middle["per_cpu_second"] = round(amount / max(middle["cpu"], 0.001))
        spread = [round(amount / s["seconds"]) for s in samples]
        result.append({"client": name, "task": task, "threads": threads, **middle, "rates": sorted(spread)})
    return result


def table(found: dict[str, Any]) -> Iterator[str]:
    yield "| client | task | threads | files or MiB per s | per s of client CPU | peak MiB | all rates |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in sorted(found["results"], key=lambda row: (row["task"], row["threads"], -row["per_second"])):
        yield (
            f"| {row['client']} {found['versions'][row['client']]} | {row['task']} | {row['threads']} |"
            f" {row['per_second']} | {row['per_cpu_second']} | {row['peak_mib']:.0f} | {row['rates']} |"
        )
    for name in (name for name, known in found["versions"].items() if not known):
        yield f"| {name} | missing | | | | | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--worker", nargs=4, metavar=("CLIENT", "TASK", "COUNT", "THREADS"))
    parser.add_argument("--clients", default=",".join(NAMES))
    parser.add_argument("--python", action="append", default=[], metavar="CLIENT=INTERPRETER")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--large", type=int, default=1024, help="MiB of the large file")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", default=None, help="where the served folder lies, such as /dev/shm")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.worker:
        name, task, count, threads = options.worker
        print(json.dumps(work(name, task, int(count), int(threads))))
        return
    found = measure(options)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
