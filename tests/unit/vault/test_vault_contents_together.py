"""Many contents are read in few goes, and one that is damaged does not touch the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest

from lading.connectors.conditions import ANYTHING
from lading.connectors.facets import Reader
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.model.errors import BadVault
from lading.model.paths import Path
from lading.vault import packs
from lading.vault.together import contents_together
from lading.vault.words import PACKS, Kind
from lading.vault.worm import packs_needed
from support.vaults import again, new_vault, snapshot, some


class CountingDrive(MemoryDrive):
    """Counts how often something is read."""

    reads = 0

    @contextmanager
    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Iterator[Reader]:
        self.reads += 1
        with super().read(path, start=start, expect=expect) as reader:
            yield reader


@pytest.fixture
def _large_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_SIZE", 1 << 20)


@pytest.mark.usefixtures("_large_packs")
def test_neighbours_are_read_in_one_go() -> None:
    """
    A hundred small files in one pack take one reading, whatever the order they are asked for, and one for its head.
    """
    drive = CountingDrive(MemoryStore())
    files = some(100, 500)
    snapshot(new := new_vault(drive), files)
    vault = again(new)
    before = drive.reads
    wanted = list(files.values())[::-1]

    found = contents_together(vault, [sha256(content).digest() for content in wanted])

    assert wanted == found
    assert 2 == drive.reads - before


def test_what_is_missing_or_large_is_answered_in_its_place() -> None:
    """
    An unknown digest is an error in its place, a content of many pieces comes whole, the same one may be asked for twice.
    """
    vault = new_vault(MemoryDrive(MemoryStore()))
    files = {**some(3, 300), "large": some(1, 3 << 20)["file-000"], "empty": b""}
    snapshot(vault, files)
    wanted = [files["large"], b"nobody kept this", *files.values()]

    found = contents_together(again(vault), [sha256(content).digest() for content in wanted])

    assert isinstance(found[1], BadVault)
    assert [files["large"], *files.values()] == [it for it in found if isinstance(it, bytes)]


def test_a_damaged_record_leaves_its_neighbours() -> None:
    """
    A flipped bit in a pack is the error of the one content that it hits.
    """
    drive = MemoryDrive(MemoryStore())
    files = some(6, 300)
    snapshot(vault := new_vault(drive), files)
    spot = vault.index.find(vault.master.id_of(Kind.FILE, sha256(files["file-002"]).digest()))
    assert spot is not None
    name, place = spot.pack.hex(), ("packs", spot.pack.hex()[:2], spot.pack.hex())
    whole = bytearray(vault.store.part(PACKS, name, 0, vault.store.size(PACKS, name)))
    whole[spot.offset + 5] ^= 1
    drive.write(place, [bytes(whole)], expect=ANYTHING)

    found = contents_together(again(vault), [sha256(content).digest() for content in files.values()])

    good = [it for it in found if isinstance(it, bytes)]
    assert [content for name, content in files.items() if name != "file-002"] == good
    assert isinstance(found[2], BadVault)


def test_packs_that_a_snapshot_needs() -> None:
    """
    Those of its contents and of its manifest, and none of another snapshot's own.
    """
    vault = new_vault(MemoryDrive(MemoryStore()))
    first = snapshot(vault, some(20, 1000), taken=1)
    own = {pack.name for pack in vault.index.packs}
    second = snapshot(vault, some(20, 1000, tag="other "), taken=2)

    assert own == packs_needed(vault, first)
    assert own.isdisjoint(packs_needed(vault, second))
