"""
Where in a drive of ours an address points: the whole drive, a space, or a folder in a space.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from lading.connectors.address import Address
from lading.connectors.names import check_names
from lading.model.errors import BadAddress, NameRefused
from lading.model.paths import Path, name_from
from lading.model.text import Text

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Place:
    """*origin* is scheme and host; *root* begins with the label of a space, `()` is the whole drive."""

    origin: str
    root: Path

    @property
    def api(self) -> str:
        """What every route is put after."""
        return self.origin + API


def place_of(address: Address) -> Place:
    """
    The place that *address* names: `https://host[:port][/SPACE[/FOLDER…]]`.

    Raises:
        BadAddress: it is no such URL.
    """
    parts = urlsplit(address.place)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise BadAddress(
            str(address),
            Text("expected lading:https://HOST/SPACE", "应为 lading:https://主机/空间"),
        )
    root = tuple(name_from(unquote_to_bytes(part)) for part in parts.path.split("/") if part)
    try:
        check_names(root)
    except NameRefused as problem:
        raise BadAddress(str(address), problem.details) from None
    return Place(f"{parts.scheme}://{parts.netloc}", root)
