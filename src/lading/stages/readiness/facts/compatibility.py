"""What programs people and machines really use to reach the old drive, held against what the new one supports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Users:
    """How many *people* of a *department* and *branch* use something; *critical* of them carry a wave."""

    people: int
    department: str = ""
    branch: str = ""
    critical: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    """
    A program or an operating system in use.

    *kind* is `mount`, `sync`, `office`, `browser`, `script`, `other` or `system`; *versions* counts people by version
    ("" where it does not tell).  *where* is `log` or `devices`.  *calls* are 0 where only a list of devices tells of it.
    """

    name: str
    kind: str
    where: str
    calls: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    users: tuple[Users, ...] = ()
    by_version: Mapping[str, tuple[Users, ...]] = field(default_factory=dict)

    def users_of(self, versions: Iterable[str]) -> tuple[Users, ...]:
        """Those of *versions*, by department and branch; nobody where they were not told by version."""
        found: dict[tuple[str, str], Users] = {}
        for it in (one for version in versions for one in self.by_version.get(version, ())):
            key = it.department, it.branch
            before = found.get(key, Users(0, *key))
            found[key] = Users(before.people + it.people, *key, before.critical + it.critical)
        return tuple(found.values())

    @property
    def people(self) -> int:
        """Everybody who uses it."""
        return sum(it.people for it in self.users)


@dataclass(frozen=True, slots=True)
class Integration:
    """
    A machine that works with the drive by itself: *account* (or address) and its *program*.

    *why* says what gave it away: `account` (its name), `steady` (day and night), `busy` (more calls an hour than a person
    makes).  *operations* counts its calls by method and kind of place; *missing* are those of them that the new system has not.
    """

    account: str
    program: str
    calls: int
    why: tuple[str, ...] = ()
    operations: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    What the new system says of a program or an operating system.

    *support* is `tried`, `untried` or `no`; *minimum* the oldest version that works, "" if any.  *ends* is when its maker
    stops to mend it.  *note* says more, in both languages; *source* an address.
    """

    name: str
    support: str
    version: str = ""
    minimum: str = ""
    ends: date | None = None
    note_en: str = ""
    note_zh: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """
    The clients of an old drive, and the rulings of the new *system* on them.

    *lines* were read from logs, *broken* of them could not be; *first* and *last* are the days they cover.  *unnamed*
    counts addresses whose users no log names.  *unplaced* counts logins that the table of people does not have, None if
    no table was given.
    """

    KIND: ClassVar[str] = "clients"
    VERSION: ClassVar[int] = 1

    system: str
    today: date
    lines: int = 0
    broken: int = 0
    first: date | None = None
    last: date | None = None
    people: int = 0
    unnamed: int = 0
    unplaced: int | None = None
    forgotten: int = 0
    """Calls that were counted in total only, because there were more people or programs than are kept apart."""
    used: tuple[Used, ...] = ()
    integrations: tuple[Integration, ...] = ()
    rulings: tuple[Ruling, ...] = ()


FACTS = (ClientFacts,)
