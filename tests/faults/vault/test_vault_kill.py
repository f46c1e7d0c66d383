"""
A vault under SIGKILL: whatever dies where, every snapshot that was kept is whole.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lading.model import failpoints
from lading.vault import keyring, prune, rebuild
from lading.vault.check import check
from lading.vault.forget import forget
from lading.vault.keyring import State, known_keys, rotate_key
from lading.vault.locks import Mode, locked, locks
from lading.vault.rebuild import rebuild as write_anew
from lading.vault.snapshots import snapshots
from lading.vault.store import Store
from lading.vault.vault import Vault, open_vault, slots
from support.vaults import again, content, folder, new_vault, pruned, snapshot, some

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def killed(work: Callable[[], object]) -> bool:
    """Do *work* in a process of its own; whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code != 0


def arm(point: str, count: int) -> None:
    """Kill this process when it comes to *point* for the *count*th time; `any change`: before a change of the store."""
    if point != "any change":
        failpoints._NAME, failpoints._left = point, count
        return
    left = [count]
    for name in ("_write", "remove"):
        real = getattr(Store, name)

        def call(*arguments: object, real: Callable[..., object] = real) -> object:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        setattr(Store, name, call)


def every_moment(point: str, work: Callable[[], object]) -> Iterator[int]:
    """Kill *work* at its first moment, its second …, until it outlives the choice."""
    for moment in range(1, 300):
        if not killed(lambda moment=moment: (arm(point, moment), work())):  # type: ignore[misc]
            return
        yield moment
    pytest.fail("it never ended")


def demand_sound(vault: Vault) -> None:
    """Every snapshot is whole; what is left over may be."""
    report = check(again(vault), read_data=True)
    assert report.sound, [one.code for one in report.findings]


@pytest.mark.parametrize("point", [*prune.FAILPOINTS, "any change"])
def test_a_prune_killed_anywhere_leaves_a_whole_vault(tmp_path: Path, point: str) -> None:
    """
    What the snapshot needs is there after every kill, nobody is locked out, and a last prune ends the work.
    """
    vault = new_vault(folder(tmp_path / "vault"))
    moments = 0
    kept: dict[str, bytes] = {}
    for turn in range(2):
        old = some(30, 500, f"old{turn}")
        gone = snapshot(again(vault), old, taken=2 * turn + 1)
        kept |= {name: old[name] for name in list(old)[::7]}
        snapshot(again(vault), kept, taken=2 * turn + 2)
        with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="forget") as held:
            forget(vault, [gone.name], held)
        for _ in every_moment(point, lambda: pruned(again(vault))):
            demand_sound(vault)
            moments += 1

    for raw in kept.values():
        assert raw == content(again(vault), raw)
    assert moments > 0
    assert pruned(again(vault)).idle
    assert [] == check(again(vault), read_data=True).findings


def test_a_backup_killed_anywhere_harms_no_snapshot(tmp_path: Path) -> None:
    """
    A snapshot is there whole or not at all, and the next run succeeds.
    """
    vault = new_vault(folder(tmp_path / "vault"))
    snapshot(vault, some(5, 500))
    files = some(30, 500, "new")
    moments = 0
    for _ in every_moment("any change", lambda: snapshot(again(vault), files, taken=2)):
        demand_sound(vault)
        moments += 1

    assert moments > 4
    assert 2 == len(list(snapshots(vault.store, vault.master)))
    pruned(again(vault))
    assert [] == check(again(vault), read_data=True).findings


@pytest.mark.parametrize("point", [*rebuild.FAILPOINTS, "any change"])
def test_a_repair_killed_anywhere_can_be_done_again(tmp_path: Path, point: str) -> None:
    """
    The contents stay where they are, and a repair that ends leaves nothing to find.
    """
    vault = new_vault(folder(tmp_path / "vault"))
    files = some(30, 500)
    for number in range(3):
        snapshot(again(vault), dict(list(files.items())[: 10 * number + 10]), taken=number + 1)

    def work() -> None:
        with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="repair") as held:
            write_anew(again(vault), held)

    moments = 0
    for _ in every_moment(point, work):
        demand_sound(vault)
        moments += 1

    assert moments > 0
    assert [] == check(again(vault), read_data=True).findings


@pytest.mark.parametrize("point", [*keyring.FAILPOINTS, "any change"])
def test_a_rotation_killed_anywhere_locks_nobody_out(tmp_path: Path, point: str) -> None:
    """
    The old secret or the new one opens the vault, and no slot counts as lost.
    """
    vault = new_vault(folder(tmp_path / "vault"), b"old")
    seen = set(slots(vault.store))
    secrets = [b"old"]
    moments = 0

    def work() -> None:
        rotate_key(vault.store, vault.opened, sorted(slots(vault.store))[0], secrets[-1], who="ann")

    for moment in range(1, 20):
        secrets.append(b"secret %d" % moment)
        was_killed = killed(lambda moment=moment: (arm(point, moment), work()))  # type: ignore[misc]
        opening = [secret for secret in secrets if opens(vault, secret)]
        assert opening
        seen |= set(slots(vault.store))
        states = {it.state for it in known_keys(vault.store, vault.opened, seen)}
        assert State.LOST not in states
        moments += was_killed
        if not was_killed:
            break

    assert moments > 0


def opens(vault: Vault, secret: bytes) -> bool:
    try:
        return open_vault(vault.store.drive, secret) == vault.opened
    except Exception:
        return False


def test_a_killed_run_leaves_a_lock_that_goes_by_itself(tmp_path: Path) -> None:
    """
    The next one is not held up.
    """
    vault = new_vault(folder(tmp_path / "vault"))

    def work() -> None:
        with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="prune"):
            os.kill(os.getpid(), signal.SIGKILL)

    assert killed(work)
    assert 1 == len(list(locks(vault.store, vault.master)))

    assert pruned(again(vault)).idle
    assert [] == list(locks(vault.store, vault.master))
