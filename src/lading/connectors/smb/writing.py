"""
Storing content: write beside the target, hold the target against what was expected, give the file its name.

A file up to one block takes two round trips: one that makes it and writes it, one that names and closes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from lading.connectors.conditions import Absent, Precondition, Unchanged, check
from lading.connectors.names import check_holdable, folded
from lading.connectors.profile import Profile
from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of, steps
from lading.connectors.smb.line import Answer
from lading.connectors.smb.parts import Parts
from lading.connectors.smb.trouble import ACCESS_DENIED, IN_USE, NAME_COLLISION, SHARING_VIOLATION, error_of
from lading.connectors.smb.wire import Handle, Wire, beside, check_not_made
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, Forbidden, NotFound, Truncated, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

Source = Iterable[bytes]
_LONG = 1 << 20
"""From this size on it pays to look at the target before the first byte."""
_ACCESS = packets.WRITE_DATA | packets.WRITE_ATTRIBUTES | packets.READ_ATTRIBUTES | packets.DELETE


class Draft(NamedTuple):
    """An open file without its final name: where it is until then, and whether it is *kept* if it cannot be placed."""

    handle: Handle
    place: Path
    kept: bool = False


class Writing:
    """Everything that gives a file its name; *written* is told the paths of new content."""

    def __init__(
        self, wire: Wire, parts: Parts, profile: Callable[[], Profile], written: Callable[[Path], None]
    ) -> None:
        self._wire = wire
        self._parts = parts
        self._profile = profile
        self._written = written

    def check_name(self, path: Path) -> None:
        """
        Refuse a *path* that the server would not hold, or would store under another name.

        Raises:
            NameRefused: with the reasons.
        """
        check_not_made(path)
        check_holdable(path, self._profile().names)

    def folded(self, path: Path) -> Path:
        """*path* in the form in which the server tells names apart."""
        return tuple(folded(name, self._profile().names) for name in path)

    def told(self, path: Path) -> None:
        """There is new content at *path*."""
        self._written(path)

    def write(
        self, path: Path, source: Source, *, expect: Precondition, size: int | None, modified: int | None
    ) -> Entry:
        """Store *source* at *path*; see `Drive.write`."""
        self.check_name(path)
        if not path:
            raise WrongKind(path, "the root is a folder")
        if size is None or size >= _LONG:
            self.compare(path, expect)
        blocks = _blocks(source, self._wire.line().block, size, path)
        # What the source raises within its first two blocks passes through before anything is made.
        first, second = next(blocks, b""), next(blocks, None)
        draft = self._draft(path, first, modified if second is None else None)
        try:
            if second is not None:
                self._rest(draft, len(first), second, blocks, path, modified)
            entry = self.place(draft, path, expect)
        except BaseException:
            self._wire.close(draft.handle)
            raise
        self._written(path)
        return entry

    def add(self, handle: Handle, at: int, block: bytes, path: Path) -> None:
        """
        Write *block* at byte *at*.

        Raises:
            DriveError: not all of it could be written.
        """
        body = self._wire.demand(path, packets.write(handle.number, at, block), line=handle.line, making=True)
        if packets.counted(body[0]) != len(block):
            raise Truncated(path, f"{packets.counted(body[0])} of {len(block)} bytes were taken")

    def set_time(self, draft: Draft, modified: int, path: Path) -> None:
        """
        Set the time of *draft*.

        Raises:
            DriveError: it could not be set.
        """
        time = steps(self._profile().kept_time(modified))
        self._wire.demand(path, packets.set_written(time, draft.handle.number), line=draft.handle.line)

    def place(self, draft: Draft, path: Path, expect: Precondition) -> Entry:
        """
        Give the whole *draft* the name *path*, and close it; what cannot be placed goes, unless it is kept.

        Raises:
            DriveError: as `Drive.write` says; the handle is closed.
        """
        alone = self._parts.turn(path) if isinstance(expect, Unchanged) else contextlib.nullcontext()
        with alone:
            if isinstance(expect, Unchanged):
                self.compare(path, expect)
            return self._renamed(draft, path, expect)

    def compare(self, path: Path, expect: Precondition) -> Entry | None:
        """
        The entry at *path*, held against what is expected for a file to be put there.

        Raises:
            AlreadyExists, NotFound, Changed: as `check`.
            WrongKind: a folder has that name.
        """
        found = self._wire.found(path)
        if found is not None and found.is_folder:
            raise (AlreadyExists if isinstance(expect, Absent) else WrongKind)(path, "a folder")
        check(expect, found, path)
        return found

    def refusal(self, answer: Answer, path: Path, expect: Precondition) -> DriveError:
        """Why a rename to *path* was refused: the status alone does not tell what stands there."""
        if answer.status in (ACCESS_DENIED, SHARING_VIOLATION, NAME_COLLISION):
            found = self._wire.found(path)
            if isinstance(expect, Absent) and answer.status == NAME_COLLISION:
                return AlreadyExists(path, found.kind.value if found else "it appeared meanwhile")
            if found is not None and found.is_folder:
                return WrongKind(path, "a folder")
            if answer.status == SHARING_VIOLATION:
                return Changed(path, IN_USE)
            if found is not None:
                said = Text(
                    "it may not be replaced, or a program holds it open",
                    "不允许替换，或有程序正在占用",
                )
                return Forbidden(path, said)
        return error_of(answer.status, path, making=True)

    def _draft(self, path: Path, first: bytes, modified: int | None) -> Draft:
        """A new file beside *path* that begins with *first* and goes with its handle."""
        then = [packets.set_disposition(gone=True)]
        if first:
            then.append(packets.write(packets.SAME_FILE, 0, first))
        if modified is not None:
            then.append(packets.set_written(steps(self._profile().kept_time(modified))))
        place = beside(path)
        options = packets.NOT_DIRECTORY | packets.THE_LINK_ITSELF
        try:
            handle, answers = self._wire.open(
                place, _ACCESS, disposition=packets.NEW, options=options, then=tuple(then), making=True
            )
        except DriveError as problem:
            raise self._missing(problem, path) from problem
        failed = next((answer.status for answer in answers if not answer.ok), 0)
        if failed or (first and packets.counted(answers[1].body) != len(first)):
            self._wire.close(handle)
            raise error_of(failed, path, making=True) if failed else Truncated(path, "not all was taken")
        return Draft(handle, place)

    def _rest(
        self, draft: Draft, at: int, second: bytes, blocks: Iterator[bytes], path: Path, modified: int | None
    ) -> None:
        for block in chain((second,), blocks):
            self.add(draft.handle, at, block, path)
            at += len(block)
        if modified is not None:
            self.set_time(draft, modified, path)

    def _renamed(self, draft: Draft, path: Path, expect: Precondition) -> Entry:
        number, line = draft.handle.number, draft.handle.line
        naming = packets.rename(self._wire.in_share(path), number, replace=not isinstance(expect, Absent))
        staying = () if draft.kept else (packets.set_disposition(number, gone=False),)
        answers = self._wire.call(path, *staying, naming, packets.close(number), line=line)
        failed = next((answer for answer in answers[:-1] if not answer.ok), None)
        if failed is not None:
            self._give_up(draft)
            raise self.refusal(failed, path, expect)
        if not answers[-1].ok:
            return entry_of(path, self._wire.look(path))
        facts = packets.closed(answers[-1].body)
        return entry_of(path, facts._replace(id=draft.handle.facts.id))

    def _give_up(self, draft: Draft) -> None:
        """Close *draft*, which had no luck; whether the server has done so already depends on the server."""
        number, line = draft.handle.number, draft.handle.line
        if draft.kept:
            self._wire.close(draft.handle)
            return
        with contextlib.suppress(DriveError):
            answers = line.call([packets.set_disposition(number, gone=True), packets.close(number)])
            if not answers[0].ok:
                self._parts.remove(draft.place)

    def _missing(self, problem: DriveError, path: Path) -> DriveError:
        if isinstance(problem, WrongKind):
            return NotFound(path, "what it would lie in is not a folder")
        return problem.about(path)


def _blocks(source: Source, room: int, size: int | None, path: Path) -> Iterator[bytes]:
    """*source* in blocks of *room* bytes; errors of its own pass through untouched."""
    held, count = bytearray(), 0
    for piece in source:
        count += len(piece)
        if size is not None and count > size:
            raise Truncated(path, f"more than {size} bytes")
        held += piece
        while len(held) >= room:
            yield bytes(held[:room])
            del held[:room]
    if size is not None and count != size:
        raise Truncated(path, f"{count} of {size} bytes")
    if held:
        yield bytes(held)
