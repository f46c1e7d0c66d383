"""
WebDAV locks (RFC 4918, 6 and 7), kept in the table `Lock` for all processes.

A lock stands on an address: the id of a space and a path in it, so that people
who know the space under different labels meet.  Taking a lock is one
transaction that looks for conflicts again; nothing here asks for rights.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from lading.drive.actor import Actor
from lading.drive.errors import Locked
from lading.drive.quick import reading
from lading.drive.tree.names import taken
from lading.drive.writing import writing
from lading.model.paths import Path, encode
from lading.model.text import Text

SECOND = 10**9
DEFAULT = 600
LONGEST = 24 * 3600
"""Seconds a lock lives unless it is refreshed, if the client names none, and at most."""

_COLUMNS = "l.token, l.path, l.principal_id, p.key, l.owner, l.exclusive, l.deep, l.timeout, l.expires"
_FROM = "FROM drive_lock l JOIN drive_principal p ON p.id = l.principal_id"
_SELECT = f"SELECT {_COLUMNS} {_FROM} WHERE l.expires > %s AND l.path IN "
_BELOW = f"SELECT {_COLUMNS} {_FROM} WHERE l.expires > %s AND l.path > %s AND l.path < %s"
_INSERT = (
    "INSERT INTO drive_lock (token, path, principal_id, owner, exclusive, deep, timeout, expires)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)


class Place(NamedTuple):
    """An address that can be locked: *path* within the space with this id."""

    space: int
    path: Path

    @property
    def key(self) -> str:
        """How it stands in the table."""
        return f"{self.space}/{encode(self.path)}" if self.path else str(self.space)

    @property
    def above(self) -> tuple[Place, ...]:
        """The folders above, from the nearest up."""
        return tuple(Place(self.space, self.path[:end]) for end in range(len(self.path) - 1, -1, -1))


class Held(NamedTuple):
    """A lock that stands; *holder* is the key of its principal, *owner* the XML the client gave."""

    token: str
    key: str
    principal: int
    holder: str
    owner: str
    exclusive: bool
    deep: bool
    timeout: int
    expires: int


def on(place: Place, now: int) -> list[Held]:
    """The locks that hold *place*: on itself, and deep ones above."""
    return [lock for lock in _line(place, now) if lock.deep or lock.key == place.key]


def below(place: Place, now: int) -> list[Held]:
    """The locks on what lies below *place*."""
    key = place.key
    with reading() as cursor:
        cursor.execute(_BELOW, [now, key + "/", key + "0"])
        return [_held(row) for row in cursor.fetchall()]


def among(place: Place, now: int) -> dict[str, list[Held]]:
    """The locks on *place* and everything directly in it, by key; deep ones above stand under `""`."""
    found: dict[str, list[Held]] = {}
    for lock in on(place, now):
        found.setdefault(lock.key if lock.key == place.key else "", []).append(lock)
    depth = place.key.count("/") + 1
    for lock in below(place, now):
        if lock.key.count("/") == depth:
            found.setdefault(lock.key, []).append(lock)
    return found


class Change(NamedTuple):
    """
    What a request is about to do to *place*: save over it, with *member* make it where the viewer sees nothing.

    *tree* is everything below too; with *member* all of it is removed.
    """

    place: Place
    member: bool = False
    tree: bool = False


def demand_free(actor: Actor, tokens: frozenset[str], now: int, *changes: Change) -> None:
    """
    Hold *changes* against the locks that stand.

    A lock lets pass whom it belongs to, if the request submits its token.  Making and removing a member
    asks for the lock of its folder too (RFC 4918, 7.4).

    Raises:
        Locked: somebody holds it, or the token was not submitted.
        NameRefused: something is to be made where there is a lock already, on what the viewer does not see:
            the words are those for any name that is taken.
    """
    for change in changes:
        for lock in _concerned(change, now):
            if lock.principal != actor.principal or lock.token not in tokens:
                if change.member and not change.tree and lock.key == change.place.key:
                    raise taken(change.place.path)
                raise _refusal(change.place, lock)


def take(actor: Actor, place: Place, wish: Held, now: int) -> Held:
    """
    Take the lock *wish* (its token and expiry are filled in) on *place*.

    Raises:
        Locked: one stands that does not go with it.
        Frozen: the space is read-only.
    """
    seconds = clamped(wish.timeout)
    lock = wish._replace(
        token=f"urn:uuid:{_uuid()}", key=place.key, timeout=seconds, expires=now + seconds * SECOND
    )
    # Whoever changes a space holds its row, so two takers never look at the same time.
    with writing(actor, place.space), connection.cursor() as cursor:
        demand_compatible(place, now, exclusive=lock.exclusive, deep=lock.deep)
        cursor.execute("DELETE FROM drive_lock WHERE expires <= %s", [now])
        cursor.execute(
            _INSERT,
            [
                lock.token,
                lock.key,
                lock.principal,
                lock.owner,
                lock.exclusive,
                lock.deep,
                seconds,
                lock.expires,
            ],
        )
    return lock


def demand_compatible(place: Place, now: int, *, exclusive: bool, deep: bool) -> None:
    """
    Whether a lock could be taken now.

    Raises:
        Locked: one stands that does not go with it; only shared locks go together, whoever holds them.
    """
    standing = on(place, now) + (below(place, now) if deep else [])
    for lock in standing:
        if exclusive or lock.exclusive:
            raise _refusal(place, lock)


def by_token(token: str, now: int) -> Held | None:
    """The lock with this token, if it stands."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} {_FROM} WHERE l.expires > %s AND l.token = %s", [now, token])
        row = cursor.fetchone()
    return _held(row) if row else None


