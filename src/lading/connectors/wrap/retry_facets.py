"""
Trying again the calls of facets that a plain repetition would spoil.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Batch, Moves, Partials, Upload
from lading.connectors.wrap.backoff import Attempts, passing
from lading.connectors.wrap.forward import ForwardedPartials, Forwarding
from lading.connectors.wrap.source import Blocks, Passes, after
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, NotFound, Throttled
from lading.model.paths import ROOT, Path


class Retries(Protocol):
    """What these facets need of the drive that retries."""

    def attempts(self, path: Path) -> Attempts: ...

    def stat(self, path: Path) -> Entry: ...

    def stored(self, path: Path, content: Blocks, modified: int | None) -> Entry | None: ...


class RetriedMoves:
    """
    Moves that know the entry again at its new place.

    Each move asks for the entry first: afterwards there would be nothing to compare with.
    """

    def __init__(self, drive: Retries, inner: Moves) -> None:
        self._drive = drive
        self._inner = inner

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        before = self._drive.stat(source)
        attempts = self._drive.attempts(source)
        while True:
            try:
                return self._inner.move(source, target, expect=expect)
            except (NotFound, AlreadyExists, Changed):
                if attempts.doubtful and (moved := self._moved(before, target)):
                    return moved
                raise
            except DriveError as error:
                attempts.after(error)

    def _moved(self, before: Entry, target: Path) -> Entry | None:
        if self._found(before.path):
            return None
        there = self._found(target)
        return there if there and _same_entry(before, there) else None

    def _found(self, path: Path) -> Entry | None:
        try:
            return self._drive.stat(path)
        except NotFound:
            return None


def _same_entry(before: Entry, there: Entry) -> bool:
    if (before.kind, before.size) != (there.kind, there.size):
        return False
    if before.id is not None and there.id is not None:
        return before.id == there.id
    if before.etag is not None and before.etag == there.etag:
        return True
    return before.modified is not None and before.modified == there.modified


class RetriedPartials(ForwardedPartials):
    """Partials that go on after what had arrived; a source that can be read only once is not repeated."""

    def __init__(self, drive: Forwarding, inner: Partials, retries: Retries) -> None:
        super().__init__(drive, inner)
        self._retries = retries

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        attempts, passes = self._retries.attempts(ROOT), Passes(source)
        held = start
        while True:
            # Each pass is the whole source; what is held already is left out of it.
            blocks = passes.next() if held == start else after(passes.next(), held - start)
            try:
                return self._inner.append(token, blocks, start=held)
            except DriveError as error:
                if not passes.repeatable:
                    raise
                attempts.after(error)
                reached = self.offset(token)
                if reached < start:
                    raise
                if reached > held:
                    attempts.progressed()
                held = reached


class RetriedBatch:
    """
    Batches of which only what failed is sent again.

    All uploads are kept until the last is answered.  When the attempts are used up, the
    error becomes the answer for each upload that has no other.
    """

    def __init__(self, drive: Retries, inner: Batch) -> None:
        self._drive = drive
        self._inner = inner

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        run = _Run(self._drive, list(uploads))
        attempts = self._drive.attempts(ROOT)
        while run.waiting:
            error = run.send(self._inner)
            try:
                if error is not None:
                    attempts.after(error)
            except DriveError as last:
                run.give_up(last)
        return iter(run.answers)


class _Run:
    def __init__(self, drive: Retries, uploads: list[Upload]) -> None:
        self._drive = drive
        self._uploads = uploads
        self._doubtful: set[int] = set()
        self._failed: dict[int, DriveError] = {}
        self.waiting = list(range(len(uploads)))
        self.answers: list[Entry | Exception] = [NotFound()] * len(uploads)

    def send(self, batch: Batch) -> DriveError | None:
        """Send what is waiting; return an error after which the rest should be sent again."""
        sent, self.waiting = self.waiting, []
        unanswered = set(sent)
        error: DriveError | None = None
        try:
            for which, answer in zip(sent, batch.write([self._uploads[at] for at in sent]), strict=False):
                unanswered.discard(which)
                error = self._take(which, answer) or error
        except DriveError as broken:
            if not passing(broken):
                self.waiting = sorted(unanswered)
                self.give_up(broken)
                return None
            error = broken
            self._doubtful |= unanswered
        self.waiting = sorted({*self.waiting, *unanswered})
        return error

    def give_up(self, last: DriveError) -> None:
        """Answer what is waiting with its own last error, or with *last*."""
        for which in self.waiting:
            self.answers[which] = self._failed.get(which, last)
        self.waiting = []

    def _take(self, which: int, answer: Entry | Exception) -> DriveError | None:
        if isinstance(answer, DriveError) and passing(answer):
            self._failed[which] = answer
            self.waiting.append(which)
            if not isinstance(answer, Throttled):
                self._doubtful.add(which)
            return answer
        if isinstance(answer, AlreadyExists | Changed) and which in self._doubtful:
            upload = self._uploads[which]
            answer = self._drive.stored(upload.path, (upload.content,), upload.modified) or answer
        self.answers[which] = answer
        return None
