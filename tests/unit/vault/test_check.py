"""A check says what is wrong and which snapshots are hit; a repair trusts nothing unchecked."""

from __future__ import annotations

from hashlib import sha256

import pytest

from lading.model.text import Language
from lading.vault.check import check
from lading.vault.findings import KINDS
from lading.vault.locks import Mode, locked
from lading.vault.rebuild import rebuild
from lading.vault.vault import Vault
from lading.vault.words import INDEX, KEYS, PACKS, Kind
from support.vaults import again, content, memory, new_vault, snapshot, some


def repaired(vault: Vault) -> list[str]:
    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="repair") as held:
        return [one.code for one in rebuild(vault, held).findings]


def codes(vault: Vault, *, read_data: bool = False) -> list[str]:
    return sorted({one.code for one in check(vault, read_data=read_data).findings})


def test_a_sound_vault_has_no_findings() -> None:
    """
    Small and large contents, twice the same, an empty one: nothing is found, everything is counted.
    """
    vault = new_vault(memory())
    files = {
        **some(10, 300),
        "empty": b"",
        "twice": some(1, 300)["file-000"],
        "large": some(1, 3 << 20)["file-000"],
    }
    snapshot(vault, files)

    report = check(vault, read_data=True)

    assert [] == report.findings
    assert 1 == report.snapshots
    assert report.records == report.read > 13


def test_a_lost_pack_names_the_snapshots_that_are_hit() -> None:
    """
    The snapshot that needs the pack is named with some of its paths, the other one is not.
    """
    vault = new_vault(memory())
    hit = snapshot(vault, some(4, 900, "a"))
    there = {name for name, _ in vault.store.names(PACKS)}
    snapshot(vault, some(4, 900, "b"), taken=2)
    vault.store.remove(PACKS, sorted(there)[0])

    found = check(again(vault)).findings

    assert {"pack_lost", "snapshot_hit"} == {one.code for one in found}
    assert [f"snapshots/{hit.name}"] == [one.subject for one in found if one.code == "snapshot_hit"]


def test_an_index_that_was_lost_comes_back_from_the_packs() -> None:
    """
    Without any index nothing is found; after the repair every content is there again.
    """
    vault = new_vault(memory())
    files = some(12, 700)
    snapshot(vault, files)
    for name, _ in list(vault.store.names(INDEX)):
        vault.store.remove(INDEX, name)
    assert ["pack_unknown", "snapshot_hit"] == codes(again(vault))

    assert [] == repaired(again(vault))

    assert [] == codes(again(vault), read_data=True)
    for raw in files.values():
        assert raw == content(again(vault), raw)


def test_after_a_repair_a_backup_brings_back_what_was_lost() -> None:
    """
    A lost pack leaves holes; once the index is honest, the same files fill them.
    """
    vault = new_vault(memory())
    files = some(12, 700)
    snapshot(vault, files)
    spot = vault.index.find(vault.master.id_of(Kind.FILE, sha256(files["file-000"]).digest()))
    assert spot
    vault.store.remove(PACKS, spot.pack.hex())
    repaired(again(vault))
    assert ["snapshot_hit"] == codes(again(vault))

    snapshot(again(vault), files, taken=2)

    assert [] == codes(again(vault), read_data=True)


def test_a_lost_key_slot_is_told_from_none() -> None:
    """
    A slot that a snapshot saw and that nobody removed is missed.
    """
    vault = new_vault(memory())
    snapshot(vault, some(1, 10))
    vault.store.remove(KEYS, next(vault.store.names(KEYS))[0])

    assert ["slot_lost"] == codes(again(vault))


@pytest.mark.parametrize("code", KINDS)
def test_every_finding_is_said_in_both_languages(code: str) -> None:
    """
    Sentence and remedy exist in English and Chinese.
    """
    for text in (KINDS[code].says, KINDS[code].remedy):
        assert text.en
        assert any(
            "\u4e00" <= letter <= "\u9fff" for letter in text.to(Language.ZH, **dict.fromkeys(_PLACES, ""))
        )


_PLACES = ("subject", "why", "found", "expected", "count", "where", "who", "size")
