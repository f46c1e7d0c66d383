"""
Adding versions again where an attempt may have succeeded unseen: a version added twice would be one too many.

Before such an addition is repeated the newest versions are looked at.  What was sent is known again by its
size, its digest where the drive tells one, and the facts that the drive keeps of a version.  A drive that keeps
no times cannot tell the same content saved twice in a row from one addition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Versions
from lading.connectors.profile import Profile
from lading.connectors.wrap.backoff import Attempts
from lading.connectors.wrap.forward_facets import ForwardedVersions, Hooks
from lading.connectors.wrap.source import Blocks, Passes
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound
from lading.model.paths import Path


class Retries(Protocol):
    """What adding versions needs of the drive that retries."""

    @property
    def profile(self) -> Profile: ...

    def attempts(self, path: Path) -> Attempts: ...

    def stat(self, path: Path) -> Entry: ...


class Sent(NamedTuple):
    """A version that was sent, with the SHA-256 of its content."""

    version: Version
    sha256: str


class RetriedVersions(ForwardedVersions):
    """Versions, none of them added twice; a source that can be read only once is not repeated."""

    def __init__(self, drive: Hooks, inner: Versions, retries: Retries) -> None:
        super().__init__(drive, inner)
        self._retries = retries

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        attempts, passes = self._retries.attempts(path), Passes(source)
        while True:
            if attempts.doubtful and passes.again and self._added(path, passes.again(), version):
                return self._retries.stat(path)
            try:
                return self._inner.add(path, passes.next(), version, expect=expect)
            except DriveError as error:
                if not passes.repeatable:
                    raise
                attempts.after(error)

    def _added(self, path: Path, content: Blocks, version: Version) -> bool:
        digest = hashlib.sha256()
        for block in content:
            digest.update(block)
        return added(self, path, (Sent(version, digest.hexdigest()),), self._retries.profile) == 1


class Listing(Protocol):
    """What can tell the versions of a file."""

    def list(self, path: Path) -> Iterator[Version]: ...


def added(versions: Listing, path: Path, sent: Sequence[Sent], profile: Profile) -> int:
    """How many of *sent*, from the first one on, are the newest versions of *path*."""
    try:
        there = list(versions.list(path))
    except NotFound:
        return 0
    for count in range(min(len(sent), len(there)), 0, -1):
        pairs = zip(there[-count:], sent[:count], strict=True)
        if all(_same(found, one, profile) for found, one in pairs):
            return count
    return 0


def _same(found: Version, sent: Sent, profile: Profile) -> bool:
    given, kept = sent.version, profile.features.versions
    told = dict(found.digests).get("sha256", sent.sha256)
    return (
        (found.size, told) == (given.size, sent.sha256)
        and ("saved" not in kept or found.saved == profile.kept_time(given.saved))
        and ("author" not in kept or found.author == given.author)
        and ("label" not in kept or found.label == given.label)
    )
