"""
A drive that hands every call on to another one.

Wrappers derive from `Forwarding` and override the hooks they need:

* `_call` stands around each call, those of the facets included;
* `_open` makes the context of a call that gives a reader, `_reader` sees the reader;
* `_send` stands around each call that takes a source, `_source` sees the source;
* `_uploads` sees the small files of a batch, `_content` each content that a batch or a range gives.

Facets of which the inner drive has none are None here too.  Lists that a facet
gives piece by piece are read whole inside the call (see `lading.connectors.wrap.held`),
so that its errors fall there; the answers of a batch are not.  `close` is no call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader, Upload
from lading.connectors.profile import Profile
from lading.connectors.wrap import calls
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.forward_facets import (
    ForwardedBatch,
    ForwardedBrief,
    ForwardedCapacity,
    ForwardedChanges,
    ForwardedComments,
    ForwardedFreeze,
    ForwardedGrants,
    ForwardedLabels,
    ForwardedLinks,
    ForwardedLocks,
    ForwardedMoves,
    ForwardedPartials,
    ForwardedPeople,
    ForwardedRanges,
    ForwardedReadBack,
    ForwardedRetention,
    ForwardedSettings,
    ForwardedSettle,
    ForwardedVersions,
    ForwardedWritten,
    Opens,
)
from lading.connectors.wrap.source import Blocks
from lading.model.entry import Entry
from lading.model.paths import ROOT, Path
from lading.model.text import Text

T = TypeVar("T")


class Lazy:
    """A facet, wrapped when it is first asked for: a drive may have to ask its server what it can do."""

    def __init__(self, forwards: Callable[[Any, Any], Any]) -> None:
        self._forwards = forwards

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, drive: Forwarding | None, owner: type) -> Any:
        if drive is None:
            return self
        inner = getattr(drive.inner, self._name)
        facet = None if inner is None else self._forwards(drive, inner)
        drive.__dict__[self._name] = facet
        return facet


class Forwarding(Drive):
    """*inner*, seen through the hooks."""

    def __init__(self, inner: Drive) -> None:
        self.inner = inner
        self._profile: Profile | None = None

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        """Do *call* by calling *thunk*; *path* is what it is about, the root where there is none."""
        return thunk()

    def _open(self, call: Call, path: Path, start: int, opens: Opens) -> AbstractContextManager[Reader]:
        """The context of *call*, which reads from byte *start*; *opens* makes that of the inner drive."""
        return Opening(self, call, path, start, opens)

    def _reader(self, call: Call, path: Path, start: int, reader: Reader) -> Reader:
        """What the caller reads from instead of *reader*."""
        return reader

    def _send(self, call: Call, path: Path, source: Blocks, send: Callable[[Blocks], T]) -> T:
        """Do *call* by calling *send* with the source."""
        return self._call(call, path, partial(send, self._source(call, path, source)))

    def _source(self, call: Call, path: Path, source: Blocks) -> Blocks:
        """What the inner drive stores instead of *source*."""
        return source

    def _uploads(self, uploads: Iterable[Upload]) -> Iterable[Upload]:
        """What the inner drive stores instead of *uploads*."""
        return uploads

    def _content(self, call: Call, path: Path, start: int, content: bytes) -> bytes:
        """What the caller is given instead of *content*, which *call* read from byte *start* on."""
        return content

    @property
    def profile(self) -> Profile:
        if self._profile is None:
            self._profile = self._call(calls.PROFILE, ROOT, lambda: self.inner.profile)
        return self._profile

    @property
    def server(self) -> str:
        return self.inner.server

    @property
    def notes(self) -> tuple[Text, ...]:
        return self.inner.notes

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        return self._call(calls.LIST, folder, partial(self.inner.list, folder, cursor=cursor))

    def stat(self, path: Path) -> Entry:
        return self._call(calls.STAT, path, partial(self.inner.stat, path))

    def read(
        self, path: Path, *, start: int = 0, expect: str | None = None
    ) -> AbstractContextManager[Reader]:
        opens = partial(self.inner.read, path, start=start, expect=expect)
        return self._open(calls.READ, path, start, opens)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        send = partial(self.inner.write, path, expect=expect, size=size, modified=modified)
        return self._send(calls.WRITE, path, source, send)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        thunk = partial(self.inner.make_folder, path, modified=modified)
        return self._call(calls.MAKE_FOLDER, path, thunk)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        self._call(calls.REMOVE, path, partial(self.inner.remove, path, expect=expect))

    def close(self) -> None:
        self.inner.close()

    brief: Any = Lazy(ForwardedBrief)
    ranges: Any = Lazy(ForwardedRanges)
    read_back: Any = Lazy(ForwardedReadBack)
    moves: Any = Lazy(ForwardedMoves)
    partials: Any = Lazy(ForwardedPartials)
    settle: Any = Lazy(ForwardedSettle)
    versions: Any = Lazy(ForwardedVersions)
    grants: Any = Lazy(ForwardedGrants)
    links: Any = Lazy(ForwardedLinks)
    people: Any = Lazy(ForwardedPeople)
    locks: Any = Lazy(ForwardedLocks)
    labels: Any = Lazy(ForwardedLabels)
    comments: Any = Lazy(ForwardedComments)
    settings: Any = Lazy(ForwardedSettings)
    capacity: Any = Lazy(ForwardedCapacity)
    changes: Any = Lazy(ForwardedChanges)
    freeze: Any = Lazy(ForwardedFreeze)
    batch: Any = Lazy(ForwardedBatch)
    retention: Any = Lazy(ForwardedRetention)
    written: Any = Lazy(ForwardedWritten)


class Opening(AbstractContextManager[Reader]):
    """Opens inside the hook of the drive, whether the inner drive asks its server now or on entering."""

    def __init__(self, drive: Forwarding, call: Call, path: Path, start: int, opens: Opens) -> None:
        self._drive = drive
        self._about = (call, path)
        self._start = start
        self._opens = opens

    def __enter__(self) -> Reader:
        reader = self._drive._call(*self._about, self._enter)
        return self._drive._reader(*self._about, self._start, reader)

    def _enter(self) -> Reader:
        self._inner = self._opens()
        return self._inner.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._inner.__exit__(kind, error, trace)
