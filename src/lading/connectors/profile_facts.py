"""
A profile out of the plain facts that a manifest keeps of it.

Fields that this program does not know are passed over, and missing ones get their defaults: what an
older scan could not say is not claimed.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from lading.connectors.profile import Profile


def profile_from(facts: Mapping[str, Any]) -> Profile:
    """
    The profile that *facts* tell, as `manifest.json` holds them.

    Raises:
        ValueError, TypeError: they are none.
    """
    profile = _value(Profile, facts)
    assert isinstance(profile, Profile)
    return profile


def _value(kind: Any, told: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(
            **{it.name: _value(hints[it.name], told[it.name]) for it in fields(kind) if it.name in told}
        )
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if told is None else _value(inner[0], told)
    if origin is frozenset:
        return frozenset(_value(inner[0], part) for part in told)
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return tuple(_value(inner[0], part) for part in told)
        return tuple(_value(each, part) for each, part in zip(inner, told, strict=True))
    return kind(told)
