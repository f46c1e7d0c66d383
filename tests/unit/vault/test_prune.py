"""Prune removes what nothing needs, and nothing else."""

from __future__ import annotations

import pytest

from lading.model.errors import BadRequest, BadVault
from lading.vault.check import check
from lading.vault.forget import forget, verdicts
from lading.vault.keeps import Why, keep, release
from lading.vault.locks import Mode, locked
from lading.vault.prune import plan_prune
from lading.vault.retention import Policy
from lading.vault.snapshots import snapshots
from lading.vault.words import PACKS
from support.vaults import again, content, memory, new_vault, pruned, snapshot, some


def test_a_vault_without_waste_is_left_alone() -> None:
    """
    After a backup there is nothing to prune, and a prune changes no object.
    """
    vault = new_vault(memory())
    snapshot(vault, some(20, 500))
    before = sorted(vault.store.names(PACKS))

    assert pruned(vault).idle
    assert before == sorted(vault.store.names(PACKS))


def test_tiny_contents_are_not_written_anew_again_and_again() -> None:
    """
    A pack whose table is larger than its records is as full as any other.
    """
    vault = new_vault(memory())
    snapshot(vault, {str(number): b"%d" % number for number in range(300)})

    assert pruned(vault).idle


def test_what_a_forgotten_snapshot_alone_needed_goes() -> None:
    """
    Contents of the forgotten snapshot are gone, those of the other are there, and the store got smaller.
    """
    vault = new_vault(memory())
    old, new = some(40, 500, "old"), some(10, 500, "new")
    shared = {name: old[name] for name in list(old)[::9]}
    first = snapshot(vault, old)
    snapshot(vault, {**new, **shared}, taken=2)
    before = sum(size for _, size in vault.store.names(PACKS))
    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="forget") as held:
        forget(vault, [first.name], held)

    plan = pruned(again(vault))

    left = again(vault)
    assert plan.rewrite
    assert sum(size for _, size in vault.store.names(PACKS)) < before / 2
    for raw in [*new.values(), *shared.values()]:
        assert raw == content(left, raw)
    with pytest.raises(BadVault):
        content(left, old["oldfile-001"])
    assert check(left, read_data=True).sound
    assert pruned(again(vault)).idle


def test_a_pack_that_no_index_knows_is_removed_and_never_read() -> None:
    """
    What an interrupted writer left is no content of the vault, and goes with the next prune.
    """
    vault = new_vault(memory())
    snapshot(vault, some(3, 500))
    writer, _ = vault.writer()
    writer.add([b"never published" * 40])
    writer.flush()

    assert 1 == len(pruned(again(vault)).unknown)
    assert check(again(vault), read_data=True).findings == []


def test_what_a_campaign_needs_cannot_be_forgotten() -> None:
    """
    Neither by name nor by a rule, until the campaign lets it go.
    """
    vault = new_vault(memory())
    first = snapshot(vault, some(2, 100))
    snapshot(vault, some(2, 100, "b"), taken=2)
    keep(vault.store, vault.master, first.name, Why.CAMPAIGN, "move-2026", who="ann")

    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="forget") as held:
        with pytest.raises(BadRequest, match="move-2026"):
            forget(vault, [first.name], held)
    assert [True, True] == [it.stays for it in verdicts(vault, Policy(last=1), now=10)]
    assert 1 == release(vault.store, vault.master, Why.CAMPAIGN, "move-2026")
    assert [True, False] == [it.stays for it in verdicts(vault, Policy(last=1), now=10)]


def test_a_snapshot_that_a_campaign_needs_and_that_is_gone_stops_the_prune() -> None:
    """
    Its contents would be the next to go.
    """
    vault = new_vault(memory())
    first = snapshot(vault, some(2, 100))
    keep(vault.store, vault.master, first.name, Why.CAMPAIGN, "move-2026", who="ann")
    vault.store.remove("snapshots", first.name)

    with pytest.raises(BadVault):
        plan_prune(again(vault))


def test_each_drive_is_judged_for_itself() -> None:
    """
    A rule that keeps one snapshot keeps one of each drive; all are still there until they are forgotten.
    """
    vault = new_vault(memory())
    for number, place in enumerate(("/a", "/a", "/b")):
        snapshot(vault, some(1, 50, str(number)), taken=number + 1, place=place)

    assert [True, False, True] == [it.stays for it in verdicts(vault, Policy(last=1), now=10)]
    assert 3 == len(list(snapshots(vault.store, vault.master)))


@pytest.mark.parametrize("harm", ["lost", "cut short"])
def test_the_good_copy_of_what_is_stored_twice_stays(harm: str) -> None:
    """
    A backup stored again what lay in a lost or torn pack; a prune before any repair keeps what can be read.
    """
    vault = new_vault(memory())
    files = some(6, 600)
    snapshot(vault, files)
    for name, _ in list(vault.store.names(PACKS)):
        whole = vault.store.whole(PACKS, name)
        vault.store.remove(PACKS, name)
        if harm == "cut short":
            vault.store.put_named(PACKS, name, [whole[:-1]])
    healing = again(vault)
    healing.load(present=True)
    snapshot(healing, files)

    pruned(again(vault))

    assert [] == check(again(vault), read_data=True).findings
    for raw in files.values():
        assert raw == content(again(vault), raw)
