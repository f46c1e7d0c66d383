"""
A drive whose passing failures are mended by trying again.

Only errors with advice `retry` are tried again, after a random pause that
grows (full jitter) and never before the moment a server named.  What cannot be
repeated safely is not:

* A reader that breaks off is opened again at the byte it had reached, on the
  condition that the content is still the same (etag, or else size and time);
  otherwise it ends with `Changed` or with the error.  Contents are never
  spliced together.  Partials and versions are opened again, not continued.
* A write is repeated only if its source can be read again (see
  `lading.connectors.wrap.source`) or was not touched; otherwise the error passes.
* After a failure that may have hidden a success the drive is looked at.  Nothing
  at the target of a removal, the moved entry at the target of a move, the very
  bytes (and time) at the target of a write are successes.  Whether an earlier
  attempt of ours or somebody else put the same bytes there cannot be told, and
  makes no difference.  Anything else is `AlreadyExists` or `Changed`, for the
  caller to decide.
* `partials.finish` is repeated, but its success is not guessed.
* A version is not added, and a link not made, twice; see `retry_versions` and `retry_links`.
* An expired cursor is never asked again; see `lading.connectors.listing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from lading.connectors.api import Drive
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.profile import Profile
from lading.connectors.wrap.backoff import Attempts, Means, Schedule, passing
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.forward import Forwarding, Lazy
from lading.connectors.wrap.resume import Resuming
from lading.connectors.wrap.retry_facets import RetriedBatch, RetriedMoves, RetriedPartials, RetriedRanges
from lading.connectors.wrap.retry_links import RetriedLinks
from lading.connectors.wrap.retry_versions import RetriedVersions
from lading.connectors.wrap.source import Blocks, Passes
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, NotFound
from lading.model.paths import Path

T = TypeVar("T")


class RetryingDrive(Forwarding):
    """
    The inner drive, tried again as *schedule* says.

    With *reads* False the content of files is read without any of this, for drives on this
    machine: errors of a disk do not pass, and the detour costs time.
    """

    def __init__(
        self, inner: Drive, schedule: Schedule, *, means: Means | None = None, reads: bool = True
    ) -> None:
        super().__init__(inner)
        self._schedule = schedule
        self._means = means or Means()
        self._reads = reads

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        try:
            return thunk()
        except DriveError as error:
            if not passing(error):
                raise
            return self._again(path, thunk, error)

    def _again(self, path: Path, thunk: Callable[[], T], error: DriveError) -> T:
        attempts = self.attempts(path)
        while True:
            attempts.after(error)
            try:
                return thunk()
            except DriveError as again:
                error = again

    def attempts(self, path: Path) -> Attempts:
        """The attempts at a call about *path*, none of them made yet."""
        return Attempts(path, self._schedule, self._means)

    def read(
        self, path: Path, *, start: int = 0, expect: str | None = None
    ) -> AbstractContextManager[Reader]:
        if not self._reads:
            return self.inner.read(path, start=start, expect=expect)
        return Resuming(self.inner, path, start, expect, self.attempts(path))

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        attempts, passes = self.attempts(path), Passes(source)
        while True:
            blocks = passes.next()
            try:
                return self.inner.write(path, blocks, expect=expect, size=size, modified=modified)
            except (AlreadyExists, Changed):
                if (
                    attempts.doubtful
                    and passes.again
                    and (entry := self.stored(path, passes.again(), modified))
                ):
                    return entry
                raise
            except DriveError as error:
                if not passes.repeatable:
                    raise
                attempts.after(error)

    def stored(self, path: Path, content: Blocks, modified: int | None) -> Entry | None:
        """The file at *path* if it holds *content* and its time is *modified*, as far as the drive keeps it."""
        try:
            entry = self.stat(path)
            if not entry.is_file or not _time_kept(entry, modified, self.profile):
                return None
            with self.read(path, expect=entry.etag) as reader:
                return entry if _same_content(reader, content) else None
        except DriveError:
            return None

    def remove(self, path: Path, *, expect: Precondition) -> None:
        attempts = self.attempts(path)
        while True:
            try:
                return self.inner.remove(path, expect=expect)
            except NotFound:
                if attempts.doubtful:
                    return None
                raise
            except DriveError as error:
                attempts.after(error)

    ranges: Any = Lazy(RetriedRanges)
    # What fails there is begun anew by whoever has the source.
    read_back: Any = Lazy(lambda _drive, inner: inner)
    moves: Any = Lazy(RetriedMoves)
    partials: Any = Lazy(lambda drive, inner: RetriedPartials(drive, inner, drive))
    versions: Any = Lazy(lambda drive, inner: RetriedVersions(drive, inner, drive))
    links: Any = Lazy(lambda drive, inner: RetriedLinks(drive, inner, drive))
    batch: Any = Lazy(RetriedBatch)


def _time_kept(entry: Entry, modified: int | None, profile: Profile) -> bool:
    if modified is None or not profile.keeps_modified:
        return True
    return entry.modified == profile.kept_time(modified)


def _same_content(reader: Reader, content: Blocks) -> bool:
    for block in content:
        at = 0
        while at < len(block):
            found = reader.read(len(block) - at)
            if not found or found != block[at : at + len(found)]:
                return False
            at += len(found)
    return not reader.read(1)
