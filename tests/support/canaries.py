"""Kits of canaries on drives of the test's choice."""

from __future__ import annotations

from typing import Unpack

from lading.connectors.api import Drive
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.store import Settings
from lading.model.access import Lock
from lading.model.paths import Path
from lading.stages.verification.canary.checking import Where, check
from lading.stages.verification.canary.judging import State, Verdict
from lading.stages.verification.canary.kit import SECOND, Kit
from lading.stages.verification.canary.needs import ability_of, holdable, new_kit
from lading.stages.verification.canary.planting import Outcome, Plan, planned, plant
from lading.stages.verification.canary.table import BY_CODE, place
from support.people import peopled

BEGUN = 1_790_000_000 * SECOND
NO_LOSSES: frozenset[str] = frozenset()


class Purse(dict[tuple[str, str], str]):
    """Secrets of links, kept by the test."""

    def keep(self, code: str, name: str, secret: str) -> None:
        """Keep one."""
        self[code, name] = secret


def bare(under: Path = ()) -> Kit:
    """A kit of which nothing is known but its campaign and where it shall stand."""
    return Kit(campaign="c-1", address="https://old.example/drive", base=under, begun=BEGUN)


def dressed(**settings: Unpack[Settings]) -> MemoryDrive:
    """A drive in memory with a few people, which acts for the last of them."""
    return MemoryDrive(peopled(MemoryStore(**{"account": "1002", **settings})))


def plan_for(drive: Drive, under: Path = ()) -> Plan:
    """The plan for a new kit on *drive*."""
    kit = new_kit(drive, bare(under))
    return planned(kit, holdable(kit, ability_of(drive)))


def planted(drive: Drive, under: Path = ()) -> tuple[Kit, dict[str, Outcome]]:
    """The kit that was planted on *drive*, and what became of each canary."""
    kit, outcomes = plant(drive, plan_for(drive, under), Purse())
    return kit, {it.code: it for it in outcomes}


def whole(drive: MemoryDrive) -> Kit:
    """A kit on *drive* with all canaries: somebody locks the file that is to be locked."""
    kit, _ = planted(drive)
    path = BY_CODE["locked"].parts(kit).locked
    assert path is not None
    drive.store.hang(Lock(place(kit, "locked", path), "1001"))
    return planted(drive)[0]


def checked(drive: Drive, kit: Kit, losses: frozenset[str] = NO_LOSSES) -> tuple[Verdict, ...]:
    """What became of *kit* on the drive it was planted on."""
    return check(drive, Where(kit, kit.base, kit.base[:-1]), kit, losses)


def silent(verdicts: tuple[Verdict, ...]) -> dict[str, State]:
    """The canaries that are not as they were planted."""
    return {it.code: it.state for it in verdicts if it.state is not State.EQUAL}
