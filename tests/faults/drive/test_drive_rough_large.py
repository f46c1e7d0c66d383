"""
Uploads of 5 GiB that are cut somewhere, by both doors; and with `LADING_ROUGH_LARGE=1` whole ones.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.rough_drive import RoughDrive
from support.served_drive import until

SIZE = 5 << 30
BLOCK = bytes(1 << 20)
FLAT = 64
"""MiB by which the memory of a process may grow, whatever the size."""


@pytest.fixture
def drive(home: Path) -> Iterator[RoughDrive]:
    drive = RoughDrive(home)
    with drive.serving():
        yield drive
    drive.demand_sound()


def doors(drive: RoughDrive, name: str) -> tuple[str, str, str]:
    """Where to save the file *name*: WebDAV, the API, and an upload in several sittings."""
    api = f"/api/v1/spaces/{drive.key}/content?path={name}"
    return f"/dav/Deals/{name}", api, f"/api/v1/uploads/{token(name)}?start=0"


def token(name: str) -> str:
    """What the upload of *name* in several sittings is called."""
    return name.replace(".", "-")


def begun(drive: RoughDrive, path: str) -> http.client.HTTPConnection:
    """An upload of `SIZE` bytes of which the head is sent."""
    wire = http.client.HTTPConnection("127.0.0.1", drive.port, timeout=120)
    wire.putrequest("PUT", path)
    wire.putheader("Authorization", f"Bearer {drive.token}")
    wire.putheader("Content-Length", str(SIZE))
    wire.endheaders()
    return wire


def sent(wire: http.client.HTTPConnection, size: int) -> None:
    for _ in range(size >> 20):
        wire.send(BLOCK)
    wire.send(BLOCK[: size & 0xFFFFF])


def test_an_upload_of_5_gib_that_is_cut_leaves_nothing(drive: RoughDrive) -> None:
    """
    Wherever it breaks off there is no file and nothing unfinished but the sitting, which knows what arrived; what
    was there before stays as it was.
    """
    assert 201 == drive.put("old.bin", b"old").status
    offsets = [0, 1, (1 << 20) - 1, (4 << 20) + 1, *(random.randrange(12 << 20) for _ in range(2))]
    if "LADING_ROUGH_LARGE" in os.environ:
        offsets.append(random.randrange(SIZE))
    for cut in offsets:
        for name in ("old.bin", "new.bin"):
            for path in doors(drive, name):
                wire = begun(drive, path)
                sent(wire, cut)
                assert wire.sock is not None
                wire.sock.shutdown(socket.SHUT_WR)
                with closing(wire):
                    assert 400 == wire.getresponse().status, (path, cut)
            assert cut == drive.ask("GET", f"api/v1/uploads/{token(name)}").json["size"]

    assert ["old.bin"] == drive.names()
    assert b"old" == drive.get("old.bin").body
    assert 1 == len(drive.versions("old.bin"))
    until(lambda: not os.listdir(drive.home / "store" / "incoming"))


@pytest.mark.slow
@pytest.mark.skipif("LADING_ROUGH_LARGE" not in os.environ, reason="5 GiB only if LADING_ROUGH_LARGE is set")
def test_5_gib_come_whole_in_flat_memory(drive: RoughDrive) -> None:
    """
    Saved by both doors and read in ranges around each border of 32 bits, without more memory than small files.
    """
    before = peaks(drive)
    for path in doors(drive, "large.bin")[:2]:
        wire = begun(drive, path)
        sent(wire, SIZE)
        with closing(wire):
            assert wire.getresponse().status in (200, 201, 204)
        for start, end in (
            (0, 0),
            ((1 << 31) - 5, (1 << 31) + 5),
            ((1 << 32) - 5, (1 << 32) + 5),
            (SIZE - 9, SIZE - 1),
        ):
            said = drive.ask("GET", path[1:], Range=f"bytes={start}-{end}")
            assert (206, bytes(end - start + 1)) == said[:2]
            assert f"bytes {start}-{end}/{SIZE}" == said.headers["content-range"]

    assert [2, SIZE] == [
        len(drive.versions("large.bin")),
        drive.api("GET", "entry?path=large.bin").json["size"],
    ]
    assert max(peak - before.get(process, peak) for process, peak in peaks(drive).items()) < FLAT


def peaks(drive: RoughDrive) -> dict[int, int]:
    """The highest memory of each process of the server in MiB."""
    assert drive.served is not None
    main = drive.served.process.pid
    found = [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]
    return {one: _peak(one) for one in found}


def _peak(process: int) -> int:
    said = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert said is not None
    return int(said[1]) // 1024
