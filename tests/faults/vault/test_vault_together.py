"""
Several processes on one vault: who removes is alone, and no key seals twice with one nonce.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from lading.model.errors import Busy, Internal
from lading.vault.locks import Mode, locked, locks
from lading.vault.vault import Vault
from support.vaults import folder, memory, new_vault

ROUNDS = 25


def try_to_be_alone(vault: Vault, flag: Path, seed: int) -> int:
    """Take the lock again and again; 2 if somebody else was inside at the same time."""
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        try:
            with locked(vault.store, vault.master, Mode.ALONE, who=str(seed), purpose="prune"):
                try:
                    os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    return 2
                time.sleep(dice.random() / 200)
                flag.unlink()
        except Busy:
            time.sleep(dice.random() / 200)
    return 0


def test_never_two_are_alone_at_once(tmp_path: Path) -> None:
    """
    Four processes want to be alone; no two ever are, and no lock is left.
    """
    vault = new_vault(folder(tmp_path / "vault"))
    children = []
    for seed in range(4):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = try_to_be_alone(vault, tmp_path / "inside", seed)
            finally:
                os._exit(code)
        children.append(child)

    assert [0] * 4 == [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert [] == list(locks(vault.store, vault.master))
    assert not (tmp_path / "inside").exists()


def test_a_pack_begun_before_a_fork_is_not_gone_on_with() -> None:
    """
    The child refuses to hand it over: parent and child would seal two contents with the same key and nonce.
    """
    vault = new_vault(memory())
    writer, packer = vault.writer()
    writer.add([b"of both"])
    child = os.fork()
    if child == 0:
        try:
            writer.add([b"of the child"])
            packer.flush()
        except Internal:
            os._exit(7)
        finally:
            os._exit(1)

    assert 7 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    packer.flush()
    assert 1 == len(packer.made)
