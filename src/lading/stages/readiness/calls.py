"""
When an upgrade's calls can be done at the earliest: pure figures.

Days are simulated one by one, for limits by the day and by the month meet at the ends of months only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lading.model.text import Text
from lading.stages.readiness.facts.budgets import Allowance, CallCosts, CallFacts, SpaceLoad

PAGE = 1000
"""Entries that one call lists."""
HORIZON = 3650
"""Days after which a plan is no plan."""
SAMPLE = 0.1
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by kind of work."""

    scan: int
    copy: int
    versions: int
    verify: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.scan + self.copy + self.versions + self.verify


@dataclass(frozen=True, slots=True)
class Earliest:
    """The day on which the last call is made, None beyond the horizon; *binds* is the limit that holds on most days."""

    day: date | None
    binds: str


@dataclass(frozen=True, slots=True)
class Way:
    """A way out: what it is, the calls then needed, and the earliest day then."""

    says: Text
    calls: int
    earliest: Earliest


def calls_of(spaces: Iterable[SpaceLoad], costs: CallCosts) -> Calls:
    """
    The calls of *spaces* for one scan, one copy, its versions and rights, and one verification that reads everything.

    Verification lists once more.
    """
    scan = copy = versions = verify = 0.0
    for it in spaces:
        listing = costs.listing * (max(it.folders, 1) + it.files // PAGE)
        scan += listing
        copy += costs.folder * it.folders + costs.small * it.small + costs.large * it.large
        copy += costs.block * it.blocks + costs.grant * it.grants
        versions += costs.version * it.versions
        verify += listing + costs.reading_back * it.files
    return Calls(*(math.ceil(work) for work in (scan, copy, versions, verify)))


def earliest(calls: int, allowance: Allowance, start: date) -> Earliest:
    """The day on which the last of *calls* can be made when the first is made on *start*."""
    rates = {"second": allowance.second and allowance.second * DAY, "day": allowance.day}
    daily = {name: float(rate) for name, rate in rates.items() if rate is not None}
    month_left = math.inf if allowance.month is None else float(max(allowance.month - allowance.used, 0))
    held: dict[str, int] = {}
    left, day = float(calls), start
    for _ in range(HORIZON):
        limits = {**daily, "month": month_left}
        name = min(limits, key=lambda it: limits[it])
        if left <= limits[name]:
            return Earliest(day, max(held, key=lambda it: held[it]) if held else "")
        held[name] = held.get(name, 0) + 1
        left -= limits[name]
        month_left -= limits[name]
        following = day + timedelta(days=1)
        if following.month != day.month and allowance.month is not None:
            month_left = float(allowance.month)
        day = following
    return Earliest(None, max(held, key=lambda it: held[it]))


def ways_out(facts: CallFacts) -> tuple[Way, ...]:
    """What would help, each with its effect in figures: those that change something."""
    needed = calls_of(facts.spaces, facts.costs)
    now = earliest(needed.total, facts.allowance, facts.start)
    ways = (*_less(facts, needed), *_more(facts, needed))
    return tuple(it for it in ways if it.calls < needed.total or it.earliest != now)


def _less(facts: CallFacts, needed: Calls) -> Iterator[Way]:
    def way(says: Text, calls: int) -> Way:
        return Way(says, calls, earliest(calls, facts.allowance, facts.start))

    reading = math.ceil(facts.costs.reading_back * sum(it.files for it in facts.spaces))
    yield way(
        Text(
            f"verify a sample of {SAMPLE:.0%} by reading instead of all",
            f"以抽样 {SAMPLE:.0%} 读取代替全部读取核验",
        ),
        needed.total - math.floor((1 - SAMPLE) * reading),
    )
    if needed.versions:
        yield way(
            Text("keep earlier versions in an archive", "历史版本仅存入归档"), needed.total - needed.versions
        )
    if facts.kind == "wedrive" and facts.costs.small == 3:
        single = calls_of(facts.spaces, replace(facts.costs, small=1.0))
        yield way(
            Text(
                "oneshot=yes for files up to 10,000,000 bytes",
                "对不超过 10,000,000 字节的文件使用 oneshot=yes",
            ),
            single.total,
        )
    if len(facts.spaces) > 1:
        largest = max(facts.spaces, key=lambda it: calls_of([it], facts.costs).total)
        rest = [it for it in facts.spaces if it is not largest]
        yield way(
            Text(f"move {largest.name} in a wave of its own later", f"将 {largest.name} 单独安排在后续批次"),
            calls_of(rest, facts.costs).total,
        )


def _more(facts: CallFacts, needed: Calls) -> Iterator[Way]:
    allowance = facts.allowance
    twice = Allowance(
        allowance.second and allowance.second * 2,
        allowance.day and allowance.day * 2,
        allowance.month and allowance.month * 2,
        allowance.used,
    )
    yield Way(
        Text("buy or ask for twice the calls", "购买或申请两倍的调用额度"),
        needed.total,
        earliest(needed.total, twice, facts.start),
    )
    sooner = facts.start - timedelta(days=30)
    if allowance.month is None:
        yield Way(
            Text("begin 30 days earlier", "提前 30 天开始"),
            needed.total,
            earliest(needed.total, allowance, sooner),
        )
    else:
        whole = replace(allowance, used=0)
        yield Way(
            Text("begin with the month before, whose calls are unused", "提前到上一个额度未用的月份开始"),
            needed.total,
            earliest(needed.total, whole, (facts.start.replace(day=1) - timedelta(days=1)).replace(day=1)),
        )
