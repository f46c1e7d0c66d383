"""
Run whole commands and tell what they took: wall time, processor time, peak memory.

Memory is told twice.  `largest` is the peak of the largest process, as the
kernel counted it.  `peak` is the sum over the process and its descendants of
their proportional share (PSS), so that pages shared by forked workers count
once; it is sampled, so a short peak may be missed, and it is smaller while
other processes of the machine have the same libraries loaded.
"""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

SAMPLE_EVERY = 0.02
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took: seconds and bytes; *peak* is 0 where nobody looked."""

    wall: float
    cpu: float
    peak: int
    largest: int


@dataclass(frozen=True, slots=True)
class Contender:
    """A command to be measured, and what makes the ground ready before each run (not measured)."""

    name: str
    commands: Sequence[Sequence[str]]
    before: Callable[[], None]
    environment: dict[str, str] | None = None
    accepts: frozenset[int] = frozenset({0})


def once(it: Contender, *, watched: bool = False) -> Taken:
    """Run the commands of *it*, one after the other, and add up; if *watched*, the memory of all processes is sampled."""
    it.before()
    wall = cpu = 0.0
    peak = largest = 0
    for command in it.commands:
        taken = _run(command, it, watched)
        wall, cpu = wall + taken.wall, cpu + taken.cpu
        peak, largest = max(peak, taken.peak), max(largest, taken.largest)
    return Taken(wall, cpu, peak, largest)


def alternating(
    contenders: Sequence[Contender], runs: int, tell: Callable[[str], None]
) -> dict[str, list[Taken]]:
    """
    *runs* rounds over all *contenders* in turn, after one round that is not counted.

    As many rounds again, whose time is not counted, tell the peaks of memory: they vary more than times do.
    """
    taken: dict[str, list[Taken]] = {it.name: [] for it in contenders}
    for number in range(runs + 1):
        for it in contenders:
            result = once(it)
            tell(f"    round {number} {it.name:32s} {result.wall:8.2f} s wall {result.cpu:8.2f} s cpu")
            if number:
                taken[it.name].append(result)
    for number in range(runs):
        for it in contenders:
            peak = once(it, watched=True).peak
            tell(f"    memory {number} {it.name:31s} {peak / 2**20:8.0f} MiB")
            taken[it.name][number] = replace(taken[it.name][number], peak=peak)
    return taken


def summary(taken: dict[str, list[Taken]]) -> dict[str, dict[str, object]]:
    """Medians, extremes and the raw figures of each contender."""
    return {
        name: {
            "wall_median": statistics.median(it.wall for it in runs),
            "wall_min": min(it.wall for it in runs),
            "wall_max": max(it.wall for it in runs),
            "cpu_median": statistics.median(it.cpu for it in runs),
            "peak_median": statistics.median(it.peak for it in runs),
            "largest_median": statistics.median(it.largest for it in runs),
            "runs": [asdict(it) for it in runs],
        }
        for name, runs in taken.items()
    }


def machine() -> dict[str, object]:
    """What was measured on."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        model = next((line.split(":", 1)[1].strip() for line in stream if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model,
        "processors": len(os.sched_getaffinity(0)),
        "memory_bytes": memory,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def _environment(it: Contender) -> dict[str, str]:
    """
    What *it* is run in.

    Python keeps its byte code beside the measurement, as it does where a program is installed: to compile all
    modules at each start, as `PYTHONDONTWRITEBYTECODE` demands, takes longer than many a run.  The first run,
    which does not count, makes it.
    """
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": _byte_code(), **given, **(it.environment or {})}


@cache
def _byte_code() -> str:
    folder = tempfile.mkdtemp(prefix="lading-bench-code-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _run(command: Sequence[str], it: Contender, watched: bool) -> Taken:
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(it),
    )
    sampler = _Sampler(process.pid)
    if watched:
        sampler.start()
    error = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if watched:
        sampler.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in it.accepts:
        raise SystemExit(
            f"{it.name}: {' '.join(command)} ended with {process.returncode}:\n{error.decode(errors='replace')[-2000:]}"
        )
    return Taken(wall, usage.ru_utime + usage.ru_stime, sampler.peak, usage.ru_maxrss * 1024)


class _Sampler(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._ended, self.peak = pid, threading.Event(), 0

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY):
            self.peak = max(self.peak, sum(map(_share, _family(self._pid))))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _share(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
            return sum(int(line.split()[1]) * 1024 for line in stream if line.startswith("Pss:"))
    except (OSError, ValueError):
        return 0
