"""
How long the upgrade takes, from measured rates: a range, what binds it, or what is missing to say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lading.model.text import Text
from lading.stages.readiness.facts.rates import RateFacts

SPREAD = 1.5
"""By how much a rate measured once is taken to vary, up and down: an engineering rule, until more is measured."""
_SOMETHING = 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds at *least*, likely and at *most*, and *binds*: what is slowest.  All None: *missing* says why."""

    least: float | None = None
    likely: float | None = None
    most: float | None = None
    binds: str = ""
    missing: Text | None = None


NO_RATE = Text(
    "no rate was measured: give a probe of the lines, the servers' facts or a trial copy with --facts",
    "没有实测速率：请用 --facts 提供线路探测、服务器事实或试复制结果",
)
NO_CONTENT = Text("the content was not looked at", "未检查内容")


def rates_of(facts: Iterable[Any]) -> tuple[RateFacts, ...]:
    """The rates that *facts* know: those which have a method `rates`."""
    return tuple(rate for fact in facts if hasattr(fact, "rates") for rate in fact.rates() if rate.likely > 0)


def estimate(size: int | None, objects: int | None, rates: Iterable[RateFacts]) -> Estimate:
    """How long *objects* with *size* bytes take where all of *rates* have to be passed: the slowest binds."""
    if size is None or objects is None:
        return Estimate(missing=NO_CONTENT)
    spans = list(_spans(size, objects, rates))
    if not spans:
        return Estimate(missing=NO_RATE)
    binding = max(spans, key=lambda it: it[1])
    return Estimate(
        max(it[0] for it in spans), max(it[1] for it in spans), max(it[2] for it in spans), binding[3]
    )


def _spans(size: int, objects: int, rates: Iterable[RateFacts]) -> Iterator[tuple[float, float, float, str]]:
    for rate in rates:
        amount = size if rate.bytes is None else rate.bytes
        handling = objects / rate.objects if rate.objects else 0.0
        low = rate.low if rate.low is not None else rate.likely / SPREAD
        high = rate.high if rate.high is not None else rate.likely * SPREAD
        least, likely, most = (max(amount / max(it, _SOMETHING), handling) for it in (high, rate.likely, low))
        yield least, likely, most, rate.where
