"""
One request and one reply, and what may be wrong with a request.

A body goes to a file as it comes in; nothing of it is held in memory.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit
from xml.sax.saxutils import escape

BLOCK = 1 << 20
SMALL = 32 << 20  # bytes of a body that is read whole: properties and forms, never content


class Refused(Exception):
    """The request ends here; *kind* is the exception that sabre/dav would name in its answer."""

    def __init__(
        self, status: int, kind: str, message: str = "", headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.headers = status, kind, message, tuple(headers)


@dataclass
class Reply:
    """What goes back; *body* is bytes or blocks."""

    status: int
    body: bytes | Iterable[bytes] = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Request:
    """A request whose body already lies in the file *body*; paths are decoded text without slashes around."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Path
    size: int
    base: str
    user: str = ""

    def header(self, name: str, otherwise: str = "") -> str:
        return self.headers.get(name.lower(), otherwise)

    def content(self) -> bytes:
        """The whole body, of a kind that is always small."""
        if self.size > SMALL:
            raise Refused(413, "Sabre\\DAV\\Exception\\BadRequest", "Request entity too large")
        return self.body.read_bytes() if self.size else b""

    def form(self) -> dict[str, Any]:
        """What a form, a JSON object or the query says, by name; form fields may repeat as name[]."""
        given: dict[str, Any] = dict(self.query)
        content = self.content()
        if "json" in self.header("content-type"):
            loaded = json.loads(content or b"{}")
            return {**given, **loaded} if isinstance(loaded, dict) else given
        for name, value in parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True):
            if name.endswith("[]"):
                given.setdefault(name[:-2], []).append(value)
            else:
                given[name] = value
        return given


def decoded(url: str) -> str:
    """
    The path of *url* (or of a path), decoded, without slashes around it.

    Raises:
        Refused: it is not UTF-8.
    """
    # A path may begin with two slashes; it is no host then.
    path = urlsplit(url).path if "://" in url else url.partition("?")[0]
    try:
        return unquote_to_bytes(path).decode("utf-8").strip("/")
    except UnicodeDecodeError:
        raise Refused(400, "Sabre\\DAV\\Exception\\BadRequest", "The path is not UTF-8") from None


def dav_error(refused: Refused) -> Reply:
    """The answer sabre/dav gives."""
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">\n'
        f"  <s:exception>{escape(refused.kind)}</s:exception>\n"
        f"  <s:message>{escape(refused.message)}</s:message>\n</d:error>\n"
    )
    return Reply(
        refused.status, body.encode(), [("Content-Type", "application/xml; charset=utf-8"), *refused.headers]
    )


def bad(message: str) -> Refused:
    return Refused(400, "Sabre\\DAV\\Exception\\BadRequest", message)


def missing(message: str) -> Refused:
    return Refused(404, "Sabre\\DAV\\Exception\\NotFound", message)


def forbidden(message: str = "") -> Refused:
    return Refused(403, "Sabre\\DAV\\Exception\\Forbidden", message)


def conflict(message: str) -> Refused:
    return Refused(409, "Sabre\\DAV\\Exception\\Conflict", message)


def unmet(message: str) -> Refused:
    return Refused(412, "Sabre\\DAV\\Exception\\PreconditionFailed", message)


def unallowed(message: str) -> Refused:
    return Refused(405, "Sabre\\DAV\\Exception\\MethodNotAllowed", message)


def locked(path: str) -> Refused:
    return Refused(423, "OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked", f'"{path}" is locked')


def full(message: str) -> Refused:
    return Refused(507, "Sabre\\DAV\\Exception\\InsufficientStorage", message)
