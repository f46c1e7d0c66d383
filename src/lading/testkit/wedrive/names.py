"""The platform's rules for names, as far as they are known."""

from __future__ import annotations

import unicodedata

from .codes import BAD_NAME, Refused
from .switches import Switches


def units(name: str) -> int:
    """
    The length that the limit of 255 counts: ASCII 1, anything else 2.

    >>> units("a合同")
    5
    """
    return sum(1 if it < "\x80" else 2 for it in name)


def checked(name: str, rules: Switches) -> str:
    """
    The name as it will be stored.

    Raises:
        Refused: too long, empty, `.` or `..`, or with a character that is not allowed.
    """
    name = name.strip() if rules.trim else name
    if units(name) > rules.name_limit:
        raise Refused(rules.code_too_long, "file_name too long")
    if name in {"", ".", ".."} or any(_forbidden(it, rules) for it in name):
        raise Refused(BAD_NAME)
    return name


def _forbidden(letter: str, rules: Switches) -> bool:
    return letter in rules.forbidden or letter < " " or "\x7f" <= letter < "\xa0" or _surrogate(letter)


def _surrogate(letter: str) -> bool:
    return "\ud800" <= letter <= "\udfff"


def folded(name: str, rules: Switches) -> str:
    """Two names of a folder are the same if this is the same."""
    if rules.names_equal == "casefold":
        return unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", name) if rules.names_equal == "nfc" else name


def numbered(name: str, number: int) -> str:
    """
    The name that a conflict is solved with.

    >>> numbered("lease.final.pdf", 1), numbered(".profile", 2), numbered("deals", 3)
    ('lease.final(1).pdf', '.profile(2)', 'deals(3)')
    """
    stem, dot, ending = name.rpartition(".")
    return f"{stem}({number}){dot}{ending}" if stem else f"{name}({number})"
