"""
All checks over all facts.

What nobody looked at is a finding itself: silence never counts as good news.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module

from lading.stages.readiness import checks
from lading.stages.readiness.findings import Check, Family, Finding, Rule


def all_checks() -> tuple[Check, ...]:
    """Every check, by the name of its module."""
    names = sorted(module.name for module in pkgutil.iter_modules(checks.__path__))
    return tuple(import_module(f"{checks.__name__}.{name}").CHECK for name in names)


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by its code."""
    rules = (rule for check in all_checks() for rule in check.rules)
    return tuple(sorted(rules, key=lambda rule: (rule.family, rule.code)))


def judge(facts: Iterable[object]) -> tuple[Finding, ...]:
    """
    The findings about *facts*, each an instance of a class that checks judge; the worst come first.

    Several instances of one class (a probe of each branch, say) are judged one after the other.
    """
    return tuple(sorted(_findings(tuple(facts)), key=lambda it: (-it.severity, it.key)))


def _findings(facts: tuple[object, ...]) -> Iterator[Finding]:
    for check in all_checks():
        for fact in facts:
            if type(fact) is check.of:
                yield from check.judge(fact)


def unlooked(facts: Iterable[object]) -> tuple[Family, ...]:
    """Families of checks for which none of *facts* says anything."""
    classes = {type(fact) for fact in facts}
    looked = {rule.family for check in all_checks() if check.of in classes for rule in check.rules}
    return tuple(family for family in Family if family not in looked)
