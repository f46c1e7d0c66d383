"""Limits hold over all users of a meter, and let exactly as much through as they say."""

from __future__ import annotations

import math
import multiprocessing
import os
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.memory import MemoryDrive
from lading.connectors.wrap.pace import (
    BURST,
    BYTES,
    CALLS,
    FAR,
    SMALLEST_BLOCK,
    Meter,
    Moments,
    OwnMeter,
    PacedDrive,
    Pacer,
    SharedMeter,
    granted,
)
from lading.connectors.wrap.policy import Policy, wrapped
from lading.connectors.wrap.timetable import parse_timetable

MONDAY = datetime(2026, 11, 2, tzinfo=UTC).timestamp()


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self, now: float = MONDAY) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pacer(text: str, clock: Clock, meter: Meter | None = None, calls_allowed: float | None = None) -> Pacer:
    timetable = parse_timetable(text)
    return Pacer(timetable, meter or OwnMeter(), calls_allowed=calls_allowed, clock=clock, sleep=clock.sleep)


@settings(deadline=None, max_examples=50)
@given(
    rate=st.integers(1000, 1_000_000),
    blocks=st.lists(st.integers(1, 100_000), min_size=2, max_size=20),
)
def test_no_more_than_the_limit_passes(rate: int, blocks: list[int]) -> None:
    """What passes between two moments is at most the rate times the time, a burst and a block more."""
    clock = Clock()
    paced = pacer(f"{rate}B/s", clock)
    for block in blocks:
        paced.content(block)
    took = clock.now - MONDAY

    assert sum(blocks[:-1]) <= rate * (took + BURST) * 1.000001 + 1
    assert took <= sum(blocks[:-1]) / rate + 1


@given(st.floats(), st.floats(), st.floats(0, 1e12), st.floats(1e-9, 1e6))
def test_a_damaged_meter_does_not_stall(free: float, asked: float, now: float, cost: float) -> None:
    """Whatever stands in the meter, the wait is bounded."""
    kept, wait = granted(Moments(free, asked), now, cost)

    assert math.isfinite(kept.free)
    assert 0 <= wait <= max(2 * cost, FAR) + 1e-3


def test_a_clock_that_is_set_back() -> None:
    """The debt stays the same when the clock is set back: neither a standstill nor a free pass."""
    clock = Clock()
    paced = pacer("1call/s", clock)
    for _ in range(3):
        paced.call()
    clock.now -= 7200
    before = clock.now
    for _ in range(3):
        paced.call()

    assert 3 == pytest.approx(clock.now - before, abs=0.01)


def test_calls_are_paced() -> None:
    """Calls of the drive and of its facets share one limit."""
    clock = Clock()
    drive = PacedDrive(MemoryDrive(), pacer("2calls/s", clock))
    for _ in range(10):
        drive.write(("a",), [b"x"], expect=ANYTHING)
        drive.partials.offset("t")

    assert 9.25 == pytest.approx(clock.now - MONDAY, abs=0.01)


def test_the_servers_own_limit_counts_too() -> None:
    """The lower of timetable and profile holds."""
    for text, allowed, expected in (("", 2, 4.25), ("1calls/s", 2, 8.75), ("9calls/s", 2, 4.25)):
        clock = Clock()
        paced = pacer(text, clock, calls_allowed=allowed)
        for _ in range(10):
            paced.call()

        assert expected == pytest.approx(clock.now - MONDAY, abs=0.01)


def test_content_goes_in_small_steps() -> None:
    """A large block at a low limit is slow progress, not standstill, in both directions."""
    clock = Clock()
    drive = PacedDrive(MemoryDrive(), pacer("100KiB/s", clock))
    content = os.urandom(1 << 20)
    drive.write(("a",), [content], expect=ABSENT)
    up = clock.now - MONDAY
    with drive.read(("a",)) as reader:
        blocks = list(iter(lambda: reader.read(1 << 20), b""))

    assert content == b"".join(blocks)
    assert max(map(len, blocks)) <= 100 * 1024 * 0.1
    assert max(clock.slept) < 0.2
    assert 10 == pytest.approx(up, abs=0.5)
    assert 20 == pytest.approx(clock.now - MONDAY, abs=0.5)


