"""
A request of the door: who, what, where.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from lading.drive.dav import locks
from lading.drive.dav.address import destination, inner, path_of
from lading.drive.dav.conditions import NO_IF, IfHeader, Verdict, if_header, judge
from lading.drive.dav.errors import NotModified
from lading.drive.dav.locks import Place
from lading.drive.errors import Unfit
from lading.drive.rights.sight import Sight
from lading.drive.tree.expect import etag
from lading.drive.tree.find import at, label_ids
from lading.drive.tree.row import FILE, Row, Seen
from lading.model.errors import Changed, NotFound
from lading.model.paths import Path
from lading.model.text import Text

_NUMBER = re.compile(r"[0-9]{1,18}")
_NO_SPACE = Text("there is no such space", "没有此空间")
_CHANGED = Text("a precondition of the request does not hold", "请求的前提条件不成立")


@dataclass
class Request:
    """
    One request; *path* begins with the label of a space and is empty for the root of the door.
    """

    environ: dict[str, Any]
    sight: Sight
    path: Path

    @classmethod
    def of(cls, environ: dict[str, Any], sight: Sight) -> Request:
        return cls(environ, sight, path_of(environ.get("PATH_INFO", "")))

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def mount(self) -> str:
        """What stands before every path in an address."""
        return str(self.environ.get("SCRIPT_NAME", ""))

    @cached_property
    def now(self) -> int:
        return time.time_ns()

    @cached_property
    def length(self) -> int | None:
        """The announced bytes of the body; None if it comes in chunks of which nobody knows the sum."""
        said = self.environ.get("CONTENT_LENGTH")
        if said:
            if not _NUMBER.fullmatch(said):
                raise Unfit("Content-Length", said[:40])
            return int(said)
        return None if "HTTP_TRANSFER_ENCODING" in self.environ else 0

    @cached_property
    def condition(self) -> IfHeader:
        """The `If` header."""
        said = self.environ.get("HTTP_IF")
        return if_header(said) if said else NO_IF

    @cached_property
    def destination(self) -> Path:
        """Where a copy or move goes."""
        said = self.environ.get("HTTP_DESTINATION")
        if not said:
            raise Unfit("Destination", Text("the header is missing", "缺少该请求头"))
        return destination(said, self.hosts, self.mount)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The names under which clients know us: by what they said, what a proxy heard, and the configuration."""
        environ = self.environ
        named = [environ.get("HTTP_HOST", ""), environ.get("HTTP_X_FORWARDED_HOST", "")]
        named.append(urlsplit(settings.LADING_DRIVE.get("address") or "").netloc)
        return frozenset(name.strip().lower() for name in named if name)

    def header(self, name: str) -> str:
        return str(self.environ.get("HTTP_" + name, ""))

    def href(self, path: Path, *, folder: bool = False) -> str:
        """The address of *path* for the client."""
        return self.mount + inner(path, folder=folder)

    def space(self, path: Path) -> int:
        """
        The id of the space that *path* lies in.

        Raises:
            NotFound: there is none, or nothing of it is visible.
        """
        found = label_ids(self.sight).get(path[0])
        if found is None:
            raise NotFound(path[:1], _NO_SPACE)
        return found

    def place(self, path: Path) -> Place:
        """Where a lock on *path*, which is not the root of the door, would stand."""
        return Place(self.space(path), path[1:])

    def find(self, path: Path) -> Seen:
        """
        The entry at *path*, which is not the root of the door.

        Raises:
            NotFound: there is none, or it is hidden.
        """
        return at(self.sight, self.space(path), path[1:])

    def look(self, path: Path) -> Seen | None:
        """The entry at *path*, None where there is none for this viewer."""
        try:
            return self.find(path) if path else None
        except NotFound:
            return None

    def judge(self, found: Seen | None, *, reading: bool = False) -> None:
        """
        Hold the preconditions of the request against what is at its path.

        Raises:
            Changed: one fails.
            NotModified: a reader has it already.
        """
        tag, modified = (etag_of(found.row), found.row.modified) if found else (None, None)
        verdict = judge(self.environ, tag, modified, reading=reading)
        if verdict is Verdict.UNCHANGED:
            raise NotModified(self.path)
        if verdict is Verdict.FAILED or not self.condition.holds(self._state):
            raise Changed(self.path, _CHANGED)

    def _state(self, tag: str | None) -> tuple[str | None, frozenset[str]]:
        path = self.path
        if tag is not None:
            try:
                path = destination(tag, self.hosts, self.mount)
            except Unfit:
                return None, frozenset()
        if not path:
            return None, frozenset()
        found = self.look(path)
        try:
            place = self.place(path)
            standing = locks.on(place, self.now)
        except NotFound:
            return None, frozenset()
        if found is None:
            # What has a lock of its own is hidden.
            return None, frozenset(lock.token for lock in standing if lock.key != place.key)
        return etag_of(found.row), frozenset(lock.token for lock in standing)


def etag_of(row: Row) -> str | None:
    """The entity tag of a file; folders have none."""
    return etag(row) if row.kind == FILE else None


class Answer(NamedTuple):
    """An answer: *body* is whole, or an iterable of blocks."""

    status: int
    headers: list[tuple[str, str]]
    body: Any = b""
