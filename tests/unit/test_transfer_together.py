"""
Small copies that go out together come to the same end as one by one.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path as LocalPath
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lading.connectors.address import parse
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload, Wanted
from lading.connectors.memory import MemoryDrive
from lading.connectors.registry import open_drive
from lading.connectors.wrap.faults import Fault, FaultyDrive, Harm
from lading.connectors.wrap.forward import Forwarding
from lading.model.entry import Entry, Kind
from lading.model.errors import AlreadyExists, CallsUsedUp, DriveError, Unavailable
from lading.model.paths import Path
from lading.stages.transfer.cargo import Cargo
from lading.stages.transfer.carrier import Carrier
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import Performer, Row
from lading.stages.transfer.succession import Wanted as Version_
from lading.stages.transfer.together import (
    LOCAL_BYTES,
    MOST_BYTES,
    MOST_FILES,
    SMALL,
    bounds_of,
    groups,
    hands_of,
    perform_group,
)
from lading.stages.transfer.worker import _at_once, _do, _Meter
from lading.stages.transfer.worker import _grouped as grouped


def row(
    seq: int, size: int = 1, *, action: Action = Action.COPY, etag: str | None = None, **facts: object
) -> Row:
    path = (f"file {seq}",)
    made = Row(seq, action, path, path, Kind.FILE, size, None, etag, None, False, None, None, False)
    return made._replace(**facts)  # type: ignore[arg-type]


def filled(old: MemoryDrive, sizes: Iterable[int]) -> list[Row]:
    entries = [
        old.write((f"file {seq}",), [bytes([seq]) * size], expect=ABSENT) for seq, size in enumerate(sizes)
    ]
    return [row(seq, entry.size, etag=entry.etag) for seq, entry in enumerate(entries)]


def done(old: MemoryDrive, new: MemoryDrive, rows: list[Row], tmp_path: LocalPath) -> list[Outcome]:
    with Journal(tmp_path / "part.jsonl") as journal:
        return list(perform_group(Performer(old, new, journal, lambda count: None), rows))


class Breaking:
    """A batch whose connection breaks after *most* files."""

    def __init__(self, drive: MemoryDrive, most: int) -> None:
        self._batch, self._most = drive.batch, most

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        for number, answer in enumerate(self._batch.write(uploads)):  # type: ignore[union-attr]
            if number == self._most:
                raise Unavailable("", "cut off")
            yield answer


def test_only_small_new_files_go_together() -> None:
    """Order is kept; large files, replacements and other actions go alone."""
    rows = [
        row(0),
        row(1),
        row(2, SMALL + 1),
        row(3),
        row(4, action=Action.FOLDER),
        row(5, new_found=True),
        row(6),
    ]

    assert [[0, 1], [2], [3], [4], [5], [6]] == [[it.seq for it in group] for group in groups(rows)]


def test_a_drive_may_want_larger_ones_together() -> None:
    """Where it says so larger files go together, too, eight of the largest at most."""
    bounds = bounds_of(drive(), drive(batch=True, batch_small=2 << 20))
    many = list(groups((row(seq, 2 << 20) for seq in range(17)), bounds=bounds))

    assert [8, 8, 1] == list(map(len, many))
    assert [[0], [1]] == [[it.seq for it in group] for group in groups([row(0, 2 << 20), row(1, 2 << 20)])]


def test_what_lies_here_is_held_in_smaller_groups() -> None:
    """Where contents are read from a disk of this machine, and written one by one, nothing is gained by holding many."""
    rows = [row(seq, SMALL // 4) for seq in range(64)]
    here = list(groups(rows, bounds=bounds_of(drive(local=True), drive())))
    away = list(groups(rows, bounds=bounds_of(drive(), drive())))

    assert {LOCAL_BYTES} == {sum(it.size for it in group) for group in here}
    assert {MOST_BYTES} == {sum(it.size for it in group) for group in away}


def drive(*, batch: bool = False, **facts: Any) -> Drive:
    """As much of a drive as groups depend on."""
    profile = SimpleNamespace(local=False, batch_small=SMALL)
    profile.__dict__.update(facts)
    return cast("Drive", SimpleNamespace(batch=batch or None, profile=profile))


def test_groups_are_bounded() -> None:
    """A group has neither too many files nor too many bytes."""
    many = list(groups(row(seq) for seq in range(2 * MOST_FILES + 1)))
    large = list(groups(row(seq, SMALL) for seq in range(20)))

    assert [MOST_FILES, MOST_FILES, 1] == list(map(len, many))
    assert all(sum(it.size for it in group) <= MOST_BYTES for group in large)
    assert 20 == sum(map(len, large))


@pytest.mark.parametrize("most", [None, 0, 2], ids=["whole", "cut off at once", "cut off after two"])
def test_all_arrive(tmp_path: LocalPath, most: int | None) -> None:
    """Each file lands with its digest, also when the call breaks off in the middle."""
    old, new = MemoryDrive(), MemoryDrive()
    rows = filled(old, [0, 1, 70_000, 5])
    if most is not None:
        new.batch = Breaking(new, most)  # type: ignore[assignment]
    outcomes = sorted(done(old, new, rows, tmp_path))

    assert [(seq, "moved") for seq in range(4)] == [outcome[:2] for outcome in outcomes]
    for it, outcome in zip(rows, outcomes, strict=True):
        content = bytes([it.seq]) * it.size
        with new.read(it.new) as reader:
            assert content == reader.read(1 << 20)
        assert hashlib.sha256(content).hexdigest() == outcome.sha256


def test_what_stands_in_the_way_is_kept(tmp_path: LocalPath) -> None:
    """An equal file counts as moved, another one fails and stays, a missing source fails alone."""
    old, new = MemoryDrive(), MemoryDrive()
    rows = [*filled(old, [3, 3, 3]), row(3, 1)]
    new.write(("file 0",), [b"\0" * 3], expect=ABSENT)
    new.write(("file 1",), [b"xyz"], expect=ABSENT)
    outcomes = sorted(done(old, new, rows, tmp_path))

    assert ["moved", "failed", "moved", "failed"] == [outcome.bucket for outcome in outcomes]
    assert ["already_exists", "not_found"] == [outcome.code for outcome in outcomes if outcome.code]
    with new.read(("file 1",)) as reader:
        assert b"xyz" == reader.read(9)


class Counting:
    """A batch that notes what is read, and breaks off behind *most* files, each time or once."""

    def __init__(
        self, drive: MemoryDrive, most: int | None = None, error: type[DriveError] = Unavailable
    ) -> None:
        self._batch, self._most, self._error = drive.batch, most, error
        self.asked: list[list[Path]] = []

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        return self._batch.write(uploads)  # type: ignore[union-attr]

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        wanted = list(wanted)
        self.asked.append([one.path for one in wanted])
        for number, answer in enumerate(self._batch.read(wanted)):  # type: ignore[union-attr]
            if number == self._most:
                raise self._error("", "cut off")
            yield answer


class Singly(MemoryDrive):
    """Notes what is read by a call of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.singly: list[Path] = []

    def read(self, path: Path, *, start: int = 0, expect: str | None = None):  # type: ignore[no-untyped-def]
        self.singly.append(path)
        return super().read(path, start=start, expect=expect)


