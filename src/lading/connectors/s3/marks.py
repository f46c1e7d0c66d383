"""
What hangs on objects beside content: tags as labels, retention and legal holds as locks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from lading.connectors.http.session import Answer
from lading.connectors.s3.answers import child, children, document, moment_of, texts
from lading.connectors.s3.facts import Listed
from lading.connectors.s3.keys import CONTENT, PARTS, beside_folder, path_of
from lading.connectors.s3.listing import below, every
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.access import Label, Lock
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path

RETENTION, LEGAL_HOLD = "object-lock", "legal-hold"
"""Owners of locks: no person holds them."""


class S3Labels:
    """Tags as labels `key=value`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def all(self) -> Iterator[Label]:
        """Every tag of every object, asked for one by one, many at once."""
        for path, answer in _each(self._wire, lambda key: Ask("GET", key, ROOT, (("tagging", ""),))):
            if answer.status == 404:
                continue
            if answer.status != 200:
                raise error_of(answer, path)
            tags = child(document(answer.body, path), "TagSet")
            for tag in children(tags, "Tag") if tags is not None else ():
                facts = texts(tag)
                yield Label(path, f"{facts.get('Key', '')}={facts.get('Value', '')}")


class S3Locks:
    """Retention and legal holds: nobody can remove or replace the present version before they end."""

    def __init__(self, wire: Wire, now: Callable[[], int] = time.time_ns) -> None:
        self._wire, self._now = wire, now

    def all(self) -> Iterator[Lock]:
        """Every lock that has not ended."""
        for path, answer in _each(self._wire, lambda key: self._wire.head(key, ROOT)):
            if answer.status == 404:
                continue
            if answer.status != 200:
                raise error_of(answer, path)
            yield from _locks(path, answer.headers, self._now())


class Locking(NamedTuple):
    """Whether a bucket can lock objects (*known*), and whether it *always* does so with what is written."""

    known: bool = False
    always: bool = False


def locking_of(wire: Wire) -> Locking:
    """What the bucket says of object lock; one that may not be asked has none."""
    answer = wire.call(Ask("GET", None, ROOT, (("object-lock", ""),)))
    if answer.status != 200:
        return Locking()
    told = document(answer.body, ROOT)
    rule = child(told, "Rule")
    always = rule is not None and child(rule, "DefaultRetention") is not None
    return Locking(texts(told).get("ObjectLockEnabled") == "Enabled", always)


def lock_in(path: Path, headers: Mapping[str, str], now: int) -> Lock | None:
    """What keeps the object with these *headers* from being removed at *now* (nanoseconds since 1970 UTC)."""
    return next(_locks(path, headers, now), None)


def lists_known(wire: Wire) -> bool:
    """Whether objects may have ACLs of their own: not where the owner of the bucket owns all that is in it."""
    answer = wire.call(Ask("GET", None, ROOT, (("ownershipControls", ""),)))
    if answer.status != 200:
        return True
    rule = child(document(answer.body, ROOT), "Rule")
    return rule is None or texts(rule).get("ObjectOwnership") != "BucketOwnerEnforced"


def _locks(path: Path, headers: Mapping[str, str], now: int) -> Iterator[Lock]:
    until = moment_of(headers.get("x-amz-object-lock-retain-until-date", ""))
    mode = headers.get("x-amz-object-lock-mode", "")
    if mode and until is not None and until > now:
        yield Lock(path, f"{RETENTION}:{mode.lower()}", expires=until)
    if headers.get("x-amz-object-lock-legal-hold", "").upper() == "ON":
        yield Lock(path, LEGAL_HOLD)


def _each(wire: Wire, ask: Callable[[str], Ask]) -> Iterator[tuple[Path, Answer]]:
    """The answer about each file."""
    for page in every(wire):
        files = [it for it in page if _is_file(wire, it)]
        for it, answer in zip(files, wire.many(ask(it.key) for it in files), strict=True):
            path = _path(wire, it.key)
            if isinstance(answer, DriveError):
                raise answer.about(path)
            yield path, answer


def _is_file(wire: Wire, it: Listed) -> bool:
    below_root = it.key[len(wire.prefix) :]
    return (
        bool(below_root)
        and not below_root.startswith(PARTS + "/")
        and (not it.key.endswith("/") or it.size > 0)
    )


def _path(wire: Wire, key: str) -> Path:
    path = path_of(key[len(wire.prefix) :])
    if path[-1] == CONTENT or not below(wire, key + "/", path, 1):
        return path
    return (*path[:-1], beside_folder(key.rpartition("/")[2]))
