"""
One WebDAV server as a few calls in terms of paths: what is common to reading, writing and moving.

Statuses become errors here; what a caller can make sense of itself it asks for.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from lading.connectors.dav.facts import entry_answered, entry_told
from lading.connectors.dav.href import Place, path_of
from lading.connectors.dav.multistatus import ASK_ALL, ASK_PLAIN, Garbled, Multistatus, Told
from lading.connectors.dav.quirks import UNKNOWN, Quirks
from lading.connectors.http.headers import length_of
from lading.connectors.http.line import Request
from lading.connectors.http.session import Answer, Session, Stream
from lading.connectors.http.trouble import refused
from lading.connectors.names import problems
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, DriveError, Forbidden, NotFound, Unavailable
from lading.model.paths import Path
from lading.model.text import Text

PARTS = ".lading-parts"
BLOCK = 1 << 18
_MOVED = (301, 302, 303, 307, 308)
_GONE = (404, 410)
# Some servers tell a few related entries beside the one that was asked for.
_DEPTH_0_LIMIT = 100


class Wire:
    """*place* spoken to through *session*; `quirks` and `asks` are set when the root has answered."""

    def __init__(self, session: Session, place: Place) -> None:
        self.session = session
        self.place = place
        self.quirks: Quirks = UNKNOWN
        self.rich = False
        """The server knows ids and checksums, so they are asked for."""
        self.asks: bytes | None = None
        """The properties to ask for, where these are others than those of every server."""
        self.root = place.decoded()
        """The decoded path by which the server calls our root; behind a proxy it may be another."""

    def call(
        self,
        method: str,
        path: Path,
        headers: Sequence[str] = (),
        body: bytes | None = None,
        *,
        folder: bool = False,
    ) -> Answer:
        """Send a request about *path* and take the whole answer."""
        return self.session.call(Request(method, self.place.url(path, folder=folder), path, headers, body))

    def demand(
        self,
        method: str,
        path: Path,
        headers: Sequence[str] = (),
        body: bytes | None = None,
        *,
        folder: bool = False,
    ) -> Answer:
        """Like `call`; every status but success is an error."""
        answer = self.call(method, path, headers, body, folder=folder)
        if not 200 <= answer.status < 300:
            raise self.error(answer, path)
        return answer

    def error(self, answer: Answer | Stream, path: Path) -> DriveError:
        """The error that the status of *answer* means."""
        if answer.status == 423 and self.quirks.momentary_locks:
            return Unavailable(path, Text("locked by somebody at the moment (423)", "暂时被他人锁定（423）"))
        return refused(answer.status, answer.headers, path, now=time.time())

    def propfind(self, path: Path, *, folder: bool, depth: int) -> Stream:
        """Ask for properties; the answer still has to be looked at."""
        headers = (
            f"Depth: {depth}",
            "Content-Type: application/xml; charset=utf-8",
            "Accept-Encoding: identity",
        )
        body = self.asks or (ASK_ALL if self.rich else ASK_PLAIN)
        url = self.place.url(path, folder=folder)
        return self.session.stream(Request("PROPFIND", url, path, headers, body))

    def tell(self, path: Path, *, folder: bool = False) -> Told:
        """
        What the server says about *path* itself.

        Raises:
            NotFound: nothing is there.
        """
        stream = self.propfind(path, folder=folder, depth=0)
        try:
            if stream.status in _MOVED and not folder and self._same_with_slash(stream, path):
                stream.drop()
                return self.tell(path, folder=True)
            if stream.status != 207:
                stream.drop()
                raise self.error(stream, path)
            told = _only(stream, path)
        finally:
            stream.close()
        if told.status in _GONE:
            raise NotFound(path, "the server has nothing there")
        return told

    def stat(self, path: Path, *, folder: bool = False) -> Entry:
        """The entry at *path*; *folder* says that it is probably one."""
        try:
            told = self.tell(path, folder=folder or not path)
        except (BadAnswer, Forbidden, Unavailable) as error:
            if not isinstance(error, Unavailable):
                self.demand_folder_above(path, error)
            if any(problems(name, self.quirks.names) for name in path):
                # Servers answer names that they cannot hold with anything, or hang up.
                raise NotFound(path, "the server cannot hold such a name") from error
            raise
        entry = self.entry(path, told)
        if entry is None:
            raise NotFound(path, "it belongs to another place")
        return entry

    def entry(self, path: Path, told: Told) -> Entry | None:
        """The entry at *path* as it was *told*; None if it is not to be seen here."""
        return self.with_size(entry_told(path, told, digests=self.quirks.own_digests))

    def with_size(self, entry: Entry) -> Entry:
        """*entry* with its size asked for again where the listing did not tell it."""
        if entry.size >= 0:
            return entry
        answer = self.call("HEAD", entry.path, ("Accept-Encoding: identity",))
        size = length_of(answer.headers.get("content-length"))
        if answer.status == 200 and size is not None:
            return entry._replace(size=size)
        return entry._replace(size=0, problem=entry.problem or BadAnswer.code)

    def found(self, path: Path) -> Entry | None:
        """The entry at *path*, None if nothing is there."""
        try:
            return self.stat(path)
        except NotFound:
            return None

    def head(self, path: Path) -> Entry:
        """The file at *path*, asked for in the cheapest way that tells the same as `stat`."""
        if self.quirks.whole_puts and not self.rich:
            answer = self.call("HEAD", path, ("Accept-Encoding: identity",))
            size = length_of(answer.headers.get("content-length"))
            if answer.status == 200 and size is not None and "content-encoding" not in answer.headers:
                return entry_answered(path, size, answer.headers)
        return self.stat(path)

    def demand_folder_above(self, path: Path, cause: DriveError | None = None) -> None:
        """
        Say so if the reason why *path* cannot be reached is that nothing can lie there.

        Raises:
            NotFound: the folder above is missing, or is none.
        """
        if not path:
            return
        above = path[:-1]
        found = self.found(above)
        if found is None:
            raise NotFound(path, "the folder to hold it does not exist") from cause
        if not found.is_folder:
            raise NotFound(path, "what it would lie in is not a folder") from cause

    def _same_with_slash(self, stream: Stream, path: Path) -> bool:
        target = path_of(stream.headers.get("location", ""))
        return target in (self.place.decoded(path), self.called(path))

    def called(self, path: Path) -> bytes:
        """The decoded path by which the server calls the folder *path*."""
        return self.root + self.place.decoded(path)[len(self.place.decoded()) :]

    def folders(self, path: Path) -> frozenset[bytes]:
        """All decoded paths by which the folder *path* may be called."""
        return frozenset({self.place.decoded(path), self.called(path)})


def told_in(stream: Stream, subject: Path) -> Iterator[Told]:
    """
    The responses in the multistatus *stream*, as they arrive.

    Raises:
        BadAnswer: it is none, or ends too early.
    """
    parser = Multistatus()
    try:
        while True:
            block = stream.read(BLOCK)
            parser.feed(block)
            yield from _taken(parser.told)
            if not block:
                return
    except Garbled as problem:
        raise BadAnswer(subject, str(problem)) from None


def _only(stream: Stream, subject: Path) -> Told:
    """The first response of a whole multistatus that was to hold one."""
    first: Told | None = None
    for number, told in enumerate(told_in(stream, subject)):
        if number > _DEPTH_0_LIMIT:
            raise BadAnswer(subject, "it tells of more than was asked for")
        first = first or told
    if first is None:
        raise BadAnswer(subject, "an empty answer")
    return first


def _taken(told: list[Told]) -> Collection[Told]:
    taken = told.copy()
    told.clear()
    return taken
