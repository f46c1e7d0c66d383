"""
Speed over time as SVG: two small charts that share their time axis.

Time in which nothing was noted is not drawn to scale: a weekend must not
flatten the hours of work.  It is a hatched gap that says how long it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from markupsafe import Markup

from lading.evidence.report.rates import Point, Stretch

WIDTH, HEIGHT = 720, 116
LEFT, RIGHT, TOP, BOTTOM = 74, 8, 10, 20
GAP_WIDTH = 44


def chart(
    speed: Sequence[Stretch],
    value: Callable[[Point], float],
    *,
    said: Callable[[float], str],
    clock: Callable[[float], str],
    label: str,
    base: int = 10,
) -> Markup:
    """
    One chart of *value* over the stretches *speed*.

    *said* writes a value with its unit, *clock* a time; *label* is for people who do not see it;
    *base* is 1024 where units are powers of it.
    """
    top = nice(max(value(point) for stretch in speed for point in stretch), base)
    spans = _spans(speed)
    grid = [_gridline(top * share, share, said) for share in (0.0, 0.5, 1.0)]
    lines = [_line(stretch, span, value, top) for stretch, span in zip(speed, spans, strict=True)]
    gaps = [
        _gap(before[-1].end, after[0].start, left[1], right[0])
        for (before, after), (left, right) in zip(pairwise(speed), pairwise(spans), strict=True)
    ]
    ends = [
        _tick(spans[0][0], "start", clock(speed[0][0].start)),
        _tick(spans[-1][1], "end", clock(speed[-1][-1].end)),
    ]
    body = Markup("").join([*grid, *gaps, *lines, *ends])
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, body
    )


def nice(value: float, base: int = 10) -> float:
    """The number at or just above *value* that is round in units of powers of *base*; never 0."""
    value = max(value, 1e-9)
    unit = float(base) ** math.floor(math.log(value, base))
    step = unit * 10.0 ** math.floor(math.log10(value / unit))
    return next(step * factor for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 20) if step * factor >= value)


def duration(seconds: float) -> str:
    """*seconds* for a person, in one or two units: `8.4 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{whole} s"
    for unit, size, below, small in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit} {rest} {below}" if rest else f"{whole // size} {unit}"
    raise AssertionError


def _spans(speed: Sequence[Stretch]) -> list[tuple[float, float]]:
    """Where each stretch begins and ends on the page."""
    room = WIDTH - LEFT - RIGHT
    gap = min(GAP_WIDTH, 0.4 * room / max(1, len(speed) - 1))
    working = sum(stretch[-1].end - stretch[0].start for stretch in speed)
    drawn = room - gap * (len(speed) - 1)
    spans, x = [], float(LEFT)
    for stretch in speed:
        # Divided first: of a stretch that is next to nothing the scale would be infinite.
        width = (stretch[-1].end - stretch[0].start) / working * drawn
        spans.append((x, x + width))
        x += width + gap
    return spans


def _line(stretch: Stretch, span: tuple[float, float], value: Callable[[Point], float], top: float) -> Markup:
    begin, whole, width = stretch[0].start, stretch[-1].end - stretch[0].start, span[1] - span[0]
    steps = []
    for point in stretch:
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - value(point) / top)
        steps.append(f"{span[0] + (point.start - begin) / whole * width:.1f},{y:.1f}")
        steps.append(f"{span[0] + (point.end - begin) / whole * width:.1f},{y:.1f}")
    floor = HEIGHT - BOTTOM
    path = "L".join(steps)
    return Markup('<path class="area" d="M{:.1f},{}L{}L{:.1f},{}Z"/><path class="line" d="M{}"/>').format(
        span[0], floor, path, span[1], floor, path
    )


def _gap(start: float, end: float, left: float, right: float) -> Markup:
    said = duration(max(0.0, end - start))
    text = Markup('<text class="pause" x="{:.1f}" y="{:.1f}">{}</text>').format(
        (left + right) / 2, (HEIGHT - BOTTOM + TOP) / 2, said if right - left >= 40 else ""
    )
    return Markup(
        '<g><title>{}</title><rect class="gap" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>{}</g>'
    ).format(said, left, TOP, right - left, HEIGHT - TOP - BOTTOM, text)


def _gridline(level: float, share: float, said: Callable[[float], str]) -> Markup:
    y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)
    return Markup(
        '<path class="grid" d="M{},{:.1f}H{}"/><text class="axis" x="{}" y="{:.1f}">{}</text>'
    ).format(LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, said(level))


def _tick(x: float, anchor: str, text: str) -> Markup:
    return Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
        x, HEIGHT - 5, anchor, text
    )
