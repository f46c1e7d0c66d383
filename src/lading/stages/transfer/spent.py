"""
What the stages of a pass took, by what they move: for a forecast of another one.
"""

from __future__ import annotations

from collections.abc import Mapping

_TERMS = {"folders": "folder", "times": "folder", "files": "file", "grants": "row", "links": "row"}
"""Stages (of `folders-0`, `folders-1` and so on the first word) that move one thing alone, and what: a term of `model.costs.Costs`."""


def apart(spent: Mapping[str, float]) -> dict[str, float]:
    """
    The seconds of *spent*, by stage, that went into one thing alone, by the term that has its cost; earlier versions go with their files.
    """
    found = dict.fromkeys(_TERMS.values(), 0.0)
    for stage, seconds in spent.items():
        term = _TERMS.get(stage.partition("-")[0])
        if term is not None:
            found[term] += seconds
    return found
