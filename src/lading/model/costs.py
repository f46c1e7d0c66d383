"""
What a piece of work costs in seconds, by what parts of it took: values only, nothing is measured here.

A transfer costs something however little it moves, and something for each file,
folder, earlier version, row (a grant, a link) and byte.  The costs are fitted to
measured portions by least squares, none of them below nothing: those of what was
timed apart for itself, and those of the rest for themselves, since few portions tell few terms apart.  A portion weighs
as much as it took seconds, for it is asked of a run that is longer still, and short
ones have not come to its pace.  The range is what the forecast becomes when one portion is left out of
the fit (the jackknife: B. Efron, The Jackknife, the Bootstrap and Other
Resampling Plans, 1982), and at least what the fit misses the portions by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

NARROWEST = 0.1
"""The least that a range goes up and down: an engineering rule, no machine repeats itself more exactly."""
_ALIKE = 1e-9
_APART: Mapping[str, tuple[str, ...]] = {
    "file": ("files", "bytes", "versions"),
    "folder": ("folders",),
    "row": ("rows",),
}
"""What may be timed apart, and what of a load its seconds go by."""


class Load(NamedTuple):
    """What a piece of work moves: counts and bytes, *versions* being earlier ones, *rows* grants and links."""

    files: int = 0
    folders: int = 0
    bytes: int = 0
    versions: int = 0
    rows: int = 0

    @property
    def objects(self) -> int:
        """All that is counted."""
        return self.files + self.folders + self.versions + self.rows


class Portion(NamedTuple):
    """How many *seconds* moving *load* took; how many of them went into each of `file` (with bytes and versions), `folder` and `row` *apart*, where that was timed."""

    load: Load
    seconds: float
    apart: Mapping[str, float] = MappingProxyType({})


class Costs(NamedTuple):
    """Seconds: *fixed*, and for each file, folder, byte, version and row."""

    fixed: float = 0.0
    file: float = 0.0
    folder: float = 0.0
    byte: float = 0.0
    version: float = 0.0
    row: float = 0.0

    def seconds(self, load: Load) -> float:
        """How long *load* would take."""
        return sum(self.shares(load).values())

    def shares(self, load: Load) -> dict[str, float]:
        """What each term has in the seconds of *load*, by its name."""
        return {name: cost * many for name, cost, many in zip(self._fields, self, _row(load), strict=True)}


class Forecast(NamedTuple):
    """Seconds that a load would take: most likely, and between which bounds; *binds* is the term that costs most."""

    seconds: float
    least: float
    most: float
    costs: Costs
    portions: int
    binds: str


def forecast(measured: Sequence[Portion], whole: Load) -> Forecast:
    """
    The forecast for *whole* by what was *measured*, in the order of time (at least one portion).

    The first portion finds everything cold, as a run on its own does: it says what is fixed, the later ones say what more costs; where
    files, folders and rows were timed apart, all of them say what these cost.
    """
    if len(measured) == 1:
        return _of_one(measured[0], whole)
    cold, warm = measured[0], list(measured[1:])
    costs = _costs(cold, warm)
    likely = costs.seconds(whole)
    others = [_costs(cold, few).seconds(whole) for few in _without_one(warm)]
    missed = max(abs(costs.seconds(it.load) - it.seconds) / max(it.seconds, _ALIKE) for it in warm)
    width = max(missed, NARROWEST)
    least, most = min(*others, likely * (1 - min(width, 1.0))), max(*others, likely * (1 + width))
    # All of it takes no less than the quickest portion did.
    least = min(likely, max(least, min(it.seconds for it in measured)))
    return Forecast(likely, least, most, costs, len(measured), _binds(costs, whole))


def fit(portions: Sequence[Portion]) -> Costs:
    """
    The costs that miss *portions* least, with no term below nothing and none that they cannot tell apart.

    There are fewer terms than portions where that can be: otherwise chance would be fitted as well.
    """
    if len(portions) == 1:
        one = portions[0]
        # Nothing tells its terms apart: what it took counts for each object alike, or for bytes where there is none.
        if not one.load.objects:
            return Costs(byte=one.seconds / max(one.load.bytes, 1))
        each = one.seconds / one.load.objects
        return Costs(file=each, folder=each, version=each, row=each)
    rows = [_row(it.load) for it in portions]
    seconds = [it.seconds for it in portions]
    weights = [max(it, _ALIKE) for it in seconds]
    # Two fits that both meet the portions differ by rounding alone: the one with the first terms stays.
    exact = _ALIKE * sum(weight * it**2 for weight, it in zip(weights, seconds, strict=True))
    best, missed = Costs(), float("inf")
    for terms in _subsets(len(portions)):
        found = _solved(rows, seconds, weights, terms)
        if found is None or min(found) < 0:
            continue
        off = sum(
            weight * (found.seconds(it.load) - it.seconds) ** 2
            for it, weight in zip(portions, weights, strict=True)
        )
        if off < missed * (1 - 1e-6):
            best, missed = found, off
        if missed <= exact:
            break
    return best


def _subsets(portions: int) -> Iterator[tuple[int, ...]]:
    names = range(len(Costs._fields))
    for number in range(1, min(len(names), max(portions - 1, 2)) + 1):
        yield from combinations(names, number)


def _without_one(warm: Sequence[Portion]) -> list[list[Portion]]:
    """
    *warm* without each of its portions in turn, but never without the longest.

    Nobody would forecast from the small ones alone, which tell next to nothing of what more costs.
    """
    longest = max(range(len(warm)), key=lambda at: warm[at].seconds)
    return [[*warm[:at], *warm[at + 1 :]] for at in range(len(warm)) if at != longest] or [list(warm)]


def _of_one(one: Portion, whole: Load) -> Forecast:
    """The bounds where one portion is all there is: all of its time may be fixed, or none of it."""
    costs = fit([one])
    likely = costs.seconds(whole)
    size = whole.bytes / max(one.load.bytes, 1) if whole.bytes else 0.0
    ratio = max(whole.objects / max(one.load.objects, 1), size, 1.0)
    least, most = min(one.seconds, likely), max(one.seconds * ratio, likely)
    return Forecast(likely, least, most, costs, 1, _binds(costs, whole))


def _costs(cold: Portion, warm: Sequence[Portion]) -> Costs:
    """
    The costs that *cold* and *warm* portions show: the sum of those of what all of them timed apart, and of the rest.

    What is timed apart comes when most is warm, so there the first portion tells what more costs as well as the others.
    """
    every = (cold, *warm)
    timed = [name for name in _APART if all(name in it.apart for it in every)]
    parts = [_from_cold(_only(name, cold), fit([_only(name, it) for it in every])) for name in timed]
    parts.append(_from_cold(_rest(timed, cold), fit([_rest(timed, it) for it in warm])))
    return Costs(*map(sum, zip(*parts, strict=True)))


def _only(name: str, it: Portion) -> Portion:
    """What of *it* was timed apart as *name*."""
    load = Load(**{part: getattr(it.load, part) for part in _APART[name]})
    return Portion(load, it.apart[name])


def _rest(timed: Sequence[str], it: Portion) -> Portion:
    """*it* without the seconds that were *timed* apart."""
    return Portion(it.load, max(it.seconds - sum(it.apart[name] for name in timed), 0.0))


def _from_cold(cold: Portion, warm: Costs) -> Costs:
    """*warm*, with what is fixed as the first portion shows it."""
    return warm._replace(fixed=max(cold.seconds - warm._replace(fixed=0.0).seconds(cold.load), warm.fixed))


def _binds(costs: Costs, whole: Load) -> str:
    shares = costs.shares(whole)
    return max(shares, key=lambda name: shares[name])


def _row(load: Load) -> tuple[float, ...]:
    """What each of the costs is multiplied with."""
    return 1.0, load.files, load.folders, load.bytes, load.versions, load.rows


def _solved(
    rows: Sequence[tuple[float, ...]],
    seconds: Sequence[float],
    weights: Sequence[float],
    terms: tuple[int, ...],
) -> Costs | None:
    """The weighted least squares for *terms* alone; None where the rows cannot tell them apart."""
    scale = {it: max(row[it] for row in rows) for it in terms}
    if not all(scale.values()):
        return None
    scaled = [[row[it] / scale[it] for it in terms] for row in rows]
    matrix = [
        [sum(w * row[a] * row[b] for row, w in zip(scaled, weights, strict=True)) for b in range(len(terms))]
        + [sum(w * row[a] * it for row, it, w in zip(scaled, seconds, weights, strict=True))]
        for a in range(len(terms))
    ]
    found = _eliminated(matrix)
    if found is None:
        return None
    costs = [0.0] * len(Costs._fields)
    for term, value in zip(terms, found, strict=True):
        costs[term] = value / scale[term]
    return Costs(*costs)


def _eliminated(matrix: list[list[float]]) -> list[float] | None:
    """The solution of the linear equations in *matrix* (Gauss and Jordan); None if there is not one alone."""
    largest = max(abs(it) for row in matrix for it in row[:-1])
    for at in range(len(matrix)):
        pivot = max(range(at, len(matrix)), key=lambda row: abs(matrix[row][at]))
        matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
        if abs(matrix[at][at]) <= _ALIKE * largest:
            return None
        for row in range(len(matrix)):
            if row != at:
                factor = matrix[row][at] / matrix[at][at]
                matrix[row] = [x - factor * y for x, y in zip(matrix[row], matrix[at], strict=True)]
    return [row[-1] / row[at] for at, row in enumerate(matrix)]
