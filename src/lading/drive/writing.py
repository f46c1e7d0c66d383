"""
The one door for writes.

Every change of the drive's tables happens inside `writing`: one transaction
that asks the freeze switch and the quota, raises the clock of the space, and
ends with the events that tell what was done.  Whoever changes a space holds its
row, so changes of one space never run at the same time.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from lading.drive.actor import Actor
from lading.drive.errors import Frozen
from lading.drive.models import Meta, Space
from lading.drive.quick import quick
from lading.model.errors import DriveError, NoSpace, NotFound, Unavailable
from lading.model.text import Text

EPOCH = "epoch"
_GLANCES = 12
"""How often somebody in a hurry looks whether their turn has come, and after how many seconds again."""
_GLANCE = 0.00005

_INSERT = (
    "INSERT INTO drive_event (at, kind, actor, principal, space, clock, node, path, facts)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_GATE = (
    "UPDATE drive_space SET clock = clock + 1, used = used + %s"
    " WHERE id = %s AND deleted IS NULL AND (frozen = '' OR %s)"
    " AND (quota IS NULL OR %s <= 0 OR used + %s <= quota) RETURNING clock"
)


class MustWait(Exception):
    """Somebody in a hurry would have to wait for another's change; nothing has happened."""


class Writing:
    """A transaction under way; *now* is its time in nanoseconds, *clocks* the new clock of each space."""

    def __init__(self, actor: Actor, now: int, clocks: dict[int, int]) -> None:
        self.actor = actor
        self.now = now
        self.clocks = clocks
        self._events: list[tuple[Any, ...]] = []
        self._rights_changed = False

    def event(
        self, kind: str, *, space: int | None = None, node: int | None = None, path: str = "", **facts: Any
    ) -> None:
        """
        Tell what was done.

        *kind* is `noun.past_tense`; *path* is the encoded path within the space, and *facts* hold no
        names of files and no secrets.  In a space of this transaction it becomes part of the change feed.
        """
        actor = self.actor
        clock = self.clocks.get(space) if space is not None else None
        told = {"via": actor.via, **({"address": actor.address} if actor.address else {}), **facts}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        self._events.append((self.now, kind, actor.name, actor.principal, space, clock, node, path, text))

    def rights_changed(self) -> None:
        """
        What anybody may see can be other than before: forget what was worked out about it.

        Once is enough for a transaction; not to be said first in a savepoint, which may be taken back.
        """
        if not self._rights_changed:
            Meta.objects.filter(key=EPOCH).update(value=F("value") + 1)
            self._rights_changed = True

    def more(self, space: int, room: int) -> None:
        """
        Take *room* more bytes of *space* (fewer if negative), which must be one of this transaction.

        Raises:
            NoSpace: the quota does not allow it.
        """
        with quick() as cursor:
            if _enter(cursor, space, room, thawed=True) is None:
                raise _refusal(self.actor, space)

    def _tell(self) -> None:
        if self._events:
            with quick() as cursor:
                cursor.executemany(_INSERT, self._events)


@contextmanager
def writing(
    actor: Actor, *spaces: int, room: int = 0, thawed: bool = False, now: int | None = None
) -> Iterator[Writing]:
    """
    One transaction of *actor* that changes *spaces* (none for changes of people and settings).

    *room* is the number of bytes added to the first space.  With *thawed* a freeze is no obstacle:
    for the freeze switch itself and for housekeeping.

    Raises:
        NotFound: a space is not there.
        Frozen, NoSpace: as they say.
        Unavailable: the database went away; nothing was changed.
    """
    with _translated(), _turn(), transaction.atomic():
        work = Writing(actor, 0, {})
        if spaces:
            with quick() as cursor:
                _gate(cursor, work, spaces, room, thawed)
        # Behind the gate, so that the times in a space have the order of its changes.
        work.now = now or time.time_ns()
        yield work
        work._tell()


@contextmanager
def together() -> Iterator[None]:
    """
    Make every `writing` within part of one transaction, for an answer that is kept with its change.

    Other changes wait meanwhile: nothing slow belongs inside.
    """
    with _translated(), _turn(), transaction.atomic():
        yield


