"""
Facts as plain JSON values, and back.

What comes back was written elsewhere, perhaps by somebody with bad intentions: every value is held against the type that
its class states, and what does not fit is told with its place.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

_LARGEST = 1 << 63
MOST = 200_000
"""Values in one list at most."""


def to_plain(value: Any) -> Any:
    """*value* (dataclasses, lists, numbers, text, days) as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {it.name: to_plain(getattr(value, it.name)) for it in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [to_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_plain(kind: Any, told: Any, place: str = "") -> Any:
    """
    The value of type *kind* that *told* says; fields that the class does not know are passed over.

    Raises:
        ValueError: it says none; the message names the place.
    """
    if kind is Any:
        return told
    if is_dataclass(kind) and isinstance(kind, type):
        return _instance(kind, told, place)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return (
            None
            if told is None
            else from_plain(next(it for it in inner if it is not type(None)), told, place)
        )
    if origin is tuple:
        return _row(inner, told, place)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _insist(isinstance(told, dict) and len(told) <= MOST, place, "a table")
        return {valid(key): from_plain(inner[1], item, f"{place}.{key}") for key, item in told.items()}
    return _single(kind, told, place)


def valid(text: str) -> str:
    """*text* without lone surrogates, which no file and no page can hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _instance(kind: Any, told: Any, place: str) -> Any:
    _insist(isinstance(told, dict), place, "a table")
    hints, given = typing.get_type_hints(kind), {}
    for it in fields(kind):
        where = f"{place}.{it.name}".lstrip(".")
        if it.name in told:
            given[it.name] = from_plain(hints[it.name], told[it.name], where)
        else:
            _insist(it.default is not MISSING or it.default_factory is not MISSING, where, "there")
    return kind(**given)


def _row(inner: tuple[Any, ...], told: Any, place: str) -> tuple[Any, ...]:
    _insist(isinstance(told, list) and len(told) <= MOST, place, "a list")
    if inner[-1] is Ellipsis:
        return tuple(from_plain(inner[0], item, f"{place}[{at}]") for at, item in enumerate(told))
    _insist(len(told) == len(inner), place, f"a list of {len(inner)}")
    return tuple(from_plain(kind, item, place) for kind, item in zip(inner, told, strict=True))


def _single(kind: Any, told: Any, place: str) -> Any:
    if kind is float:
        fits = isinstance(told, int | float) and not isinstance(told, bool) and abs(told) < _LARGEST
        _insist(fits and math.isfinite(told), place, "a number")
        return float(told)
    if kind is int:
        fits = isinstance(told, int) and not isinstance(told, bool) and abs(told) < _LARGEST
        _insist(fits, place, "a whole number")
        return told
    if kind is bool:
        _insist(isinstance(told, bool), place, "true or false")
        return told
    _insist(isinstance(told, str), place, "a text")
    if kind is str:
        return valid(told)
    try:
        return kind.fromisoformat(told) if kind in (date, datetime) else kind(told)
    except ValueError:
        raise ValueError(f"{place}: {told[:60]!a} is no {kind.__name__}") from None


def _insist(holds: bool, place: str, what: str) -> None:
    if not holds:
        raise ValueError(f"{place or 'the whole'} is not {what}")