def pair(*, takes_batches: bool, most: int | None = None) -> tuple[Singly, MemoryDrive, Counting]:
    """OLD, which gives contents together; NEW; and the batch of OLD."""
    old, new = Singly(), MemoryDrive()
    counting = Counting(MemoryDrive(old.store), most)
    old.batch = counting  # type: ignore[assignment]
    if not takes_batches:
        new.batch = None
    return old, new, counting


BOTH = pytest.mark.parametrize("takes_batches", [True, False], ids=["NEW takes batches", "NEW takes files"])


@BOTH
def test_contents_are_asked_for_in_one_call(tmp_path: LocalPath, takes_batches: bool) -> None:
    """No file costs a call of its own; each lands with content and digest, in the order of the plan."""
    old, new, counting = pair(takes_batches=takes_batches)
    rows = filled(old, [0, 1, 70_000, 5])
    outcomes = done(old, new, rows, tmp_path)

    assert [[it.old for it in rows]] == counting.asked
    assert [] == old.singly
    for it, outcome in zip(rows, outcomes, strict=True):
        content = bytes([it.seq]) * it.size
        assert content == held_by(new, it.new)
        assert (it.seq, "moved", hashlib.sha256(content).hexdigest(), it.size) == outcome[:4]
        assert it.size == outcome.sent


