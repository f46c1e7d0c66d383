"""
A served drive that is treated roughly: killed, filled, cut off; and what must hold of it afterwards.

The tables are those of the fixture `home`, so whether it is sound is asked in this process,
beside the server.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from django.db import connections

from lading.drive.actor import EVERYTHING, SYSTEM, Actor
from lading.drive.api.frames import MEDIA_TYPE, encode
from lading.drive.audit.verify import verify
from lading.drive.check import check
from lading.drive.models import Principal, Space
from lading.drive.people.accounts import make_account
from lading.drive.people.tokens import make_token
from lading.drive.tree.spaces import make_space
from support.served_drive import PATIENCE, Served, serving, until

LOGIN, PASSWORD = "ann", "correct horse: 电池"


class Said(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class RoughDrive:
    """The drive in *home* with one space and one person, who may do everything in it."""

    home: Path
    token: str = ""
    key: str = ""
    port: int = 0
    served: Served | None = None
    lines: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ann = Principal.objects.create(kind="person", key=LOGIN, name="Ann 王", created=1)
        make_account(SYSTEM, ann.id, LOGIN, PASSWORD)
        space = make_space(SYSTEM, "Deals", admins=[ann.id])
        self.key = Space.objects.get(id=space).key
        self.token = make_token(Actor(ann.id, LOGIN), "tests", EVERYTHING, None)[1]
        connections.close_all()
        self.configure(sync="false")

    def configure(self, **lines: str) -> None:
        """Add *lines* to `drive.toml`."""
        with (self.home / "drive.toml").open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name} = {value}\n" for name, value in lines.items())

    @contextmanager
    def serving(self, *words: str) -> Iterator[None]:
        """Served while inside."""
        with serving(self.home, *words) as self.served:
            self.port = self.served.port
            yield

    def kill(self) -> None:
        """SIGKILL for all its processes at once."""
        assert self.served is not None
        os.killpg(self.served.process.pid, signal.SIGKILL)
        self.served.process.wait()
        until(lambda: not _group_lives(self.served.process.pid))  # type: ignore[union-attr]

    def log(self) -> str:
        """What the server of now has said on its standard error."""
        return self.home.with_suffix(".err").read_text()

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> Said:
        """One request on a connection of its own; `path` begins with `dav/` or `api/`."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            wire.request(verb, "/" + path, body, sent)
            answer = wire.getresponse()
            return Said(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        finally:
            wire.close()

    def api(self, verb: str, path: str, told: Any = None, **headers: str) -> Said:
        """A request to the API about the space, with a body of JSON."""
        body = None if told is None else json.dumps(told).encode()
        kind = {"Content_Type": "application/json"} if body is not None else {}
        return self.ask(verb, f"api/v1/spaces/{self.key}/{path}", body, **kind, **headers)

    def put(self, name: str, content: Any, **headers: str) -> Said:
        return self.ask("PUT", f"dav/Deals/{quote(name)}", content, **headers)

    def get(self, name: str) -> Said:
        return self.ask("GET", f"dav/Deals/{quote(name)}")

    def batch(self, contents: dict[str, bytes]) -> Said:
        """All of *contents* by path in one request."""
        body = b"".join(encode({"path": path, "parents": True}, said) for path, said in contents.items())
        where = f"api/v1/spaces/{self.key}/batch/write"
        return self.ask("POST", where, body, Content_Type=MEDIA_TYPE)

    def versions(self, name: str) -> list[tuple[int, str]]:
        """Number and digest of every version of a file, oldest first."""
        node = self.api("GET", f"entry?path={quote(name)}").json["id"]
        rows = self.ask("GET", f"api/v1/nodes/{node}/versions").json["versions"]
        return [(row["number"], row["sha256"]) for row in rows]

    def names(self, folder: str = "") -> list[str]:
        """What is in *folder*."""
        return [row["name"] for row in self.api("GET", f"list?path={quote(folder)}").json["entries"]]

    def demand_sound(self) -> None:
        """No content is missing or wrong, every number is right (also `used`), and the audit holds."""
        try:
            report = check(read_data=True)
            assert [] == [found for found in report.findings if found.code not in LEFT_OVER]
            verify()
        finally:
            connections.close_all()


LEFT_OVER = {"content.orphan", "unfinished.left"}
"""What a crash may leave: contents nobody was promised."""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
