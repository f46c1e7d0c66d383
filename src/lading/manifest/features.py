"""
What a drive is asked for beside its entries, and the tables that it fills.

Apart from the columns of these tables: a command that only names features does not wait for Arrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Feature(StrEnum):
    """What can be asked of a drive; each is the name of a facet."""

    PEOPLE = "people"
    GRANTS = "grants"
    LINKS = "links"
    VERSIONS = "versions"
    LOCKS = "locks"
    LABELS = "labels"
    COMMENTS = "comments"
    SETTINGS = "settings"


TABLES_OF: Mapping[Feature, tuple[str, ...]] = {
    feature: ("principals", "members") if feature is Feature.PEOPLE else (feature.value,)
    for feature in Feature
}
"""The tables that a feature fills."""


def features_of(names: Iterable[str]) -> tuple[Feature, ...]:
    """
    The features called *names*, each once, in the order of `Feature`.

    Raises:
        ValueError: there is no such feature.
    """
    wanted = {Feature(name) for name in names}
    return tuple(feature for feature in Feature if feature in wanted)
