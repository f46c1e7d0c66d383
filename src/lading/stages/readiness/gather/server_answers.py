"""
What `server_probe.sh` printed, as facts.

The text comes from another machine: what does not have the expected shape is unknown, never a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from lading.stages.readiness.facts.servers import Certificate, Disk, HeavyJob, ServerFacts, Unit

_HEAVY = re.compile(
    r"backup|rsync|restic|borg|bacula|veeam|duplicity|rclone|pg_dump|mysqldump|vzdump|clamscan|clamd|clamav|antivirus|"
    r"sophos|savscand|esets?_|wdavdaemon|mdatp|falcon-sensor|updatedb|mlocate|plocate|aide|fstrim|scrub|raid-check",
    re.IGNORECASE,
)
_PARTITION = re.compile(r"^(loop|ram|sr|fd|zram)\d|^(sd|vd|xvd|hd)[a-z]+\d+$|^(nvme|mmcblk)\S+p\d+$")


def sections_of(text: str) -> dict[str, list[str]]:
    """The lines of each section by its name."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("@@ "):
            lines = found.setdefault(line[3:], [])
        elif line.strip():
            lines.append(line)
    return found


def facts_of(told: Mapping[str, Sequence[str]], how: str, window: float, now: datetime) -> ServerFacts:
    """The facts that *told* holds; *now* is our clock at its end."""
    memory = _memory(told.get("memory", ()))
    disks, unreadable = _disks(told)
    clock = _number(_first(told, "clock"))
    synchronised = _first(told, "synchronised").partition("=")[2]
    cron = any(told.get(name) for name in ("cron", "own-cron", "timers", "daily", "processes"))
    return ServerFacts(
        host=_first(told, "host"),
        how=how,
        at=now,
        window=window,
        disks=tuple(disks),
        unreadable=tuple(unreadable),
        absent=tuple(name.removeprefix("absent ") for name in told if name.startswith("absent ")),
        processors=_whole(_first(told, "processors")),
        load=_number(_first(told, "load").partition(" ")[0]),
        busy=_busy(_first(told, "stat"), _first(told, "stat-after")),
        disk_busy=_disk_busy(told.get("disks", ()), told.get("disks-after", ()), window),
        stalled_io=_stalled(_first(told, "pressure-io")),
        stalled_memory=_stalled(_first(told, "pressure-memory")),
        memory=memory.get("MemTotal"),
        memory_free=memory.get("MemAvailable"),
        open_files=_whole(_first(told, "open-files")),
        clock_off=None if clock is None else clock - now.timestamp(),
        clock_synchronised=None if not synchronised else synchronised == "yes",
        jobs=tuple(_jobs(told)) if cron else None,
        units=tuple(_units(told)),
        certificates=tuple(_certificates(told)),
    )


def _first(told: Mapping[str, Sequence[str]], name: str) -> str:
    lines = told.get(name, ())
    return lines[0].strip() if lines else ""


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", text) else None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,18}", text) else None


def _memory(lines: Sequence[str]) -> dict[str, int]:
    found = (re.match(r"(\w+): +(\d{1,15}) kB", line) for line in lines)
    return {it[1]: int(it[2]) << 10 for it in found if it}


def _disks(told: Mapping[str, Sequence[str]]) -> tuple[list[Disk], list[str]]:
    disks, unreadable = [], []
    for name, lines in told.items():
        if not name.startswith("df "):
            continue
        role, _, path = name[3:].partition("=")
        words = _table_row(lines)
        if words is None:
            unreadable.append(path)
            continue
        inodes = _table_row(told.get(f"dfi {role}={path}", ()))
        # Some file systems (btrfs, many network ones) count no inodes and tell 0 of 0.
        left = int(inodes[3]) if inodes and int(inodes[1]) else None
        disks.append(
            Disk(path, role, f"{words[0]} {words[5]}", int(words[1]) << 10, int(words[3]) << 10, left)
        )
    return disks, unreadable


def _table_row(lines: Sequence[str]) -> tuple[str, ...] | None:
    """Device, total, used, free, share and mount point of the last line of `df -P`."""
    found = (
        re.match(r"(.+?) +(\d{1,17}) +(\d{1,17}) +(\d{1,17}) +(\d+%|-) +(/.*)$", lines[-1]) if lines else None
    )
    return found.groups() if found else None