def refresh(actor: Actor, lock: Held, seconds: int, now: int) -> Held:
    """*lock* with a new span of life."""
    lasts = clamped(seconds)
    longer = lock._replace(timeout=lasts, expires=now + lasts * SECOND)
    with writing(actor), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE drive_lock SET timeout = %s, expires = %s WHERE token = %s",
            [lasts, longer.expires, lock.token],
        )
    return longer


def release(actor: Actor, token: str) -> None:
    """End a lock."""
    with writing(actor), connection.cursor() as cursor:
        cursor.execute("DELETE FROM drive_lock WHERE token = %s", [token])


def gone(actor: Actor, place: Place, now: int, *, itself: bool = True) -> None:
    """*place* and all below it is there no longer: its locks end with it, without *itself* only those below."""
    if not below(place, now) and not (itself and any(lock.key == place.key for lock in on(place, now))):
        return
    key = place.key
    with writing(actor), connection.cursor() as cursor:
        cursor.execute("DELETE FROM drive_lock WHERE path > %s AND path < %s", [key + "/", key + "0"])
        if itself:
            cursor.execute("DELETE FROM drive_lock WHERE path = %s", [key])


def clamped(seconds: int) -> int:
    """How long a lock lives that was asked for *seconds* (0 or less: as the client likes)."""
    return min(seconds, LONGEST) if seconds > 0 else DEFAULT


def _concerned(change: Change, now: int) -> Iterable[Held]:
    place = change.place
    parent = place._replace(path=place.path[:-1]).key if change.member and place.path else None
    key = place.key
    found = [lock for lock in _line(place, now) if lock.deep or lock.key in (key, parent)]
    return found + (below(place, now) if change.tree else [])


def _line(place: Place, now: int) -> list[Held]:
    with reading() as cursor:
        # Nearly always there is none at all.
        cursor.execute("SELECT 1 FROM drive_lock LIMIT 1")
        if cursor.fetchone() is None:
            return []
        keys = [place.key, *(one.key for one in place.above)]
        cursor.execute(_SELECT + f"({','.join(['%s'] * len(keys))})", [now, *keys])
        return [_held(row) for row in cursor.fetchall()]


def _held(row: tuple[Any, ...]) -> Held:
    token, key, principal, holder, owner, exclusive, deep, timeout, expires = row
    return Held(token, key, principal, holder, owner, bool(exclusive), bool(deep), timeout, expires)


def _refusal(place: Place, lock: Held) -> Locked:
    if lock.key.startswith(place.key + "/"):
        # It may be on something hidden, so nobody is named.
        return Locked(place.path, Text("by a lock on something in it", "其中有内容被锁定"))
    return Locked(place.path, Text(f"by {lock.holder}", f"由 {lock.holder}"))


def _uuid() -> str:
    number = secrets.token_hex(16)
    return f"{number[:8]}-{number[8:12]}-4{number[13:16]}-a{number[17:20]}-{number[20:]}"