def after_commit(do: Callable[[], None]) -> None:
    """Run *do* once the transaction under way is committed."""
    transaction.on_commit(do)


def epoch() -> int:
    """A number that moves whenever rights, people or spaces change."""
    with _translated(), connection.cursor() as cursor:
        cursor.execute("SELECT value FROM drive_meta WHERE key = %s", [EPOCH])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _gate(cursor: Any, work: Writing, spaces: Sequence[int], room: int, thawed: bool) -> None:
    # In the order of their ids, so that two transactions never wait for each other.
    for space in sorted(set(spaces)):
        clock = _enter(cursor, space, room if space == spaces[0] else 0, thawed)
        if clock is None:
            raise _refusal(work.actor, space)
        work.clocks[space] = clock


def _enter(cursor: Any, space: int, room: int, thawed: bool) -> int | None:
    cursor.execute(_GATE, [room, space, thawed, room, room])
    row = cursor.fetchone()
    return row[0] if row else None


def _refusal(actor: Actor, space: int) -> DriveError:
    found = Space.objects.filter(id=space, deleted=None).values_list("name", "key", "frozen").first()
    if found is None:
        return NotFound("", Text("there is no such space", "没有此空间"))
    name, key, frozen = found
    if actor.admin:
        # Admins change spaces of which they see nothing, and do not learn from it what a deal is called.
        name = key
    if frozen:
        return Frozen(name, frozen)
    return NoSpace(name, Text("its quota is used up", "空间配额已用完"))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as problem:
        if not connection.in_atomic_block:
            connection.close()
        if "disk is full" in str(problem) or "No space left" in str(problem):
            raise NoSpace("", Text("the disk of the database is full", "数据库所在磁盘已满")) from problem
        raise Unavailable("", Text("the database does not answer", "数据库没有响应")) from problem


_threads = threading.Lock()
_lock_files: dict[tuple[int, str], int] = {}
_hurry = threading.local()


@contextmanager
def hurried() -> Iterator[None]:
    """
    Let no change of this thread wait for another's that takes its time.

    Raises:
        MustWait: one would have to.
    """
    _hurry.on = True
    try:
        yield
    finally:
        _hurry.on = False


def in_hurry() -> bool:
    """Whether this thread must not wait."""
    return getattr(_hurry, "on", False)


@contextmanager
def _turn() -> Iterator[None]:
    """
    Wait for our turn to write where the database lets only one write at a time.

    SQLite would poll with growing pauses; the kernel's queue is fair and wakes at once.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    if in_hurry():
        _soon(lambda: _threads.acquire(blocking=False))
    else:
        _threads.acquire()
    try:
        descriptor = _lock_file()
        if in_hurry():
            _soon(lambda: _locked(descriptor))
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            with _unyielding() if in_hurry() else nullcontext():
                yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        _threads.release()


@contextmanager
def _unyielding() -> Iterator[None]:
    """
    Do not wait for who writes to the tables without our queue: a shell of SQLite, or a tool for backups.

    Raises:
        MustWait: somebody does.
    """
    connection.ensure_connection()
    plain = connection.connection
    (patience,) = plain.execute("PRAGMA busy_timeout").fetchone()
    plain.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    except OperationalError as problem:
        if "locked" not in str(problem):
            raise
        raise MustWait from problem
    finally:
        plain.execute(f"PRAGMA busy_timeout = {patience}")


def _soon(got: Callable[[], bool]) -> None:
    for _ in range(_GLANCES):
        if got():
            return
        time.sleep(_GLANCE)
    raise MustWait


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file() -> int:
    # A descriptor of our own after a fork: a shared one would share the lock.
    key = (os.getpid(), settings.LADING_DRIVE["home"])
    if key not in _lock_files:
        while _lock_files:
            os.close(_lock_files.popitem()[1])
        path = os.path.join(key[1], "write.lock")
        _lock_files[key] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return _lock_files[key]
