"""A drive that breaks and lies does so exactly where the plan says; records tell what happened, and no secrets."""

from __future__ import annotations

from collections import Counter

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload, Wanted
from lading.connectors.memory import MemoryDrive
from lading.connectors.wrap.faults import Fault, FaultyDrive, Harm, other_name
from lading.connectors.wrap.record import Record, RecordedDrive, Tally
from lading.model.entry import Entry
from lading.model.errors import DriveError, LoginFailed, NoSpace, NotFound, Throttled, Truncated, Unavailable

FILE = ("file.bin",)
CONTENT = bytes(range(200))


def content_of(drive: Drive, path: tuple[str, ...] = FILE, start: int = 0) -> bytes:
    with drive.read(path, start=start) as reader:
        return b"".join(iter(lambda: reader.read(7), b""))


def harmed(*faults: Fault, filled: bool = True, seed: int = 0) -> FaultyDrive:
    drive = MemoryDrive()
    if filled:
        drive.write(FILE, [CONTENT], expect=ABSENT)
    return FaultyDrive(drive, faults, seed=seed)


# -- breaking


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (Harm.UNAVAILABLE, Unavailable),
        (Harm.THROTTLED, Throttled),
        (Harm.TRUNCATED, Truncated),
        (Harm.NO_SPACE, NoSpace),
    ],
)
def test_the_nth_call_fails(harm: Harm, error: type[DriveError]) -> None:
    """Exactly the named calls of the named kind about the named path fail."""
    drive = harmed(Fault(harm=harm, call="stat", path=FILE, nth=(2,), seconds=9))
    drive.stat(FILE)
    drive.stat(())
    drive.list(())
    with pytest.raises(error) as caught:
        drive.stat(FILE)

    assert harm is not Harm.THROTTLED or caught.value.facts["after"] == 9
    assert FILE == drive.stat(FILE).path


def test_a_read_breaks_at_the_byte() -> None:
    """What comes before the byte comes whole, also when reading begins further on."""
    drive = harmed(Fault(harm=Harm.UNAVAILABLE, call="read", at=20))
    found = b""
    with pytest.raises(Unavailable), drive.read(FILE, start=3) as reader:
        while block := reader.read(7):
            found += block

    assert CONTENT[3:20] == found


def test_a_write_breaks_at_the_byte_and_leaves_nothing() -> None:
    """A write that breaks off half way leaves no file."""
    drive = harmed(Fault(harm=Harm.NO_SPACE, call="write", at=20), filled=False)
    with pytest.raises(NoSpace):
        drive.write(FILE, [CONTENT], expect=ABSENT)

    with pytest.raises(NotFound):
        drive.stat(FILE)


def test_a_late_error_comes_after_the_deed() -> None:
    """When the answer is lost, the drive has done what it was told."""
    drive = harmed(Fault(harm=Harm.UNAVAILABLE, call="remove", late=True))
    with pytest.raises(Unavailable):
        drive.remove(FILE, expect=ANYTHING)

    with pytest.raises(NotFound):
        drive.stat(FILE)


def test_delays_use_the_given_sleep() -> None:
    """A delay is a pause and nothing else."""
    slept: list[float] = []
    faults = [Fault(harm=Harm.DELAY, call="stat", seconds=3)]
    drive = FaultyDrive(MemoryDrive(), faults, sleep=slept.append)
    drive.stat(())

    assert [3] == slept


def _outcomes(seed: int) -> list[bool]:
    drive = harmed(Fault(harm=Harm.UNAVAILABLE, call="stat", share=0.3), seed=seed)
    outcomes = []
    for _ in range(200):
        try:
            drive.stat(FILE)
            outcomes.append(True)
        except Unavailable:
            outcomes.append(False)
    return outcomes


def test_chances_come_from_the_seed() -> None:
    """The same seed breaks the same calls; about the given share of them."""
    assert _outcomes(1) == _outcomes(1) != _outcomes(2)
    assert 30 < Counter(_outcomes(1))[False] < 90


# -- lying


def test_a_flipped_byte() -> None:
    """One byte read is another, wherever reading begins; the size says nothing."""
    drive = harmed(Fault(harm=Harm.FLIP, call="read", at=50))
    expected = CONTENT[:50] + bytes([CONTENT[50] ^ 1]) + CONTENT[51:]

    assert expected == content_of(drive)
    assert expected[30:] == content_of(drive, start=30)
    assert CONTENT[60:] == content_of(drive, start=60)


