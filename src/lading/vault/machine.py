"""
Who holds a lock: this host, this boot, this process; and whether such a process is still there.

No clock is asked: clocks jump.  Where it cannot be known, a process counts as alive.
"""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

_FIRST_NAMESPACE = "pid:[4026531836]"
"""The process namespace of a system outside of all containers (Linux, `PROC_PID_INIT_INO`)."""


class Process(NamedTuple):
    """
    A process, told so that no other one is mistaken for it.

    *machine* and *boot* are the ids that Linux gives, *space* is the process namespace in which *number*
    counts, *began* its start in ticks since the boot.  Empty: the system does not tell.
    """

    host: str
    machine: str
    boot: str
    space: str
    number: int
    began: str


def this_process() -> Process:
    """The process that asks."""
    number = os.getpid()
    return Process(
        socket.gethostname(),
        _first_line("/etc/machine-id"),
        _first_line("/proc/sys/kernel/random/boot_id"),
        _namespace(),
        number,
        _began(number) or "",
    )


def is_dead(other: Process, own: Process) -> bool:
    """Whether *other* is certainly no more, seen from the process *own*."""
    if not all((*other, *own)):
        return False
    if other.boot == own.boot:
        return other.space == own.space and _began(other.number) != other.began
    # Two containers of one image may share name and machine id on different hosts; two systems do not.
    same_host = (other.host, other.machine) == (own.host, own.machine)
    return same_host and other.space == own.space == _FIRST_NAMESPACE


def _began(number: int) -> str | None:
    """When the process *number* began, in ticks since the boot; None if there is none."""
    try:
        with open(f"/proc/{number}/stat", encoding="ascii", errors="replace") as stream:
            words = stream.read().rpartition(")")[2].split()
    except OSError:
        return None
    # Fields 3 and 22 of proc(5): the state, and the start.  A zombie does nothing any more.
    return None if words[0] in "ZX" else words[19]


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return stream.readline().strip()
    except OSError:
        return ""
