"""A backup into a vault that lost something, before it or meanwhile: what is missing is stored again, or the backup says so."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import close_drives, drive_for
from lading.connectors.wrap.policy import Policy
from lading.manifest.tables import Feature
from lading.model.errors import BadVault
from lading.stages.backup.backup import Wish, backup
from lading.stages.backup.keeping import Keeping
from lading.vault.snapshots import Snapshot, snapshots
from lading.vault.store import Store
from lading.vault.vault import Vault, make_vault
from lading.vault.words import WHOLE, Kind
from support.scanning import Inline
from support.vaults import SECRET, objects, reopened


class Firm:
    """A drive in a folder, and the vault that it is backed up into by one process."""

    def __init__(self, home: Path) -> None:
        self.home, self.drive, self.store = home, home / "drive", home / "vault"
        self.drive.mkdir()
        self.store.mkdir()
        for number in range(8):
            (self.drive / f"file-{number}").write_bytes(hashlib.shake_256(b"%d" % number).digest(2000))
        address = Address("folder", str(self.store))
        self.keeping = Keeping(address, Policy(), make_vault(drive_for(address, Policy()), SECRET))

    def back_up(self) -> Snapshot:
        wish = Wish(
            Address("folder", str(self.drive)),
            Policy(read_only=True),
            (Feature.GRANTS,),
            str(self.home / "work"),
        )
        self.keeping.fresh()
        return backup(wish, self.keeping, crew=Inline())  # type: ignore[arg-type]

    def opened(self) -> Vault:
        return reopened(drive_for(self.keeping.address, Policy()))

    def objects(self, folder: str) -> list[Path]:
        return [path for where, path in objects(self.store).items() if where.startswith(folder + os.sep)]

    def spoil_list_of(self, file: Path) -> None:
        """Change one byte of the record that tells the pieces of *file*."""
        vault = self.opened()
        digest = hashlib.sha256(file.read_bytes()).digest()
        spot = vault.index.find(vault.master.id_of(Kind.LIST, digest))
        assert spot is not None
        (pack,) = (it for it in self.objects("packs") if it.name == spot.pack.hex())
        raw = bytearray(pack.read_bytes())
        raw[spot.offset] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(raw)

    def holds_all(self) -> bool:
        vault = self.opened()
        raws = [file.read_bytes() for file in self.drive.iterdir()]
        return all(b"".join(vault.content(hashlib.sha256(raw).digest())) == raw for raw in raws)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    yield Firm(tmp_path)
    close_drives()


def test_a_vault_that_lost_all_packs_is_filled_again(firm: Firm) -> None:
    """The manifest of the snapshot before is lost too: nothing is taken over from it."""
    firm.back_up()
    for pack in firm.objects("packs"):
        pack.unlink()

    assert firm.back_up().complete
    assert firm.holds_all()


def test_contents_that_cannot_be_had_back_are_no_backup(firm: Firm) -> None:
    """The list of the pieces of a large file is damaged, of which only reading it can tell: no snapshot claims to hold it."""
    (firm.drive / "large").write_bytes(hashlib.shake_256(b"large").digest(3 * WHOLE))
    firm.back_up()
    firm.spoil_list_of(firm.drive / "large")

    with pytest.raises(BadVault, match="lading vault repair"):
        firm.back_up()
    assert 1 == len(list(snapshots(firm.opened().store, firm.opened().master)))


def test_an_index_written_anew_while_it_is_read_is_read_again(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody replaces what we have listed before we read it: the new one is taken, and nothing fails."""
    vault = firm.opened()
    firm.back_up()
    whole = Store.whole

    def replaced(store: Store, folder: str, name: str, **most: int) -> bytes:
        monkeypatch.undo()
        other = firm.opened()
        packs = other.index.packs
        for old in firm.objects("index"):
            old.unlink()
        other.publish(list(packs))
        return whole(store, folder, "0" * 64)

    monkeypatch.setattr(Store, "whole", replaced)
    vault.refresh()

    assert {pack.name for pack in firm.opened().index.packs} == {pack.name for pack in vault.index.packs}
