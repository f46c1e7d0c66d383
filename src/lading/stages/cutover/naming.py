"""
Names beside: what two people changed stands side by side, under names that say whose it is and when.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lading.connectors.names import mapped, measure, problems
from lading.connectors.profile import NameRules
from lading.model.paths import Path

_ODD = re.compile(r"[^\w .@-]")


def beside(
    path: Path, rules: NameRules, *, at: int | None, author: str, word: str = "", number: int = 1
) -> Path:
    """
    A path beside *path*: `report (2026-11-26 14.05 anna).docx`, in UTC.

    *at* is in nanoseconds since 1970 UTC, *word* says what it is, *number* tells several apart.
    """
    moment = "" if at is None else _moment(at)
    words = [word, moment, _ODD.sub("_", author), "" if number == 1 else str(number)]
    mark = " (" + " ".join(it for it in words if it) + ")"
    stem, dot, ending = path[-1].rpartition(".")
    if not stem or measure(ending, rules.unit) > 16:
        stem, dot, ending = path[-1], "", ""
    while stem and measure(stem + mark + dot + ending, rules.unit) > rules.length:
        stem = stem[:-1]
    return (*path[:-1], holdable(stem + mark + dot + ending, rules))


def holdable(name: str, rules: NameRules) -> str:
    """*name*, or the one that takes its place where a drive with *rules* cannot hold it."""
    return mapped(name, rules) if problems(name, rules) else name


def _moment(at: int) -> str:
    seconds = min(max(at // 1_000_000_000, -62_135_596_800), 253_402_300_799)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H.%M")
