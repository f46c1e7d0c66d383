"""
Waivers of findings: two people, a reason, an end.  What may not be waived cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lading.model.errors import BadRequest, NotWaivable
from lading.model.text import Text
from lading.stages.readiness.findings import Finding, Rule

WAIVED = "assess.waived"
"""The kind of its record in the ledger."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """*by* two people accept findings of rule *code* (about *subject*, "" is any) for *reason*, through the day *until*."""

    code: str
    by: tuple[str, str]
    reason: str
    until: date
    subject: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether *finding* is one that it accepts, be it expired or not."""
        return (
            finding.rule.waivable and finding.rule.code == self.code and self.subject in ("", finding.subject)
        )


def checked(
    what: Sequence[str],
    by: Sequence[str],
    reason: str,
    until: date | None,
    rules: Mapping[str, Rule],
    today: date,
) -> tuple[Waiver, ...]:
    """
    The waivers of *what* (`CODE` or `CODE:SUBJECT` each).

    Raises:
        BadRequest: there is no such rule, or a waiver is not whole.
        NotWaivable: the rule may not be waived.
    """
    people = [" ".join(name.split()) for name in by]
    if len(people) != 2 or not all(people) or people[0].casefold() == people[1].casefold():
        raise BadRequest(
            "--waived-by",
            Text(
                "name two different people: --waived-by ANNA --waived-by BO",
                "请给出两个不同的人：--waived-by 甲 --waived-by 乙",
            ),
        )
    if not reason.strip():
        raise BadRequest("--reason", Text("say why", "请说明理由"))
    if until is None or until < today:
        raise BadRequest("--until", Text("name a day that is not past", "请给出尚未过去的日期"))
    made = []
    for text in what:
        code, _, subject = text.partition(":")
        _insist_waivable(code, rules)
        made.append(Waiver(code, (people[0], people[1]), reason.strip(), until, subject))
    return tuple(made)


def _insist_waivable(code: str, rules: Mapping[str, Rule]) -> None:
    if code not in rules:
        en, zh = (
            f"there is no rule {code!r}; see docs/manual/checks.md",
            f"没有规则 {code!r}；见 docs/manual/checks.zh-CN.md",
        )
        raise BadRequest("--waive", Text(en, zh))
    if not rules[code].waivable:
        raise NotWaivable(code, rules[code].title)


def to_facts(waiver: Waiver) -> dict[str, Any]:
    """*waiver* as its record in the ledger has it."""
    return {
        "code": waiver.code,
        "subject": waiver.subject,
        "by": list(waiver.by),
        "reason": waiver.reason,
        "until": waiver.until.isoformat(),
    }


def from_facts(facts: Mapping[str, Any]) -> Waiver:
    """
    The waiver that a record of the ledger tells.

    Raises:
        KeyError, TypeError, ValueError: it tells none.
    """
    one, other = facts["by"]
    return Waiver(
        str(facts["code"]),
        (str(one), str(other)),
        str(facts["reason"]),
        date.fromisoformat(facts["until"]),
        str(facts["subject"]),
    )