def test_nothing_comes_in_parallel_under_a_timetable() -> None:
    """Where somebody set a limit, no parts of a file are on their way at once; else they may be."""
    limits = ("100KiB/s", "Mon 09:00-18:00 1MiB/s", "")

    assert [None, None] == [PacedDrive(MemoryDrive(), pacer(it, Clock())).ranges for it in limits[:2]]
    assert PacedDrive(MemoryDrive(), pacer(limits[2], Clock())).ranges is not None


def test_sources_stay_replayable_and_batches_count() -> None:
    """What passes in a batch counts as content."""
    clock = Clock()
    paced = PacedDrive(MemoryDrive(), pacer("1KiB/s", clock))
    uploads = [Upload((f"{number}",), bytes(1024), ABSENT, None) for number in range(5)]

    assert uploads == list(paced._uploads(uploads))
    assert 3.75 == pytest.approx(clock.now - MONDAY, abs=0.01)


def test_stop_waits_for_its_end() -> None:
    """Where the timetable says stop nothing passes until the stop ends."""
    clock = Clock(MONDAY + 9 * 3600)
    pacer("08:00-18:30 stop; tz=UTC", clock).call()

    assert MONDAY + 18.5 * 3600 == pytest.approx(clock.now, abs=0.01)


def test_a_new_limit_holds_from_its_moment_on() -> None:
    """Who waits under a low limit goes on when a higher one begins."""
    clock = Clock(MONDAY + 8 * 3600 - 10)
    paced = pacer("00:00-08:00 1call/h; else 10calls/s; tz=UTC", clock)
    paced.call()
    paced.call()

    # What was spent under the old limit is not forgotten, so the hour of the second call passes.
    assert 0 <= clock.now - (MONDAY + 8 * 3600) <= 3600


def test_no_limit_reads_as_asked() -> None:
    """Without a limit blocks are large; with any, never smaller than the smallest."""
    assert pacer("off", Clock()).block() > 100 * SMALLEST_BLOCK
    assert SMALLEST_BLOCK == pacer("1B/s", Clock()).block()


# -- shared meters


def test_two_meters_of_one_file_are_one(tmp_path: Path) -> None:
    """Users that name the same file share the limit; calls and bytes are kept apart."""
    clock = Clock()
    meters = [SharedMeter(str(tmp_path / "limits")) for _ in range(2)]
    both = [pacer("2calls/s", clock, meter) for meter in meters]
    for number in range(10):
        both[number % 2].call()

    assert 4.25 == pytest.approx(clock.now - MONDAY, abs=0.01)
    assert 0 == meters[0].take(BYTES, clock.now, 1.0)
    assert 0 < meters[1].take(CALLS, clock.now, 1.0)
    for meter in (*meters, meters[0]):
        meter.close()


@pytest.mark.parametrize(
    "content", [b"", b"short", struct.pack("<dddd", math.nan, math.inf, math.inf, math.nan), b"\xff" * 99]
)
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in the file, limits hold from now on."""
    place = tmp_path / "limits"
    place.write_bytes(content)
    clock = Clock()
    paced = pacer("2calls/s 1B/s", clock, SharedMeter(str(place)))
    for _ in range(10):
        paced.call()
    paced.content(1)

    assert 4 <= clock.now - MONDAY <= 6


def _take_many(meter: SharedMeter, place: str, count: int, results: object) -> None:
    own = meter or SharedMeter(place)
    # Time stands still: only what fits into the burst and one more may be granted.
    results.put(sum(own.take(CALLS, MONDAY, 0.001) == 0 for _ in range(count)))  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_share_one_limit(tmp_path: Path, method: str) -> None:
    """Processes, forked with the meter or spawned with its place, get together what one would get alone."""
    context = multiprocessing.get_context(method)
    place = str(tmp_path / "limits")
    meter = SharedMeter(place) if method == "fork" else None
    results = context.Queue()
    workers = [context.Process(target=_take_many, args=(meter, place, 300, results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    got = [results.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join(30)

    alone = OwnMeter()
    assert sum(alone.take(CALLS, MONDAY, 0.001) == 0 for _ in range(900)) == sum(got)


def test_a_policy_paces(tmp_path: Path) -> None:
    """A policy with limits makes its state file, and a drive that names a limit is paced without any."""
    place = tmp_path / "limits"
    drive = wrapped(MemoryDrive(), Policy(limits="100000calls/s", limits_state=str(place)))
    drive.stat(())

    assert 0 < place.stat().st_size
    named = wrapped(MemoryDrive(calls_per_second=50_000.0), Policy(attempts=1))
    assert isinstance(named, PacedDrive)
