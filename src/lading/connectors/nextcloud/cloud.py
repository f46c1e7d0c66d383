"""
One Nextcloud server as one account sees it: OCS calls, and WebDAV beside the files.

Statuses become errors here, with the server's own words in the detail.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from lading.connectors.http.line import Request
from lading.connectors.http.session import Answer, Session, Stream
from lading.connectors.http.trouble import Subject, refused
from lading.connectors.nextcloud.days import Days, days_of
from lading.connectors.nextcloud.tree import Garbled, Response, responses
from lading.model.errors import (
    BadAnswer,
    DriveError,
    Forbidden,
    LoginFailed,
    NotFound,
    Throttled,
    TooLarge,
    Unable,
    Unavailable,
)
from lading.model.text import Text

_LIMIT = 256 << 20
"""Bytes of an answer that is taken into memory."""
_BLOCK = 1 << 18
_OCS = ("OCS-APIRequest: true", "Accept: application/json", "Accept-Encoding: identity")
_DAV = ("Content-Type: application/xml; charset=utf-8", "Accept-Encoding: identity")
MAINTENANCE = Text(
    "Nextcloud is in maintenance mode: it answers nobody until an admin ends that",
    "Nextcloud 处于维护模式：在管理员结束维护之前不响应任何请求",
)


class Cloud:
    """The server at *base* (`https://host/nextcloud`, escaped), spoken to as *user* (an id, once it is known)."""

    def __init__(self, session: Session, base: str) -> None:
        self.session = session
        self.base = base
        self.user = ""
        self.name = ""
        """The display name of the account."""
        self.is_admin = False
        self.capabilities: Mapping[str, Any] = {}
        self.version: tuple[int, ...] = ()
        self.zone: tzinfo | None = None
        """The time zone of the account; None if it is not told."""

    @property
    def is_owncloud(self) -> bool:
        """It is the older relative, which keeps versions at another place and tells no present one there."""
        return "owncloud" in str(self.capability("core", "status", "productname") or "").lower()

    @property
    def days(self) -> Days | None:
        """The days with which shares end; None where that is not certain."""
        return None if self.is_owncloud else days_of(self.version, self.zone, datetime.now(UTC))

    def capability(self, *names: str) -> Any:
        """What stands in the capabilities below *names*; None if nothing does."""
        found: Any = self.capabilities
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def url(self, *names: str) -> str:
        """The address of `remote.php/dav/NAMES`."""
        return f"{self.base}/remote.php/dav/" + "/".join(quote(name, safe="") for name in names)

    def ocs(
        self,
        method: str,
        route: str,
        query: Mapping[str, str] | None = None,
        *,
        subject: Subject,
        form: Mapping[str, str] | None = None,
    ) -> Any:
        """
        The `data` of an OCS call.

        Raises:
            Unable: the server refuses what was asked for, with its words.
            Forbidden, NotFound, LoginFailed, Unavailable, BadAnswer: as they say.
        """
        url = f"{self.base}{route}?" + urlencode({**(query or {}), "format": "json"})
        headers: tuple[str, ...] = _OCS
        body = None
        if form is not None:
            headers = (*_OCS, "Content-Type: application/x-www-form-urlencoded")
            body = urlencode(form).encode()
        answer = self.whole(Request(method, url, subject, headers, body))
        return _data(answer, subject)

    def dav(
        self,
        method: str,
        url: str,
        *,
        subject: Subject,
        body: bytes | None = None,
        headers: Sequence[str] = (),
    ) -> Answer:
        """Send a WebDAV request and take the whole answer; every status but success is an error."""
        answer = self.whole(Request(method, url, subject, (*_DAV, *headers), body))
        if not 200 <= answer.status < 300:
            raise error_of(answer, subject)
        return answer

    def ask(
        self, method: str, url: str, body: bytes, *, subject: Subject, depth: int | None = None
    ) -> list[Response]:
        """The responses to a PROPFIND or REPORT."""
        headers = () if depth is None else (f"Depth: {depth}",)
        answer = self.dav(method, url, subject=subject, body=body, headers=headers)
        try:
            return responses(answer.body)
        except Garbled as problem:
            raise BadAnswer(subject, str(problem)) from None

    def whole(self, request: Request) -> Answer:
        """Send *request* and take the whole answer, whatever its status."""
        stream = self.session.stream(request)
        try:
            blocks, size = [], 0
            while block := stream.read(_BLOCK):
                blocks.append(block)
                size += len(block)
                if size > _LIMIT:
                    raise TooLarge(request.subject, "the answer is larger than 256 MiB")
            return Answer(stream.status, stream.headers, b"".join(blocks))
        finally:
            stream.close()


def error_of(answer: Answer | Stream, subject: Subject) -> DriveError:
    """The error that the status of *answer* means; maintenance has a sentence of its own."""
    if answer.status == 503 and "x-nextcloud-maintenance-mode" in answer.headers:
        return Unavailable(subject, MAINTENANCE)
    return refused(answer.status, answer.headers, subject, now=time.time())


def _data(answer: Answer, subject: Subject) -> Any:
    if answer.status in (401, 429) or answer.status >= 500:
        raise error_of(answer, subject)
    try:
        told = json.loads(answer.body)["ocs"]
        meta = told["meta"]
        code, message = int(meta["statuscode"]), str(meta.get("message") or "")
    except (ValueError, KeyError, TypeError):
        if answer.status >= 300:
            raise error_of(answer, subject) from None
        raise BadAnswer(subject, Text("no OCS answer", "不是 OCS 回答")) from None
    # Version 2 repeats the status of HTTP; apps that know version 1 alone say 100.
    if code in (100, 200):
        return told.get("data")
    raise _refusal(code, message, subject)


def _refusal(code: int, message: str, subject: Subject) -> DriveError:
    said = Text(f"{message} ({code})", f"服务器回答：{message}（{code}）")
    if code in (401, 997):
        return LoginFailed(subject, said)
    if code == 403:
        return Forbidden(subject, said)
    if code in (404, 998):
        return NotFound(subject, said)
    if code == 429:
        return Throttled(subject, said)
    if code in (500, 503, 996):
        return Unavailable(subject, said)
    return Unable(subject, said)
