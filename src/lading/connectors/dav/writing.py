"""
Files and folders being made, replaced, moved and removed.

Whole or not at all: where a PUT shows unfinished content under the final name,
the content goes to a temporary name first and is moved when it has the right
length.  A large content does so everywhere when the target matters, because
preconditions are looked at before a body is sent, not after it.

What cannot be had over WebDAV: replacing a file by a move is atomic on no server
that was tried (a reader may find nothing for a moment), and where preconditions
are ignored somebody else can come between our last look and the act.  Writers of
one process never come between each other.
"""

from __future__ import annotations

from collections.abc import Iterable

from lading.connectors.conditions import ABSENT, ANYTHING, Absent, Anything, Precondition, Unchanged, check
from lading.connectors.dav.facts import opaque, sendable
from lading.connectors.dav.parts import Parts
from lading.connectors.dav.trouble import remaining
from lading.connectors.dav.turns import alone
from lading.connectors.dav.wire import PARTS, Wire
from lading.connectors.http.body import Body
from lading.connectors.http.headers import SECOND
from lading.connectors.http.line import Request
from lading.connectors.http.session import Answer
from lading.connectors.names import check_holdable
from lading.connectors.profile import Profile
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    BadAnswer,
    DriveError,
    NameRefused,
    Truncated,
    Unavailable,
    WrongKind,
)
from lading.model.paths import Path
from lading.model.text import Text

_OVERWRITE = {True: "Overwrite: T", False: "Overwrite: F"}
# Statuses whose cause the server does not tell apart, or tells wrongly.
_DOUBTFUL = frozenset({301, 302, 307, 308, 400, 403, 404, 405, 409, 412, 423, 500, 501})
_NO_CHUNKS = frozenset({400, 411, 501})
_TRIES = 4
_LAST_MODIFIED = (
    '<?xml version="1.0" encoding="utf-8"?><d:propertyupdate xmlns:d="DAV:"><d:set><d:prop>'
    "<d:lastmodified>{}</d:lastmodified></d:prop></d:set></d:propertyupdate>"
)


