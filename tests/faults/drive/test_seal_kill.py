"""
The sealer under SIGKILL: whatever happened stands in the ledger once, wherever it was killed.
"""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from lading.drive import audit
from lading.drive.actor import Actor
from lading.drive.audit import seal as sealing
from lading.drive.audit.places import make_folder
from lading.drive.audit.retire import FAILPOINTS as RETIRED
from lading.drive.audit.retire import retire
from lading.drive.audit.seal import FAILPOINTS, seal
from lading.drive.audit.spool import let_go
from lading.drive.audit.verify import verify
from lading.drive.models import Event
from lading.drive.writing import writing
from lading.evidence import chain
from lading.model import failpoints

ANNA = Actor(7, "anna")
NOVEMBER, DECEMBER = (int(datetime(2026, month, 20, tzinfo=UTC).timestamp()) * 10**9 for month in (11, 12))
CALLS = ("open", "pwrite", "write", "ftruncate", "fsync", "replace", "unlink", "mkdir")
EVENTS, FILES, LINES = 10, 3, 3


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks of events for few events."""
    monkeypatch.setattr(sealing, "CHUNK", 4)


def happen(events: int = EVENTS, files: int = FILES) -> None:
    """Let *events* changes happen, and reads that lie in *files* of the spool."""
    for _ in range(events):
        with writing(ANNA) as work:
            work.event("file.saved", path="a")
    for _ in range(files):
        for n in range(LINES):
            audit.note_read(ANNA, "file.read", space=1, node=n)
        let_go()


def child(work: Callable[[], object]) -> tuple[int, int]:
    """Do *work* in a process of its own; its pid and how it ended (a negative signal, if it was killed)."""
    connections.close_all()
    if (pid := os.fork()) == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(point: str, time: int, now: int) -> bool:
    """Seal in a child that is killed the *time*-th time it comes to *point*; whether it came there."""

    def work() -> None:
        failpoints._NAME, failpoints._left = point, time
        seal(now=now)

    _, ended = child(work)
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


class Killer:
    """Kills the process before the *chosen* call to the disk, or half way through it."""

    def __init__(self, chosen: int, half: bool) -> None:
        self.left, self.half = chosen, half
        for name in CALLS:
            setattr(os, name, self.before(getattr(os, name)))

    def before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                if self.half and real.__name__ == "pwrite":
                    descriptor, data, offset = arguments
                    real(descriptor, data[: len(data) // 2], offset)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **more)

        return call


def records(home: Path) -> Iterator[tuple[int, chain.Record]]:
    """All records with their numbers; each file is a chain."""
    for file in sorted((home / "audit").glob("20*.jsonl")):
        month = int(file.stem.replace("-", "")) * 10**10
        with open(file, "rb") as stream:
            yield from ((month + record.seq, record) for record in chain.records(stream))


def assert_once(home: Path, reads: int) -> None:
    """Each event and each read stands in the ledger once, and each event knows where."""
    found = list(records(home))
    numbers = {record.facts["event"]: number for number, record in found if "event" in record.facts}
    lines = Counter(
        (record.facts["spool"], record.facts["line"]) for _, record in found if "spool" in record.facts
    )

    assert dict(Event.objects.values_list("id", "sealed")) == numbers
    assert len(numbers) == sum("event" in record.facts for _, record in found)
    assert {1} == set(lines.values())
    assert reads == len(lines)
    assert [] == [record for _, record in found if record.kind in ("audit.unmatched", "audit.torn")]
    assert [] == list((home / "audit" / "spool").iterdir())


@pytest.mark.parametrize("point", [point for point in FAILPOINTS if point != "audit.unmatched_written"])
def test_killed_at_a_named_point(home: Path, point: str):
    """
    Killed at each named point, the first and every later time it comes there, the next run carries over the
    rest and nothing twice; also when the month ended in between.
    """
    reads = times = 0
    for time in range(1, 20):
        happen()
        reads += FILES * LINES
        reached = killed_at(point, time, NOVEMBER)
        happen(2, 1)
        reads += LINES
        seal(now=NOVEMBER)
        if not reached:
            break
        times += 1
    happen()
    killed_at(point, 1, NOVEMBER)
    seal(now=DECEMBER)

    assert times >= 1
    assert_once(home, reads + FILES * LINES)


@pytest.mark.parametrize("half", [False, True], ids=["before", "half-way"])
def test_killed_at_every_call_to_the_disk(home: Path, half: bool):
    """
    Killed before every call to the disk, or half way through every write to the ledger, again and again on the same
    ledger, over the end of a month: each event and each read stands there once.
    """
    reads = moments = 0
    while True:
        happen(5, 1)
        reads += LINES
        now = NOVEMBER if moments < 30 else DECEMBER

        def work() -> None:
            Killer(moments + 1, half)  # noqa: B023 (it is called at once)
            seal(now=now)  # noqa: B023

        _, ended = child(work)
        if ended == 0:
            break
        assert -signal.SIGKILL == ended
        moments += 1
    seal(now=DECEMBER)

    assert moments > 20
    assert_once(home, reads)


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_several_times_in_a_row(home: Path, seed: int):
    """
    Killed at one named point after the other, without a whole run in between, nothing is lost or doubled.
    """
    dice = random.Random(seed)
    reads = 0
    for _ in range(12):
        happen(dice.randrange(6), 1)
        reads += LINES
        killed_at(dice.choice(FAILPOINTS), dice.randrange(1, 4), NOVEMBER)
    seal(now=NOVEMBER)

    assert_once(home, reads)


def test_killed_beside_writers_at_work(home: Path):
    """
    While processes read and write, one of them killed in the middle, sealers come and are killed: all that was
    promised to a writer is in the ledger once.
    """
    connections.close_all()
    writers = []
    for who in range(3):
        reader, promise = os.pipe()
        if (pid := os.fork()) == 0:
            _write_and_promise(who, promise)
        os.close(promise)
        writers.append((pid, reader))
    dice = random.Random(5)
    for round_ in range(10):
        killed_at(dice.choice(FAILPOINTS), dice.randrange(1, 3), NOVEMBER)
        if round_ == 4:
            os.kill(writers[0][0], signal.SIGKILL)
    promised = [_read_all(reader) for _, reader in writers]
    for pid, _ in writers:
        os.waitpid(pid, 0)
    seal(now=NOVEMBER)

    reads = Counter(record.facts["space"] for _, record in records(home) if "spool" in record.facts)
    for who, count in enumerate(promised):
        assert count <= reads[who] <= count + 1
    assert 200 == promised[1] == promised[2]
    assert_once(home, sum(reads.values()))


def _write_and_promise(who: int, promise: int) -> None:
    try:
        for n in range(200):
            audit.note_read(ANNA, "file.read", space=who, node=n)
            os.write(promise, b".")
            if n % 10 == 0:
                with writing(ANNA) as work:
                    work.event("file.saved")
            if n % 37 == who:
                let_go()
    finally:
        os._exit(0)


def _read_all(descriptor: int) -> int:
    with open(descriptor, "rb") as stream:
        return len(stream.read())


@pytest.mark.parametrize("point", RETIRED)
def test_killed_while_old_months_are_removed(home: Path, point: str):
    """
    Killed at any point of the removal, the audit holds, and the next run removes the rest.
    """
    for month in (1, 2, 3, 9):
        happen_at(moment(month))
        seal(now=moment(month))

    def work() -> None:
        failpoints._NAME, failpoints._left = point, 1
        retire(now=moment(9))

    _, ended = child(work)

    assert -signal.SIGKILL == ended
    assert verify(now=moment(9)).segments >= 2
    retire(now=moment(9))
    checked = verify(now=moment(9))
    assert ("2026-03", 6) == (checked.since, checked.events)
    assert ["2026-03.jsonl", "2026-09.jsonl"] == sorted(
        file.name for file in (home / "audit").glob("20*.jsonl")
    )


def happen_at(at: int) -> None:
    """Three changes and a line of the spool that is torn."""
    for _ in range(3):
        with writing(ANNA, now=at) as work:
            work.event("file.saved")
    Path(make_folder("spool"), f"{at}.jsonl").write_bytes(b"torn")


def moment(month: int) -> int:
    """The twentieth of a month of 2026."""
    return int(datetime(2026, month, 20, tzinfo=UTC).timestamp()) * 10**9
