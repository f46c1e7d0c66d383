"""What a share may give and for how long: decided from what was given, the kind of share and what the sharer holds."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from .ocs import Failed
from .rights import ALL, CREATE, DELETE, READ, SHARE, UPDATE

USER, GROUP, LINK, MAIL, REMOTE, CIRCLE, ROOM = 0, 1, 3, 4, 6, 7, 10
LOCAL = (USER, GROUP, CIRCLE, ROOM)
PUBLIC = (LINK, MAIL)
LONGEST_LABEL = 255  # bytes


def link_bits(given: int | None, upload: str, *, folder: bool) -> int:
    """
    The bits of a link or a mail share.

    A readable one always gets the bit for resharing, which lets another cloud
    take it over; *upload* is the old publicUpload.

    Raises:
        Failed: 400, the bits make no sense for a link.
    """
    bits = READ if given is None else given
    if upload in ("true", "false"):
        bits = READ | UPDATE | CREATE | DELETE if upload == "true" else READ
    if upload == "true" and not folder:
        raise Failed(400, "Public upload is only possible for publicly shared folders")
    if not bits & (READ | CREATE):
        raise Failed(400, "Share must at least have READ or CREATE permissions")
    if bits & (UPDATE | DELETE) and not bits & READ:
        raise Failed(400, "Share must have READ permission if UPDATE or DELETE permission is set")
    bits |= SHARE if bits & READ else 0
    return bits if folder else bits & ~(CREATE | DELETE)


def local_bits(given: int | None, *, folder: bool) -> int:
    """
    The bits of a share with people: reading is always in it, a file is never deleted or filled.

    Raises:
        Failed: 404, they are out of range.
    """
    bits = ALL if given is None else given
    if not 0 <= bits <= ALL:
        raise Failed(404, "Invalid permissions")
    bits |= READ
    return bits if folder else bits & ~(CREATE | DELETE)


def within(bits: int, held: int, name: str) -> int:
    """
    *bits*, if the sharer holds them all.

    Raises:
        Failed: 404.
    """
    if bits & ~held:
        raise Failed(404, f"Cannot increase permissions of {name}")
    return bits


def last_day(value: str, *, unclear: int) -> str | None:
    """
    The last day of a share, as YYYY-MM-DD; None for an empty *value*.

    Raises:
        Failed: *unclear*, it is no date; 404, it is past.
    """
    if not value:
        return None
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        raise Failed(unclear, "Invalid date. Format must be YYYY-MM-DD") from None
    if day < datetime.now(UTC).date():
        raise Failed(404, "Expiration date is in the past")
    return day.isoformat()


def attributes(value: Any) -> list[dict[str, Any]]:
    """
    The attributes in a JSON text, each with scope, key and value.

    Raises:
        Failed: 500 for an array that is no text, as the real server has a type error; 400 for a text that is no array.
    """
    if not isinstance(value, str):
        raise Failed(500, "Internal Server Error")
    try:
        parsed = json.loads(value)
        return [{"scope": it["scope"], "key": it["key"], "value": _plain(it)} for it in parsed]
    except (ValueError, TypeError, KeyError):
        raise Failed(400, "Invalid share attributes provided") from None


def with_download(before: str | None, *, allowed: bool) -> str:
    """The stored attributes *before*, with the one for downloads set."""
    kept = [
        it for it in json.loads(before or "[]") if (it["scope"], it["key"]) != ("permissions", "download")
    ]
    return json.dumps([*kept, {"scope": "permissions", "key": "download", "value": allowed}])


def label(value: str) -> str:
    """
    Raises:
        Failed: 400, it is longer than 255 bytes.
    """
    if len(value.encode()) > LONGEST_LABEL:
        raise Failed(400, "Maximum label length is 255")
    return value


def token(value: str) -> str:
    """
    Raises:
        Failed: always: tokens of one's own are off unless an administrator allows them.
    """
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise Failed(400, "Tokens may only contain letters, numbers, or a hyphen")
    raise Failed(403, "Custom share link tokens have been disabled by the administrator")


def _plain(attribute: dict[str, Any]) -> Any:
    value = attribute["value"] if "value" in attribute else attribute["enabled"]
    return value.lower() in ("1", "true") if isinstance(value, str) else value
