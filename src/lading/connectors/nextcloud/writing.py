"""
Contents on their way to Nextcloud.

Small ones and those that may replace anything go by one PUT, large ones in pieces:
preconditions are looked at when the pieces are put together.  A checksum goes along
that the server keeps and does not check.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable

from lading.connectors.conditions import Absent, Anything, Precondition, Unchanged
from lading.connectors.dav.facts import opaque, sendable
from lading.connectors.dav.parts import Parts
from lading.connectors.dav.turns import alone
from lading.connectors.dav.writing import Writing
from lading.connectors.http.body import Body
from lading.connectors.http.headers import SECOND
from lading.connectors.http.session import Answer
from lading.connectors.nextcloud.uploads import PIECE, Uploads
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError, NotFound, Truncated, Unavailable, WrongKind
from lading.model.paths import Path

_SINGLE = 100 << 20
"""Bytes up to which a content goes by one PUT, where it may replace anything."""
_TRIES = 4
# The number of the file, padded with zeros, and the name of the installation behind it.
_FILE_ID = re.compile(r"0*(\d+)(?=oc|$)")


class FilesWriting(Writing):
    """Changes to what *wire* reaches."""

    def __init__(self, wire: FilesWire, parts: Parts, uploads: Uploads) -> None:
        super().__init__(wire, parts)
        self._files = wire
        self._uploads = uploads

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
        if whole is not None or (isinstance(expect, Anything) and size is not None and size <= _SINGLE):
            headers = [] if whole is None else [f"OC-Checksum: SHA256:{hashlib.sha256(whole).hexdigest()}"]
            with alone(self._files, path):
                headers += self._times(self._moment(path, expect, modified))
                return self._put(path, body, whole, expect, headers)
        self.look(path, expect)
        return self._in_pieces(path, body, expect, modified)

    def finish(
        self, name: str, path: Path, length: int, expect: Precondition, modified: int | None, digest: str = ""
    ) -> Entry:
        """Put the upload *name* of *length* bytes together as *path*; it stays if that cannot be done."""
        with alone(self._files, path):
            for _ in range(_TRIES):
                found = self.look(path, expect)
                headers = ["Overwrite: T" if found else "Overwrite: F", f"OC-Total-Length: {length}"]
                headers += self._times(self._moment(path, expect, modified)) + self._tagged(path, expect)
                if digest:
                    headers.append(f"OC-Checksum: SHA256:{digest}")
                answer = self._uploads.move(name, self._wire.place.url(path), headers, path)
                if 200 <= answer.status < 300:
                    return self._checked(path, length)
                if answer.status != 412 or not isinstance(expect, Anything):
                    raise self._why(path, expect, answer, name)
        raise Unavailable(path, "it comes and goes")

    def stored(
        self, path: Path, body: Body, whole: bytes | None, headers: list[str], answer: Answer
    ) -> Entry:
        """The entry out of the answer to a PUT, which saves a call for every small file."""
        id_ = _FILE_ID.match(answer.headers.get("oc-fileid", ""))
        etag = opaque(answer.headers.get("oc-etag") or answer.headers.get("etag"))
        if whole is None or id_ is None or etag is None:
            return super().stored(path, body, whole, headers, answer)
        sent = [int(line.partition(":")[2]) for line in headers if line.startswith("X-OC-MTime")]
        taken = sent and answer.headers.get("x-oc-mtime") == "accepted"
        modified = sent[0] * SECOND if taken else None
        return Entry(path, Kind.FILE, len(whole), modified, id_.group(1), etag)

    def _in_pieces(self, path: Path, body: Body, expect: Precondition, modified: int | None) -> Entry:
        name = f"lading-{int(time.time()):x}-{secrets.token_hex(12)}"
        digest, at, number, to = hashlib.sha256(), 0, 0, self._wire.place.url(path)
        try:
            self._uploads.begin(name, path, to)
            while piece := _filled(body):
                number += 1
                digest.update(piece)
                self._uploads.add_next(name, number, piece, path, to)
                at += len(piece)
            return self.finish(name, path, at, expect, modified, digest.hexdigest())
        except BaseException:
            self._uploads.remove(name)
            raise

    def _checked(self, path: Path, length: int) -> Entry:
        entry = self._wire.head(path)
        if entry.size != length:
            raise Truncated(path, f"the server says {entry.size} bytes after {length} were sent")
        return entry

    def _why(self, path: Path, expect: Precondition, answer: Answer, name: str) -> DriveError:
        error = self.explained(path, expect, answer)
        if isinstance(error, NotFound) and self._uploads.held(name, path) is None:
            return Unavailable(path, "our unfinished file was removed")
        return error

    def _tagged(self, path: Path, expect: Precondition) -> list[str]:
        """The header with which the server itself looks at the target of a MOVE."""
        if not isinstance(expect, Unchanged):
            return []
        bare = opaque(expect.etag) or ""
        return [f'If: <{self._wire.place.url(path)}> (["{bare}"])'] if sendable(bare) else []

    def _moment(self, path: Path, expect: Precondition, modified: int | None) -> int | None:
        """
        The time to give: *modified*, or where nobody asks for one the first second that no version has.

        Nextcloud names versions by the second of their time: two of the same second are one.
        """
        if modified is not None or isinstance(expect, Absent):
            return modified
        found = self._wire.found(path)
        now = int(time.time())
        if found is None or found.modified is None:
            return None
        # Given in any case: the clock of the server may be behind ours, and stand still in one second.
        return max(now * SECOND, found.modified + SECOND)


def _filled(body: Body) -> bytes:
    """The next piece, as large as pieces are unless it is the last one."""
    blocks, size = [], 0
    while size < PIECE and (block := body.pull(PIECE - size)):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)
