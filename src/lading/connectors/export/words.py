"""
Grants and links in one field of a table: a small language, the same in the manual.

    grants = item { ";" item }
    item   = "break" | "reset" | kind [":" id] "=" ["deny"] role ["here" | "below"] ["until" TIME]
    kind   = "user" | "group" | "department" | "guest" | "everybody"
    links  = item { ";" item }
    item   = role { "password" | "inside" | "limit" N | "used" N | "until" TIME | "by" ID | "id" ID }
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Reach, Role
from lading.model.paths import Path

KINDS = {
    "user": PrincipalKind.PERSON,
    "person": PrincipalKind.PERSON,
    "group": PrincipalKind.GROUP,
    "department": PrincipalKind.DEPARTMENT,
    "guest": PrincipalKind.GUEST,
    "everybody": PrincipalKind.EVERYBODY,
    "everyone": PrincipalKind.EVERYBODY,
}
ROLES = {role.name.lower(): role for role in Role}
_REACHES = {"here": Reach.HERE, "below": Reach.BELOW}
_EVERYWHERE = {"break": Effect.BREAK, "reset": Effect.RESET}

Time = Callable[[str], int]
"""Reads a time; raises ValueError."""


def grants_in(text: str, path: Path, time: Time) -> tuple[Grant, ...]:
    """
    The grants on *path* that *text* writes.

    Raises:
        ValueError: with the item that cannot be understood.
    """
    return tuple(_grant(item, path, time) for item in _items(text))


def links_in(text: str, path: Path, time: Time, first: str) -> tuple[Link, ...]:
    """
    The links to *path* that *text* writes; those without an id get one that begins with *first*.

    Raises:
        ValueError: with the item that cannot be understood.
    """
    return tuple(_link(item, path, time, f"{first}.{number}") for number, item in enumerate(_items(text)))


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.replace("；", ";").split(";") if item.strip()]


def _grant(item: str, path: Path, time: Time) -> Grant:
    if item.lower() in _EVERYWHERE:
        return Grant(path, ANYBODY, frozenset(), _EVERYWHERE[item.lower()])
    who, equals, what = item.rpartition("=")
    words = what.split()
    if not equals or not words:
        raise ValueError(item)
    effect = Effect.ALLOW
    if words[0].lower() == "deny":
        effect = Effect.DENY
        words.pop(0)
    role = _role(words.pop(0) if words else "", item)
    if effect is Effect.DENY and role is Role.NONE:
        raise ValueError(item)
    grant = Grant(path, _principal(who, item), frozenset({role.name.lower()}), effect, role=role)
    return _limited(grant, words, item, time)


def _limited(grant: Grant, words: list[str], item: str, time: Time) -> Grant:
    while words:
        word = words.pop(0).lower()
        if word in _REACHES:
            grant = replace(grant, reach=_REACHES[word])
        elif word == "until" and words:
            grant = replace(grant, expires=time(_time_in(words)))
        else:
            raise ValueError(item)
    return grant


def _principal(who: str, item: str) -> Principal:
    word, _, identity = who.partition(":")
    kind, identity = KINDS.get(word.strip().lower()), identity.strip()
    if kind is None or (not identity) is not (kind is PrincipalKind.EVERYBODY):
        raise ValueError(item)
    if kind is PrincipalKind.EVERYBODY:
        return Principal(kind, "everybody")
    return Principal(kind, identity)


def _role(word: str, item: str) -> Role:
    if word.lower() not in ROLES:
        raise ValueError(item)
    return ROLES[word.lower()]


def _link(item: str, path: Path, time: Time, identity: str) -> Link:
    words = item.split()
    role = _role(words.pop(0), item)
    facts: dict[str, Any] = {"id": identity}
    while words:
        word = words.pop(0).lower()
        if word in ("password", "inside"):
            facts["has_password" if word == "password" else word] = True
        elif word in ("limit", "used", "by", "id") and words:
            told = words.pop(0)
            facts[word] = int(told) if word in ("limit", "used") else told
        elif word == "until" and words:
            facts["expires"] = time(_time_in(words))
        else:
            raise ValueError(item)
    return Link(path, rights=frozenset({role.name.lower()}), role=role, **facts)


def _time_in(words: list[str]) -> str:
    """The time at the front of *words*: a date, and a time of day if one follows."""
    date = words.pop(0)
    return f"{date} {words.pop(0)}" if words and ":" in words[0] else date
