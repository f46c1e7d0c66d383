"""
How long a full restore would take, by what the portions of a drill took.

A restore costs something however little it moves, something for each object,
and something for each byte.  The three are fitted by least squares to the
measured portions, none of them below nothing.  The error is what the forecast
is off when one portion is left out of the fit (the jackknife: B. Efron, The
Jackknife, the Bootstrap and Other Resampling Plans, 1982), and at least what
the fit misses the portions by.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

_TERMS = 3


class Measured(NamedTuple):
    """What one portion held (objects: entries, versions, grants, links) and how many *seconds* it took."""

    objects: int
    bytes: int
    seconds: float


class Model(NamedTuple):
    """Seconds: *fixed*, per object, per byte."""

    fixed: float
    per_object: float
    per_byte: float

    def seconds(self, objects: int, size: int) -> float:
        """How long that many objects and bytes would take."""
        return self.fixed + self.per_object * objects + self.per_byte * size


class Forecast(NamedTuple):
    """Seconds that a full restore would take: most likely, and between which bounds."""

    seconds: float
    least: float
    most: float
    model: Model
    portions: int


def forecast(measured: Sequence[Measured], objects: int, size: int) -> Forecast:
    """
    The forecast for *objects* and *size* bytes by what was *measured*, in the order of time (at least one portion).

    The first portion finds everything cold, as a restore on its own does: it says what is fixed, the later ones say what more costs.
    """
    if len(measured) == 1:
        return _of_one(measured[0], objects, size)
    cold, warm = measured[0], list(measured[1:])
    model = _from_cold(cold, fit(warm))
    likely = model.seconds(objects, size)
    left_out = [fit([*warm[:at], *warm[at + 1 :]]) for at in range(len(warm))]
    others = [_from_cold(cold, one).seconds(objects, size) for one in left_out]
    missed = max(abs(model.seconds(it.objects, it.bytes) - it.seconds) / max(it.seconds, 1e-9) for it in warm)
    least, most = min(*others, likely * (1 - min(missed, 1.0))), max(*others, likely * (1 + missed))
    # All of it takes no less than the quickest portion did.
    least = min(likely, max(least, min(it.seconds for it in measured)))
    return Forecast(likely, least, most, model, len(measured))


def _of_one(one: Measured, objects: int, size: int) -> Forecast:
    """The bounds where one portion is all there is: all of its time may be fixed, or none of it."""
    model = fit([one])
    likely = model.seconds(objects, size)
    ratio = max(objects / max(one.objects, 1), size / max(one.bytes, 1) if size else 0.0, 1.0)
    return Forecast(likely, min(one.seconds, likely), max(one.seconds * ratio, likely), model, 1)


def _from_cold(cold: Measured, warm: Model) -> Model:
    """*warm*, with what is fixed as the first portion shows it."""
    return warm._replace(
        fixed=max(cold.seconds - warm._replace(fixed=0.0).seconds(cold.objects, cold.bytes), warm.fixed)
    )


def fit(measured: Sequence[Measured]) -> Model:
    """The model that misses *measured* least, with no term below nothing and none that they cannot tell apart."""
    if len(measured) == 1:
        one = measured[0]
        return Model(0.0, one.seconds / max(one.objects, 1), 0.0)
    rows = [(1.0, float(it.objects), float(it.bytes)) for it in measured]
    seconds = [it.seconds for it in measured]
    # Fewer terms than portions where that can be: otherwise chance would be fitted as well.
    most = min(_TERMS, max(len(measured) - 1, 2))
    best, missed = (0.0, 0.0, 0.0), float("inf")
    for number in range(1, most + 1):
        for terms in combinations(range(_TERMS), number):
            found = _solved(rows, seconds, terms)
            if found is None or min(found) < 0:
                continue
            off = sum((sum(map(_times, found, row)) - it) ** 2 for row, it in zip(rows, seconds, strict=True))
            if off < missed * (1 - 1e-9):
                best, missed = found, off
    return Model(*best)


def _times(one: float, other: float) -> float:
    return one * other


def _solved(
    rows: Sequence[tuple[float, ...]], seconds: Sequence[float], terms: tuple[int, ...]
) -> tuple[float, float, float] | None:
    """The least squares for *terms* alone; None where the rows cannot tell them apart."""
    scale = {it: max(abs(row[it]) for row in rows) or 1.0 for it in terms}
    matrix = [
        [sum(row[a] / scale[a] * row[b] / scale[b] for row in rows) for b in terms]
        + [sum(row[a] / scale[a] * it for row, it in zip(rows, seconds, strict=True))]
        for a in terms
    ]
    for at in range(len(terms)):
        pivot = max(range(at, len(terms)), key=lambda row: abs(matrix[row][at]))
        matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
        if abs(matrix[at][at]) < 1e-9:
            return None
        for row in range(len(terms)):
            if row != at:
                factor = matrix[row][at] / matrix[at][at]
                matrix[row] = [x - factor * y for x, y in zip(matrix[row], matrix[at], strict=True)]
    found = [0.0, 0.0, 0.0]
    for at, term in enumerate(terms):
        found[term] = matrix[at][-1] / matrix[at][at] / scale[term]
    return found[0], found[1], found[2]
