"""
What a partition has done so far, line by line.

The journal lets a partition that was cut off go on where it was.  It is a
help, not a proof: what it does not tell is found out from the drive.  Each
line is one write, so a kill leaves whole lines and at most one torn one.
What follows a line that cannot be read is ignored: its objects are done again.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path as LocalPath
from types import TracebackType
from typing import Any, NamedTuple, Self

TOGETHER = 4 * 1024 * 1024
"""Bytes of content whose rows are noted together."""
ROWS = 200
"""Rows that are noted together at most."""


class Outcome(NamedTuple):
    """
    What became of one row of the plan.

    *bucket* is the account's bucket; `etag`, `modified`, `size` are what NEW says about
    the object that landed, *old_modified* what OLD said of its time when it was read.
    `code`, `detail` (in English and in Chinese) tell a failure.
    """

    seq: int
    bucket: str
    sha256: str | None = None
    size: int = 0
    modified: int | None = None
    etag: str | None = None
    code: str | None = None
    detail: Sequence[str] | None = None
    sent: int = 0
    missed: Sequence[int] | None = None
    """Ordinals of versions of OLD that NEW cannot put in order any more; null for what has no history."""
    old_modified: int | None = None
    lost: Sequence[int] | None = None
    """Ordinals of versions whose content OLD does not have any more."""


class Journal:
    """The journal at *path*: read what an earlier sitting wrote, then add to it."""

    def __init__(self, path: LocalPath) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.blocks: dict[str, list[str]] = {}
        self.staged: dict[str, str] = {}
        self._guard = threading.Lock()
        self._waiting: list[Outcome] = []
        self._size = 0
        whole = self._read(path) if path.exists() else 0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        # A torn last line is cut off, lest the next one be glued to it.
        os.ftruncate(self._fd, whole)
        os.lseek(self._fd, 0, os.SEEK_END)

    def done(self, outcome: Outcome, size: int) -> None:
        """
        One row of the plan is done; it was about *size* bytes.

        Rows are noted together, before they come to a block: that much is looked at again after
        a kill, as with a large file.
        """
        with self._guard:
            self.outcomes[outcome.seq] = outcome
            self._waiting.append(outcome)
            self._size += size
            if self._size >= TOGETHER or len(self._waiting) >= ROWS:
                self._note_waiting()

    def block(self, token: str, digest: str) -> None:
        """The next block of the large file *token* has arrived whole."""
        self._take(["block", token, digest])
        self._add(["block", token, digest])

    def stage(self, token: str, sha256: str) -> None:
        """The large file *token* is whole and proven; only its name is missing."""
        self._take(["stage", token, sha256])
        self._add(["stage", token, sha256])

    def restart(self, token: str, blocks: int) -> None:
        """Only the first *blocks* blocks of *token* are still good."""
        self._take(["restart", token, blocks])
        self._add(["restart", token, blocks])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._note_waiting()
        os.close(self._fd)

    def _note_waiting(self) -> None:
        if self._waiting:
            os.write(self._fd, _line(["done", *self._waiting]))
        self._waiting, self._size = [], 0

    def _add(self, row: list[Any]) -> None:
        with self._guard:
            os.write(self._fd, _line(row))

    def _read(self, path: LocalPath) -> int:
        whole = 0
        with open(path, "rb") as stream:
            for line in stream:
                try:
                    if not line.endswith(b"\n"):
                        break
                    self._take(json.loads(line))
                except (ValueError, TypeError, LookupError):
                    break
                whole += len(line)
        return whole

    def _take(self, row: list[Any]) -> None:
        what, *facts = row
        if what == "done":
            self.outcomes.update((row[0], Outcome(*row)) for row in facts)
        elif what == "block":
            self.blocks.setdefault(facts[0], []).append(facts[1])
        elif what == "restart":
            token, good = facts
            del self.blocks.setdefault(token, [])[good:]
            self.staged.pop(token, None)
        elif what == "stage":
            self.staged[facts[0]] = facts[1]


def _line(row: list[Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"
