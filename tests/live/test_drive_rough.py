"""
A served drive that loses what it stands on: its database, its bucket.
"""

from __future__ import annotations

import http.client
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from lading.testkit.servers import PostgresServer, SeaweedServer, require_server
from support.drive_home import own_postgres_home, sqlite_home
from support.rough_drive import RoughDrive, Said, digest
from support.served_drive import until

pytestmark = pytest.mark.live

LARGE = os.urandom(24 << 20)


class Saver:
    """Saves a file of their own again and again, by one door, and keeps every answer."""

    def __init__(self, drive: RoughDrive, door: str) -> None:
        self.drive, self.door = drive, door
        self.saved: list[bytes] = []
        self.refused: list[Said] = []
        self.sent = 0

    def work(self, over: threading.Event) -> None:
        while not over.is_set():
            self.sent += 1
            content = b"%s %d" % (self.door.encode(), self.sent)
            said = self.save(content)
            good = said.status < 300 and b'"code"' not in said.body
            if good:
                self.saved.append(content)
            else:
                self.refused.append(said)
                over.wait(0.05)

    def save(self, content: bytes) -> Said:
        where = f"api/v1/spaces/{self.drive.key}/content?path={self.door}"
        match self.door:
            case "dav":
                return self.drive.put(self.door, content)
            case "api":
                return self.drive.ask("PUT", where, content)
            case "batch":
                return self.drive.batch({self.door: content})
        return self.drive.ask("PROPFIND", "dav/Deals/", Depth="1")


@contextmanager
def at_work(drive: RoughDrive) -> Iterator[list[Saver]]:
    """Savers at every door, and one who lists, while inside."""
    over = threading.Event()
    savers = [Saver(drive, door) for door in ("dav", "api", "batch", "list")]
    threads = [threading.Thread(target=saver.work, args=(over,)) for saver in savers]
    for thread in threads:
        thread.start()
    try:
        yield savers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def progress(savers: list[Saver], refused: bool = False) -> None:
    """Wait until each of *savers* has got some more answers of that kind."""
    answers = [saver.refused if refused else saver.saved for saver in savers]
    goal = [len(one) + 5 for one in answers]
    until(lambda: all(len(one) >= least for one, least in zip(answers, goal, strict=True)))


def test_a_database_that_stops_under_load_is_503_until_it_is_back(tmp_path: Path) -> None:
    """
    Stopped at once, three times: every answer is one of ours, and says `unavailable` at every door; the same
    server goes on by itself; every save that was answered is a version.
    """
    with require_server(PostgresServer) as server, own_postgres_home(tmp_path / "home", server):
        drive = RoughDrive(tmp_path / "home")
        with drive.serving(), at_work(drive) as savers:
            for _ in range(3):
                progress(savers)
                # What `pg_ctl stop -m immediate` sends.
                os.kill(int((server.place / "data/postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
                progress(savers, refused=True)
                server.restart()
                progress(savers)
        with drive.serving():
            for saver in savers[:3]:
                there = [one for _, one in drive.versions(saver.door)]
                answered = [digest(content) for content in saver.saved]
                assert answered == [one for one in there if one in set(answered)]
        drive.demand_sound()

    for saver in savers:
        for said in saver.refused:
            assert 503 == said.status or (saver.door == "batch" and 200 == said.status), said
            assert b"unavailable" in said.body and "没有响应" in unescaped(said.body), said


def unescaped(body: bytes) -> str:
    """*body* as text, with the escapes of JSON read."""
    return body.decode("unicode_escape") if body.startswith(b"{") else body.decode()


@pytest.fixture
def seaweed() -> Iterator[SeaweedServer]:
    with require_server(SeaweedServer) as server:
        yield server


@pytest.fixture
def drive(tmp_path: Path, seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RoughDrive]:
    """A served drive with its contents in a bucket."""
    monkeypatch.setenv("TEST_STORE_KEY", seaweed.user)
    monkeypatch.setenv("TEST_STORE_SECRET", seaweed.password)
    said = {
        "store": f"s3://{seaweed.bucket}/rough",
        "store_endpoint": seaweed.url.rstrip("/"),
        "store_key": "env:TEST_STORE_KEY",
        "store_secret": "env:TEST_STORE_SECRET",
    }
    with sqlite_home(tmp_path / "home") as home:
        drive = RoughDrive(home)
        drive.configure(**{name: f'"{value}"' for name, value in said.items()})
        with drive.serving():
            yield drive


def doors(drive: RoughDrive, name: str) -> tuple[str, str]:
    return f"/dav/Deals/{quote(name)}", f"/api/v1/spaces/{drive.key}/content?path={quote(name)}"


def begun(drive: RoughDrive, verb: str, path: str, length: int = 0) -> http.client.HTTPConnection:
    """A request of which the head is sent."""
    wire = http.client.HTTPConnection("127.0.0.1", drive.port, timeout=60)
    wire.putrequest(verb, path)
    wire.putheader("Authorization", f"Bearer {drive.token}")
    if length:
        wire.putheader("Content-Length", str(length))
    wire.endheaders()
    return wire


def test_a_bucket_that_is_lost_in_the_middle_of_a_save(drive: RoughDrive, seaweed: SeaweedServer) -> None:
    """
    503 at both doors, no file and no other content than before; after its return saves work by themselves.
    """
    assert 201 == drive.put("old", b"old").status
    for name, path in zip(
        ("by dav", "by api"), (doors(drive, "by dav")[0], doors(drive, "by api")[1]), strict=True
    ):
        wire = begun(drive, "PUT", path, len(LARGE))
        wire.send(LARGE[: len(LARGE) // 2])
        seaweed.kill()
        # The refusal may come before the end of the body; then it is there to be read all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            wire.send(LARGE[len(LARGE) // 2 :])
        answer = wire.getresponse()
        said = answer.read()
        wire.close()
        refused = drive.put("old", b"never saved"), drive.get("old"), drive.batch({"never": b"saved"})
        seaweed.restart()

        assert (503, True) == (answer.status, b"unavailable" in said)
        assert [503, 503, 200] == [one.status for one in refused]
        assert all(b"unavailable" in one.body for one in refused)
        assert name not in drive.names() and "never" not in drive.names()
        assert b"old" == drive.get("old").body
        assert 201 == drive.put(name, LARGE).status
        assert digest(LARGE) == digest(drive.get(name).body)


def test_a_bucket_that_is_lost_in_the_middle_of_a_read(drive: RoughDrive, seaweed: SeaweedServer) -> None:
    """
    The reader sees that the content is not whole, never a shorter one; the next read after its return is.
    """
    assert 201 == drive.put("file", LARGE).status
    for path in doors(drive, "file"):
        wire = begun(drive, "GET", path)
        answer = wire.getresponse()
        first = answer.read(100_000)
        seaweed.kill()
        with pytest.raises((http.client.IncompleteRead, OSError)):
            answer.read()
        wire.close()
        away = drive.ask("GET", path[1:])
        seaweed.restart()

        assert LARGE[:100_000] == first
        assert 503 == away.status
        assert digest(LARGE) == digest(drive.ask("GET", path[1:]).body)
