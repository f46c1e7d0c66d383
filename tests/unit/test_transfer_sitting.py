"""
A large file that is sent block by block to a drive that reads back what it stores.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import parse
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.registry import open_drive
from lading.connectors.wrap.forward import Forwarding
from lading.model.entry import Kind
from lading.stages.transfer import ahead, perform, sitting
from lading.stages.transfer.ahead import mark_of
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import Performer, Row

BLOCK = 1 << 16
CONTENT = hashlib.shake_128(b"content").digest(5 * BLOCK + 7)
STORED = hashlib.sha256(CONTENT).hexdigest()
FILE = ("file",)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ahead, sitting, perform):
        monkeypatch.setattr(module, "BLOCK", BLOCK)


class Given(MemoryDrive):
    """A drive that notes where it was read from."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.starts: list[int] = []

    def read(self, path, *, start=0, expect=None):  # type: ignore[no-untyped-def,override]
        self.starts.append(start)
        return super().read(path, start=start, expect=expect)


@pytest.fixture
def old() -> Given:
    drive = Given(MemoryStore())
    drive.write(FILE, [CONTENT], expect=ABSENT, modified=10**18)
    return drive


@pytest.fixture
def new(tmp_path: LocalPath) -> Iterator[Drive]:
    (tmp_path / "new").mkdir()
    with open_drive(parse(str(tmp_path / "new"))) as drive:
        yield drive


class Unread(Forwarding):
    """A drive that does not read back what it stores."""

    read_back = None


def sent(old: Drive, new: Drive, folder: LocalPath) -> Outcome:
    """What became of the file, sent by a new process."""
    it = old.stat(FILE)
    row = Row(
        0, Action.COPY, FILE, FILE, Kind.FILE, it.size, it.modified, it.etag, None, False, None, None, False
    )
    with Journal(folder / "part.jsonl") as journal:
        return Performer(old, new, journal, lambda count: None).perform(row)


def cut_off(old: Drive, new: Drive, folder: LocalPath, blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send no more than so many *blocks*."""
    noted = Journal.block

    def note(self: Journal, token: str, digest: str) -> None:
        noted(self, token, digest)
        if len(self.blocks[token]) == blocks:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "block", note)
        with pytest.raises(KeyboardInterrupt):
            sent(old, new, folder)


def test_it_is_read_back_once(
    old: Given, new: Drive, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block right after it was stored, through the same descriptor; the whole is not opened again."""
    honest, seen = os.pread, list[int]()

    def counted(descriptor: int, size: int, at: int) -> bytes:
        held = honest(descriptor, size, at)
        seen.append(len(held))
        return held

    monkeypatch.setattr(os, "pread", counted)
    assert new.partials is not None
    monkeypatch.setattr(new.partials, "read", lambda token: pytest.fail("it was opened again"))
    outcome = sent(old, new, tmp_path)

    assert ("moved", STORED) == (outcome.bucket, outcome.sha256)
    assert len(CONTENT) == sum(seen)
    assert CONTENT == (tmp_path / "new" / "file").read_bytes()


@pytest.mark.parametrize("first", ["reads back", "does not"])
@pytest.mark.parametrize("then", ["reads back", "does not"])
def test_what_was_cut_off_goes_on(
    old: Given, new: Drive, tmp_path: LocalPath, first: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the blocks that were noted, whoever has read them back; the whole is proven either way."""
    drives = {"reads back": new, "does not": Unread(new)}
    cut_off(old, drives[first], tmp_path, 3, monkeypatch)
    old.starts.clear()
    outcome = sent(old, drives[then], tmp_path)

    assert ("moved", STORED) == (outcome.bucket, outcome.sha256)
    assert CONTENT == (tmp_path / "new" / "file").read_bytes()
    # What the copy has to read back itself is held against marks of one kind: else it is sent anew.
    mixed = (first, then) == ("reads back", "does not")
    assert ([3 * BLOCK, 0] if mixed else [3 * BLOCK]) == old.starts


def test_a_block_that_was_harmed_meanwhile_is_sent_again(
    old: Given, new: Drive, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark tells its block and all before it: the second one is not what was sent, so it goes on behind the first."""
    cut_off(old, new, tmp_path, 3, monkeypatch)
    (held,) = (tmp_path / "new").glob(".lading-parts/*/p-*")
    with open(held, "r+b") as stream:
        stream.seek(BLOCK + 5)
        stream.write(bytes([CONTENT[BLOCK + 5] ^ 1]))
    old.starts.clear()

    assert "moved" == sent(old, new, tmp_path).bucket
    assert [BLOCK] == old.starts
    assert CONTENT == (tmp_path / "new" / "file").read_bytes()


def test_what_hangs_on_behind_the_end_does_not_land(
    old: Given, new: Drive, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All blocks were noted, and then somebody added to the partial: it is sent anew."""
    cut_off(old, new, tmp_path, 6, monkeypatch)
    (held,) = (tmp_path / "new").glob(".lading-parts/*/p-*")
    with open(held, "ab") as stream:
        stream.write(b"garbage")
    monkeypatch.setattr(perform.time, "sleep", lambda seconds: None)
    outcome = sent(old, new, tmp_path)

    assert ("moved", STORED) == (outcome.bucket, outcome.sha256)
    assert CONTENT == (tmp_path / "new" / "file").read_bytes()


def test_a_drive_that_lies_of_one_block(
    old: Given, new: Drive, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lie that passes costs its block; one that stays makes the file fail, and nothing appears."""
    honest, lies = os.pread, [1]

    def lie(descriptor: int, size: int, at: int) -> bytes:
        held = honest(descriptor, size, at)
        if held and at >= 2 * BLOCK and lies[0]:
            lies[0] -= 1
            return bytes(len(held))
        return held

    monkeypatch.setattr(os, "pread", lie)
    monkeypatch.setattr(perform.time, "sleep", lambda seconds: None)
    assert "moved" == sent(old, new, tmp_path).bucket
    assert [0, 2 * BLOCK] == old.starts
    os.unlink(tmp_path / "new" / "file")
    lies[0] = 1000
    outcome = sent(old, new, tmp_path)

    assert ("failed", "truncated") == (outcome.bucket, outcome.code)
    assert not (tmp_path / "new" / "file").exists()


def test_marks_tell_what_they_are(
    old: Given, new: Drive, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal has the SHA-256 of all up to a block where NEW reads back, else the BLAKE3 of the block: docs/decisions/0004."""
    cut_off(old, new, tmp_path, 2, monkeypatch)
    with Journal(tmp_path / "part.jsonl") as journal:
        (marks,) = journal.blocks.values()
    assert [
        hashlib.sha256(CONTENT[:BLOCK]).hexdigest(),
        hashlib.sha256(CONTENT[: 2 * BLOCK]).hexdigest(),
    ] == marks

    other = tmp_path / "other"
    other.mkdir()
    cut_off(old, Unread(new), other, 2, monkeypatch)
    with Journal(other / "part.jsonl") as journal:
        (marks,) = journal.blocks.values()
    assert [mark_of([CONTENT[:BLOCK]]), mark_of([CONTENT[BLOCK : 2 * BLOCK]])] == marks
