"""
Multistatus answers as sabre/dav writes them, and reading the bodies of PROPFIND and PROPPATCH.

The hex digits of a href are upper case in one kind of answer and lower case in
another, as the real product mixes them: a client has to compare decoded.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from defusedxml import ElementTree as Safe
from defusedxml.common import DefusedXmlException

from .http import Reply, bad

DAV, OC, NC = "{DAV:}", "{http://owncloud.org/ns}", "{http://nextcloud.org/ns}"
PREFIXES = {
    "DAV:": "d",
    "http://sabredav.org/ns": "s",
    "http://owncloud.org/ns": "oc",
    "http://nextcloud.org/ns": "nc",
}
SPACES = " ".join(f'xmlns:{short}="{space}"' for space, short in PREFIXES.items())

# One entry of a multistatus: its path, and what each property holds (inner XML), None where it has none.
Entry = tuple[str, Mapping[str, str | None]]


def text(value: object) -> str:
    return escape(str(value))


def element(name: str, inner: str | None) -> str:
    """One element by its Clark name; empty when *inner* is."""
    space, _, local = name.lstrip("{").rpartition("}")
    if space in PREFIXES:
        tag = declared = f"{PREFIXES[space]}:{local}"
    elif space:
        tag, declared = f"x1:{local}", f'x1:{local} xmlns:x1="{escape(space)}"'
    else:
        tag, declared = local, f'{local} xmlns=""'
    return f"<{declared}>{inner}</{tag}>" if inner else f"<{declared}/>"


def href(path: str, *, upper: bool) -> str:
    """*path* percent-encoded, with upper or lower case hex digits."""
    form = "%%%02X" if upper else "%%%02x"
    return re.sub(
        rb"[^A-Za-z0-9_.~()/-]", lambda found: (form % found[0][0]).encode(), path.encode()
    ).decode()


def multistatus(entries: Iterable[Entry], *, upper: bool = False) -> Reply:
    """A 207 with one response per entry: what it has under 200, what it lacks under 404."""
    parts = [f'<?xml version="1.0"?>\n<d:multistatus {SPACES}>']
    for path, properties in entries:
        parts.append(f"<d:response><d:href>{href(path, upper=upper)}</d:href>")
        has = "".join(element(name, inner) for name, inner in properties.items() if inner is not None)
        lacks = "".join(element(name, "") for name, inner in properties.items() if inner is None)
        if has or not lacks:
            parts.append(_propstat(has, "200 OK"))
        if lacks:
            parts.append(_propstat(lacks, "404 Not Found"))
        parts.append("</d:response>")
    parts.append("</d:multistatus>")
    return Reply(207, "".join(parts).encode(), [("Content-Type", "application/xml; charset=utf-8")])


def patched(path: str, results: Mapping[str, int]) -> Reply:
    """The answer to a PROPPATCH: a status per property."""
    words = {200: "200 OK", 403: "403 Forbidden", 409: "409 Conflict", 424: "424 Failed Dependency"}
    parts = [
        f'<?xml version="1.0"?>\n<d:multistatus {SPACES}><d:response><d:href>{href(path, upper=False)}</d:href>'
    ]
    for status in sorted(set(results.values())):
        names = "".join(element(name, "") for name, it in results.items() if it == status)
        parts.append(_propstat(names, words.get(status, f"{status} Error")))
    parts.append("</d:response></d:multistatus>")
    return Reply(207, "".join(parts).encode(), [("Content-Type", "application/xml; charset=utf-8")])


def parsed(content: bytes) -> ElementTree.Element:
    """
    The root of an XML body.

    Raises:
        Refused: 400, it is not XML, or carries entities.
    """
    try:
        root: ElementTree.Element = Safe.fromstring(content)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise bad(f"The body is not XML: {error}") from None
    return root


def wanted(content: bytes) -> list[str] | None:
    """The Clark names a PROPFIND asks for; None for all that are told unasked."""
    if not content.strip():
        return None
    asked = parsed(content).find(f"{DAV}prop")
    return None if asked is None else [it.tag for it in asked]


def changes(content: bytes) -> list[tuple[str, ElementTree.Element | None]]:
    """What a PROPPATCH sets, in order; None where it removes."""
    found: list[tuple[str, ElementTree.Element | None]] = []
    for step in parsed(content):
        for prop in step.iter(f"{DAV}prop"):
            found += [(it.tag, it if step.tag == f"{DAV}set" else None) for it in prop]
    return found


def inner(value: ElementTree.Element) -> str:
    """The inside of an element as text that can stand in another document."""
    children = "".join(ElementTree.tostring(child, encoding="unicode") for child in value)
    return escape(value.text or "") + children


def http_date(seconds: int) -> str:
    """A time since 1970, also before it, as HTTP writes it."""
    return format_datetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), usegmt=True)


def _propstat(properties: str, status: str) -> str:
    return f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 {status}</d:status></d:propstat>"
