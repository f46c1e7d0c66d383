"""
The API under its real server: cut connections, kills, large bodies.
"""

import hashlib
import http.client
import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lading.drive.api.frames import MEDIA_TYPE, encode
from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import LadingDriveServer

pytestmark = pytest.mark.live

ROOT = "/api/v1"
MIB = 1 << 20


@pytest.fixture
def server() -> Iterator[LadingDriveServer]:
    made = require_server(LadingDriveServer)
    with made:
        yield made


class Asking:
    """Requests to *server* as its person, each on a connection of its own."""

    def __init__(self, server: LadingDriveServer) -> None:
        self.server = server
        self.space = f"/spaces/{self('GET', '/spaces')[1]['spaces'][0]['key']}"

    def __call__(self, method: str, path: str, told: Any = None, **headers: str) -> tuple[int, Any]:
        status, body = self.raw(method, path, None if told is None else json.dumps(told).encode(), **headers)
        return status, json.loads(body or b"null")

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        sent = {"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/json"}
        try:
            line.request(
                method,
                ROOT + path,
                body=body,
                headers=sent | {n.replace("_", "-"): v for n, v in headers.items()},
            )
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def torn(self, path: str, headers: str, sent: bytes, *, whole: bool = False) -> None:
        """A PUT that is cut behind *sent*, unless that is all of it; back when the server has hung up."""
        line = socket.create_connection(("127.0.0.1", self.server.port))
        head = f"PUT {ROOT}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.server.token}\r\n{headers}\r\n"
        with line:
            line.sendall(head.encode() + sent)
            if not whole:
                line.shutdown(socket.SHUT_WR)
            line.settimeout(30)
            while line.recv(65536):
                pass


def chunks(content: bytes) -> bytes:
    return (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:700], content[700:]))
        + b"0\r\n\r\n"
    )


def test_a_torn_connection_leaves_nothing_or_all(server: LadingDriveServer):
    """
    Wherever a save breaks off, with a length or in chunks with a digest behind: no file, and never a shorter one.
    """
    ask = Asking(server)
    content = bytes(range(256)) * 6
    whole = chunks(content + hashlib.sha256(content).digest())
    for cut in (0, 1, 5, 705, 706, 900, len(whole) - 8):
        ask.torn(
            f"{ask.space}/content?path=chunked",
            "Transfer-Encoding: chunked\r\nX-Content-Trailer: sha256\r\n",
            whole[:cut],
        )
    for cut in (0, 1, 1535):
        ask.torn(f"{ask.space}/content?path=long", f"Content-Length: {len(content)}\r\n", content[:cut])

    assert [404, 404] == [ask("GET", f"{ask.space}/entry?path={name}")[0] for name in ("chunked", "long")]
    ask.torn(
        f"{ask.space}/content?path=chunked",
        "Transfer-Encoding: chunked\r\nX-Content-Trailer: sha256\r\nConnection: close\r\n",
        whole,
        whole=True,
    )
    assert (200, content) == ask.raw("GET", f"{ask.space}/content?path=chunked")


def test_a_torn_piece_of_an_upload_counts_as_far_as_it_came(server: LadingDriveServer):
    """
    An upload in pieces of which some are cut ends as the content it was to be.
    """
    ask = Asking(server)
    content = os.urandom(300_000)
    at = 0
    for cut in (0, 1, 70_000, 199_999):
        piece = content[at:]
        ask.torn(f"/uploads/t?start={at}", f"Content-Length: {len(piece)}\r\n", piece[:cut])
        at = ask("GET", "/uploads/t")[1]["size"]
    ask.raw("PUT", f"/uploads/t?start={at}", content[at:])
    done = ask("POST", "/uploads/t/finish", {"space": ask.space.rpartition("/")[2], "path": "whole"})

    assert (201, hashlib.sha256(content).hexdigest()) == (done[0], done[1]["sha256"])


def test_a_killed_server_has_done_each_request_once_or_not(server: LadingDriveServer):
    """
    After a kill in the middle of many changes, the same requests with their keys make each change exactly once.
    """
    ask = Asking(server)

    def make(number: int) -> int:
        try:
            return ask("POST", f"{ask.space}/folders", {"path": f"f{number}"}, Idempotency_Key=f"k{number}")[
                0
            ]
        except (OSError, http.client.HTTPException):
            return 0

    with ThreadPoolExecutor(4) as many:
        first = [many.submit(make, number) for number in range(200)]
        next(one for one in first[20:] if one.result())
        server.kill()
        before = [one.result() for one in first]
    server.start()
    after = [make(number) for number in range(200)]
    listed = ask("GET", f"{ask.space}/list")[1]["entries"]

    assert 0 in before
    assert [201] * 200 == after
    assert 200 == len(listed)


def test_memory_stays_flat_under_large_bodies(server: LadingDriveServer):
    """
    Saving and reading 400 MiB takes no more memory in any worker than a few blocks.
    """
    ask = Asking(server)
    block = bytes(MIB)
    ask.raw("PUT", f"{ask.space}/content?path=small", block)
    before = peaks(server)
    status, _ = ask.raw(
        "PUT", f"{ask.space}/content?path=large", (block for _ in range(400)), Content_Length=str(400 * MIB)
    )
    size = 0
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    line.request(
        "GET", f"{ROOT}{ask.space}/content?path=large", headers={"Authorization": f"Bearer {server.token}"}
    )
    answer = line.getresponse()
    while part := answer.read(MIB):
        size += len(part)
    line.close()

    assert (201, 400 * MIB) == (status, size)
    assert max(peaks(server)[pid] - peak for pid, peak in before.items()) < 64 * MIB


def test_a_batch_is_saved_and_read_back(server: LadingDriveServer):
    """
    A thousand small files in one request each way, over the wire.
    """
    ask = Asking(server)
    body = b"".join(encode({"path": f"d{n % 10}/{n}", "parents": True}, b"%d" % n) for n in range(1000))
    status, lines = ask.raw("POST", f"{ask.space}/batch/write", body, Content_Type=MEDIA_TYPE)
    files = [{"path": f"d{n % 10}/{n}"} for n in range(1000)]
    read = ask.raw("POST", f"{ask.space}/batch/read", json.dumps({"files": files}).encode())

    assert (200, 1000, 0) == (status, len(lines.splitlines()), lines.count(b'"code"'))
    assert (200, True) == (read[0], read[1].endswith(b"999"))


def peaks(server: LadingDriveServer) -> dict[int, int]:
    """The highest memory of each process of *server* in bytes."""
    found = {}
    for pid in descendants(server.pid):
        text = Path(f"/proc/{pid}/status").read_text()
        (line,) = (line for line in text.splitlines() if line.startswith("VmHWM"))
        found[pid] = int(line.split()[1]) * 1024
    return found


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in descendants(int(child)))]
