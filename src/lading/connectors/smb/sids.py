"""
Security identifiers: their text, their bytes, and those that mean the same everywhere.

[MS-DTYP] 2.4.2 has the forms, 2.4.2.4 the well-known ones; S-1-22 is Samba's for the numbers of Unix.
"""

from __future__ import annotations

import re
import struct

from lading.model.access import PrincipalKind

EVERYONE = "S-1-1-0"
AUTHENTICATED = "S-1-5-11"
CREATOR_OWNER, CREATOR_GROUP, OWNER_RIGHTS = "S-1-3-0", "S-1-3-1", "S-1-3-4"

WELL_KNOWN = {
    "S-1-0-0": "Nobody",
    EVERYONE: "Everyone",
    "S-1-2-0": "Local",
    CREATOR_OWNER: "Creator Owner",
    CREATOR_GROUP: "Creator Group",
    OWNER_RIGHTS: "Owner Rights",
    "S-1-5-1": "Dialup",
    "S-1-5-2": "Network",
    "S-1-5-4": "Interactive",
    "S-1-5-6": "Service",
    "S-1-5-7": "Anonymous",
    AUTHENTICATED: "Authenticated Users",
    "S-1-5-18": "Local System",
    "S-1-5-19": "Local Service",
    "S-1-5-20": "Network Service",
    "S-1-5-32-544": "Builtin Administrators",
    "S-1-5-32-545": "Builtin Users",
    "S-1-5-32-546": "Builtin Guests",
    "S-1-5-32-547": "Power Users",
    "S-1-5-32-548": "Account Operators",
    "S-1-5-32-549": "Server Operators",
    "S-1-5-32-550": "Print Operators",
    "S-1-5-32-551": "Backup Operators",
}
"""Names of identifiers that every server has."""

_RELATIVE = {
    500: ("Administrator", PrincipalKind.PERSON),
    501: ("Guest", PrincipalKind.PERSON),
    502: ("krbtgt", PrincipalKind.PERSON),
    512: ("Domain Admins", PrincipalKind.GROUP),
    513: ("Domain Users", PrincipalKind.GROUP),
    514: ("Domain Guests", PrincipalKind.GROUP),
    515: ("Domain Computers", PrincipalKind.GROUP),
    516: ("Domain Controllers", PrincipalKind.GROUP),
    518: ("Schema Admins", PrincipalKind.GROUP),
    519: ("Enterprise Admins", PrincipalKind.GROUP),
    520: ("Group Policy Creator Owners", PrincipalKind.GROUP),
}
_TEXT = re.compile(r"S-1-(0x[0-9A-Fa-f]{1,12}|[0-9]{1,15})((?:-[0-9]{1,10}){1,15})")
_DOMAIN = re.compile(r"S-1-5-21-\d+-\d+-\d+-(\d+)")


def decoded(raw: bytes, at: int = 0) -> tuple[str, int]:
    """
    The text of the identifier at byte *at*, and where it ends.

    Raises:
        ValueError: there is none.
    """
    if len(raw) < at + 8 or raw[at] != 1 or raw[at + 1] > 15:
        raise ValueError("no security identifier")
    count = raw[at + 1]
    end = at + 8 + 4 * count
    if len(raw) < end:
        raise ValueError("a security identifier of broken length")
    authority = int.from_bytes(raw[at + 2 : at + 8], "big")
    parts = struct.unpack_from(f"<{count}I", raw, at + 8)
    return "-".join(["S-1", str(authority), *map(str, parts)]), end


def encoded(sid: str) -> bytes:
    """
    The bytes of *sid*; the inverse of `decoded`.

    Raises:
        ValueError: it is no identifier.
    """
    if not is_sid(sid):
        raise ValueError(f"no security identifier: {sid}")
    _, _, authority, *parts = sid.split("-")
    head = bytes([1, len(parts)]) + int(authority, 0).to_bytes(6, "big")
    return head + struct.pack(f"<{len(parts)}I", *map(int, parts))


def is_sid(text: str) -> bool:
    """Whether *text* is an identifier with at least one part below its authority."""
    found = _TEXT.fullmatch(text)
    if found is None or int(found[1], 0) >= 1 << 48:
        return False
    return all(int(part) < 1 << 32 for part in found[2][1:].split("-"))


def name_of(sid: str) -> str:
    """The name of a well-known *sid*, the text of any other."""
    found = _DOMAIN.fullmatch(sid)
    if found and int(found[1]) in _RELATIVE:
        return _RELATIVE[int(found[1])][0]
    return WELL_KNOWN.get(sid, sid)


def kind_of(sid: str) -> PrincipalKind:
    """
    What *sid* is, as far as it says itself.

    Which account of a domain is a person and which a group, it does not: a group is the more careful guess,
    since nobody takes a group's grants for those of one person.
    """
    if sid in (EVERYONE, AUTHENTICATED):
        return PrincipalKind.EVERYBODY
    found = _DOMAIN.fullmatch(sid)
    if found and int(found[1]) in _RELATIVE:
        return _RELATIVE[int(found[1])][1]
    if sid.startswith("S-1-22-1-") or sid in ("S-1-5-18", "S-1-5-19", "S-1-5-20"):
        return PrincipalKind.PERSON
    return PrincipalKind.GROUP
