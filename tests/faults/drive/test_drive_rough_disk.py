"""
A served drive whose disk is full: every door says so, nothing is lost or torn, and room is all it needs.

The home is a small disk of its own, which only root can mount.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection, connections

from lading.drive.audit.verify import verify
from support.command import lading
from support.drive_home import DATABASES, drive_home
from support.rough_drive import LOGIN, PASSWORD, RoughDrive, Said

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")

SIZE = "24m"
OLD, NEW, LARGE = b"old", b"new", b"large" * 500_000
PROPERTY = b"""<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>
<x:note xmlns:x="urn:x">%s</x:note></D:prop></D:set></D:propertyupdate>""" % (b"n" * 50_000)
LOCK = b"""<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>
<D:locktype><D:write/></D:locktype></D:lockinfo>"""


@contextmanager
def disk(place: Path, size: str = SIZE) -> Iterator[Path]:
    """An empty disk of *size* at *place*."""
    place.mkdir(mode=0o700, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place]).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture(autouse=True, params=DATABASES)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The home of a drive on a disk of its own; a database in PostgreSQL lies elsewhere."""
    with disk(tmp_path / "home") as place, drive_home(place, request.param) as home:
        yield home


@contextmanager
def full(place: Path) -> Iterator[None]:
    """Nothing fits on the disk of *place* while inside."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))
    try:
        yield
    finally:
        ballast.unlink()


def requests(drive: RoughDrive) -> dict[str, Said]:
    """One request of each kind that needs room."""
    lock = drive.ask("LOCK", "dav/Deals/locked", LOCK, Timeout="Second-60", Depth="0")
    sign_in = b'{"login": "%s", "password": "%s"}' % (LOGIN.encode(), PASSWORD.encode())
    where = f"api/v1/spaces/{drive.key}"
    return {
        "put": drive.put("file", NEW),
        "put large": drive.put("file", LARGE),
        "put new": drive.put("new", b"fresh"),
        "put by the API": drive.ask("PUT", f"{where}/content?path=file", b"by the API"),
        "put large by the API": drive.ask("PUT", f"{where}/content?path=file", LARGE + b"!"),
        "sitting": drive.ask("PUT", "api/v1/uploads/token?start=0", b"a piece"),
        "get": drive.get("file"),
        "get by the API": drive.api("GET", "content?path=file"),
        "mkcol": drive.ask("MKCOL", "dav/Deals/folder"),
        "proppatch": drive.ask("PROPPATCH", "dav/Deals/file", PROPERTY),
        "lock": lock,
        "lock new": drive.ask("LOCK", "dav/Deals/lock-made", LOCK, Timeout="Second-60", Depth="0"),
        "move": drive.ask("MOVE", "dav/Deals/moving", Destination="/dav/Deals/moved"),
        "delete": drive.ask("DELETE", "dav/Deals/deleting"),
        "sign in": drive.ask("POST", "api/v1/sign-in", sign_in, Content_Type="application/json"),
    }


NEED_STORE = {
    "put", "put large", "put new", "put by the API", "put large by the API", "sitting",
    "get", "get by the API",
}  # fmt: skip
"""What needs room in the home also when the tables are elsewhere; a read needs it to be recorded."""


def test_a_full_disk_is_said_and_nothing_is_lost(home: Path) -> None:
    """
    Every request that needs room is 507 `no_space`, tells nothing of the server, and works once there is room.
    """
    drive = RoughDrive(home)
    with drive.serving():
        for name in ("file", "locked", "moving", "deleting"):
            assert 201 == drive.put(name, OLD).status
        shrink()
        with full(home):
            refused = requests(drive)
            batch = drive.batch({"batch/1": b"1", "batch/2": b"2"})
            verified = drive.names()
        sqlite = connection.vendor == "sqlite"
        properties = refused.pop("proppatch")
        expected = {name: 507 for name in refused if sqlite or name in NEED_STORE}

        assert expected == {name: refused[name].status for name in expected}
        for name, said in refused.items():
            assert said.status < 300 or b"no_space" in said.body, name
            assert str(home).encode() not in said.body and b"Traceback" not in said.body, name
        # A property has a status of its own, inside.
        assert (207, sqlite) == (properties.status, b"HTTP/1.1 507" in properties.body)
        assert (200, 2) == (batch.status, batch.body.count(b"no_space"))
        assert {"file", "locked"} < set(verified)
        assert OLD == drive.get("file").body
        if sqlite:
            assert {"file", "locked", "moving", "deleting"} == set(verified)
            assert {200, 201, 204, 207} == {said.status for said in requests(drive).values()}
        assert b'"code"' not in drive.batch({"batch/1": b"1", "batch/2": b"2"}).body
    drive.demand_sound()


def shrink() -> None:
    """Let the database hold no room in reserve."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connections.close_all()


def test_a_full_disk_for_the_audit_refuses_reads(home: Path) -> None:
    """
    A read that cannot be recorded is 507, says why, and gives no content; writes go on, and the audit is whole.
    """
    drive = RoughDrive(home)
    with disk(home / "audit", "1m") as audit, drive.serving():
        assert 201 == drive.put("file", OLD).status
        with full(audit):
            refused = [drive.get("file"), drive.api("GET", "content?path=file")]
            saved = drive.put("file", NEW)
        again = drive.get("file")
        drive.served.stop()  # type: ignore[union-attr]
        verify()
        connections.close_all()

    assert [507, 507] == [said.status for said in refused]
    for said in refused:
        assert b"audit" in said.body and OLD not in said.body
        assert str(home).encode() not in said.body
    assert 204 == saved.status
    assert (200, NEW) == again[:2]


def test_a_disk_that_is_full_at_the_start_is_said_in_one_sentence(home: Path) -> None:
    """
    Without room for its files beside the database no command works: each says so, and nothing is harmed.
    """
    if connection.vendor != "sqlite":
        pytest.skip("the tables are elsewhere")
    drive = RoughDrive(home)
    with drive.serving():
        assert 201 == drive.put("file", OLD).status
        drive.served.stop()  # type: ignore[union-attr]
    shrink()
    with full(home):
        said = [
            lading("drive", *words, "--json")
            for words in (("check", home), ("serve", home, "--listen", "127.0.0.1:0"))
        ]

    assert [(30, "no_space")] * 2 == [(one.code, one.json["error"]["code"]) for one in said]
    with drive.serving():
        assert OLD == drive.get("file").body
    drive.demand_sound()
