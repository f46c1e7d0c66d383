"""
A drive seen through its WebDAV door, by a client that shares no code with the product.

It lists and reads only.  An error in the product's own clients cannot hide
itself here.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote_to_bytes, urlsplit

from lading.testkit.demo.truth import Held, Holding

_DAV = "{DAV:}"
_WANTED = (
    b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop>'
    b"<resourcetype/><getetag/><getlastmodified/><getcontentlength/></prop></propfind>"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file behind the door; *etag* is its identity and version, *seconds* its time since 1970."""

    path: str
    etag: str
    seconds: int
    size: int


class Door:
    """The folder *url* of a WebDAV server, asked with HTTP Basic; closed at the end of `with`."""

    def __init__(self, url: str, user: str, password: str) -> None:
        parts = urlsplit(url)
        self._root = unquote_to_bytes(parts.path).strip(b"/")
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self._wire = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    def holding(self, *, hidden: str, parts: tuple[int, ...] = ()) -> Holding:
        """Everything below the folder, read; files below *hidden* are unfinished, as are *parts* kept elsewhere."""
        files, folders = self.walk()
        drafts = {path for path in files if path.startswith(f"{hidden}/")}
        return Holding(
            files={path: self._held(found) for path, found in files.items() if path not in drafts},
            folders=frozenset(path for path in folders if not f"{path}/".startswith(f"{hidden}/")),
            unfinished=(*(files[path].size for path in sorted(drafts)), *parts),
        )

    def _held(self, found: Found) -> Held:
        return Held(found.etag, found.seconds, found.size, self.sha256(found.path))

    def walk(self) -> tuple[dict[str, Found], set[str]]:
        """All files by their path below the folder, and all folders."""
        files: dict[str, Found] = {}
        folders: set[str] = set()
        waiting = [""]
        while waiting:
            place = waiting.pop()
            for found in self._list(place):
                if isinstance(found, str):
                    folders.add(found)
                    waiting.append(found)
                else:
                    files[found.path] = found
        return files, folders

    def sha256(self, path: str) -> str:
        """The SHA-256 of the content of the file *path*."""
        answer = self._ask("GET", path)
        digest = hashlib.sha256()
        while block := answer.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()

    def _list(self, folder: str) -> Iterator[Found | str]:
        answer = self._ask("PROPFIND", folder, _WANTED, {"Depth": "1", "Content-Type": "application/xml"})
        tree = ElementTree.fromstring(answer.read())
        for response in tree.iter(f"{_DAV}response"):
            path = self._path(response.findtext(f"{_DAV}href") or "")
            if path == folder:
                continue
            if response.find(f".//{_DAV}collection") is not None:
                yield path
            else:
                yield _found(path, response)

    def _path(self, href: str) -> str:
        raw = unquote_to_bytes(urlsplit(href).path).strip(b"/")
        return raw[len(self._root) :].strip(b"/").decode("utf-8", "surrogateescape")

    def _ask(
        self, verb: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        names = (self._root, path.encode("utf-8", "surrogateescape"))
        target = "/" + quote(b"/".join(name for name in names if name))
        self._wire.request(verb, target, body, {**self._headers, **(headers or {})})
        answer = self._wire.getresponse()
        if answer.status not in (200, 207):
            raise OSError(f"{verb} {target}: {answer.status} {answer.read(300)!r}")
        return answer


def _found(path: str, response: ElementTree.Element) -> Found:
    facts = {
        name: response.findtext(f".//{_DAV}{name}") or ""
        for name in ("getetag", "getlastmodified", "getcontentlength")
    }
    seconds = int(parsedate_to_datetime(facts["getlastmodified"]).timestamp())
    return Found(path, facts["getetag"], seconds, int(facts["getcontentlength"] or 0))
