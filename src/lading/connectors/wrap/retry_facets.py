"""
Trying again the calls of facets that a plain repetition would spoil.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Batch, Moves, Partials, Ranges, Span, Upload, Wanted
from lading.connectors.profile import Profile
from lading.connectors.wrap.backoff import Attempts, passing
from lading.connectors.wrap.forward_facets import ForwardedPartials, Hooks, remembered
from lading.connectors.wrap.retry_versions import Sent, added
from lading.connectors.wrap.source import Blocks, Passes, after
from lading.model.access import Version
from lading.model.entry import Entry, Kind
from lading.model.errors import AlreadyExists, BadAnswer, Changed, DriveError, NotFound, Throttled
from lading.model.paths import ROOT, Path
from lading.model.text import Text


class Retries(Protocol):
    """What these facets need of the drive that retries."""

    versions: Any

    @property
    def profile(self) -> Profile: ...

    def attempts(self, path: Path) -> Attempts: ...

    def stat(self, path: Path) -> Entry: ...

    def stored(self, path: Path, content: Blocks, modified: int | None) -> Entry | None: ...


class RetriedRanges:
    """Spans that have not come are asked for again, of the same content."""

    def __init__(self, drive: Retries, inner: Ranges) -> None:
        self._drive = drive
        self._inner = inner

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        attempts = self._drive.attempts(path)
        again, coming = deque[Span](), iter(spans)
        while True:
            taken = deque[Span]()
            asked = remembered(_first(again, coming), taken)
            try:
                for content in self._inner.read(path, asked, expect=expect, at_once=at_once):
                    taken.popleft()
                    attempts.progressed()
                    yield content
                return
            except DriveError as error:
                again.extendleft(reversed(taken))
                attempts.after(error)


def _first(again: deque[Span], coming: Iterator[Span]) -> Iterator[Span]:
    """What was asked for before, then what nobody has asked for yet."""
    while again:
        yield again.popleft()
    # No `yield from`: that would end *coming* along with this, and the next attempt goes on with it.
    for span in coming:  # noqa: UP028
        yield span


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

    def __init__(self, drive: Hooks, inner: Partials, retries: Retries) -> None:
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

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        """Contents as they come; what failed, and what was not answered, is asked for again in its place."""
        waiting, attempts = deque(wanted), self._drive.attempts(ROOT)
        while waiting:
            try:
                yield from self._contents(waiting, attempts)
            except DriveError as error:
                attempts.after(error)

    def _contents(self, waiting: deque[Wanted], attempts: Attempts) -> Iterator[bytes | Exception]:
        """Answers for what is *waiting*, up to one that is better asked for again."""
        for answer in self._inner.read(list(waiting)):
            if not (isinstance(answer, DriveError) and passing(answer)):
                attempts.progressed()
            elif not _used_up(attempts, answer):
                return
            waiting.popleft()
            yield answer
        if waiting:
            raise BadAnswer(
                ROOT, Text(f"{len(waiting)} files were not answered", f"{len(waiting)} 个文件没有回答")
            )


def _used_up(attempts: Attempts, error: DriveError) -> bool:
    """Wait for the next attempt after *error*, or tell that there is none."""
    try:
        attempts.after(error)
    except DriveError:
        return True
    return False


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
        sent, self.waiting = self._unstored(), []
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

    def _unstored(self) -> list[int]:
        """What is waiting, without the versions that an earlier attempt has stored after all."""
        by_path: dict[Path, list[int]] = {}
        for which in self.waiting:
            if which in self._doubtful and self._uploads[which].version is not None:
                by_path.setdefault(self._uploads[which].path, []).append(which)
        for path, numbers in by_path.items():
            sent = [_sent(self._uploads[which]) for which in numbers]
            for which in numbers[: added(self._drive.versions, path, sent, self._drive.profile)]:
                upload = self._uploads[which]
                self.answers[which] = Entry(path, Kind.FILE, len(upload.content), upload.modified)
                self.waiting.remove(which)
        return self.waiting

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


def _sent(upload: Upload) -> Sent:
    version = upload.version or Version("", 0, len(upload.content))
    return Sent(version, hashlib.sha256(upload.content).hexdigest())
