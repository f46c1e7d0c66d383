"""
The options of an export's address, as rows of data.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import parse_qsl

from lading.connectors.address import Address
from lading.connectors.export.members import NAMES
from lading.connectors.export.times import ORDERS, zone_of
from lading.connectors.options import check_options
from lading.model.errors import BadAddress
from lading.model.text import Text

FILES = ("facts", "acl", "people")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "names": NAMES,
    "rows": ("whole", "partial"),
    "dates": ("", *ORDERS),
    "role": ("source",),
}
KNOWN = (*FILES, "names", "rows", "dates", "zone", "encoding", "aclroot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the archive is, and how it and the tables beside it are read."""

    place: str
    facts: str
    acl: str
    people: str
    names: str
    partial: bool
    """Rows and members that do not match are told and no reason to stop."""
    dates: str
    zone: tzinfo
    encoding: str
    aclroot: str


def options_of(address: Address) -> Options:
    """
    The options of *address*: those after a `?`, and those given beside it, which count more.

    Raises:
        BadAddress: one of them, or its value, is not known.
    """
    place, given = _split(address)
    given |= dict(address.options)
    check_options(address, given, Text("an export", "导出数据"), dict.fromkeys((*KNOWN, *CHOICES)), CHOICES)
    return Options(
        place=os.path.abspath(place),
        **{name: os.path.abspath(given[name]) if given.get(name) else "" for name in FILES},
        names=given.get("names", "auto"),
        partial=given.get("rows") == "partial",
        dates=given.get("dates", ""),
        zone=_zone(address, given.get("zone", "UTC")),
        encoding=given.get("encoding", ""),
        aclroot=given.get("aclroot", ""),
    )


def _split(address: Address) -> tuple[str, dict[str, str]]:
    """The path and the options of the place; a file that has a `?` in its name is meant as it stands."""
    if os.path.lexists(address.place):
        return address.place, {}
    place, _, query = address.place.partition("?")
    try:
        return place, dict(
            parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=bool(query))
        )
    except ValueError as problem:
        raise BadAddress(str(address), str(problem)) from None


def _zone(address: Address, text: str) -> tzinfo:
    try:
        return zone_of(text)
    except ValueError:
        said = Text(
            f"zone is UTC or like +08:00, not {text}", f"zone 应为 UTC 或类似 +08:00 的形式，而不是 {text}"
        )
        raise BadAddress(str(address), said) from None
