"""
What a server can do, found out with objects below a reserved prefix that are removed again.

Tried, not looked up: compatible servers differ by version and by settings of the bucket.  Only what is
written to is tried.
"""

from __future__ import annotations

import base64
import secrets
from contextlib import suppress
from dataclasses import dataclass

from lading.connectors.s3.facts import MTIME
from lading.connectors.s3.keys import PARTS
from lading.connectors.s3.multipart import Upload
from lading.connectors.s3.purging import purge
from lading.connectors.s3.wire import Ask, Wire
from lading.model.errors import DriveError
from lading.model.paths import ROOT

MARKER_TYPE = "application/x-directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What a server was seen to do."""

    creates: bool = False
    """`If-None-Match: *` keeps a PUT from replacing."""
    replaces: bool = False
    """`If-Match` keeps a PUT from replacing another content."""
    completes: bool = False
    """`If-None-Match: *` keeps an upload in parts from replacing."""
    removes: bool = False
    """`If-Match` keeps a DELETE from removing another content."""
    checks: bool = False
    """A content that does not have the SHA-256 sent along is refused."""
    folder_times: bool = False
    """Markers of folders keep metadata."""
    marker_contents: bool = False
    """What the marker of a folder holds can be read again."""
    empty_names: bool = False
    """`a//b` is another key than `a/b`."""


def tried(wire: Wire, *, versioned: bool) -> Ability:
    """
    What the server behind *wire* does.

    Raises:
        DriveError: it does not take objects at all.
    """
    place = f"{wire.prefix}{PARTS}/probe-{secrets.token_hex(8)}/"
    try:
        return _Trial(wire, place).ability()
    finally:
        with suppress(DriveError):
            purge(wire, place, versioned=versioned)


class _Trial:
    def __init__(self, wire: Wire, place: str) -> None:
        self._wire, self._place = wire, place

    def ability(self) -> Ability:
        self._wire.demand(self._put("one"))
        return Ability(
            creates=self._refused(self._put("one", {"if-none-match": "*"})),
            replaces=self._refused(self._put("one", {"if-match": '"00000000000000000000000000000000"'})),
            removes=self._refused(
                self._ask("DELETE", "one", {"if-match": '"00000000000000000000000000000000"'})
            ),
            completes=self._completes(),
            checks=self._checks(),
            folder_times=self._folder_times(),
            marker_contents=self._marker_contents(),
            empty_names=self._empty_names(),
        )

    def _ask(self, method: str, name: str, headers: dict[str, str] | None = None) -> Ask:
        return Ask(method, self._place + name, ROOT, (), headers or {})

    def _put(self, name: str, headers: dict[str, str] | None = None, body: bytes = b"trial") -> Ask:
        return self._ask("PUT", name, headers)._replace(body=body)

    def _refused(self, ask: Ask) -> bool:
        return self._wire.call(ask).status == 412

    def _checks(self) -> bool:
        wrong = base64.b64encode(bytes(32)).decode()
        return self._wire.call(self._put("wrong", {"x-amz-checksum-sha256": wrong})).status == 400

    def _completes(self) -> bool:
        upload = Upload(self._wire, self._place + "one", ROOT, {})
        try:
            upload.put(1, b"trial")
            return upload.completed({"if-none-match": "*"}).status == 412
        except DriveError:
            return False
        finally:
            upload.abort()

    def _folder_times(self) -> bool:
        headers = {MTIME: "1.5", "content-type": MARKER_TYPE}
        self._wire.demand(self._put("folder/", headers, b""))
        return self._wire.call(self._ask("HEAD", "folder/")).headers.get(MTIME) == "1.5"

    def _marker_contents(self) -> bool:
        if self._wire.call(self._put("marker/")).status != 200:
            return False
        return self._wire.call(self._ask("GET", "marker/")).body == b"trial"

    def _empty_names(self) -> bool:
        if self._wire.call(self._put("slashes//name")).status != 200:
            return False
        return self._wire.call(self._ask("HEAD", "slashes/name")).status == 404
