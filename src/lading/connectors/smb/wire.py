"""
The requests of a drive: over the line there is, or a new one where that has broken.

A handle belongs to its line: once the line is gone, so is the file that was open, and whoever held it is told
`Unavailable`.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
from collections import deque
from typing import NamedTuple

from lading.connectors.names import check_names
from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of
from lading.connectors.smb.line import Answer, Line
from lading.connectors.smb.options import Options, Place
from lading.connectors.smb.packets import Facts, Message
from lading.connectors.smb.trouble import ELSEWHERE, LOST, NOT_A_DIRECTORY, error_of
from lading.model.entry import Entry
from lading.model.errors import DriveError, NameRefused, NotFound, Unavailable, WrongKind
from lading.model.paths import Path

PARTS = ".lading-parts"
"""The folder for what is unfinished, and the beginning of the names of such files elsewhere."""
_OURS = re.compile(r"\.lading-parts(~[0-9a-f]{16})?", re.IGNORECASE)
_NEVER = frozenset('"*/:<>?\\|\0')
"""What no name can hold: separators, wildcards, and the colon before the name of a stream."""
LOOKS = packets.READ_ATTRIBUTES


class Handle(NamedTuple):
    """An open file: its number on its *line*, and the facts of the moment when it was opened."""

    line: Line
    number: bytes
    facts: Facts


class Wire:
    """All that is sent for one drive; may be used by several threads."""

    def __init__(self, place: Place, options: Options) -> None:
        self.place = place
        self.options = options
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._forgotten: deque[Handle] = deque()
        self._closed = False

    def line(self) -> Line:
        """The line, connected anew where it has broken."""
        with self._lock:
            if self._closed:
                raise Unavailable(self.place.server, "the drive is closed")
            if self._line is None or self._line.broken:
                if self._line is not None:
                    self._line.close()
                self._line = Line(self.place, self.options)
            return self._line

    def call(self, path: Path, *messages: Message, line: Line | None = None) -> list[Answer]:
        """Send *messages* about *path* in one go; errors of single ones stand in their answers."""
        self._close_forgotten()
        using = line or self.line()
        try:
            answers = using.call(messages)
        except Unavailable as problem:
            raise problem.about(path) from problem
        if any(answer.status in LOST for answer in answers[:1]):
            using.broken = True
        return answers

    def demand(
        self, path: Path, *messages: Message, line: Line | None = None, making: bool = False
    ) -> list[bytes]:
        """
        Send *messages*, all of which have to be done.

        Raises:
            DriveError: what the first that was not done says.
        """
        answers = self.call(path, *messages, line=line)
        for answer in answers:
            if not answer.ok:
                raise error_of(answer.status, path, making=making)
        return [answer.body for answer in answers]

    def open(
        self,
        path: Path,
        access: int,
        *,
        disposition: int = packets.OPEN,
        options: int = packets.THE_LINK_ITSELF,
        share: int = packets.SHARE_ALL,
        then: tuple[Message, ...] = (),
        making: bool = False,
        moment: int | None = None,
    ) -> tuple[Handle, list[Answer]]:
        """
        Open *path*, and what *then* was answered, which is asked in the same go, with the id of the file first.

        With *moment* it is opened as it was in the snapshot of that moment (100 ns since 1601).

        Raises:
            DriveError: it cannot be opened.
        """
        line = self.line()
        opening = packets.create(
            self.name(path, line),
            access,
            disposition=disposition,
            options=options,
            share=share,
            moment=moment,
        )
        asked = (opening, packets.query(packets.INFO_FILE, packets.INTERNAL), *then)
        answers = self.call(path, *asked, line=line)
        if not answers[0].ok:
            raise error_of(answers[0].status, path, making=making)
        number, facts = packets.created(answers[0].body)
        return Handle(line, number, facts._replace(id=number_in(answers[1]))), answers[2:]

    def close(self, handle: Handle) -> Facts | None:
        """Close *handle*, and tell its facts at that moment; None where they are not known any more."""
        if handle.line.broken:
            return None
        try:
            answer = self.call((), packets.close(handle.number), line=handle.line)[0]
        except DriveError:
            return None
        return packets.closed(answer.body)._replace(id=handle.facts.id) if answer.ok else None

    def forget(self, handle: Handle) -> None:
        """Have *handle* closed before the next request: nothing is sent now, so a destructor may ask for it."""
        self._forgotten.append(handle)

    def once(self, path: Path, opening: Message, *then: Message, line: Line | None = None) -> list[Answer]:
        """
        Open, ask what *then*, and close, in one go; the last answer is that to the closing.

        Some servers stop at the first that fails: then the file is closed by a request of its own.
        """
        using = line or self.line()
        answers = self.call(path, opening, *then, packets.close(), line=using)
        if answers[0].ok and not answers[-1].ok:
            number, _ = packets.created(answers[0].body)
            with contextlib.suppress(Unavailable):
                using.call([packets.close(number)])
        return answers

    def look(self, path: Path) -> Facts:
        """
        The facts of *path* itself.

        Raises:
            NotFound: nothing is there.
        """
        try:
            facts, number = self._looked(path, packets.query(packets.INFO_FILE, packets.INTERNAL))
        except WrongKind:
            # A link that only its folder can tell of.
            return self._listed(path)
        tag = b""
        if facts.attributes & packets.A_REPARSE:
            _, tag = self._looked(path, packets.query(packets.INFO_FILE, packets.ATTRIBUTE_TAG))
        return facts._replace(id=int.from_bytes(number[:8], "little"), tag=int.from_bytes(tag[4:8], "little"))

    def _looked(self, path: Path, question: Message) -> tuple[Facts, bytes]:
        line = self.line()
        opening, told, _ = self.once(path, packets.create(self.name(path, line), LOOKS), question, line=line)
        if not opening.ok:
            error = error_of(opening.status, path)
            raise NotFound(path, error.details) if opening.status == NOT_A_DIRECTORY else error
        _, facts = packets.created(opening.body)
        return facts, packets.answered(told.body) if told.ok else b""

    def _listed(self, path: Path) -> Facts:
        """
        The facts of *path* as its folder tells them.

        Raises:
            NotFound: the folder is on another server, or tells of no such name.
        """
        if path:
            line = self.line()
            opening = packets.create(self.name(path[:-1], line), packets.READ_DATA)
            question = packets.query_directory(packets.SAME_FILE, 4096, pattern=path[-1])
            opened, told, _ = self.once(path, opening, question, line=line)
            if opened.ok and told.ok:
                for _, facts in packets.listed(packets.answered(told.body)):
                    return facts
        raise NotFound(path, ELSEWHERE)

    def found(self, path: Path) -> Entry | None:
        """The entry at *path*, None if nothing is there."""
        try:
            return entry_of(path, self.look(path))
        except NotFound:
            return None

    def name(self, path: Path, line: Line | None = None) -> str:
        """
        *path* as the server is asked for it.

        Raises:
            NotFound: no server can hold such a name, so it is not there.
        """
        prefix = (line or self.line()).prefix
        return (prefix + self.in_share(path)).rstrip("\\")

    def in_share(self, path: Path) -> str:
        """
        *path* from the share on, as a new name is given.

        Raises:
            NotFound: no server can hold such a name, so it is not there.
        """
        check_names(path)
        for name in path:
            if not _NEVER.isdisjoint(name):
                raise NotFound(path, "no name of this server can be like that")
        return "\\".join((*self.place.root, *path))

    def hang_up(self) -> None:
        """Give the connection back; twice is no error."""
        with self._lock:
            self._closed = True
            line, self._line = self._line, None
        if line is not None:
            line.close()

    def _close_forgotten(self) -> None:
        while self._forgotten:
            with contextlib.suppress(IndexError):
                handle = self._forgotten.popleft()
                if not handle.line.broken:
                    with contextlib.suppress(Unavailable):
                        handle.line.call([packets.close(handle.number)])


def beside(path: Path) -> Path:
    """A name in the folder of *path* that nobody has."""
    return (*path[:-1], f"{PARTS}~{secrets.token_hex(8)}")


def is_ours(name: str) -> bool:
    """Whether *name* is that of an unfinished file of Lading."""
    return _OURS.fullmatch(name) is not None


def check_not_ours(path: Path) -> None:
    """
    Refuse to look at unfinished files.

    Raises:
        NotFound: a name is reserved for them.
    """
    check_names(path)
    if any(map(is_ours, path)):
        raise NotFound(path, "reserved for unfinished files")


def check_not_made(path: Path) -> None:
    """
    Refuse to make what is named like unfinished files.

    Raises:
        NameRefused: a name is reserved for them.
    """
    check_names(path)
    if any(map(is_ours, path)):
        raise NameRefused(path, "reserved for unfinished files")


def number_in(answer: Answer) -> int:
    """The number of a file that the server tells, 0 where it tells none."""
    return int.from_bytes(packets.answered(answer.body)[:8], "little") if answer.ok else 0
