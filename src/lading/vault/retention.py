"""
Which snapshots stay, and why: a rule over plain values that touches no vault.

A clock that jumps must not cost a snapshot: one whose time lies in the future
stays and takes nobody's place, and "within" is counted back from the newest
snapshot that is not of the future.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from lading.model.text import Text

_LAST = Text("one of the last {n}", "最近 {n} 个之一")
_PERIODS: dict[str, tuple[Text, Callable[[datetime], tuple[int, ...]]]] = {
    "daily": (Text("last of the day {when}", "{when} 当日最后一个"), lambda it: (it.year, it.month, it.day)),
    "weekly": (Text("last of the week {when}", "{when} 当周最后一个"), lambda it: it.isocalendar()[:2]),
    "monthly": (Text("last of the month {when}", "{when} 当月最后一个"), lambda it: (it.year, it.month)),
    "yearly": (Text("last of the year {when}", "{when} 当年最后一个"), lambda it: (it.year,)),
}
_WITHIN = Text("within {n} days of the newest", "距最新快照 {n} 天以内")
_TAGGED = Text("tagged {n}", "带有标签 {n}")
_CAMPAIGN = Text("campaign {n} needs it", "迁移任务 {n} 需要它")
_NEWEST = Text("the newest whole one", "最新的完整快照")
_FUTURE = Text("its time lies in the future", "其时间在未来")
_PARTIAL = Text("nothing whole came after it", "此后没有完整快照")
_DAY = 86_400 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How many snapshots stay by each rule; *within* is in days, *tags* are words of which one is enough."""

    last: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: int = 0
    tags: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """It would keep nothing but the newest."""
        counts = (self.last, self.daily, self.weekly, self.monthly, self.yearly, self.within)
        return not any(counts) and not self.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the rule looks at: a snapshot's *name*, when it was *taken* (ns), whether it is *complete*, tags and campaigns."""

    name: str
    taken: int
    complete: bool = True
    tags: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A snapshot stays for these *reasons*; without any it goes."""

    snapshot: Seen
    reasons: tuple[Text, ...] = field(default=())

    @property
    def stays(self) -> bool:
        """Whether it is kept."""
        return bool(self.reasons)


def decide(seen: Sequence[Seen], policy: Policy, *, now: int, zone: tzinfo = UTC) -> list[Verdict]:
    """What becomes of the snapshots *seen* of one drive, the newest first; days begin as in *zone*."""
    ordered = sorted(seen, key=lambda it: (it.taken, it.name), reverse=True)
    reasons: dict[str, list[Text]] = {it.name: [] for it in ordered}
    past = [it for it in ordered if it.taken <= now]
    whole = [it for it in past if it.complete]
    for it in ordered:
        reasons[it.name] += _own(it, policy, now)
    for it in past:
        if not it.complete and (not whole or (it.taken, it.name) > (whole[0].taken, whole[0].name)):
            reasons[it.name].append(_PARTIAL)
        if it.taken > past[0].taken - policy.within * _DAY:
            reasons[it.name].append(_filled(_WITHIN, n=policy.within))
    for it in whole[:1]:
        reasons[it.name].append(_NEWEST)
    for it in whole[: policy.last]:
        reasons[it.name].append(_filled(_LAST, n=policy.last))
    for period in _PERIODS:
        for it, why in _of_periods(whole, period, getattr(policy, period), zone):
            reasons[it.name].append(why)
    return [Verdict(it, tuple(reasons[it.name])) for it in ordered]


def _own(it: Seen, policy: Policy, now: int) -> list[Text]:
    """Reasons that a snapshot has by itself."""
    found = [_filled(_CAMPAIGN, n=word) for word in sorted(it.campaigns)]
    found += [_filled(_TAGGED, n=word) for word in sorted(it.tags & policy.tags)]
    return [*found, _FUTURE] if it.taken > now else found


def _of_periods(whole: Sequence[Seen], period: str, count: int, zone: tzinfo) -> list[tuple[Seen, Text]]:
    """The newest snapshot in each of the last *count* periods that have one."""
    says, key = _PERIODS[period]
    found: dict[tuple[int, ...], tuple[Seen, Text]] = {}
    for it in whole:
        at = datetime.fromtimestamp(it.taken // 10**9, zone)
        if len(found) < count and key(at) not in found:
            found[key(at)] = it, _filled(says, when=_shown(period, at))
    return list(found.values())


def _shown(period: str, at: datetime) -> str:
    return at.strftime({"daily": "%Y-%m-%d", "weekly": "%G-W%V", "monthly": "%Y-%m", "yearly": "%Y"}[period])


def _filled(text: Text, **facts: object) -> Text:
    return Text(text.en.format(**facts), text.zh.format(**facts))