def _busy(before: str, after: str) -> float | None:
    first, last = ([int(it) for it in line.split()[1:9] if it.isdigit()] for line in (before, after))
    if len(first) != 8 or len(last) != 8:
        return None
    spent = [b - a for a, b in zip(first, last, strict=True)]
    total = sum(spent)
    # Idle and waiting for a disk are the fourth and fifth: proc(5).
    return min(max(1 - (spent[3] + spent[4]) / total, 0.0), 1.0) if total > 0 else None


def _disk_busy(before: Sequence[str], after: Sequence[str], window: float) -> float | None:
    first, last = _io_times(before), _io_times(after)
    shares = [(last[name] - first[name]) / 1000 / window for name in first if name in last] if window else []
    return min(max(0.0, *shares), 1.0) if shares else None


def _io_times(lines: Sequence[str]) -> dict[str, int]:
    """Milliseconds that each disk spent at work: the tenth field after its name (kernel's iostats.rst)."""
    rows = (line.split() for line in lines)
    return {
        row[2]: int(row[12])
        for row in rows
        if len(row) > 12 and row[12].isdigit() and not _PARTITION.search(row[2])
    }


def _stalled(line: str) -> float | None:
    found = re.search(r"\bavg60=(\d{1,3}(\.\d+)?)", line)
    return float(found[1]) / 100 if found else None


def _jobs(told: Mapping[str, Sequence[str]]) -> Iterator[HeavyJob]:
    seen = set()
    for job in (*_cron_jobs(told), *_timers(told), *_running(told)):
        if job not in seen:
            seen.add(job)
            yield job


def _cron_jobs(told: Mapping[str, Sequence[str]]) -> Iterator[HeavyJob]:
    for line in (*told.get("cron", ()), *told.get("own-cron", ())):
        words = line.split(None, 5)
        if line.lstrip().startswith("#") or not _HEAVY.search(line):
            continue
        if len(words) == 6 and re.match(r"[\d*]", words[0]):
            yield HeavyJob(_named(words[5]), "cron", hours_of(words[1]))
        elif words[0].startswith("@"):
            yield HeavyJob(_named(line), "cron", () if words[0] == "@reboot" else (0,))
    for name in told.get("daily", ()):
        if _HEAVY.search(name):
            # /etc/crontab of Debian and anacron of others run these in the early morning.
            yield HeavyJob(name.strip()[:60], "cron", (3, 4, 5, 6))


def _named(command: str) -> str:
    # A command may hold a password: only the word that was recognised is told.
    found = _HEAVY.search(command)
    return found[0].lower() if found else ""


def hours_of(field: str) -> tuple[int, ...]:
    """The hours that the hour field of a cron line means; () if it cannot be read."""
    hours: set[int] = set()
    for part in field.split(","):
        found = re.fullmatch(r"(\*|\d{1,2})(?:-(\d{1,2}))?(?:/(\d{1,2}))?", part)
        if not found:
            return ()
        first = 0 if found[1] == "*" else int(found[1])
        last = int(found[2]) if found[2] else 23 if found[1] == "*" or found[3] else first
        hours.update(range(first, min(last, 23) + 1, max(int(found[3] or 1), 1)))
    return tuple(sorted(hours))


def _timers(told: Mapping[str, Sequence[str]]) -> Iterator[HeavyJob]:
    for line in told.get("timers", ()):
        unit = next((it for it in line.split() if it.endswith(".timer")), "")
        if unit and _HEAVY.search(unit):
            next_run = re.match(r"\S+ \d{4}-\d\d-\d\d (\d\d):", line)
            yield HeavyJob(unit, "timer", (int(next_run[1]),) if next_run else ())


def _running(told: Mapping[str, Sequence[str]]) -> Iterator[HeavyJob]:
    for name in told.get("processes", ()):
        if _HEAVY.search(name):
            yield HeavyJob(name.strip()[:60], "process")


def _units(told: Mapping[str, Sequence[str]]) -> Iterator[Unit]:
    for name, lines in told.items():
        if name.startswith("unit "):
            values = dict(line.partition("=")[::2] for line in lines)
            yield Unit(
                name[5:],
                values.get("ActiveState") == "active",
                _whole(values.get("LimitNOFILE", "")),
                _whole(values.get("MemoryMax", "")),
            )


def _certificates(told: Mapping[str, Sequence[str]]) -> Iterator[Certificate]:
    for name, lines in told.items():
        if name.startswith("cert "):
            text = lines[0].partition("=")[2] if lines else ""
            yield Certificate(name[5:], _ends(text))


def _ends(text: str) -> datetime | None:
    try:
        return datetime.strptime(" ".join(text.split()), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
