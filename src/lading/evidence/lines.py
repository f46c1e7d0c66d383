"""
The lines of many records, quickly.

`chain.sealed` is written to be read by an auditor; this gives the same bytes for
the usual record in a fraction of the time, and None for any other one: then the
slow way decides.  It never decides that something may not be written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from lading.evidence.chain import LONGEST

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_LARGEST = 2**53 - 1
_KIND = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_MOST_KNOWN = 2000
_kinds: set[str] = set()


class Quick:
    """
    Makes lines; *unusual_key* and *unusual_text* say what the slow way must look at (secrets, for one).

    What they say about a key must never change.
    """

    def __init__(self, unusual_key: Callable[[str], bool], unusual_text: Callable[[str], object]) -> None:
        self._unusual_key = unusual_key
        self._unusual_text = unusual_text
        self._keys: set[str] = set()

    def line(
        self, seq: int, time: str, actor: str, kind: str, facts: Mapping[str, Any], previous: str
    ) -> tuple[bytes, str] | None:
        """The line of the record of these fields and its digest; None if this is one for the slow way."""
        if (
            type(actor) is not str
            or not _plain_text(actor)
            or not _usual_kind(kind)
            or not self._usual(facts)
        ):
            return None
        who = f'{{"actor":{_encode(actor)},'
        rest = (
            f'"facts":{_encode(facts)},"kind":"{kind}","previous":"{previous}","seq":{seq},"time":"{time}"}}'
        )
        digest = hashlib.sha256((who + rest).encode()).hexdigest()
        line = f'{who}"digest":"{digest}",{rest}\n'.encode()
        return (line, digest) if len(line) <= LONGEST else None

    def _usual(self, value: object) -> bool:
        kind = type(value)
        if kind is str:
            return _plain_text(value) and not self._unusual_text(value)  # type: ignore[arg-type]
        if kind is int:
            return -_LARGEST <= value <= _LARGEST  # type: ignore[operator]
        if kind is dict:
            for key, item in value.items():  # type: ignore[attr-defined]
                if (key not in self._keys and not self._learnt(key)) or not self._usual(item):
                    return False
            return True
        if kind is list:
            return all(map(self._usual, value))  # type: ignore[call-overload]
        return value is None or kind is bool

    def _learnt(self, key: object) -> bool:
        if type(key) is not str or not key.isascii() or self._unusual_key(key):
            return False
        if len(self._keys) < _MOST_KNOWN:
            self._keys.add(key)
        return True


def _plain_text(text: str) -> bool:
    """Whether *text* has no lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _usual_kind(kind: str) -> bool:
    if kind in _kinds:
        return True
    if type(kind) is not str or not _KIND.fullmatch(kind):
        return False
    if len(_kinds) < _MOST_KNOWN:
        _kinds.add(kind)
    return True
