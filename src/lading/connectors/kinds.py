"""
What each kind of drive can do, found in the code of its connector: no list that somebody has to keep.

The class that a connector's `open` promises tells which facets its drives have, and whether they can be written to.
What can be given (roles, limits of links, facts of versions) stands in the `Features` from which the connector makes its
own profile; one that says `KIND = DriveKind(…)` in its package lets it be told without a server.  A facet here means that the
system can have it: a single drive may offer less, `lading drive-check` says what.
"""

from __future__ import annotations

import dis
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple

from lading.connectors.api import Drive
from lading.connectors.profile import Features
from lading.connectors.registry import ALIASES, CONNECTORS
from lading.model.text import Text

FACETS = (
    "brief",
    "ranges",
    "moves",
    "partials",
    "settle",
    "versions",
    "grants",
    "links",
    "people",
    "locks",
    "labels",
    "comments",
    "settings",
    "capacity",
    "changes",
    "freeze",
    "batch",
    "retention",
    "written",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveKind:
    """What a connector says of itself beside its code; everything may be left out."""

    about: Text | None = None
    """What it is, in one line; without it the first line of the package's documentation."""
    features: Features | None = None
    """The most that can be given; None: it is known of an opened drive only."""
    needs: tuple[str, ...] = ()
    """Modules that are installed only where this kind is wanted."""


class Told(NamedTuple):
    """
    What is known of one kind.

    *missing* are modules without which it cannot be used here; where the connector itself cannot be loaded,
    nothing else is known, and *writes* is None.
    """

    kind: str
    aliases: tuple[str, ...]
    about: Text
    missing: tuple[str, ...] = ()
    writes: bool | None = None
    facets: tuple[str, ...] = ()
    features: Features | None = None


def kinds() -> Iterator[Told]:
    """Every kind of the registry, in its order."""
    for kind, module in CONNECTORS.items():
        yield told(kind, module)


def told(kind: str, module: str) -> Told:
    """What the connector in *module* says and shows."""
    aliases = tuple(alias for alias, meant in ALIASES.items() if meant == kind)
    try:
        package = import_module(module)
    except ImportError as problem:
        return Told(kind, aliases, Text("", ""), (problem.name or module,))
    said = getattr(package, "KIND", None)
    said = said if isinstance(said, DriveKind) else DriveKind()
    drives = _drives_of(package)
    return Told(
        kind,
        aliases,
        said.about or _about(package),
        tuple(name for name in said.needs if find_spec(name) is None),
        writes=any(map(_can_write, drives)) if drives else None,
        facets=facets_of(*drives),
        features=said.features,
    )


def facets_of(*drives: type[Drive]) -> tuple[str, ...]:
    """The facets that objects of the classes *drives* may have: those they define, or set on themselves anywhere."""
    own = [one for drive in drives for one in _own(drive)]
    defined = {name for one in own for name in vars(one) if vars(one)[name] is not None}
    for one in own:
        for function in filter(inspect.isfunction, vars(one).values()):
            defined |= set(_stored(function))
    return tuple(name for name in FACETS if name in defined)


def _stored(function: Callable[..., object]) -> Iterator[str]:
    """The names of attributes that *function* sets, on whatever object."""
    return (step.argval for step in dis.get_instructions(function) if step.opname == "STORE_ATTR")


def _own(drive: type[Drive]) -> Iterator[type]:
    """The class and those it comes from, as far as they are below `Drive`."""
    return (one for one in drive.__mro__ if issubclass(one, Drive) and one is not Drive)


def _can_write(drive: type[Drive]) -> bool:
    return typing.get_type_hints(drive.write).get("return") is not typing.NoReturn


def _drives_of(package: ModuleType) -> tuple[type[Drive], ...]:
    """The classes that `open` of *package* promises; none if it promises just any drive."""
    promised = typing.get_type_hints(package.open).get("return")
    some = typing.get_args(promised) or (promised,)
    known = all(inspect.isclass(one) and issubclass(one, Drive) and one is not Drive for one in some)
    return some if known else ()


def _about(package: ModuleType) -> Text:
    line = (inspect.getdoc(package) or "").partition("\n")[0]
    return Text(line, line)
