"""Whoever computes the digest of a content anyway proves it; what is not what the snapshot tells of never lands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path as LocalPath

import pytest

from lading.connectors.facets import Reader, Wanted
from lading.connectors.memory import MemoryDrive
from lading.connectors.wrap.faults import Fault, FaultyDrive, Harm
from lading.model.entry import Entry, Kind
from lading.model.errors import BadVault, DamagedContent
from lading.model.paths import Path
from lading.stages.transfer.content import proof_left_by
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import Performer, Row
from lading.vault.face import ContentReader
from lading.vault.facets import SnapshotBatch
from lading.vault.together import contents_together
from lading.vault.vault import Vault
from lading.vault.words import ID
from lading.vault.words import Kind as Record
from support.vaults import again, folder, memory, new_vault, some

FILE = ("model.bin",)
IN_ONE_SITTING, IN_BLOCKS = 3 << 20, 9 << 20
LENGTH = 8
"""Bytes that tell the size of a content, before the ids of its pieces."""
SIZES = pytest.mark.parametrize("size", [IN_ONE_SITTING, IN_BLOCKS], ids=["in one sitting", "in blocks"])


class Snapshot(MemoryDrive):
    """OLD: one file, which *vault* keeps under *digest*."""

    def __init__(self, vault: Vault, raw: bytes) -> None:
        super().__init__()
        self.vault, self.digest = vault, sha256(raw).digest()
        self.entry = Entry(FILE, Kind.FILE, len(raw), None, None, self.digest.hex())

    def stat(self, path: Path) -> Entry:
        return self.entry

    @contextmanager
    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Iterator[Reader]:
        yield ContentReader(self.entry, self.vault, self.digest, start)


def kept(raw: bytes, *, reverse: bool) -> Vault:
    """A vault with the content *raw*; with *reverse* its list tells of its pieces in the opposite order."""
    vault = new_vault(memory())
    writer, packer = vault.writer()
    add = packer.add

    def turned(kind: Record, name: bytes, content: bytes) -> None:
        if kind is Record.LIST and reverse:
            pieces = [content[at : at + ID] for at in range(LENGTH, len(content), ID)]
            content = content[:LENGTH] + b"".join(reversed(pieces))
        add(kind, name, content)

    packer.add = turned  # type: ignore[method-assign]
    writer.add(raw[at : at + (1 << 20)] for at in range(0, len(raw), 1 << 20))
    writer.flush()
    vault.publish(packer.made)
    return again(vault)


def restored(old: Snapshot, place: LocalPath) -> Outcome:
    size, etag = old.entry.size, old.entry.etag
    row = Row(0, Action.COPY, FILE, FILE, Kind.FILE, size, None, etag, None, False, None, None, False)
    with folder(place) as new, Journal(place.with_suffix(".jsonl")) as journal:
        return Performer(old, new, journal, lambda count: None).perform(row)


@SIZES
def test_a_large_content_lands_as_it_was(size: int, tmp_path: LocalPath) -> None:
    """The digest that is recorded is that of what has landed."""
    raw = some(1, size)["file-000"]
    outcome = restored(Snapshot(kept(raw, reverse=False), raw), tmp_path / "new")

    assert ("moved", sha256(raw).hexdigest()) == (outcome.bucket, outcome.sha256)
    assert raw == (tmp_path / "new" / FILE[0]).read_bytes()


@SIZES
def test_pieces_in_another_order_never_land(size: int, tmp_path: LocalPath) -> None:
    """Each piece is what it is named after, and the length is right: the digest tells, again and again, and nothing is left."""
    raw = some(1, size)["file-000"]
    old = Snapshot(kept(raw, reverse=True), raw)
    for _ in range(2):
        outcome = restored(old, tmp_path / "new")
        assert ("failed", "damaged_content") == (outcome.bucket, outcome.code)
        assert [] == [it for it in (tmp_path / "new").rglob("*") if it.is_file() and it.stat().st_size]


def test_a_reader_that_is_left_alone_proves_by_itself() -> None:
    """Whoever just reads is told at the end."""
    raw = some(1, IN_ONE_SITTING)["file-000"]
    with pytest.raises(DamagedContent), Snapshot(kept(raw, reverse=True), raw).read(FILE) as reader:
        while reader.read(1 << 20):
            pass


def test_what_is_changed_on_the_way_is_no_proof() -> None:
    """Between us and the snapshot stands something that may give other bytes: then the reader keeps the proof."""
    raw = some(1, IN_ONE_SITTING)["file-000"]
    old = FaultyDrive(Snapshot(kept(raw, reverse=False), raw), [Fault(harm=Harm.FLIP, call="read", at=5)])
    with old.read(FILE) as reader:
        assert proof_left_by(reader) is None


def test_a_record_under_the_name_of_another_is_refused() -> None:
    """A sealed record that holds another content than its name says is not given, however well it is sealed."""
    vault = new_vault(memory())
    asked, given = b"what was asked for", b"what somebody else"
    _, packer = vault.writer()
    packer.add(Record.FILE, vault.master.id_of(Record.FILE, sha256(asked).digest()), given)
    packer.flush()
    vault.publish(packer.made)

    (found,) = contents_together(again(vault), [sha256(asked).digest()])

    assert isinstance(found, BadVault)


def test_a_digest_is_told_with_the_very_object() -> None:
    """Each content of a batch comes with its digest, for that object alone."""
    told: list[tuple[bytes, str]] = []
    raw = b"x" * 1000
    vault = kept(raw, reverse=False)

    class Catalog:
        def content(self, path: Path) -> tuple[str, int, bytes]:
            return Kind.FILE.value, len(raw), sha256(raw).digest()

    batch = SnapshotBatch(Catalog(), threading.Lock(), vault)  # type: ignore[arg-type]
    (answer,) = batch.read([Wanted(FILE, proven=lambda *it: told.append(it))])

    assert [(raw, sha256(raw).hexdigest())] == told
    assert told[0][0] is answer
