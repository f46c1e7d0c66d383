"""
Reading the spool: what reads left behind, line by line.

A line that a power cut tore or filled with zeros is kept aside and becomes a record
of its own, `audit.torn`; nothing is dropped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from lading.drive.audit.places import audit_folder, make_folder, spool_folder
from lading.drive.audit.records import Told
from lading.drive.audit.spool import SUFFIX
from lading.evidence.files import replace_file

LONGEST = 8 << 20
"""Bytes of a line that are read at once; what is longer counts as torn."""

TORN = "audit.torn"


def free_files() -> list[str]:
    """The names of all files of the spool, in the order in which they were last written."""
    folder = spool_folder()
    try:
        found = [entry for entry in os.scandir(folder) if entry.name.endswith(SUFFIX)]
    except FileNotFoundError:
        return []
    return [entry.name for entry in sorted(found, key=lambda entry: (entry.stat().st_mtime_ns, entry.name))]


@contextmanager
def taken(name: str) -> Iterator[int | None]:
    """The open file *name* of the spool, if nobody writes to it any more; else None."""
    descriptor = os.open(os.path.join(spool_folder(), name), os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield descriptor
    finally:
        os.close(descriptor)


def told(name: str, descriptor: int, at: int, *, behind: int) -> Iterator[Told]:
    """What the lines of the file *name* tell, those after line *behind*; *at* is the time for torn ones."""
    with open(descriptor, "rb", closefd=False) as stream:
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST), b""), start=1):
            if number > behind:
                yield _read(name, number, line) or _torn(name, number, line, at)


def _read(name: str, number: int, line: bytes) -> Told | None:
    try:
        said = json.loads(line)
        if not line.endswith(b"\n") or not isinstance(said["facts"], dict):
            return None
        facts = json.dumps(said["facts"], ensure_ascii=False, separators=(",", ":"))
        return Told(
            origin={"spool": name, "line": number},
            at=_whole(said["at"]),
            kind=str(said["kind"]),
            actor=str(said["actor"]),
            principal=_number(said["principal"]),
            space=_number(said["space"]),
            clock=None,
            node=_number(said["node"]),
            path=str(said["path"]),
            facts=facts,
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _torn(name: str, number: int, line: bytes, at: int) -> Told:
    make_folder("torn")
    aside = f"{name}.{number}"
    replace_file(audit_folder("torn", aside), line)
    said = {"file": aside, "bytes": len(line), "digest": hashlib.sha256(line).hexdigest()}
    return Told(
        {"spool": name, "line": number}, at, TORN, "system", None, None, None, None, "", json.dumps(said)
    )


def _number(value: object) -> int | None:
    return None if value is None else _whole(value)


def _whole(value: object) -> int:
    if type(value) is not int or not -(2**53) < value < 2**63:
        raise ValueError("not a whole number")
    return value