class Writing:
    """Changes to what *wire* reaches; *profile* is asked for late, because it may try the server out."""

    def __init__(self, wire: Wire, parts: Parts) -> None:
        self._wire = wire
        self._parts = parts
        self.profile: Profile | None = None
        self._chunked = True

    def target(self, path: Path) -> Path:
        """
        *path*, if something may be made there.

        Raises:
            NameRefused: the drive cannot hold it, or it is kept for our own files.
        """
        check_holdable(path, self._wire.quirks.names)
        if PARTS in path:
            raise NameRefused(path, Text("kept for unfinished files", "保留给未完成的文件"))
        return path

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        expect: Precondition,
        size: int | None,
        modified: int | None,
    ) -> Entry:
        """Store *source*; see `Drive.write`."""
        if not self.target(path):
            raise WrongKind(path, "the root is a folder")
        body = Body(path, source, size)
        whole = body.gather()
        headers = self._times(modified)
        if self._wire.quirks.whole_puts and (whole is not None or isinstance(expect, Anything)):
            with alone(self._wire, path):
                return self._put(path, body, whole, expect, headers)
        if whole is None:
            self.look(path, expect)
        part = self._upload(path, body, whole, headers)
        try:
            with alone(self._wire, path):
                return self.place(part, path, expect)
        except BaseException:
            self._parts.remove(part)
            raise

    def look(self, path: Path, expect: Precondition) -> Entry | None:
        """What is at *path*, if it meets *expect* and is no folder."""
        found = self._wire.found(path)
        check(plain(expect), found, path)
        if found is not None and not found.is_file:
            raise WrongKind(path, found.kind.value)
        return found

    def place(self, part: Path, path: Path, expect: Precondition) -> Entry:
        """Give the complete file *part* the name *path*, under the promises of `Drive.write`."""
        for _ in range(_TRIES):
            found = self.look(path, expect)
            answer = self.move(part, path, expect, replace=found is not None, folder=False)
            if 200 <= answer.status < 300 and answer.status != 207:
                return self._wire.head(path)
            if answer.status == 412 and isinstance(expect, Anything):
                continue  # somebody was quicker, and may be replaced
            raise self.explained(path, expect, answer, part)
        raise Unavailable(path, "it comes and goes")

    def move(
        self, source: Path, target: Path, expect: Precondition | None, *, replace: bool, folder: bool
    ) -> Answer:
        """Send the MOVE and return the answer."""
        url = self._wire.place.url(target, folder=folder)
        headers = [f"Destination: {url}", _OVERWRITE[replace]]
        if isinstance(expect, Unchanged) and self._wire.quirks.condition == "If":
            headers += self.condition(target, expect)
        return self._wire.call("MOVE", source, headers, folder=folder)

    def condition(self, path: Path, expect: Precondition) -> list[str]:
        """The headers with which the server itself looks at what *expect* says about the file *path*."""
        if isinstance(expect, Absent):
            return ["If-None-Match: *"]
        if isinstance(expect, Unchanged) and self._wire.quirks.condition:
            bare = opaque(expect.etag) or ""
            if not sendable(bare):
                return []
            tag = f'"{bare}"'
            if self._wire.quirks.condition == "If":
                # With its URL: else the tag would be asked of the folder above, too.
                return [f"If: <{self._wire.place.url(path)}> ([{tag}])"]
            return [f"If-Match: {tag}"]
        return []

    def explained(
        self, path: Path, expect: Precondition, answer: Answer, part: Path | None = None
    ) -> DriveError:
        """Why a change at *path* was answered like that; asks where the status does not tell."""
        error = self._wire.error(answer, path)
        if answer.status not in _DOUBTFUL:
            return error
        try:
            found = self._wire.found(path)
            check(plain(expect), found, path)
            if found is not None and found.is_folder:
                return WrongKind(path, found.kind.value)
            if found is None:
                self._wire.demand_folder_above(path, error)
            if part is not None and self._wire.found(part) is None:
                self._parts.forget()
                return Unavailable(path, "our unfinished file was removed")
        except DriveError as cause:
            return cause
        return remaining(path, expect, answer.status) or error

    def _put(
        self, path: Path, body: Body, whole: bytes | None, expect: Precondition, headers: list[str]
    ) -> Entry:
        """Store under the final name at once, on a server that shows only what is complete."""
        conditions = self.condition(path, expect)
        if isinstance(expect, Unchanged) and not conditions:
            self.look(path, expect)
        answer = self._sent(path, path, body, whole, headers + conditions)
        if not 200 <= answer.status < 300:
            raise self.explained(path, expect, answer)
        return self.stored(path, body, whole, headers, answer)

    def stored(
        self, path: Path, body: Body, whole: bytes | None, headers: list[str], answer: Answer
    ) -> Entry:
        """The entry that *answer* to a PUT with *headers* tells of; what it does not tell is asked for."""
        del whole, headers
        if not self._wire.rich:
            # What is missing here another call would have to ask for, for every file.
            return Entry(path, Kind.FILE, body.pulled, None, None, opaque(answer.headers.get("etag")))
        entry = self._wire.head(path)
        if entry.size != body.pulled:
            raise Truncated(path, f"the server says {entry.size} bytes after {body.pulled} were sent")
        return entry

    def _upload(self, path: Path, body: Body, whole: bytes | None, headers: list[str]) -> Path:
        """Store under a temporary name, which is returned; its length is right."""
        part = self._parts.fresh()
        try:
            answer = self._sent(part, path, body, whole, headers)
            if answer.status in (404, 409) and body.rewind():
                self._parts.forget()
                part = self._parts.fresh()
                answer = self._sent(part, path, body, whole, headers)
            if not 200 <= answer.status < 300:
                raise remaining(path, ANYTHING, answer.status) or self._wire.error(answer, path)
            size = self._wire.head(part).size
            if size != body.pulled:
                raise Truncated(path, f"the server says {size} bytes after {body.pulled} were sent")
        except BaseException:
            self._parts.remove(part)
            raise
        return part

    def _sent(
        self, place: Path, subject: Path, body: Body, whole: bytes | None, headers: list[str]
    ) -> Answer:
        """Send the content to *place*; errors are about *subject*."""
        session, url = self._wire.session, self._wire.place.url(place)
        if whole is not None:
            return session.call(Request("PUT", url, subject, [*headers, "Content-Type:"], whole))
        if session.settings.login.way == "digest":
            # The challenge has to be met before a body is on its way.
            self._wire.call("OPTIONS", ())
        request = Request("PUT", url, subject, headers)
        if body.size is None and not (self._chunked and self._wire.quirks.chunked):
            return self._send_spooled(request, body)
        answer = session.send(request, body.upload())
        if answer.status in _NO_CHUNKS and body.size is None and body.rewind():
            answer = self._send_spooled(request, body)
            self._chunked = not 200 <= answer.status < 300
            return answer
        if 200 <= answer.status < 300 and not body.sent:
            raise BadAnswer(subject, "success before the content had been sent")
        return answer

    def _send_spooled(self, request: Request, body: Body) -> Answer:
        again, file = body.spooled()
        with file:
            return self._wire.session.send(request, again.upload())

    def _times(self, modified: int | None) -> list[str]:
        if modified is None or self._wire.quirks.keeps_modified is False:
            return []
        kept = self.profile.kept_time(modified) if self.profile else modified
        return [f"X-OC-MTime: {kept // SECOND}"]

    def make_folder(self, path: Path, modified: int | None) -> Entry:
        """Make sure that *path* is a folder; see `Drive.make_folder`."""
        if self.target(path):
            with alone(self._wire, path):
                answer = self._wire.call("MKCOL", path, folder=True)
                if not 200 <= answer.status < 300 and not self._is_folder(path, answer):
                    raise self.explained(path, ABSENT, answer)
        if modified is not None and self._wire.quirks.keeps_folder_times:
            kept = self.profile.kept_time(modified) if self.profile else modified
            body = _LAST_MODIFIED.format(kept // SECOND).encode()
            self._wire.demand("PROPPATCH", path, ("Content-Type: application/xml",), body, folder=True)
        return self._wire.stat(path, folder=True)

    def _is_folder(self, path: Path, answer: Answer) -> bool:
        if answer.status not in _DOUBTFUL:
            return False
        found = self._wire.found(path)
        if found is not None and not found.is_folder:
            raise WrongKind(path, found.kind.value)
        return found is not None


def plain(expect: Precondition) -> Precondition:
    """*expect* with its etag in the form that our entries have."""
    return Unchanged(opaque(expect.etag) or "") if isinstance(expect, Unchanged) else expect