@pytest.mark.parametrize("harm", [Harm.FLIP, Harm.CUT, Harm.DROP, Harm.RENAME])
def test_writes_that_lie(harm: Harm) -> None:
    """The caller is told that all went well, and the drive holds something else."""
    drive = harmed(Fault(harm=harm, call="write", at=50, path=FILE), filled=False)
    entry = drive.write(FILE, [CONTENT], expect=ABSENT, size=len(CONTENT))
    inner = drive.inner
    held = {found.path: content_of(inner, found.path) for found in inner.list(()).entries}

    assert (FILE, len(CONTENT)) == (entry.path, entry.size)
    assert held != {FILE: CONTENT}
    assert (
        held
        == {
            Harm.FLIP: {FILE: CONTENT[:50] + bytes([CONTENT[50] ^ 1]) + CONTENT[51:]},
            Harm.CUT: {FILE: CONTENT[:50]},
            Harm.DROP: {},
            Harm.RENAME: {other_name(FILE): CONTENT},
        }[harm]
    )


def test_listings_that_lie() -> None:
    """An entry is left out, or has another name; the others stay as they are."""
    for harm, expected in ((Harm.DROP, [("b",)]), (Harm.RENAME, [("a~1",), ("b",)])):
        drive = harmed(Fault(harm=harm, call="list", path=("a",)), filled=False)
        for name in "ab":
            drive.write((name,), [b""], expect=ABSENT)

        assert expected == sorted(entry.path for entry in drive.list(()).entries)


def test_batches_that_lie() -> None:
    """The uploads of a batch are harmed one by one."""
    faults = [Fault(harm=Harm.CUT, call="batch.write", path=("b",), at=1)]
    drive = FaultyDrive(MemoryDrive(), faults)
    uploads = [Upload((name,), b"xyz", ABSENT, None) for name in "abc"]

    assert [b"xyz", b"x", b"xyz"] == [upload.content for upload in drive._uploads(uploads)]


def test_contents_of_a_batch_that_lie() -> None:
    """The contents that a batch reads are harmed one by one, and it may break off in the middle."""
    faults = [
        Fault(harm=Harm.FLIP, call="batch.read", path=("b",), at=0),
        Fault(harm=Harm.UNAVAILABLE, call="batch.read", path=("c",), at=0),
    ]
    bare = MemoryDrive()
    answers = FaultyDrive(bare, faults).batch.read([Wanted((name,)) for name in "abc"])
    for name in "abc":
        bare.write((name,), [b"xyz"], expect=ABSENT)

    assert [b"xyz", b"yyz"] == [next(answers), next(answers)]
    with pytest.raises(Unavailable):
        next(answers)


# -- records


def test_records_tell_call_path_outcome_and_bytes() -> None:
    """Each call is told once, in order, with its own bytes and time."""
    times = iter(range(100))
    notes: list[Record] = []
    drive = RecordedDrive(MemoryDrive(), notes.append, clock=lambda: float(next(times)))
    drive.write(FILE, iter([CONTENT, b"x"]), expect=ABSENT)
    with drive.read(FILE, start=150) as reader:
        reader.read(20)
    with pytest.raises(NotFound):
        drive.stat(("none",))

    assert [
        Record("write", FILE, "ok", 201, 1.0),
        Record("read", FILE, "ok", 20, 1.0),
        Record("stat", ("none",), "not_found", 0, 1.0),
    ] == notes


def test_failures_of_streams_are_recorded() -> None:
    """A reader that breaks off, an opening that fails and a source that breaks are told as what they are."""
    notes: list[Record] = []
    inner = harmed(Fault(harm=Harm.TRUNCATED, call="read", at=20))
    drive = RecordedDrive(inner, notes.append)
    with pytest.raises(Truncated):
        content_of(drive)
    with pytest.raises(NotFound), drive.read(("none",)):
        pass
    with pytest.raises(ZeroDivisionError):
        drive.write(("b",), (bytes([1 // number]) for number in (1, 0)), expect=ABSENT)

    seen = [(note.call, note.outcome, note.bytes) for note in notes]
    assert [("read", "truncated", 20), ("read", "not_found", 0), ("write", "ZeroDivisionError", 1)] == seen


def test_records_hold_no_words_of_the_drive() -> None:
    """What a drive says in an error may hold a secret; a record does not repeat it."""

    class Talking(MemoryDrive):
        def stat(self, path: tuple[str, ...]) -> Entry:
            raise LoginFailed(path, "token s3cr3t refused")

    notes: list[Record] = []
    with pytest.raises(LoginFailed):
        RecordedDrive(Talking(), notes.append).stat(FILE)

    assert "login_failed" == notes[0].outcome
    assert "s3cr3t" not in repr(notes)


def test_a_tally_adds_up() -> None:
    """Calls, outcomes, bytes and retries are counted apart."""
    tally = Tally()
    for record in (
        Record("read", FILE, "ok", 5, 0.1),
        Record("retry", FILE, "unavailable", 0, 1.0),
        Record("read", FILE, "not_found", 0, 0.1),
        Record("write", FILE, "ok", 7, 0.1),
    ):
        tally.note(record)

    assert {"read": 2, "write": 1} == tally.calls
    assert {"ok": 2, "not_found": 1} == tally.outcomes
    assert {"read": 5, "write": 7} == tally.bytes
    assert 1 == tally.retries
