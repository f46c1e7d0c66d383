"""
Files written in several sittings.

Parts of an upload of S3 cannot be read back, nor continued in their middle, nor given their name at the end.  So what
arrives is kept as a row of hidden objects, each called by the byte it begins with; at the end the server itself
puts them together as parts of one upload.  Nothing is sent twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from lading.connectors.conditions import Precondition
from lading.connectors.http.content import Content
from lading.connectors.s3.keys import PARTS
from lading.connectors.s3.listing import page_of
from lading.connectors.s3.multipart import PART, Upload
from lading.connectors.s3.purging import purge
from lading.connectors.s3.reading import reading
from lading.connectors.s3.signing import Query, escaped
from lading.connectors.s3.wire import Ask, Wire
from lading.connectors.s3.writing import Writing
from lading.model.entry import Entry, Kind
from lading.model.errors import Changed, NameRefused, NotFound
from lading.model.paths import ROOT, Path
from lading.model.text import Text

LEAST = 5 << 20
"""Bytes that every part of an upload has to have but the last (Amazon S3: "Multipart upload limits")."""
_TOKEN = re.compile("[A-Za-z0-9]{1,64}")
_SHORTER = Text("less is held than was said", "已保存的内容少于所述")
_NOTHING = Text("nothing is held for it", "没有未完成的内容")


class _Piece(NamedTuple):
    key: str
    start: int
    size: int
    etag: str


class S3Partials:
    """Partials of one *owner*; *words* makes metadata of a time."""

    def __init__(self, wire: Wire, writing: Writing, owner: str, *, versioned: bool) -> None:
        self._wire, self._writing, self._versioned = wire, writing, versioned
        digest = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._place = f"{wire.prefix}{PARTS}/{digest}/"

    def offset(self, token: str) -> int:
        """Bytes that are held for *token*."""
        return _end(self._row(token))

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """Add *source* after byte *start*; see `Partials.append`."""
        row = self._row(token)
        if start > _end(row):
            raise Changed(ROOT, _SHORTER)
        if start < _end(row):
            self._cut(token, row, start)
        held = bytearray()
        try:
            for block in source:
                held += block
                while len(held) >= PART:
                    start = self._add(token, start, bytes(held[:PART]))
                    del held[:PART]
        finally:
            # Also when the source has failed: what came before counts.
            if held:
                start = self._add(token, start, bytes(held))
        return start

    @contextmanager
    def read(self, token: str) -> Iterator[Joined]:
        """Read back what is held for *token*."""
        row = self._row(token)
        if not row:
            raise NotFound(ROOT, _NOTHING)
        joined = Joined(self._wire, row)
        try:
            yield joined
        finally:
            joined.close()

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """Make the partial appear as *path*; see `Partials.finish`."""
        key = self._writing.target(path)
        row = self._row(token)
        if not row:
            raise NotFound(path, _NOTHING)
        words = self._writing.words(modified)
        if _end(row) > PART and all(piece.size >= LEAST for piece in row[:-1]):
            entry = self._join(row, key, path, expect, words)
        else:
            with self.read(token) as joined:
                source = iter(lambda: joined.read(1 << 20), b"")
                entry = self._writing.write(path, source, expect, _end(row), words)
        purge(self._wire, self._of(token), versioned=self._versioned)
        return entry

    def sweep(self, keep: Collection[str]) -> int:
        """Remove partials of this owner except those in *keep*."""
        gone = [token for token in self._tokens() if token not in keep]
        for token in gone:
            purge(self._wire, self._of(token), versioned=self._versioned)
        return len(gone)

    def _join(
        self, row: list[_Piece], key: str, path: Path, expect: Precondition, words: Mapping[str, str]
    ) -> Entry:
        upload = Upload(self._wire, key, path, words)
        bucket = self._wire.options.bucket
        asks = (
            upload.copying(number, escaped(f"/{bucket}/{piece.key}", slashes=True), piece.etag)
            for number, piece in enumerate(row, 1)
        )
        try:
            for number, answer in enumerate(self._wire.many(asks), 1):
                upload.copied(number, answer)
            return self._writing.complete(upload, key, path, expect, words, _end(row), None)
        except BaseException:
            upload.abort()
            raise

    def _add(self, token: str, start: int, content: bytes) -> int:
        digest = hashlib.sha256(content).hexdigest()
        key = f"{self._of(token)}{start:020d}"
        self._wire.demand(Ask("PUT", key, ROOT, (), {}, content, digest))
        return start + len(content)

    def _cut(self, token: str, row: list[_Piece], end: int) -> None:
        """Give up what is held beyond byte *end*; the last piece first, so that the row stays whole."""
        purge(self._wire, self._of(token), versioned=self._versioned, first=f"{self._of(token)}{end:020d}")
        split = next((piece for piece in row if piece.start < end < piece.start + piece.size), None)
        if split is not None:
            with reading(self._wire, split.key, ROOT) as reader:
                left, kept = end - split.start, []
                while left and (block := reader.read(left)):
                    kept.append(block)
                    left -= len(block)
            self._add(token, split.start, b"".join(kept))

    def _row(self, token: str) -> list[_Piece]:
        """The unbroken row of pieces from byte 0 on."""
        place, row, at = self._of(token), list[_Piece](), 0
        query: Query | None = [("list-type", "2"), ("encoding-type", "url"), ("prefix", place)]
        while query is not None:
            page = page_of(self._wire, query)
            for it in page.objects:
                name = it.key[len(place) :]
                if not name.isdecimal() or int(name) != at or not it.size:
                    return row
                row.append(_Piece(it.key, at, it.size, it.etag))
                at += it.size
            query = page.more
        return row

    def _tokens(self) -> list[str]:
        # Not by common prefixes: some servers go on telling those of which nothing is left.
        found: dict[str, None] = {}
        query: Query | None = [("list-type", "2"), ("encoding-type", "url"), ("prefix", self._place)]
        while query is not None:
            page = page_of(self._wire, query)
            found.update((it.key[len(self._place) :].partition("/")[0], None) for it in page.objects)
            query = page.more
        return [*found]

    def _of(self, token: str) -> str:
        if not _TOKEN.fullmatch(token):
            raise NameRefused(token, "no token: letters and digits, at most 64")
        return f"{self._place}{token}/"


class Joined:
    """A row of pieces, read as one content."""

    def __init__(self, wire: Wire, row: list[_Piece]) -> None:
        self._wire, self._row, self._next = wire, row, 0
        self._now: Content | None = None
        self._entry = Entry(ROOT, Kind.FILE, _end(row))

    @property
    def entry(self) -> Entry:
        """What is held, as a file without a name."""
        return self._entry

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes, `b""` at the end."""
        while True:
            if self._now is None:
                if self._next == len(self._row):
                    return b""
                piece = self._row[self._next]
                self._now = reading(self._wire, piece.key, ROOT, expect=piece.etag)
                self._next += 1
            if block := self._now.read(size):
                return block
            if size == 0:
                return b""
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        now, self._now = self._now, None
        if now is not None:
            with suppress(Exception):
                now.close()


def _end(row: list[_Piece]) -> int:
    return row[-1].start + row[-1].size if row else 0
