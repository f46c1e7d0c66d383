"""Who can open a vault: slots added, removed, rotated, and what a foreign server may put in their place."""

from __future__ import annotations

import json

import pytest

from lading.model.errors import BadRequest, BadVault, WrongKey
from lading.vault.keyring import State, add_key, known_keys, named, remove_key, rotate_key
from lading.vault.keys import secret_of, slot_from
from lading.vault.vault import open_vault, slots
from lading.vault.words import KEYS
from support.vaults import SECRET, memory, new_vault, snapshot, some


def test_each_of_several_secrets_opens_the_vault() -> None:
    """
    A passphrase and the content of a key file open the same vault; another secret does not.
    """
    vault = new_vault(memory())
    add_key(vault.store, vault.opened, bytes(range(256)), label="file")

    assert vault.opened == open_vault(vault.store.drive, SECRET)
    assert vault.opened == open_vault(vault.store.drive, bytes(range(256)))
    with pytest.raises(WrongKey):
        open_vault(vault.store.drive, b"another")


def test_a_removed_slot_opens_nothing_and_is_remembered() -> None:
    """
    What a snapshot saw and somebody removed is not lost.
    """
    vault = new_vault(memory())
    other = add_key(vault.store, vault.opened, b"other", label="ben")
    seen = snapshot(vault, some(1, 10)).slots

    remove_key(vault.store, vault.opened, other, who="ann")

    with pytest.raises(WrongKey):
        open_vault(vault.store.drive, b"other")
    states = {it.label: it.state for it in known_keys(vault.store, vault.opened, seen)}
    assert {"first": State.THERE, "ben": State.REMOVED} == states


def test_the_last_slot_stays() -> None:
    """
    Also when the others are there but damaged.
    """
    vault = new_vault(memory())
    (only,) = slots(vault.store)
    vault.store.put(KEYS, b"{}")

    with pytest.raises(BadRequest):
        remove_key(vault.store, vault.opened, only, who="ann")
    assert vault.opened == open_vault(vault.store.drive, SECRET)


def test_rotation_gives_a_slot_another_secret() -> None:
    """
    The old secret opens nothing any more, the new one does, the label stays.
    """
    vault = new_vault(memory())
    (old,) = slots(vault.store)

    new = rotate_key(vault.store, vault.opened, named(vault.store, old[:8]), b"fresh", who="ann")

    assert vault.opened == open_vault(vault.store.drive, b"fresh")
    assert ["first"] == [slots(vault.store)[new].label]
    with pytest.raises(WrongKey):
        open_vault(vault.store.drive, SECRET)


@pytest.mark.parametrize(
    "change",
    [
        {"memory_kib": 1 << 30},
        {"memory_kib": 0},
        {"passes": 10**9},
        {"passes": 0},
        {"lanes": 0},
        {"lanes": 10**6},
        {"salt": ""},
        {"salt": "AAAA"},
        {"sealed": ""},
        {"made": 1e999},
        {"kdf": "none"},
        {"label": None},
    ],
)
def test_a_slot_of_a_stranger_costs_nothing(change: dict[str, object]) -> None:
    """
    Whatever it asks for, it is refused before any work is done, and the good slot still opens.
    """
    vault = new_vault(memory())
    (slot,) = slots(vault.store).values()
    hostile = json.dumps({**json.loads(slot.content()), **change}, sort_keys=True).encode() + b"\n"
    vault.store.put(KEYS, hostile)

    with pytest.raises(BadVault):
        slot_from(hostile, "name")
    assert vault.opened == open_vault(vault.store.drive, SECRET)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{" * 100_000, b"[" * 100_000, b"\xff", b"1" * 10_000]
)
def test_what_is_no_slot_is_refused(content: bytes) -> None:
    """
    No content of a file in `keys` ends in anything but `BadVault`.
    """
    with pytest.raises(BadVault):
        slot_from(content, "name")


def test_a_slot_with_another_label_is_another_slot() -> None:
    """
    Nobody without the key gives a slot another label or time.
    """
    vault = new_vault(memory())
    (name, slot), *_ = slots(vault.store).items()
    told = {**json.loads(slot.content()), "label": "somebody else"}
    vault.store.remove(KEYS, name)
    vault.store.put(KEYS, json.dumps(told, sort_keys=True).encode() + b"\n")

    with pytest.raises(WrongKey):
        open_vault(vault.store.drive, SECRET)


def test_a_flood_of_slots_is_refused() -> None:
    """
    A server that lists thousands of slots does not keep us busy for days.
    """
    vault = new_vault(memory())
    for number in range(100):
        vault.store.put(KEYS, b"%d" % number)

    with pytest.raises(BadVault):
        open_vault(vault.store.drive, b"whatever")


def test_a_passphrase_is_the_same_however_it_was_typed() -> None:
    """
    Composed and decomposed characters give one secret.
    """
    assert secret_of("Zu\u0308rich 项目") == secret_of("Z\u00fcrich 项目")
