"""
Files written in several sittings: one file per token beside our other unfinished ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.folder.draft import GAVE_BACK, MODE, OPEN, Draft, holds, write_at
from lading.connectors.folder.parts import Parts
from lading.connectors.folder.reading import Reading
from lading.connectors.folder.trouble import translated
from lading.connectors.folder.writing import Writing
from lading.model.entry import Entry
from lading.model.errors import Changed, NameRefused, NotFound, Truncated
from lading.model.paths import Path

_TOKEN = re.compile("[A-Za-z0-9]{1,64}")
_PREFIX = b"p-"


class FolderPartials:
    """The partials facet.  One sitting at a time per token: a second one meanwhile is `Changed`."""

    def __init__(self, parts: Parts, writing: Writing, device: int) -> None:
        self._parts = parts
        self._writing = writing
        self._device = device

    def offset(self, token: str) -> int:
        """Bytes held for *token*; 0 for an unknown one."""
        name = _name(token)
        try:
            folder = self._parts.folder(make=False)
            return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size if folder >= 0 else 0
        except FileNotFoundError:
            return 0
        except OSError as problem:
            raise translated(problem, token) from problem

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """Add *source* after byte *start*; what was written stays, whatever fails."""
        return self._append(token, source, start, back=False)

    def append_back(self, token: str, source: Iterable[bytes], *, start: int) -> int | None:
        """As `append`, with a look at what the file gives back; None where nobody could trust that, see `read_back`."""
        try:
            possible = self._parts.needs_no_names()
        except OSError as problem:
            raise translated(problem, token) from problem
        return self._append(token, source, start, back=True) if possible else None

    def _append(self, token: str, source: Iterable[bytes], start: int, *, back: bool) -> int:
        if (held := self.offset(token)) < start:
            raise Changed(token, f"{held} bytes long, not {start}")
        descriptor = self._open(token, os.O_CREAT)
        try:
            held = _locked_size(descriptor, token)
            if held < start:
                raise Changed(token, f"{held} bytes long, not {start}")
            os.ftruncate(descriptor, start)
            at = start
            os.lseek(descriptor, start, os.SEEK_SET)
            for block in source:
                _add(descriptor, block, at, token, back=back)
                at += len(block)
            return at
        finally:
            os.close(descriptor)

    def read(self, token: str) -> AbstractContextManager[Reader]:
        """Read back what is held for *token*."""
        try:
            return Reading((token,), self._open(token, 0), self._device)
        except OSError as problem:
            raise translated(problem, token) from problem

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """Give what is held the name *path*; nothing is copied within one file system."""
        self._writing.name_for(path)
        draft = Draft(self._open(token, 0), self._parts.folder(), _name(token), kept=True)
        try:
            _locked_size(draft.descriptor, token)
            return self._writing.place(draft, path, expect=expect, modified=modified)
        finally:
            draft.close()

    def sweep(self, keep: Collection[str]) -> int:
        """Remove this owner's partials except *keep*, and what killed processes left behind."""
        kept = {_PREFIX + token.encode(errors="replace") for token in keep}
        count = 0
        try:
            for name in self._parts.left_behind():
                if name not in kept:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=self._parts.folder())
                        count += 1
        except OSError as problem:
            raise translated(problem, "partials") from problem
        return count

    def _open(self, token: str, flags: int) -> int:
        name = _name(token)
        try:
            if flags:
                return self._parts.inside(lambda folder: os.open(name, OPEN | flags, MODE, dir_fd=folder))
            if (folder := self._parts.folder(make=False)) >= 0:
                return os.open(name, OPEN, dir_fd=folder)
        except FileNotFoundError:
            pass
        except OSError as problem:
            raise translated(problem, token) from problem
        raise NotFound(token, "nothing is held")


def _name(token: str) -> bytes:
    if not _TOKEN.fullmatch(token):
        raise NameRefused(token, "a token has letters and digits, at most 64")
    return _PREFIX + token.encode()


def _locked_size(descriptor: int, token: str) -> int:
    """The length of a partial that nobody else works on until *descriptor* is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Changed(token, "somebody else is at work on it") from None
    except OSError:
        # Some network shares have no locks; then the length alone has to tell.
        pass
    return os.fstat(descriptor).st_size


def _add(descriptor: int, block: bytes, at: int, token: str, *, back: bool) -> None:
    try:
        write_at(descriptor, block, at)
        if back and not holds(descriptor, block, at):
            raise Truncated(token, GAVE_BACK)
    except OSError as problem:
        raise translated(problem, token) from problem
