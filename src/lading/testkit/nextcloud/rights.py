"""Permission bits, their letters, and the advanced rules of team folders: plain values, nothing is looked up."""

from collections.abc import Iterable
from dataclasses import dataclass

READ, UPDATE, CREATE, DELETE, SHARE = 1, 2, 4, 8, 16
ALL = 31


@dataclass(frozen=True, slots=True)
class Rule:
    """One advanced rule: where *mask* has a bit, *bits* decides it; elsewhere what lies above does."""

    kind: str  # user, group or circle
    id: str
    mask: int
    bits: int

    def applied(self, bits: int) -> int:
        return (bits & ~self.mask) | (self.bits & self.mask)


def merged(rules: Iterable[Rule]) -> Rule:
    """Rules for one person on one node together: an allowance beats a denial."""
    mask = bits = 0
    for rule in rules:
        mask |= rule.mask
        bits |= rule.bits & rule.mask
    return Rule("", "", mask, bits)


def inherited(levels: Iterable[Iterable[Rule]]) -> list[Rule]:
    """What the rules of all folders above say together for each mapping, the uppermost level first."""
    found: dict[tuple[str, str], Rule] = {}
    for rules in levels:
        for rule in rules:
            before = found.get((rule.kind, rule.id), Rule(rule.kind, rule.id, 0, ALL))
            found[rule.kind, rule.id] = Rule(
                rule.kind, rule.id, before.mask | rule.mask, rule.applied(before.bits)
            )
    return [Rule(it.kind, it.id, it.mask, it.bits & it.mask) for it in found.values()]


def letters(
    bits: int, *, folder: bool, shared: bool, mounted: bool, movable_root: bool, fixed_root: bool
) -> str:
    """
    The value of oc:permissions.

    The root of a received share can always be renamed and removed (that is
    leaving it); the root of a team folder or of an external storage never.
    """
    removable = (bits & DELETE or movable_root) and not fixed_root
    renamable = (bits & UPDATE or movable_root) and not fixed_root
    return "".join(
        letter
        for letter, holds in (
            ("S", shared),
            ("R", bits & SHARE),
            ("M", mounted),
            ("G", bits & READ),
            ("D", removable),
            ("NV", renamable),
            ("W", not folder and bits & UPDATE),
            ("CK", folder and bits & CREATE),
        )
        if holds
    )
