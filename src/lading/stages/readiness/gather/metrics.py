"""Metrics of node_exporter, in the text format of Prometheus, as facts of a server."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from lading.stages.readiness.facts.servers import Disk, ServerFacts

_LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(NamedTuple):
    """One metric with its labels."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples_in(text: str) -> Iterator[Sample]:
    """All samples of *text*; lines of another shape, and values that are no numbers, are passed over."""
    for line in text.splitlines():
        found = None if line.startswith("#") else _LINE.match(line.strip())
        if found is None:
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        if math.isfinite(value):
            yield Sample(found[1], dict(_LABEL.findall(found[2] or "")), value)


def facts_of_metrics(
    first: str, last: str, paths: Sequence[tuple[str, str]], host: str, window: float, now: datetime
) -> ServerFacts:
    """The facts of both readings; a path belongs to the longest mount point above it."""
    before, after = (tuple(samples_in(text)) for text in (first, last))
    single = {it.name: it.value for it in after if not it.labels}
    disks = [_disk(after, role, path) for role, path in paths]
    clock = single.get("node_time_seconds")
    synchronised = single.get("node_timex_sync_status")
    memory, free = single.get("node_memory_MemTotal_bytes"), single.get("node_memory_MemAvailable_bytes")
    return ServerFacts(
        host=host,
        how="prometheus",
        at=now,
        window=window,
        disks=tuple(it for it in disks if it),
        unreadable=tuple(path for (_, path), it in zip(paths, disks, strict=True) if it is None),
        processors=len({it.labels.get("cpu") for it in after if it.name == "node_cpu_seconds_total"}) or None,
        load=single.get("node_load1"),
        busy=_busy(before, after),
        disk_busy=_worst(before, after, "node_disk_io_time_seconds_total", window),
        stalled_io=_worst(before, after, "node_pressure_io_waiting_seconds_total", window),
        stalled_memory=_worst(before, after, "node_pressure_memory_waiting_seconds_total", window),
        memory=None if memory is None else int(memory),
        memory_free=None if free is None else int(free),
        clock_off=None if clock is None else clock - now.timestamp(),
        clock_synchronised=None if synchronised is None else synchronised == 1,
    )


def _disk(samples: Sequence[Sample], role: str, path: str) -> Disk | None:
    mounts = {it.labels.get("mountpoint", "") for it in samples if it.name == "node_filesystem_avail_bytes"}
    above = [it for it in mounts if it and (path == it or path.startswith(f"{it.rstrip('/')}/"))]
    if not above:
        return None
    mount = max(above, key=len)
    named = {it.name: it for it in samples if it.labels.get("mountpoint") == mount}
    size, free = named.get("node_filesystem_size_bytes"), named["node_filesystem_avail_bytes"]
    inodes, left = named.get("node_filesystem_files"), named.get("node_filesystem_files_free")
    counted = int(left.value) if left and inodes and inodes.value else None
    device = f"{free.labels.get('device', '')} {mount}"
    return Disk(path, role, device, int(size.value) if size else 0, int(free.value), counted)


def _busy(before: Sequence[Sample], after: Sequence[Sample]) -> float | None:
    name = "node_cpu_seconds_total"
    totals = [sum(it.value for it in part if it.name == name) for part in (before, after)]
    idle = [
        sum(it.value for it in part if it.name == name and it.labels.get("mode") in ("idle", "iowait"))
        for part in (before, after)
    ]
    spent = totals[1] - totals[0]
    return min(max(1 - (idle[1] - idle[0]) / spent, 0.0), 1.0) if spent > 0 else None


def _worst(before: Sequence[Sample], after: Sequence[Sample], name: str, window: float) -> float | None:
    earlier = {tuple(sorted(it.labels.items())): it.value for it in before if it.name == name}
    spent = [
        it.value - earlier[key]
        for it in after
        if it.name == name and (key := tuple(sorted(it.labels.items()))) in earlier
    ]
    return min(max(0.0, *spent) / window, 1.0) if spent and window else None
