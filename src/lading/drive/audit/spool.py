"""
Where reads are noted at the cost of one write to a file.

A read changes nothing in the database, so it gets no transaction.  Each process
appends lines to a file of its own in `audit/spool`; the sealer (`audit.seal`)
carries them into the ledger.  A process holds a shared lock on its file as long
as it may write to it, and lets go after two seconds or a mebibyte: the sealer
takes only files nobody holds, so it never misses a line.  A kill loses nothing;
a power cut can lose what the system had not written to the disk yet.  A read
that cannot be noted fails.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import threading
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from django.conf import settings

from lading.drive.actor import Actor
from lading.drive.audit.places import make_private
from lading.model.errors import DriveError, NoSpace, Unavailable
from lading.model.text import Text

KEEP_SECONDS = 2.0
KEEP_BYTES = 1 << 20
SUFFIX = ".jsonl"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=str).encode
_quoted = json.encoder.encode_basestring_ascii


def note_read(
    actor: Actor, kind: str, *, space: int | None, node: int | None, path: str = "", **facts: Any
) -> None:
    """
    Note that *actor* read something: a line that the sealer carries into the ledger as a record of *kind*.

    *path* is the encoded path within the space; *facts* hold no names of files and no secrets.
    Costs microseconds; may be called from any thread and after a fork.

    Raises:
        NoSpace, Unavailable: it could not be noted, so it must not be answered.
    """
    who, via = _about(actor)
    said = f"{_encode(facts)[1:-1]},{via}" if facts else via
    line = (
        f'{{"at":{time.time_ns()},"kind":{_quoted(kind)},{who},"space":{_encode(space)},"node":{_encode(node)},'
        f'"path":{_quoted(path)},"facts":{{{said}}}}}\n'
    )
    _spool.add(settings.LADING_DRIVE["home"], line.encode("ascii"))


@lru_cache(1000)
def _about(actor: Actor) -> tuple[str, str]:
    """What the lines of *actor* have in common: who reads, and by which way."""
    who = _encode({"actor": actor.name, "principal": actor.principal})
    way = {**({"address": actor.address} if actor.address else {}), "via": actor.via}
    return who[1:-1], _encode(way)[1:-1]


def let_go() -> None:
    """Give the file of this process to the sealer now."""
    _spool.let_go()


class _Spool:
    """The file this process appends to, if it has one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._home = ""
        self._file = -1
        self._bytes = 0
        self._until = 0.0
        self._turn = 0

    def add(self, home: str, line: bytes) -> None:
        with self._lock:
            if self._file < 0 or home != self._home or self._is_done():
                self._begin(home)
            try:
                written = os.write(self._file, line)
            except OSError as problem:
                self._close()
                raise _unnoted(problem) from problem
            self._bytes += written
            whole = written == len(line)
            if not whole:
                self._close()
        if not whole:
            # The disk was full in the middle of a line: the torn one ends its file, and this file begins anew.
            self.add(home, line)

    def _is_done(self) -> bool:
        return self._bytes >= KEEP_BYTES or time.monotonic() > self._until

    def let_go(self, turn: int | None = None) -> None:
        with self._lock:
            if turn is None or turn == self._turn:
                self._close()

    def forget(self) -> None:
        """After a fork: the file belongs to the parent, and the lock may be held by a thread that is not here."""
        self._lock = threading.Lock()
        self._close()

    def _begin(self, home: str) -> None:
        self._close()
        try:
            self._file = _new_file(os.path.join(home, "audit", "spool"))
        except OSError as problem:
            raise _unnoted(problem) from problem
        self._home, self._bytes, self._turn = home, 0, self._turn + 1
        self._until = time.monotonic() + KEEP_SECONDS
        # For who reads nothing more; should no thread be had, the next read or the end of the process does it.
        timer = threading.Timer(KEEP_SECONDS, self.let_go, [self._turn])
        timer.daemon = True
        with suppress(RuntimeError):
            timer.start()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _new_file(folder: str) -> int:
    make_private(folder)
    while True:
        path = os.path.join(folder, f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # the sealer was faster than our lock and took the empty file away


def _unnoted(problem: OSError) -> DriveError:
    """
    The error of a read that cannot be noted.

    It goes to who reads: it tells no path of the server, and is never NotFound, which would be said of the file.
    """
    if problem.errno in _FULL:
        said = Text(
            "its disk is full, and what cannot be recorded is not read",
            "其所在磁盘已满；无法记录的读取不会执行",
        )
        return NoSpace("audit", said)
    why = os.strerror(problem.errno or 0)
    return Unavailable("audit", Text(f"reads cannot be recorded: {why}", f"无法记录读取：{why}"))


_spool = _Spool()
os.register_at_fork(after_in_child=lambda: _spool.forget())
