"""Read the fields of a request; each function says which error code a bad value has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .codes import BAD_JSON, Refused

Body = Mapping[str, Any]
_LARGEST = (1 << 63) - 1  # what the state can hold


def text(body: Body, key: str, code: int) -> str:
    """
    The text under *key*.

    Raises:
        Refused: *code* if it is absent or empty, 640011 if it is no text.
    """
    value = body.get(key)
    if value is None or value == "":
        raise Refused(code, key)
    if not isinstance(value, str) or not _is_unicode(value):
        raise Refused(BAD_JSON, key)
    return value


def _is_unicode(value: str) -> bool:
    """Whether there is no half of a surrogate pair in it, which JSON can spell."""
    return not any("\ud800" <= it <= "\udfff" for it in value)


def number(body: Body, key: str, code: int, default: int | None = None) -> int:
    """
    The whole number under *key*, or *default*.

    Raises:
        Refused: *code* if it is absent without default, 640011 if it is no whole number from 0 on.
    """
    value = body.get(key, default)
    if value is None:
        raise Refused(code, key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise Refused(BAD_JSON, key)
    return value


def flag(body: Body, key: str, default: bool = False) -> bool:
    """
    Raises:
        Refused: 640011 if there is something else than true or false.
    """
    value = body.get(key, default)
    if not isinstance(value, bool):
        raise Refused(BAD_JSON, key)
    return value


def texts(body: Body, key: str, code: int) -> list[str]:
    """
    The array of texts under *key*, which has at least one.

    Raises:
        Refused: *code* if it is absent or one is empty, 640011 if it is no array of texts.
    """
    value = body.get(key)
    if value is None or value == []:
        raise Refused(code, key)
    if not isinstance(value, list) or not all(isinstance(it, str) and _is_unicode(it) for it in value):
        raise Refused(BAD_JSON, key)
    if not all(value):
        raise Refused(code, key)
    return value


def objects(body: Body, key: str, code: int) -> list[Body]:
    """
    Raises:
        Refused: *code* if there is none, 640011 if it is no array of objects.
    """
    value = body.get(key)
    if value is None or value == []:
        raise Refused(code, key)
    if not isinstance(value, list) or not all(isinstance(it, dict) for it in value):
        raise Refused(BAD_JSON, key)
    return value
