"""
A folder being listed, page by page, while the answer arrives.

WebDAV has no pages: one answer tells the whole folder.  It is read as far as a
page needs and waits there, so memory stays bounded however large the folder
is.  A server that loses patience with a waiting answer makes the cursor expire.

What a hostile or broken server may tell is not trusted: a name that no path can
hold is told as a special entry with the problem `name_refused`, under the
spelling of the server; the same name twice, or an entry of another folder, makes
the answer a bad one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lading.connectors.dav.href import Names, NoName, Odd
from lading.connectors.dav.wire import PARTS, Wire, told_in
from lading.connectors.http.session import Stream
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAnswer, NameRefused, NotFound, WrongKind
from lading.model.paths import Path, shown_name

PAGE = 10_000


class Listing:
    """The listing of *folder* in *stream*, an answer with status 207."""

    def __init__(self, wire: Wire, folder: Path, stream: Stream, *, everything: bool = False) -> None:
        self.folder = folder
        self.ended = False
        self._wire = wire
        self._stream = stream
        self._everything = everything
        self._names = Names(wire.folders(folder))
        self._seen: set[str] = set()
        self._found = self._entries()
        self._next: list[Entry] = []

    def page(self) -> list[Entry]:
        """The next entries; `ended` says whether these were the last."""
        found = self._next + list(islice(self._found, PAGE + 1 - len(self._next)))
        self._next = found[PAGE:]
        self.ended = not self._next
        return found[:PAGE]

    def close(self) -> None:
        """Give the connection back; twice is no error."""
        self._stream.close()

    def _entries(self) -> Iterator[Entry]:
        for told in told_in(self._stream, self.folder):
            name = self._names.of(told.href)
            if name is NoName.ITSELF:
                self._check_itself(told.status, told.folder)
                continue
            if isinstance(name, NoName):
                raise BadAnswer(self.folder, f"the listing tells of {name.value}")
            text = name.text if isinstance(name, Odd) else name
            if text in self._seen:
                raise BadAnswer(self.folder, f"the listing tells {shown_name(text)} twice")
            self._seen.add(text)
            path = (*self.folder, text)
            if isinstance(name, Odd):
                yield Entry(path, Kind.SPECIAL, problem=NameRefused.code)
            elif told.status in (404, 410) or (name == PARTS and not self._everything):
                continue
            elif entry := self._wire.entry(path, told):
                yield entry

    def _check_itself(self, status: int, is_folder: bool | None) -> None:
        if status in (404, 410):
            raise NotFound(self.folder, "the server has nothing there")
        if is_folder is False:
            raise WrongKind(self.folder, "not a folder")
