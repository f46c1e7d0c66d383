"""
A drive that hands every call on to another one.

Wrappers derive from `Forwarding` and override the hooks they need:

* `_call` stands around each call, those of the facets included;
* `_open` makes the context of a call that gives a reader, `_reader` sees the reader;
* `_send` stands around each call that takes a source, `_source` sees the source;
* `_uploads` sees the small files of a batch.

Facets of which the inner drive has none are None here too.  Lists that a facet
gives piece by piece are read whole inside the call, so that its errors fall
there; the answers of a batch are not.  `close` is no call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import (
    Batch,
    Change,
    Changes,
    Freeze,
    Grants,
    Links,
    Moves,
    Partials,
    People,
    Reader,
    Settle,
    Upload,
    Versions,
)
from lading.connectors.profile import Profile
from lading.connectors.wrap import calls
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.source import Blocks
from lading.model.access import Grant, Link, Principal, Version
from lading.model.entry import Entry
from lading.model.paths import ROOT, Path

T = TypeVar("T")
Opens = Callable[[], AbstractContextManager[Reader]]


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

    @property
    def profile(self) -> Profile:
        if self._profile is None:
            self._profile = self._call(calls.PROFILE, ROOT, lambda: self.inner.profile)
        return self._profile

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

    moves: Any = Lazy(lambda drive, inner: ForwardedMoves(drive, inner))
    partials: Any = Lazy(lambda drive, inner: ForwardedPartials(drive, inner))
    settle: Any = Lazy(lambda drive, inner: ForwardedSettle(drive, inner))
    versions: Any = Lazy(lambda drive, inner: ForwardedVersions(drive, inner))
    grants: Any = Lazy(lambda drive, inner: ForwardedGrants(drive, inner))
    links: Any = Lazy(lambda drive, inner: ForwardedLinks(drive, inner))
    people: Any = Lazy(lambda drive, inner: ForwardedPeople(drive, inner))
    changes: Any = Lazy(lambda drive, inner: ForwardedChanges(drive, inner))
    freeze: Any = Lazy(lambda drive, inner: ForwardedFreeze(drive, inner))
    batch: Any = Lazy(lambda drive, inner: ForwardedBatch(drive, inner))


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


class ForwardedMoves:
    def __init__(self, drive: Forwarding, inner: Moves) -> None:
        self._drive = drive
        self._inner = inner

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        thunk = partial(self._inner.move, source, target, expect=expect)
        return self._drive._call(calls.MOVE, source, thunk)


class ForwardedPartials:
    def __init__(self, drive: Forwarding, inner: Partials) -> None:
        self._drive = drive
        self._inner = inner

    def offset(self, token: str) -> int:
        return self._drive._call(calls.OFFSET, ROOT, partial(self._inner.offset, token))

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        send = partial(self._inner.append, token, start=start)
        return self._drive._send(calls.APPEND, ROOT, source, send)

    def read(self, token: str) -> AbstractContextManager[Reader]:
        return self._drive._open(calls.READ_PARTIAL, ROOT, 0, partial(self._inner.read, token))

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        thunk = partial(self._inner.finish, token, path, expect=expect, modified=modified)
        return self._drive._call(calls.FINISH, path, thunk)

    def sweep(self, keep: Collection[str]) -> int:
        return self._drive._call(calls.SWEEP, ROOT, partial(self._inner.sweep, keep))


class ForwardedSettle:
    def __init__(self, drive: Forwarding, inner: Settle) -> None:
        self._drive = drive
        self._inner = inner

    def settle(self) -> None:
        self._drive._call(calls.SETTLE, ROOT, self._inner.settle)


class ForwardedVersions:
    def __init__(self, drive: Forwarding, inner: Versions) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> Iterator[Version]:
        return self._drive._call(calls.LIST_VERSIONS, path, lambda: iter([*self._inner.list(path)]))

    def read(self, path: Path, version: str) -> AbstractContextManager[Reader]:
        return self._drive._open(calls.READ_VERSION, path, 0, partial(self._inner.read, path, version))


class ForwardedGrants:
    def __init__(self, drive: Forwarding, inner: Grants) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> tuple[Grant, ...]:
        return self._drive._call(calls.LIST_GRANTS, path, partial(self._inner.list, path))


class ForwardedLinks:
    def __init__(self, drive: Forwarding, inner: Links) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> tuple[Link, ...]:
        return self._drive._call(calls.LIST_LINKS, path, partial(self._inner.list, path))


class ForwardedPeople:
    def __init__(self, drive: Forwarding, inner: People) -> None:
        self._drive = drive
        self._inner = inner

    def principals(self) -> Iterator[Principal]:
        return self._drive._call(calls.PRINCIPALS, ROOT, lambda: iter([*self._inner.principals()]))

    def members(self, group: str) -> Iterator[Principal]:
        return self._drive._call(calls.MEMBERS, ROOT, lambda: iter([*self._inner.members(group)]))


class ForwardedChanges:
    def __init__(self, drive: Forwarding, inner: Changes) -> None:
        self._drive = drive
        self._inner = inner

    def cursor(self) -> str:
        return self._drive._call(calls.CHANGES_CURSOR, ROOT, self._inner.cursor)

    def since(self, cursor: str) -> tuple[list[Change], str]:
        return self._drive._call(calls.CHANGES_SINCE, ROOT, partial(self._inner.since, cursor))


class ForwardedFreeze:
    def __init__(self, drive: Forwarding, inner: Freeze) -> None:
        self._drive = drive
        self._inner = inner

    def freeze(self, space: str, *, message: str) -> None:
        thunk = partial(self._inner.freeze, space, message=message)
        self._drive._call(calls.FREEZE, (space,) if space else ROOT, thunk)

    def thaw(self, space: str) -> None:
        self._drive._call(calls.THAW, (space,) if space else ROOT, partial(self._inner.thaw, space))


class ForwardedBatch:
    def __init__(self, drive: Forwarding, inner: Batch) -> None:
        self._drive = drive
        self._inner = inner

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        thunk = partial(self._inner.write, self._drive._uploads(uploads))
        return self._drive._call(calls.BATCH, ROOT, thunk)
