"""
The XML in which a WebDAV server tells properties (RFC 4918, 14.16), read as it arrives.

Whoever sends it is not trusted: a document type declaration is refused, so
there are no entities to expand; depth and texts are bounded; properties that
nobody asked for are dropped.  What is no multistatus is `Garbled`: a login page,
an answer cut short.
"""

from __future__ import annotations

from typing import NamedTuple
from xml.parsers import expat

DAV = "DAV: "
OC = "http://owncloud.org/ns "
LENGTH = DAV + "getcontentlength"
MODIFIED = DAV + "getlastmodified"
ETAG = DAV + "getetag"
FILE_ID = OC + "fileid"
CHECKSUMS = OC + "checksums"
NC = "http://nextcloud.org/ns "
MOUNT = NC + "mount-type"
ENCRYPTED = NC + "is-encrypted"
OWNER = OC + "owner-id"
COMMENTS = OC + "comments-count"

_RESPONSE, _HREF, _STATUS = DAV + "response", DAV + "href", DAV + "status"
_PROPSTAT, _COLLECTION, _CHECKSUM = DAV + "propstat", DAV + "collection", OC + "checksum"
_KIND = DAV + "resourcetype"
_PROPERTIES = frozenset({LENGTH, MODIFIED, ETAG, FILE_ID, CHECKSUMS, MOUNT, ENCRYPTED, OWNER, COMMENTS})
_TEXT_LIMIT = 1 << 16
_DEPTH_LIMIT = 64

# Depths at which elements mean something: multistatus is 1.
_AT_RESPONSE, _IN_RESPONSE, _IN_PROPSTAT, _AT_PROPERTY, _IN_PROPERTY = 2, 3, 4, 5, 6

_PLAIN = "<d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/>"
_FRAME = '<?xml version="1.0" encoding="utf-8"?><d:propfind xmlns:d="DAV:"{}><d:prop>{}</d:prop></d:propfind>'
ASK_PLAIN = _FRAME.format("", _PLAIN).encode()
ASK_NEXTCLOUD = _FRAME.format(
    ' xmlns:o="http://owncloud.org/ns" xmlns:n="http://nextcloud.org/ns"',
    _PLAIN + "<o:fileid/><o:owner-id/><n:mount-type/><n:is-encrypted/>",
).encode()
ASK_ALL = _FRAME.format(' xmlns:o="http://owncloud.org/ns"', _PLAIN + "<o:fileid/><o:checksums/>").encode()


class Garbled(Exception):
    """The text is no multistatus, or not a whole one."""


class Told(NamedTuple):
    """One response: what the server says about one href."""

    href: str
    status: int
    """The status of the whole response, 0 if it has none."""
    folder: bool | None
    """None if the server does not say what it is."""
    properties: dict[str, str]
    refused: int
    """The status with which a property that every entry has was refused, 0 if none was."""


class Multistatus:
    """Feed it bytes; `told` grows by what is complete, and belongs to the caller to take from."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._depth = 0
        self._text: list[str] | None = None
        self._length = 0
        self._begun = False
        self._clear()
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse

    def feed(self, block: bytes) -> None:
        """Take the next bytes; `b""` is the end of them."""
        try:
            self._parser.Parse(block, not block)
        except expat.ExpatError as problem:
            raise Garbled(f"not XML: {problem}") from None

    def _clear(self) -> None:
        self._href = ""
        self._status = self._refused = 0
        self._folder: bool | None = None
        self._properties: dict[str, str] = {}
        self._clear_propstat()

    def _clear_propstat(self) -> None:
        self._found: dict[str, str] = {}
        self._found_folder: bool | None = None
        self._found_status = 0

    def _start(self, name: str, attributes: object) -> None:
        self._depth = depth = self._depth + 1
        if depth == 1 and name != DAV + "multistatus":
            raise Garbled(f"{name.strip()[:80]} instead of a multistatus")
        if depth > _DEPTH_LIMIT:
            raise Garbled("nested too deep")
        if (
            (depth == _AT_PROPERTY and name in _PROPERTIES)
            or (depth == _IN_RESPONSE and name in (_HREF, _STATUS))
            or (depth == _IN_PROPSTAT and name == _STATUS)
        ):
            self._text, self._length = [], 0
        elif depth == _AT_PROPERTY and name == _KIND:
            self._found_folder = False
        elif depth == _IN_PROPERTY and name == _COLLECTION and self._found_folder is False:
            self._found_folder = True

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._length += len(text)
            if self._length > _TEXT_LIMIT:
                raise Garbled("a text in it is too long")
            self._text.append(text)

    def _end(self, name: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if depth == _IN_PROPERTY and name == _CHECKSUM and self._text is not None:
            self._text.append(" ")
        elif depth == _AT_PROPERTY and name in _PROPERTIES:
            self._found[name] = self._taken()
        elif depth == _IN_PROPSTAT and name == _STATUS:
            self._found_status = _status(self._taken())
        elif depth == _IN_RESPONSE:
            self._end_in_response(name)
        elif depth == _AT_RESPONSE and name == _RESPONSE:
            told = Told(self._href, self._status, self._folder, self._properties, self._refused)
            self.told.append(told)
            self._clear()

    def _end_in_response(self, name: str) -> None:
        if name == _HREF:
            # A response may name several; those have no properties then, and we never ask for such.
            self._href = self._href or self._taken()
        elif name == _STATUS:
            self._status = _status(self._taken())
        elif name == _PROPSTAT:
            if self._found_status in (0, 200):
                self._properties.update(self._found)
                if self._found_folder is not None:
                    self._folder = self._found_folder
            elif self._found_status != 404:
                self._refused = self._found_status
            self._clear_propstat()

    def _taken(self) -> str:
        text, self._text = self._text or [], None
        return "".join(text).strip()


def _status(line: str) -> int:
    """The number in `HTTP/1.1 200 OK`."""
    parts = line.split(None, 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0


def _refuse(*_declared: object) -> None:
    raise Garbled("it begins like a web page: with a document type")
