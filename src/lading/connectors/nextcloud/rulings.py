"""
What the rules of a team folder mean.

A rule sets some bits for somebody and leaves the others as they come from above; of
several rules at one place the one that allows wins.  Here a rule that takes bits away
is a denial.  Where a rule gives back what one above took away, the list of the entry
begins anew (`reset`) with all that holds there.  Who is in two groups of which one is
denied and the other allowed has more on Nextcloud than is told here, never less: the
denial counts.  No rule gives more than the team folder itself gives, so allowances
that give nothing back are not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

from lading.connectors.nextcloud.shares import denied_role, role_of, words_of
from lading.connectors.nextcloud.tree import NC, Response
from lading.model.access import ANYBODY, Effect, Grant, Principal, PrincipalKind
from lading.model.paths import Path

INHERITED = "inherited"
RULE = "rule"
_MARKS = {"user": "", "group": "group:", "circle": "team:"}


class Rule(NamedTuple):
    """*mask* says which bits are set to those of *bits*; *who* is the id of a principal."""

    who: str
    mask: int
    bits: int

    @property
    def denied(self) -> int:
        """The bits that are taken away."""
        return self.mask & ~self.bits

    @property
    def allowed(self) -> int:
        """The bits that are given, if something above took them away."""
        return self.mask & self.bits


class Standing(NamedTuple):
    """The rules of an entry: its *own*, and what holds from above, put together for each principal."""

    own: tuple[Rule, ...]
    inherited: tuple[Rule, ...]


def standing_of(told: Response) -> Standing:
    """The rules that *told* tells; who may not manage them is told none."""
    return Standing(_rules(told, "acl-list"), _rules(told, "inherited-acl-list"))


def granted_of(path: Path, groups: Mapping[str, int], *, inherited: bool = False) -> Iterator[Grant]:
    """What the team folder at *path* gives its groups: bits by the id of a principal."""
    for who, bits in sorted(groups.items()):
        role, source = role_of(bits, folder=True), INHERITED if inherited else ""
        yield Grant(path, principal(who), words_of(bits), source=source, role=role)


def ruled(
    path: Path, standing: Standing, groups: Mapping[str, int], *, inherited: bool = False
) -> Iterator[Grant]:
    """The grants that the own rules of *standing* are, on an entry of a team folder that gives *groups*."""
    source = INHERITED if inherited else RULE
    above = {rule.who: rule.denied for rule in standing.inherited}
    given_back = any(rule.allowed & above.get(rule.who, 0) for rule in standing.own)
    if not given_back:
        for rule in standing.own:
            yield from _denial(path, rule.who, rule.denied, source)
        return
    yield Grant(path, ANYBODY, frozenset(), Effect.RESET, source=source)
    yield from granted_of(path, groups)
    now = dict(above)
    for rule in standing.own:
        now[rule.who] = (now.get(rule.who, 0) & ~rule.allowed) | rule.denied
    for who, denied in now.items():
        yield from _denial(path, who, denied, source)


def principal(who: str) -> Principal:
    """Whom an id names."""
    kind = PrincipalKind.GROUP if ":" in who else PrincipalKind.PERSON
    return Principal(kind, who)


def _denial(path: Path, who: str, denied: int, source: str) -> Iterator[Grant]:
    if denied & 0x1F:
        words = words_of(denied)
        yield Grant(path, principal(who), words, Effect.DENY, source=source, role=denied_role(denied))


def _rules(told: Response, name: str) -> tuple[Rule, ...]:
    node = told.properties.get(NC + name)
    return () if node is None else tuple(_rule(one) for one in node.iter(NC + "acl"))


def _rule(node: Element) -> Rule:
    kind = node.findtext(NC + "acl-mapping-type") or "group"
    who = _MARKS.get(kind, f"{kind}:") + (node.findtext(NC + "acl-mapping-id") or "")
    return Rule(who, _number(node, "acl-mask"), _number(node, "acl-permissions"))


def _number(node: Element, name: str) -> int:
    text = (node.findtext(NC + name) or "").strip()
    return int(text) if text.isdecimal() else 0
