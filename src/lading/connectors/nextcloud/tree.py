"""
Small multistatus answers as trees: versions, tags, comments, rules of team folders.

Listings of folders have a parser of their own that works while they arrive; here
properties have others within them.  A document type is refused, so there are no
entities to expand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from lading.connectors.dav.href import path_of

DAV = "{DAV:}"
OC = "{http://owncloud.org/ns}"
NC = "{http://nextcloud.org/ns}"
_FRAME = (
    '<?xml version="1.0" encoding="utf-8"?><{verb} xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"'
    ' xmlns:nc="http://nextcloud.org/ns">{inner}</{verb}>'
)


class Garbled(Exception):
    """The text is no multistatus."""


class Response(NamedTuple):
    """One response: its decoded path with a slash at the end, and the properties that were found."""

    href: bytes
    properties: dict[str, Element]

    def text(self, name: str) -> str:
        """The text of a property, empty if it was not told."""
        found = self.properties.get(name)
        return "" if found is None else "".join(found.itertext()).strip()

    @property
    def last(self) -> str:
        """The last name of its path."""
        return self.href.rstrip(b"/").rpartition(b"/")[2].decode("utf-8", "surrogateescape")


def asking(*properties: str) -> bytes:
    """A PROPFIND for *properties*, each with its prefix `d:`, `oc:` or `nc:`."""
    inner = "".join(f"<{name}/>" for name in properties)
    return _FRAME.format(verb="d:propfind", inner=f"<d:prop>{inner}</d:prop>").encode()


def filtering(rule: str, *properties: str) -> bytes:
    """A REPORT about the files that meet *rule*."""
    inner = "".join(f"<{name}/>" for name in properties)
    rules = f"<oc:filter-rules>{rule}</oc:filter-rules>"
    return _FRAME.format(verb="oc:filter-files", inner=f"<d:prop>{inner}</d:prop>{rules}").encode()


def setting(inner: str) -> bytes:
    """A PROPPATCH that sets the properties in *inner*."""
    return _FRAME.format(verb="d:propertyupdate", inner=f"<d:set><d:prop>{inner}</d:prop></d:set>").encode()


def responses(body: bytes) -> list[Response]:
    """
    The responses in *body*, without those that are not there.

    Raises:
        Garbled: it is no multistatus.
    """
    root = _parsed(body)
    if root.tag != DAV + "multistatus":
        raise Garbled(f"{root.tag[:80]} instead of a multistatus")
    return [_response(one) for one in root.iter(DAV + "response") if _status(one) < 400]


def _response(node: Element) -> Response:
    properties: dict[str, Element] = {}
    for told in node.findall(DAV + "propstat"):
        if _status(told) in (0, 200):
            properties.update((one.tag, one) for one in _within(told.find(DAV + "prop")))
    return Response(path_of((node.findtext(DAV + "href") or "").strip()), properties)


def _within(node: Element | None) -> Iterator[Element]:
    return iter(()) if node is None else iter(node)


def _status(node: Element) -> int:
    parts = (node.findtext(DAV + "status") or "").split(None, 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0


class _Builder(TreeBuilder):
    def doctype(self, *_declared: object) -> None:
        raise Garbled("it begins like a web page: with a document type")


def _parsed(body: bytes) -> Element:
    parser = XMLParser(target=_Builder())  # noqa: S314 (a document type, where entities come from, is refused)
    try:
        parser.feed(body)
        return parser.close()
    except (ParseError, ValueError) as problem:
        raise Garbled(f"not XML: {problem}") from None
