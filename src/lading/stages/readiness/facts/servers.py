"""What a server has left, and what else it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Disk:
    """
    The file system that holds *path*; sizes are bytes.

    *role* is what will be put there: `content`, `vault` or `scratch`.  Two paths with one *device* share their room.
    *inodes_free* is None where the file system counts none.
    """

    path: str
    role: str
    device: str
    size: int
    free: int
    inodes_free: int | None = None


@dataclass(frozen=True, slots=True)
class HeavyJob:
    """A backup, scan or the like: *how* is `cron`, `timer` or `process`; *hours* of the day are () if not known."""

    name: str
    how: str
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd service; limits are None where it sets none."""

    name: str
    active: bool
    open_files: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate file and when it ends; *ends* is None if it cannot be read."""

    file: str
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """*kind* is `sqlite` or `postgresql`; *size* in bytes; connections are None where there is no limit."""

    kind: str
    place: str
    version: str
    size: int
    connections: int | None = None
    connections_most: int | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """
    What the upgrade will put on the server: bytes of current *content*, of earlier *versions*, of the *vault*, of the
    *largest* file; how many *files*; *hours* of the day in which it runs (() is all day); *workers* processes.
    """

    content: int = 0
    versions: int = 0
    vault: int = 0
    largest: int = 0
    files: int = 0
    hours: tuple[int, ...] = ()
    workers: int = 2


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """
    A server, looked at for *window* seconds; None is what could not be found out.

    *busy* and *disk_busy* are shares of time (0 to 1), *disk_busy* of the busiest disk; *stalled_io* and *stalled_memory*
    are the shares of the last minute in which some work waited for disk or memory (pressure stall information).
    *clock_off* is the server's clock less ours, in seconds.  *needs* is None where nobody said what will come.
    """

    KIND: ClassVar[str] = "server"
    VERSION: ClassVar[int] = 1

    host: str
    how: str
    at: datetime
    window: float = 0.0
    disks: tuple[Disk, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Paths whose file system could not be asked."""
    absent: tuple[str, ...] = ()
    """Paths that are not there: what stands in *disks* is the file system of the nearest folder above that is."""
    processors: int | None = None
    load: float | None = None
    busy: float | None = None
    disk_busy: float | None = None
    stalled_io: float | None = None
    stalled_memory: float | None = None
    memory: int | None = None
    memory_free: int | None = None
    open_files: int | None = None
    clock_off: float | None = None
    clock_synchronised: bool | None = None
    jobs: tuple[HeavyJob, ...] | None = None
    units: tuple[Unit, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    databases: tuple[Database, ...] = ()
    needs: Needs | None = None


FACTS = (ServerFacts,)
