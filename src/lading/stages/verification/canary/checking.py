"""
Look at all canaries of a kit on one drive, and judge each.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.api import Drive
from lading.model.errors import DriveError, NotFound, WrongKind
from lading.model.paths import Path

from .judging import Verdict, Yard, judge, judge_page
from .kit import README, Kit, folder_name, page
from .looking import look, passes
from .places import computed, listed, names_of
from .planting import read
from .table import CANARIES


@dataclass(frozen=True, slots=True)
class Where:
    """
    *kit* as it was planted, and where it is on the drive that is looked at.

    *base* is its folder there, None if it was not found directly in *under*; *mapped* is the list of names of the transfer.
    """

    kit: Kit
    base: Path | None
    under: Path
    mapped: str | None = None


def check(drive: Drive, where: Where, kit: Kit, announced: frozenset[str]) -> tuple[Verdict, ...]:
    """
    What became of the page and of each canary; *kit* has the people by the ids of this *drive*.

    *announced* are codes of losses that are expected.

    Raises:
        BadRequest: the list of names cannot be understood.
        DriveError: the drive as a whole does not answer.
    """
    rules = drive.profile.names
    base = where.base or (*where.under, folder_name(kit.campaign, rules))
    names = names_of(where.mapped, kit) if where.mapped is not None else None
    places = listed(kit, base, names) if names else computed(kit, base, rules)
    yard = Yard(kit, drive.profile, announced)
    found = judge_page(_page(drive, base), page(where.kit))
    return found, *(judge(canary, look(drive, canary, kit, places), yard) for canary in CANARIES)


def _page(drive: Drive, base: Path) -> bytes | None:
    try:
        return read(drive, (*base, README))
    except (NotFound, WrongKind):
        return None
    except DriveError as problem:
        if not passes(problem):
            raise
        return None