@BOTH
@pytest.mark.parametrize("most", [0, 2], ids=["at once", "after two"])
def test_contents_that_did_not_come_are_asked_for_singly(
    tmp_path: LocalPath, takes_batches: bool, most: int
) -> None:
    """Where the call breaks off, what came is kept and the rest is read file by file."""
    old, new, _ = pair(takes_batches=takes_batches, most=most)
    rows = filled(old, [0, 1, 70_000, 5])
    outcomes = sorted(done(old, new, rows, tmp_path))

    assert ["moved"] * 4 == [outcome.bucket for outcome in outcomes]
    assert sorted(it.old for it in rows[most:]) == sorted(old.singly)
    assert [bytes([it.seq]) * it.size for it in rows] == [held_by(new, it.new) for it in rows]


@BOTH
def test_a_content_that_changed_fails_alone(tmp_path: LocalPath, takes_batches: bool) -> None:
    """What is not as it was planned, or is gone, is told of that file; no other content takes its place."""
    old, new, _ = pair(takes_batches=takes_batches)
    rows = [*filled(old, [3, 3, 3, 3]), row(4, 1)]
    old.write(("file 1",), [b"new"], expect=ANYTHING)
    old.write(("file 2",), [b"longer"], expect=ANYTHING)
    outcomes = sorted(done(old, new, rows, tmp_path))

    assert [None, "changed", "changed", None, "not_found"] == [outcome.code for outcome in outcomes]
    assert [("file 0",), ("file 3",)] == sorted(entry.path for entry in new.list(()).entries)


@BOTH
def test_what_was_paid_for_is_stored_before_calls_end(tmp_path: LocalPath, takes_batches: bool) -> None:
    """When OLD gives no more calls, what came before is in NEW, and nobody is asked again."""
    old, new, _ = pair(takes_batches=takes_batches)
    rows = filled(old, [1, 2, 3, 4])
    old.batch = Counting(MemoryDrive(old.store), 2, CallsUsedUp)  # type: ignore[assignment]
    with pytest.raises(CallsUsedUp):
        done(old, new, rows, tmp_path)

    assert [("file 0",), ("file 1",)] == sorted(entry.path for entry in new.list(()).entries)
    assert [] == old.singly


def test_a_file_that_is_begun_anew_is_read_anew(tmp_path: LocalPath) -> None:
    """What NEW got wrongly is not sent a second time from memory alone: OLD is asked again."""
    old, new, _ = pair(takes_batches=False)
    rows = filled(old, [4, 5])
    faulty = FaultyDrive(new, [Fault(harm=Harm.FLIP, call="write", path=("file 0",), nth=(1,), at=1)])
    faulty.batch = None  # type: ignore[misc]
    with Journal(tmp_path / "part.jsonl") as journal:
        performer = Performer(old, Untold(faulty), journal, lambda count: None)
        outcomes = list(perform_group(performer, rows))

    assert ["moved", "moved"] == [outcome.bucket for outcome in outcomes]
    assert [("file 0",)] == old.singly
    assert bytes(4) == held_by(new, ("file 0",))


class Proving(Counting):
    """A batch that tells of each content the digest that it has proven; the one of "file 1" is *swapped* on its way."""

    def __init__(self, drive: MemoryDrive, swapped: bytes | None = None) -> None:
        super().__init__(drive)
        self._swapped = swapped

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        wanted = list(wanted)
        for one, content in zip(wanted, super().read(wanted), strict=True):
            assert one.proven is not None and isinstance(content, bytes)
            one.proven(content, hashlib.sha256(content).hexdigest())
            yield content if self._swapped is None or one.path != ("file 1",) else self._swapped


