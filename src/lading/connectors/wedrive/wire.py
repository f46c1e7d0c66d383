"""
The WeDrive API as calls with JSON in and out.

Each call is counted before it is made.  A token that is refused is got anew and
the call made once more: that is part of the login, all other repeating is up to
wrappers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from lading.connectors.http.headers import length_of
from lading.connectors.http.line import Request, Settings
from lading.connectors.http.login import Login
from lading.connectors.http.session import Session, Stream
from lading.connectors.http.trouble import Subject
from lading.connectors.http.trouble import refused as refused_status
from lading.connectors.wedrive.clock import ServerClock
from lading.connectors.wedrive.options import Options
from lading.connectors.wedrive.quota import Quota
from lading.connectors.wedrive.tokens import Token, Tokens
from lading.connectors.wedrive.trouble import TOKEN_REFUSED, USED_UP, refused, senseless
from lading.model.errors import BadAnswer, CallsUsedUp
from lading.model.text import Text

PREFIX = "/cgi-bin/"
ANSWER_LIMIT = 64 << 20
"""Bytes of the longest answer that is taken: a page of 1,000 entries is far below."""
_JSON = ("Content-Type: application/json",)
_BLOCK = 1 << 18


class Wire:
    """The API at *options.host*, for the app that the options name."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = ServerClock()
        file = options.state / f"calls-{_plain(options.corp)}.json"
        self.quota = Quota(file, options.limit, self.clock)
        self._session = Session(Settings(Login("none"), options.authorities, options.timeout))
        # Downloads come from another host than the API.
        self._tokens = self._made(options.secret)
        self._directory = self._made(options.contacts) if options.contacts else self._tokens

    def call(self, method: str, told: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
        """
        Make the WeDrive call *method* with *told*, and return what was answered.

        Raises:
            CallsUsedUp: the month has no calls left, by our count or the server's.
            DriveError: as `trouble.refused` says.
        """
        self._count(subject)
        if self.options.user is not None:
            told = {"userid": self.options.user, **told}
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._asked(self._tokens, f"wedrive/{method}", {}, body, subject)

    def directory(self, method: str, query: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
        """Ask the directory of people, which is outside of WeDrive and its quota."""
        return self._asked(self._directory, method, query, None, subject)

    def stream(self, url: str, headers: tuple[str, ...], subject: Subject) -> Stream:
        """Begin to read what lies at *url*, whatever the status."""
        return self._session.stream(Request("GET", url, subject, ("Accept-Encoding: identity", *headers)))

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _count(self, subject: Subject) -> None:
        try:
            self.quota.take(subject)
        except CallsUsedUp:
            # Perhaps a new month has begun there: asking for the time costs no call.
            self._ask_token(self.options.secret)
            self.quota.take(subject)

    def _asked(
        self, tokens: Tokens, route: str, query: Mapping[str, Any], body: bytes | None, subject: Subject
    ) -> dict[str, Any]:
        token = tokens.get()
        answer = self._answer(route, {"access_token": token, **query}, body, subject)
        if answer["errcode"] in TOKEN_REFUSED:
            token = tokens.instead(token)
            answer = self._answer(route, {"access_token": token, **query}, body, subject)
        if answer["errcode"] == USED_UP:
            raise self.quota.refused(subject)
        if answer["errcode"]:
            raise refused(answer["errcode"], subject)
        return answer

    def _answer(
        self, route: str, query: Mapping[str, Any], body: bytes | None, subject: Subject
    ) -> dict[str, Any]:
        url = f"{self.options.host}{PREFIX}{route}?{urlencode(query)}"
        verb, headers = ("GET", ()) if body is None else ("POST", _JSON)
        stream = self._session.stream(Request(verb, url, subject, headers, body))
        try:
            self.clock.heard(stream.headers)
            if stream.status != 200:
                stream.drop()
                raise refused_status(stream.status, stream.headers, subject, now=time.time())
            return _understood(_drained(stream, subject), subject)
        finally:
            stream.close()

    def _made(self, secret: str) -> Tokens:
        app = (self.options.host, self.options.corp, secret)
        return Tokens(self.options.state, app, lambda: self._ask_token(secret), time.time)

    def _ask_token(self, secret: str) -> Token:
        query = {"corpid": self.options.corp, "corpsecret": secret}
        answer = self._answer("gettoken", query, None, self.options.corp)
        if answer["errcode"]:
            raise refused(answer["errcode"], self.options.corp)
        value, lasts = answer.get("access_token"), answer.get("expires_in", 7200)
        if not isinstance(value, str) or not value or not isinstance(lasts, int):
            raise senseless(self.options.corp, "access_token")
        return Token(value, time.time() + lasts)


def _drained(stream: Stream, subject: Subject) -> bytes:
    found, size = [], 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > ANSWER_LIMIT:
            raise BadAnswer(subject, Text("the answer does not come to an end", "回答过长"))
        found.append(block)
    announced = length_of(stream.headers.get("content-length"))
    if announced is not None and announced != size:
        raise BadAnswer(subject, Text("the answer was cut off", "回答不完整"))
    return b"".join(found)


def _understood(body: bytes, subject: Subject) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        raise BadAnswer(subject, Text("it is no JSON", "不是 JSON")) from None
    if not isinstance(answer, dict) or not isinstance(answer.get("errcode", 0), int):
        raise senseless(subject, "errcode")
    return {"errcode": 0, **answer}


def _plain(corp: str) -> str:
    """*corp* as a part of a file name."""
    return "".join(character if character.isalnum() and character.isascii() else "_" for character in corp)
