"""One at a time: who seals, verifies or removes old records."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

from lading.drive.audit.places import audit_folder, make_folder
from lading.evidence.files import translated
from lading.model.errors import Unavailable
from lading.model.text import Text

_KEY = 0x1AD1A6


@contextmanager
def turn(*, wait: bool) -> Iterator[bool]:
    """
    Within it nobody else works on the audit; False if somebody does and we do not *wait*.

    The file keeps away others on this machine, and on PostgreSQL a lock of the database those elsewhere.

    Raises:
        Unavailable: the database went away.
    """
    make_folder()
    path = audit_folder("turn.lock")
    with translated(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        with _advisory(wait=wait) as ours:
            yield ours
    except (OperationalError, InterfaceError) as problem:
        connection.close()
        raise Unavailable("", Text("the database does not answer", "数据库没有响应")) from problem
    finally:
        os.close(descriptor)


@contextmanager
def _advisory(*, wait: bool) -> Iterator[bool]:
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)" if wait else "SELECT pg_try_advisory_lock(%s)", [_KEY])
        row = cursor.fetchone()
    ours = wait or bool(row and row[0])
    try:
        yield ours
    finally:
        if ours and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_KEY])