@BOTH
@pytest.mark.parametrize(
    "swapped", [None, bytes(5), b"\x01" * 4 + b"!"], ids=["untouched", "other", "flipped"]
)
def test_a_digest_counts_for_the_very_object_it_was_told_of(
    tmp_path: LocalPath, takes_batches: bool, swapped: bytes | None
) -> None:
    """What something between us and OLD gives instead is hashed anew: the digest noted is that of what has landed."""
    old, new, _ = pair(takes_batches=takes_batches)
    rows = filled(old, [0, 5, 5])
    old.batch = Proving(MemoryDrive(old.store), swapped)  # type: ignore[assignment]
    outcomes = done(old, Untold(new), rows, tmp_path)  # type: ignore[arg-type]

    for it, outcome in zip(rows, outcomes, strict=True):
        assert ("moved", hashlib.sha256(held_by(new, it.new)).hexdigest()) == (outcome.bucket, outcome.sha256)
    assert (swapped or bytes([1] * 5)) == held_by(new, ("file 1",))


def test_a_digest_that_was_told_is_not_computed_again(tmp_path: LocalPath) -> None:
    """The digest that OLD told is the one that is noted."""
    old, new, _ = pair(takes_batches=False)
    rows = filled(old, [4, 5])

    class Told(Proving):
        def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
            for one, content in zip(wanted := list(wanted), Counting.read(self, wanted), strict=True):
                assert one.proven is not None and isinstance(content, bytes)
                one.proven(content, "ab" * 32)
                yield content

    old.batch = Told(MemoryDrive(old.store))  # type: ignore[assignment]
    outcomes = done(old, Untold(new), rows, tmp_path)  # type: ignore[arg-type]

    assert ["ab" * 32] * 2 == [outcome.sha256 for outcome in outcomes]


@pytest.mark.parametrize("call", ["write", "read"])
def test_a_new_drive_that_lies_is_caught_though_the_digest_was_told(tmp_path: LocalPath, call: str) -> None:
    """A proven content is read back like any other: what NEW stored or gives otherwise is not moved, and is taken away."""
    old, new, _ = pair(takes_batches=False)
    rows = filled(old, [4, 5, 6])
    old.batch = Proving(MemoryDrive(old.store))  # type: ignore[assignment]
    lying = FaultyDrive(new, [Fault(harm=Harm.FLIP, call=call, path=("file 1",), at=1)])
    lying.batch = None  # type: ignore[misc]
    outcomes = done(old, Untold(lying), rows, tmp_path)  # type: ignore[arg-type]

    assert ["moved", "failed", "moved"] == [outcome.bucket for outcome in outcomes]
    assert [("file 0",), ("file 2",)] == sorted(entry.path for entry in new.list(()).entries)


