"""
The facets of a drive that hands every call on: each call passes the hooks of its drive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol, TypeVar

from lading.connectors.conditions import Precondition
from lading.connectors.facets import (
    Batch,
    Brief,
    Capacity,
    Change,
    Changes,
    Comments,
    Freeze,
    Grants,
    Labels,
    Links,
    Locks,
    Moves,
    Page,
    Partials,
    People,
    Ranges,
    ReadBack,
    Reader,
    Retention,
    Room,
    Settings,
    Settle,
    Span,
    Told,
    Upload,
    Versions,
    Wanted,
    Written,
    WrittenDown,
)
from lading.connectors.wrap import calls
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.held import held
from lading.connectors.wrap.source import Blocks
from lading.model.access import Comment, Grant, Label, Link, Lock, Membership, Principal, Setting, Version
from lading.model.entry import Entry
from lading.model.paths import ROOT, Path

T = TypeVar("T")
Opens = Callable[[], AbstractContextManager[Reader]]


class Hooks(Protocol):
    """What facets pass through; see `lading.connectors.wrap.forward`."""

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T: ...

    def _open(self, call: Call, path: Path, start: int, opens: Opens) -> AbstractContextManager[Reader]: ...

    def _send(self, call: Call, path: Path, source: Blocks, send: Callable[[Blocks], T]) -> T: ...

    def _uploads(self, uploads: Iterable[Upload]) -> Iterable[Upload]: ...

    def _content(self, call: Call, path: Path, start: int, content: bytes) -> bytes: ...


class ForwardedBrief:
    def __init__(self, drive: Hooks, inner: Brief) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        return self._drive._call(calls.LIST_BRIEFLY, folder, partial(self._inner.list, folder, cursor=cursor))


class ForwardedRanges:
    def __init__(self, drive: Hooks, inner: Ranges) -> None:
        self._drive = drive
        self._inner = inner

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        asked: deque[Span] = deque()
        read = partial(self._inner.read, expect=expect, at_once=at_once)
        thunk = partial(read, path, remembered(spans, asked))
        return self._given(path, self._drive._call(calls.READ_RANGES, path, thunk), asked)

    def _given(self, path: Path, contents: Iterator[bytes], asked: deque[Span]) -> Iterator[bytes]:
        for content in contents:
            yield self._drive._content(calls.READ_RANGES, path, asked.popleft()[0], content)


class ForwardedReadBack:
    def __init__(self, drive: Hooks, inner: ReadBack) -> None:
        self._drive = drive
        self._inner = inner

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry | None:
        send = partial(self._inner.write, path, expect=expect, size=size, modified=modified)
        return self._drive._send(calls.WRITE_BACK, path, source, send)

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int | None:
        send = partial(self._inner.append, token, start=start)
        return self._drive._send(calls.APPEND_BACK, ROOT, source, send)


class ForwardedMoves:
    def __init__(self, drive: Hooks, inner: Moves) -> None:
        self._drive = drive
        self._inner = inner

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        thunk = partial(self._inner.move, source, target, expect=expect)
        return self._drive._call(calls.MOVE, source, thunk)


class ForwardedPartials:
    def __init__(self, drive: Hooks, inner: Partials) -> None:
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
    def __init__(self, drive: Hooks, inner: Settle) -> None:
        self._drive = drive
        self._inner = inner

    def settle(self) -> None:
        self._drive._call(calls.SETTLE, ROOT, self._inner.settle)


class ForwardedVersions:
    def __init__(self, drive: Hooks, inner: Versions) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> Iterator[Version]:
        return self._drive._call(calls.LIST_VERSIONS, path, lambda: held(self._inner.list(path)))

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]] | None:
        return self._drive._call(calls.ALL_VERSIONS, ROOT, lambda: _whole(self._inner.all()))

    def read(self, path: Path, version: str) -> AbstractContextManager[Reader]:
        return self._drive._open(calls.READ_VERSION, path, 0, partial(self._inner.read, path, version))

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        send = partial(self._inner.add, path, version=version, expect=expect)
        return self._drive._send(calls.ADD_VERSION, path, source, send)


class ForwardedGrants:
    def __init__(self, drive: Hooks, inner: Grants) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> tuple[Grant, ...]:
        return self._drive._call(calls.LIST_GRANTS, path, partial(self._inner.list, path))

    def all(self) -> Iterator[Grant] | None:
        return self._drive._call(calls.ALL_GRANTS, ROOT, lambda: _whole(self._inner.all()))

    def within(self, folder: Path, names: Sequence[str]) -> Sequence[Told] | None:
        within = getattr(self._inner, "within", None)
        if within is None:
            return None
        thunk: Callable[[], Sequence[Told] | None] = partial(within, folder, names)
        return self._drive._call(calls.LIST_GRANTS, folder, thunk)

    def set(self, grant: Grant) -> None:
        self._drive._call(calls.SET_GRANT, grant.path, partial(self._inner.set, grant))

    def unset(self, grant: Grant) -> None:
        self._drive._call(calls.UNSET_GRANT, grant.path, partial(self._inner.unset, grant))


class ForwardedLinks:
    def __init__(self, drive: Hooks, inner: Links) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> tuple[Link, ...]:
        return self._drive._call(calls.LIST_LINKS, path, partial(self._inner.list, path))

    def all(self) -> Iterator[Link] | None:
        return self._drive._call(calls.ALL_LINKS, ROOT, lambda: _whole(self._inner.all()))

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        thunk = partial(self._inner.make, link, password=password)
        return self._drive._call(calls.MAKE_LINK, link.path, thunk)

    def revoke(self, link: Link) -> None:
        self._drive._call(calls.REVOKE_LINK, link.path, partial(self._inner.revoke, link))


class ForwardedPeople:
    def __init__(self, drive: Hooks, inner: People) -> None:
        self._drive = drive
        self._inner = inner

    def principals(self) -> Iterator[Principal]:
        return self._drive._call(calls.PRINCIPALS, ROOT, lambda: held(self._inner.principals()))

    def members(self, group: str) -> Iterator[Principal]:
        return self._drive._call(calls.MEMBERS, ROOT, lambda: held(self._inner.members(group)))

    def memberships(self) -> Iterator[Membership]:
        return self._drive._call(calls.MEMBERSHIPS, ROOT, lambda: held(self._inner.memberships()))


class ForwardedLocks:
    def __init__(self, drive: Hooks, inner: Locks) -> None:
        self._drive = drive
        self._inner = inner

    def all(self) -> Iterator[Lock]:
        return self._drive._call(calls.ALL_LOCKS, ROOT, lambda: held(self._inner.all()))


class ForwardedLabels:
    def __init__(self, drive: Hooks, inner: Labels) -> None:
        self._drive = drive
        self._inner = inner

    def all(self) -> Iterator[Label]:
        return self._drive._call(calls.ALL_LABELS, ROOT, lambda: held(self._inner.all()))


class ForwardedComments:
    def __init__(self, drive: Hooks, inner: Comments) -> None:
        self._drive = drive
        self._inner = inner

    def all(self) -> Iterator[Comment]:
        return self._drive._call(calls.ALL_COMMENTS, ROOT, lambda: held(self._inner.all()))


class ForwardedSettings:
    def __init__(self, drive: Hooks, inner: Settings) -> None:
        self._drive = drive
        self._inner = inner

    def list(self, path: Path) -> tuple[Setting, ...]:
        return self._drive._call(calls.LIST_SETTINGS, path, partial(self._inner.list, path))

    def all(self) -> Iterator[Setting] | None:
        return self._drive._call(calls.ALL_SETTINGS, ROOT, lambda: _whole(self._inner.all()))


class ForwardedCapacity:
    def __init__(self, drive: Hooks, inner: Capacity) -> None:
        self._drive = drive
        self._inner = inner

    def room(self) -> Room:
        return self._drive._call(calls.ROOM, ROOT, self._inner.room)


class ForwardedChanges:
    def __init__(self, drive: Hooks, inner: Changes) -> None:
        self._drive = drive
        self._inner = inner

    def cursor(self) -> str:
        return self._drive._call(calls.CHANGES_CURSOR, ROOT, self._inner.cursor)

    def since(self, cursor: str) -> tuple[list[Change], str]:
        return self._drive._call(calls.CHANGES_SINCE, ROOT, partial(self._inner.since, cursor))

    def expire(self) -> None:
        self._drive._call(calls.EXPIRE, ROOT, self._inner.expire)


class ForwardedFreeze:
    def __init__(self, drive: Hooks, inner: Freeze) -> None:
        self._drive = drive
        self._inner = inner

    def freeze(self, space: str, *, message: str) -> None:
        thunk = partial(self._inner.freeze, space, message=message)
        self._drive._call(calls.FREEZE, (space,) if space else ROOT, thunk)

    def thaw(self, space: str) -> None:
        self._drive._call(calls.THAW, (space,) if space else ROOT, partial(self._inner.thaw, space))

    def frozen(self, space: str) -> str:
        return self._drive._call(
            calls.FROZEN, (space,) if space else ROOT, partial(self._inner.frozen, space)
        )


class ForwardedRetention:
    def __init__(self, drive: Hooks, inner: Retention) -> None:
        self._drive = drive
        self._inner = inner

    def keep(self, path: Path, until: int) -> None:
        self._drive._call(calls.RETAIN, path, partial(self._inner.keep, path, until))

    def until(self, path: Path) -> int | None:
        return self._drive._call(calls.RETAINED, path, partial(self._inner.until, path))


class ForwardedBatch:
    def __init__(self, drive: Hooks, inner: Batch) -> None:
        self._drive = drive
        self._inner = inner

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        thunk = partial(self._inner.write, self._drive._uploads(uploads))
        return self._drive._call(calls.BATCH, ROOT, thunk)

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        asked: deque[Wanted] = deque()
        thunk = partial(self._inner.read, remembered(wanted, asked))
        return self._given(self._drive._call(calls.BATCH_READ, ROOT, thunk), asked)

    def _given(
        self, answers: Iterator[bytes | Exception], asked: deque[Wanted]
    ) -> Iterator[bytes | Exception]:
        for answer in answers:
            path = asked.popleft().path
            yield self._seen(path, answer) if isinstance(answer, bytes) else answer

    def _seen(self, path: Path, content: bytes) -> bytes:
        return self._drive._content(calls.BATCH_READ, path, 0, content)


def remembered(items: Iterable[T], asked: deque[T]) -> Iterator[T]:
    """*items*, each put into *asked* when it is taken: answers come in their order."""
    for item in items:
        asked.append(item)
        yield item


def _whole(rows: Iterator[T] | None) -> Iterator[T] | None:
    return None if rows is None else held(rows)


class ForwardedWritten:
    def __init__(self, drive: Hooks, inner: Written) -> None:
        self._drive = drive
        self._inner = inner

    @property
    def objects(self) -> int:
        return self._inner.objects

    def all(self, columns: Sequence[str] | None = None) -> WrittenDown:
        return self._drive._call(calls.WRITTEN, ROOT, partial(self._inner.all, columns))
