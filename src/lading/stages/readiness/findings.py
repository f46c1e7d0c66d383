"""
The words of an assessment: rules, findings, and who has to act on them.

A rule is what is known beforehand: its code, why it matters, what to do, who taught it.  A finding is a rule that
was met: where, how often, by which figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from lading.model.text import Text


class Severity(IntEnum):
    """How much a finding weighs; a higher one is worse."""

    ADVICE = 0
    """The upgrade succeeds without it; it would be better with it."""
    RISK = 1
    """The upgrade may fail, or some people may suffer: somebody has to decide."""
    BLOCKER = 2
    """The upgrade must not start before this is fixed, or waived where that is allowed."""


class Family(StrEnum):
    """What a check looks at."""

    COMPATIBILITY = "compatibility"
    NETWORK = "network"
    SERVERS = "servers"
    CONTENT = "content"
    RIGHTS = "rights"
    BUDGETS = "budgets"
    MANAGEMENT = "management"


class Owner(StrEnum):
    """Whose job it is to act; a campaign puts a name to each."""

    IT_LEAD = "it_lead"
    NETWORK_TEAM = "network_team"
    SERVER_TEAM = "server_team"
    DESKTOP_TEAM = "desktop_team"
    SECURITY = "security"
    BUSINESS_OWNER = "business_owner"
    DEPARTMENT_HEAD = "department_head"
    PROVIDER = "provider"


OWNERS: Mapping[str, Text] = {
    Owner.IT_LEAD: Text("IT lead", "IT 负责人"),
    Owner.NETWORK_TEAM: Text("Network team", "网络团队"),
    Owner.SERVER_TEAM: Text("Server team", "服务器团队"),
    Owner.DESKTOP_TEAM: Text("Desktop team", "桌面支持团队"),
    Owner.SECURITY: Text("Security", "信息安全"),
    Owner.BUSINESS_OWNER: Text("Business owner", "业务负责人"),
    Owner.DEPARTMENT_HEAD: Text("Department head", "部门负责人"),
    Owner.PROVIDER: Text("Provider", "服务商"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What is known before anything is looked at.

    *code* is stable, `family.words_with_underscores`.  *severity* is the worst that its findings may have.  *title* is
    one line, *reason* says why it makes upgrades fail, *remedy* what its *owner* has to do, *taught* the public
    incident, standard or product limit behind it, with an address where there is one.  None of them has places.
    """

    code: str
    severity: Severity
    owner: Owner
    title: Text
    reason: Text
    remedy: Text
    taught: Text
    waivable: bool = True

    @property
    def family(self) -> Family:
        """The family that the code begins with."""
        return Family(self.code.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Hit:
    """
    People whom a finding hits: how many of a *department* or *branch* (each "" if not known).

    *critical* are those among them whom a wave cannot do without.
    """

    people: int
    department: str = ""
    branch: str = ""
    critical: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """
    A rule that was met.

    *subject* names what it is about (a path, a host, a branch, a program; "" is the whole drive), *count* how many
    objects.  *says* is the sentence with its figures filled in.  *evidence* holds the figures, and names the files,
    behind it: plain JSON.  *wave* is "" where it concerns all.
    """

    rule: Rule
    severity: Severity
    subject: str
    count: int
    says: Text
    evidence: Mapping[str, Any] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    wave: str = ""

    @property
    def key(self) -> str:
        """What stays the same from one assessment to the next."""
        return "|".join((self.rule.code, self.wave, self.subject))


Judge = Callable[[Any], Iterable[Finding]]
"""Facts of one class to findings: pure."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: the class of the facts it judges, its rules, and the judgement itself."""

    of: type
    rules: tuple[Rule, ...]
    judge: Judge
