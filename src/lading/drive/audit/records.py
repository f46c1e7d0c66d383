"""
What happened, as a record of the ledger.

The same thing always gives the same record, so that `verify` can make it anew and
compare.  What lies in a space under a wall is told by ids alone: names are *withheld*
and stand there as a keyed mark, which proves later that they were not changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from lading.evidence.ledger import Draft, refuse_secrets
from lading.model.errors import Internal

LONGEST = 100_000
"""Characters of a path and of facts that a record takes; more is withheld."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = 2**53 - 1
_KIND = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_PLAIN = ("via", "address", "role", "link")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.:%-]{1,80}")
# A first look: what it does not find, `refuse_secrets` does not refuse.
_SUSPECT = ("://", "author", "-----", "pass", "secret", "token", "cookie", "key")


class Told(NamedTuple):
    """
    One thing that happened; *at* in nanoseconds since 1970, *path* encoded, *facts* a JSON object as text.

    *origin* says where it was noted: `{"event": id}` or `{"spool": file, "line": n}`.
    """

    origin: Mapping[str, Any]
    at: int
    kind: str
    actor: str
    principal: int | None
    space: int | None
    clock: int | None
    node: int | None
    path: str
    facts: str


def draft(told: Told, key: bytes, *, withheld: bool) -> Draft:
    """
    The record of *told*.

    Names are withheld if the caller says so, or if the record would be too long or seems to hold a
    secret: a file may be named like one, and the audit goes on all the same.
    """
    if not withheld and not _may_stand(told):
        withheld = True
    facts: dict[str, Any] = dict(told.origin)
    facts["at"] = str(told.at)
    for name in ("principal", "space", "clock", "node"):
        if (value := getattr(told, name)) is not None:
            facts[name] = value
    if withheld:
        facts["withheld"] = mark(told, key)
        facts["facts"] = without_names(_read(told.facts))
    else:
        if told.path:
            facts["path"] = told.path
        facts["facts"] = _fit(_read(told.facts))
    kind = told.kind
    if not _KIND.fullmatch(kind):
        facts["kind"], kind = kind[:100], "audit.odd"
    return Draft(kind, facts, told.actor, moment(told.at))


def mark(told: Told, key: bytes) -> str:
    """What stands for the path and the facts of *told*: nobody without *key* can guess names from it."""
    text = f"{len(told.path)}/{told.path}{told.facts}".encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def moment(at: int) -> datetime:
    """The time *at* nanoseconds after 1970, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=at // 1000)


def _may_stand(told: Told) -> bool:
    if len(told.path) > LONGEST or len(told.facts) > LONGEST:
        return False
    text = f"{told.path}{told.facts}".lower()
    if not any(word in text for word in _SUSPECT):
        return True
    try:
        refuse_secrets({"path": told.path, "facts": _read(told.facts)})
    except Internal:
        return False
    return True


def _read(text: str) -> dict[str, Any]:
    facts = json.loads(text)
    return facts if isinstance(facts, dict) else {"facts": facts}


def without_names(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What of *facts* is certainly no name: numbers, and a few plain words."""
    return {name: _fit(value) for name, value in facts.items() if _says_no_name(name, value)}


def _says_no_name(name: str, value: object) -> bool:
    if isinstance(value, str):
        return name in _PLAIN and _PLAIN_VALUE.fullmatch(value) is not None
    return name.isascii() and len(name) < 40 and (value is None or isinstance(value, bool | int))


def _fit(value: Any) -> Any:
    """*value* as a ledger takes it: numbers that JSON would bend become text."""
    if isinstance(value, dict):
        return {name: _fit(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_fit(item) for item in value]
    if isinstance(value, float) or (type(value) is int and not -_EXACT <= value <= _EXACT):
        return str(value)
    return value
