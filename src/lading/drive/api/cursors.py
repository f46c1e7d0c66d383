"""
Cursors: where a listing goes on, closed to the client and signed by us.

A cursor is good for the very listing it was given by; a changed one is told from ours by its signature.
"""

from __future__ import annotations

from typing import Any

from django.core import signing

from lading.model.errors import CursorExpired
from lading.model.text import Text

_SALT = "lading.drive.api.cursor:"


def cursor(listing: str, place: Any) -> str:
    """A cursor of *listing* (a name with all that selects what is listed) at *place* (JSON)."""
    return signing.dumps(place, salt=_SALT + listing)


def place(listing: str, text: str | None) -> Any:
    """
    Where *text* says to go on in *listing*; None at its start.

    Raises:
        CursorExpired: it is not a cursor that we gave for this listing.
    """
    if not text:
        return None
    try:
        return signing.loads(text, salt=_SALT + listing)
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        raise CursorExpired("cursor", Text("it is not of this listing", "游标不属于此列表")) from None
