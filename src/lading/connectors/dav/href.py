"""
Addresses of entries on the wire: from a path to a URL, and from an href back to a name.

Servers, and proxies in front of them, spell the same place differently: other
hosts, upper- or lower-case hex, bare or escaped characters, with or without the
last slash.  So decoded bytes are compared, never text.  A slash is looked for
before decoding: an escaped one is part of a name, and such a name is never
turned into a path.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

from lading.model.errors import BadAddress
from lading.model.paths import Path, name_bytes, name_from

_AUTHORITY = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*")
# What a place typed by a person may contain as it is: the rest is escaped, escapes stay.
_PLACE_SAFE = "/%-._~!$&'()*+,;=:@"


class Place(NamedTuple):
    """Where a drive's root is: *origin* as `https://host:port`, *prefix* escaped, with a slash at both ends."""

    origin: str
    prefix: str

    def url(self, path: Path, *, folder: bool = False) -> str:
        """The URL of *path*; that of a *folder* ends with a slash, which some servers insist on."""
        if not path:
            return self.origin + self.prefix
        return self.origin + self.prefix + "/".join(map(_escaped, path)) + ("/" if folder else "")

    def decoded(self, path: Path = ()) -> bytes:
        """The bytes of the folder *path* as hrefs have them, decoded, with a slash at both ends."""
        return unquote_to_bytes(self.prefix) + b"".join(name_bytes(name) + b"/" for name in path)


def place_of(text: str) -> Place:
    """
    The place that a person typed as *text*.

    Raises:
        BadAddress: it is no plain http(s) URL of a folder.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as problem:
        raise BadAddress(text.partition("?")[0], str(problem)) from None
    shown = text.partition("?")[0]
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadAddress(shown, "it is no http(s) URL with a host")
    if parts.username is not None or parts.password is not None:
        raise BadAddress(parts.hostname, "give user and password beside the URL, not in it")
    if parts.query or parts.fragment:
        raise BadAddress(shown, "the URL of a drive has no ? and no #")
    prefix = quote(parts.path, safe=_PLACE_SAFE).rstrip("/") + "/"
    if not {b".", b".."}.isdisjoint(unquote_to_bytes(prefix).split(b"/")):
        raise BadAddress(shown, "the URL goes up with .. in it")
    return Place(f"{parts.scheme}://{parts.netloc.lower()}", prefix)


class NoName(Enum):
    """What an href in a listing is, other than a name."""

    ITSELF = "the folder that was asked for"
    STRANGER = "something outside of it"


class Odd(NamedTuple):
    """A name that no path can hold, as the server spelled it."""

    text: str


class Names:
    """
    Names of the entries of one folder, from the hrefs of its listing.

    *folders* are the decoded forms in which the server may call the folder.
    """

    def __init__(self, folders: frozenset[bytes]) -> None:
        self._folders = folders
        self._parents: set[str] = set()

    def of(self, href: str) -> str | Odd | NoName:
        """The name that *href* tells."""
        text = _AUTHORITY.sub("", href) if ":" in href or href.startswith("//") else href
        above, slash, last = text.removesuffix("/").rpartition("/")
        if above in self._parents and last:
            return _name(last)
        whole = unquote_to_bytes(text)
        if not whole.endswith(b"/"):
            whole += b"/"
        if not slash and not text.startswith("/"):
            return _name(last) if last else NoName.STRANGER
        if whole in self._folders:
            return NoName.ITSELF
        if unquote_to_bytes(above) + b"/" in self._folders:
            self._parents.add(above)
            return _name(last)
        return NoName.STRANGER


def _name(segment: str) -> str | Odd:
    raw = unquote_to_bytes(segment)
    if raw in (b"", b".", b"..") or b"/" in raw or b"\0" in raw:
        # Spelled so that it is a name: `..` would lead out wherever it was used.
        spelled = "%" in segment and "\0" not in segment
        return Odd(segment if spelled else "".join(f"%{byte:02X}" for byte in raw) or "%")
    return name_from(raw)


def path_of(href: str) -> bytes:
    """The decoded path of *href*, whatever its host, with a slash at its end."""
    return unquote_to_bytes(_AUTHORITY.sub("", href)).rstrip(b"/") + b"/"


def _escaped(name: str) -> str:
    return name if name.isalnum() and name.isascii() else quote(name_bytes(name), safe="")