def test_a_folder_that_gives_back_another_content(
    tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies once is written anew and lands; what lies always fails, and never gets its name."""
    (tmp_path / "root").mkdir()
    old, _, _ = pair(takes_batches=False)
    rows = filled(old, [3, 4, 5])
    old.batch = Proving(MemoryDrive(old.store))  # type: ignore[assignment]
    honest, lied = os.pread, []

    def lies(descriptor: int, size: int, at: int) -> bytes:
        held = honest(descriptor, size, at)
        lie = len(held) == 5 or (len(held) == 4 and not lied)
        lied.extend([held] if lie else [])
        return bytes(len(held)) if lie else held

    monkeypatch.setattr(os, "pread", lies)
    with open_drive(parse(str(tmp_path / "root"))) as new, Journal(tmp_path / "part.jsonl") as journal:
        outcomes = list(perform_group(Performer(old, new, journal, lambda count: None), rows))

    assert ["moved", "moved", "failed"] == [outcome.bucket for outcome in outcomes]
    assert "truncated" == outcomes[2].code
    assert {"file 0", "file 1"} == set(os.listdir(tmp_path / "root"))
    assert b"\1" * 4 == (tmp_path / "root" / "file 1").read_bytes()


def test_small_files_between_folders_go_together(tmp_path: LocalPath) -> None:
    """A folder that reads back whole contents takes small files of another folder in groups, as it does those of a vault."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    for seq in range(3):
        (tmp_path / "old" / f"file {seq}").write_bytes(bytes([seq]))
    rows = [row(seq) for seq in range(3)]
    with (
        open_drive(parse(str(tmp_path / "old"))) as old,
        open_drive(parse(str(tmp_path / "new"))) as new,
        Journal(tmp_path / "part.jsonl") as journal,
    ):
        performer = Performer(old, new, journal, lambda count: None)
        assert [rows] == grouped(performer, rows, 1)
        _do(rows, performer, journal, _Meter(), 1)
        outcomes = [journal.outcomes[seq] for seq in range(3)]

    assert ["moved"] * 3 == [outcome.bucket for outcome in outcomes]
    assert [bytes([seq]) for seq in range(3)] == [
        (tmp_path / "new" / f"file {seq}").read_bytes() for seq in range(3)
    ]


@pytest.mark.parametrize("inside", [False, True], ids=["swapped for a symlink", "moved out of the root"])
def test_a_folder_that_goes_between_two_files(tmp_path: LocalPath, inside: bool) -> None:
    """Each file finds its folder anew: after the first, which was there before, nothing lands outside of the root."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "folder").mkdir(parents=True)
    old, _, _ = pair(takes_batches=False)
    rows = [it._replace(new=("folder", *it.new)) for it in filled(old, [3, 3, 3])]
    old.batch = Proving(MemoryDrive(old.store))  # type: ignore[assignment]

    def swap(_count: int) -> None:
        if not outside.exists():
            os.rename(root / "folder", outside)
            if not inside:
                (root / "folder").symlink_to(outside)

    with open_drive(parse(str(root))) as new, Journal(tmp_path / "part.jsonl") as journal:
        outcomes = list(perform_group(Performer(old, new, journal, swap), rows))

    assert ["moved", "failed", "failed"] == [outcome.bucket for outcome in outcomes]
    assert ["file 0"] == os.listdir(outside)


class Untold(Forwarding):
    """A drive that computes no digests, so that what it stores is read back."""

    batch = None

    def write(self, path: Path, source, **facts):  # type: ignore[no-untyped-def,override]
        return super().write(path, source, **facts)._replace(digests=())


@pytest.mark.parametrize(("threads", "expected"), [(1, [10]), (2, [5, 5]), (4, [3, 3, 3, 1]), (20, [1] * 10)])
def test_threads_share_what_is_written_file_by_file(
    tmp_path: LocalPath, threads: int, expected: list[int]
) -> None:
    """Where NEW takes files one by one, no thread is left without work."""
    old, new, _ = pair(takes_batches=False)
    rows = [row(seq) for seq in range(10)]
    with Journal(tmp_path / "part.jsonl") as journal:
        found = grouped(Performer(old, new, journal, lambda count: None), rows, threads)

    assert expected == list(map(len, found))
    assert rows == [it for group in found for it in group]


@pytest.mark.parametrize(
    ("local", "gives", "at_once", "hands"),
    [(True, True, 16, 1), (True, True, 4, 2), (True, True, 1, 8), (False, True, 16, 8), (True, False, 16, 8)],
)
def test_who_does_groups(local: bool, gives: bool, at_once: int, hands: int) -> None:
    """Where OLD has many requests under way for one group, few threads keep it busy; unless each has to wait for NEW, too."""
    content = {"batch_content": 1 << 20} if gives else {"batch_content": 0}
    old = cast(
        "Drive", SimpleNamespace(batch=object(), profile=SimpleNamespace(**content, batch_at_once=at_once))
    )
    new = cast("Drive", SimpleNamespace(profile=SimpleNamespace(local=local)))

    assert hands == hands_of(old, new, 8)


@pytest.mark.parametrize("hands", [1, 2, 4])
def test_so_many_threads_do_groups_and_all_do_the_rest(hands: int) -> None:
    """Every piece of work is done once; no more groups than hands are done at a time, and single files beside them."""
    work = [[row(number)] * (1 + number % 2) for number in range(40)]
    done: list[list[Row]] = []
    busy, most, guard = [0, 0], [0, 0], threading.Lock()

    def one(group: list[Row]) -> None:
        kind = len(group) - 1
        with guard:
            busy[kind] += 1
            most[kind] = max(most[kind], busy[kind])
        time.sleep(0.002)
        with guard:
            busy[kind] -= 1
            done.append(group)

    _at_once(one, work, 4, hands)

    assert sorted(work) == sorted(done)
    assert most[1] <= hands
    assert most[0] > 1


def test_after_a_failure_nothing_more_is_begun() -> None:
    """The first exception comes through, and leaves the rest alone."""
    done: list[list[Row]] = []

    def one(group: list[Row]) -> None:
        done.append(group)
        raise Unavailable(("file",), "gone")

    with pytest.raises(Unavailable):
        _at_once(one, [[row(number)] for number in range(40)], 4, 1)
    assert len(done) <= 4


def test_nothing_goes_with_others_below_what_is_open(tmp_path: LocalPath) -> None:
    """A small file below a folder that could not be shut is refused, in a group as by itself."""
    old, new, _ = pair(takes_batches=True)
    new.make_folder(("open",))
    rows = [it._replace(new=("open", *it.new)) if it.seq else it for it in filled(old, [1, 1, 1])]
    with Journal(tmp_path / "part.jsonl") as journal:
        carrier = Carrier(old, new, journal, lambda count: None, Cargo({}, {}, frozenset({("open",)})))
        groups_ = grouped(carrier, rows, 2)
        outcomes = [outcome for group in groups_ for outcome in perform_group(carrier, group)]

    assert ["moved", "failed", "failed"] == [outcome.bucket for outcome in outcomes]
    assert [] == list(new.list(("open",)).entries)


class Contradicting(MemoryDrive):
    """Refuses every version as if the file existed, and shows no such file."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0
        drive, inner = self, self.versions

        class Versions:
            def add(self, path: Path, *_: object, **__: object) -> Entry:
                drive.refused += 1
                raise AlreadyExists(path, "so the drive says")

            def __getattr__(self, name: str) -> object:
                return getattr(inner, name)

        self.versions = Versions()  # type: ignore[assignment]


def test_a_drive_that_contradicts_itself_is_not_asked_for_ever(tmp_path: LocalPath) -> None:
    """Where NEW says that a file exists and shows none, the file fails and the reason is told."""
    old, new = MemoryDrive(), Contradicting()
    old.write(("file 0",), [b"x"], expect=ABSENT)
    version = next(iter(old.versions.list(("file 0",))))
    history = (Version_(0, version.id, version, None),)
    with Journal(tmp_path / "part.jsonl") as journal:
        carrier = Carrier(old, new, journal, lambda count: None, Cargo({0: history}, {}))
        outcome = carrier.perform(row(0))

    assert ("failed", "already_exists") == (outcome.bucket, outcome.code)
    assert "shows nothing there" in outcome.detail[0]
    assert 4 == new.refused


def held_by(drive: MemoryDrive, path: Path) -> bytes:
    with drive.read(path) as reader:
        return reader.read(1 << 20)


class CutOff(Exception):
    """Stands for a kill."""


class CutOffJournal(Journal):
    """Is cut off before it notes the third outcome."""

    def done(self, outcome: Outcome, size: int) -> None:
        if len(self.outcomes) == 2:
            raise CutOff
        super().done(outcome, size)


@BOTH
def test_what_was_cut_off_comes_to_the_same_end(tmp_path: LocalPath, takes_batches: bool) -> None:
    """A second sitting finds what the first had written and not noted, sends the rest, and nothing twice."""
    old, new, _ = pair(takes_batches=takes_batches)
    rows = filled(old, [3, 4, 5, 6, 7])
    with pytest.raises(CutOff), CutOffJournal(tmp_path / "part.jsonl") as journal:
        _do(rows, Performer(old, new, journal, lambda count: None), journal, _Meter(), 1)
    with Journal(tmp_path / "part.jsonl") as journal:
        assert 2 <= len(journal.outcomes) < 5
        _do(rows, Performer(old, new, journal, lambda count: None), journal, _Meter(), 1)
        outcomes = [journal.outcomes[it.seq] for it in rows]

    assert ["moved"] * 5 == [outcome.bucket for outcome in outcomes]
    assert [bytes([it.seq]) * it.size for it in rows] == [held_by(new, it.new) for it in rows]
    assert all(1 == len(list(new.versions.list(it.new))) for it in rows if new.versions)
