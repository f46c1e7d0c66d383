"""Locks: writers share, whoever removes is alone, and no clock decides."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from lading.connectors.wrap.readonly import ReadOnlyDrive
from lading.model.errors import BadVault, Busy, ReadOnly
from lading.vault.locks import Mode, locked, locks, unlock
from lading.vault.machine import Process, is_dead, this_process
from lading.vault.notes import write
from lading.vault.store import Store
from lading.vault.vault import Vault
from lading.vault.words import LOCKS
from support.vaults import memory, new_vault

HERE = Process("nas", "machine", "boot-1", "pid:[4026531836]", 42, "1000")


def leave_lock(vault: Vault, process: Process, mode: Mode = Mode.SHARED, since: int = 1) -> None:
    told = {"mode": mode, "who": "ben", "purpose": "backup", "since": since, **process._asdict()}
    write(vault.store, vault.master, LOCKS, told)


def held(vault: Vault, mode: Mode):
    return locked(vault.store, vault.master, mode, who="ann", purpose="work")


def test_writers_share() -> None:
    """
    Two at once, and nothing is left when they end.
    """
    vault = new_vault(memory())
    with held(vault, Mode.SHARED), held(vault, Mode.SHARED):
        assert 2 == len(list(locks(vault.store, vault.master)))

    assert [] == list(locks(vault.store, vault.master))


@pytest.mark.parametrize(
    ("first", "second"), [(Mode.SHARED, Mode.ALONE), (Mode.ALONE, Mode.SHARED), (Mode.ALONE, Mode.ALONE)]
)
def test_who_removes_is_alone(first: Mode, second: Mode) -> None:
    """
    The second is told who is at work, leaves nothing behind, and may come when the first has ended.
    """
    vault = new_vault(memory())
    with held(vault, first):
        with pytest.raises(Busy, match="work of ann"):
            with held(vault, second):
                pytest.fail("both at once")
        assert 1 == len(list(locks(vault.store, vault.master)))

    with held(vault, second):
        pass


def test_the_lock_of_a_dead_process_goes_by_itself() -> None:
    """
    A process of this host that ended without removing its lock holds nobody up.
    """
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with open(f"/proc/{child.pid}/stat") as stream:
        began = stream.read().rpartition(")")[2].split()[19]
    vault = new_vault(memory())
    leave_lock(vault, this_process()._replace(number=child.pid, began=began))
    with pytest.raises(Busy):
        with held(vault, Mode.ALONE):
            pass
    child.communicate(b"\n")

    with held(vault, Mode.ALONE):
        assert 1 == len(list(locks(vault.store, vault.master)))


@pytest.mark.parametrize("since", [0, 1, 2**62], ids=["1970", "long ago", "2116"])
def test_no_clock_ends_a_lock(since: int) -> None:
    """
    A lock of another host stays, whatever its time says, until a person removes it.
    """
    vault = new_vault(memory())
    leave_lock(vault, HERE, since=since)
    with pytest.raises(Busy, match="ben on nas"):
        with held(vault, Mode.ALONE):
            pass

    for lock in list(locks(vault.store, vault.master)):
        unlock(vault.store, lock.name)

    with held(vault, Mode.ALONE):
        pass


def test_a_store_that_takes_nothing_can_be_read_without_a_lock() -> None:
    """
    Where no lock can be written, a reader goes on and whoever needs one does not.
    """
    vault = new_vault(memory())
    closed = Store(ReadOnlyDrive(vault.store.drive))

    with locked(closed, vault.master, Mode.SHARED, who="ann", purpose="check", needed=False):
        assert [] == list(locks(closed, vault.master))
    with pytest.raises(ReadOnly):
        with locked(closed, vault.master, Mode.ALONE, who="ann", purpose="prune"):
            pass


def test_who_lost_the_lock_does_not_go_on() -> None:
    """
    A lock that somebody removed is noticed before anything is removed under it.
    """
    vault = new_vault(memory())
    with held(vault, Mode.ALONE) as own:
        own.confirm()
        unlock(vault.store, own.name)

        with pytest.raises(Busy):
            own.confirm()


def test_a_lock_that_nobody_with_the_key_wrote_is_refused() -> None:
    """
    A stranger cannot make himself the holder.
    """
    vault = new_vault(memory())
    vault.store.put(LOCKS, b"LDGNOTE\x01" + bytes(80))

    with pytest.raises(BadVault):
        with held(vault, Mode.SHARED):
            pass


ALIVE, DEAD = False, True


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, DEAD),  # number 42 of boot-1 does not exist with that start
        ({"boot": "boot-2"}, DEAD),
        ({"boot": "boot-2", "host": "other"}, ALIVE),
        ({"boot": "boot-2", "machine": "other"}, ALIVE),
        ({"boot": "boot-2", "space": "pid:[4026532001]"}, ALIVE),
        ({"space": "pid:[4026532001]"}, ALIVE),
        ({"boot": ""}, ALIVE),
        ({"began": ""}, ALIVE),
    ],
)
def test_only_what_is_certainly_dead_counts_as_dead(change: dict[str, str], verdict: bool) -> None:
    """
    Another boot of the same host is dead; another host, another container or an unknown one is not.
    """
    us = HERE._replace(number=os.getpid(), began="7")

    assert verdict == is_dead(HERE._replace(number=2**22 + 1, **change), us)


def test_we_are_alive() -> None:
    """
    A process finds itself alive, now and later.
    """
    us = this_process()
    time.sleep(0)

    assert not is_dead(us, this_process())
