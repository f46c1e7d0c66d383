"""
A served drive with one worker of one thread, and clients that do not go on: all others are answered meanwhile.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from django.db import connection

from support.rough_drive import RoughDrive

LARGE = 30_000_000


@pytest.fixture
def drive(home: Path) -> Iterator[RoughDrive]:
    drive = RoughDrive(home)
    with drive.serving("--workers", "1", "--threads", "1"):
        yield drive
    drive.demand_sound()


def begun(drive: RoughDrive, head: str, *, known: bool = True) -> socket.socket:
    """A connection on which a request was sent, and nothing is taken."""
    wire = socket.create_connection(("127.0.0.1", drive.port), timeout=60)
    login = f"Authorization: Bearer {drive.token}\r\n" if known else ""
    wire.sendall(f"{head} HTTP/1.1\r\nHost: a\r\n{login}".encode())
    return wire


def demand_answers(drive: RoughDrive) -> None:
    """Somebody else is answered by every door."""
    assert 200 == drive.ask("GET", "ready").status
    assert 207 == drive.ask("PROPFIND", "dav/", Depth="0").status
    assert 200 == drive.get("small").status


def test_slow_downloads_hold_no_thread(drive: RoughDrive) -> None:
    """Neither by WebDAV nor by the API, whole or in part; and what is taken in the end is right."""
    content = os.urandom(LARGE)
    drive.put("large", content)
    drive.put("small", b"small")
    api = f"/api/v1/spaces/{drive.key}/content?path=large"
    with ExitStack() as wires:
        slow = [
            wires.enter_context(closing(begun(drive, f"GET {path}")))
            for path in ("/dav/Deals/large", api, "/dav/Deals/large", api)
        ]
        for number, wire in enumerate(slow):
            wire.sendall(b"Range: bytes=5-\r\n\r\n" if number > 1 else b"\r\n")

        demand_answers(drive)
        for number, wire in enumerate(slow):
            head, said = taken(wire, LARGE - (5 if number > 1 else 0))
            assert head.startswith(b"HTTP/1.1 20")
            assert content[5 if number > 1 else 0 :] == said


def test_strangers_hold_no_thread(drive: RoughDrive) -> None:
    """Who is refused, and then does not send the body that was announced."""
    drive.put("small", b"small")
    with ExitStack() as wires:
        for path in ("/dav/Deals/a", f"/api/v1/spaces/{drive.key}/content?path=a") * 3:
            wire = wires.enter_context(closing(begun(drive, f"PUT {path}", known=False)))
            wire.sendall(b"Content-Length: 900000\r\n\r\n")

        demand_answers(drive)


def test_an_upload_that_offers_http_2_is_saved(drive: RoughDrive) -> None:
    """Some clients do so with every request; its content is no request, however it looks."""
    content = b"DELETE /dav/Deals/other HTTP/1.1\r\nHost: a\r\n\r\n"
    drive.put("other", b"other")
    with closing(begun(drive, "PUT /dav/Deals/offer")) as wire:
        wire.sendall(
            b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n" % len(content) + content
        )
        assert wire.recv(1000).startswith(b"HTTP/1.1 201 ")

    assert (content, b"other") == (drive.get("offer").body, drive.get("other").body)


def test_a_shell_that_holds_the_tables_holds_up_no_reader(drive: RoughDrive) -> None:
    """Saves wait for it and succeed; reads go on."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock of all tables")
    drive.put("small", b"small")
    shell = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with closing(shell), closing(begun(drive, "PUT /dav/Deals/late")) as wire:
        shell.execute("BEGIN IMMEDIATE")
        wire.sendall(b"Content-Length: 4\r\n\r\nlate")
        for _ in range(20):
            assert 200 == drive.get("small").status
        wire.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.recv(1)
        wire.settimeout(60)
        shell.execute("ROLLBACK")

        assert wire.recv(1000).startswith(b"HTTP/1.1 201 ")


def taken(wire: socket.socket, size: int) -> tuple[bytes, bytes]:
    """Head and content of an answer."""
    said = bytearray()
    while (at := said.find(b"\r\n\r\n")) < 0 or len(said) < at + 4 + size:
        piece = wire.recv(1 << 20)
        assert piece, "it broke off"
        said += piece
    return bytes(said[:at]), bytes(said[at + 4 :])
