"""
A bare caller of the API: it sends what it is told and knows no rule.

For tests of the emulator and for trying things out; the connector has a client of its own.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

Reply = dict[str, Any]


class Caller:
    """One connection to *url* with a token for *secret*; one thread at a time."""

    def __init__(self, url: str, corpid: str, secret: str, *, userid: str = "") -> None:
        self._line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._corpid, self._secret = corpid, secret
        self._always = {"userid": userid} if userid else {}
        self.token = ""

    def get(self, path: str, **query: object) -> Reply:
        """GET `/cgi-bin/PATH`."""
        return self._json("GET", f"/cgi-bin/{path}?{urlencode(query)}", b"")

    def login(self) -> Reply:
        """The reply of `gettoken`, whose token is used from now on."""
        reply = self.get("gettoken", corpid=self._corpid, corpsecret=self._secret)
        self.token = str(reply.get("access_token", ""))
        return reply

    def call(self, method: str, **fields: object) -> Reply:
        """POST `/cgi-bin/wedrive/METHOD` with *fields* as JSON."""
        return self.send(method, json.dumps({**self._always, **fields}).encode())

    def send(self, method: str, body: bytes, prefix: str = "wedrive/") -> Reply:
        """The same with any *body*."""
        if not self.token:
            self.login()
        return self._json("POST", f"/cgi-bin/{prefix}{method}?access_token={self.token}", body)

    def ask(self, path: str, **query: object) -> Reply:
        """GET with the token."""
        if not self.token:
            self.login()
        return self.get(path, access_token=self.token, **query)

    def space(self, name: str = "Deals") -> str:
        """The spaceid of a new space."""
        return str(self.call("space_create", space_name=name)["spaceid"])

    def upload(self, spaceid: str, name: str, content: bytes, fatherid: str = "") -> Reply:
        """The reply of `file_upload`."""
        encoded = base64.b64encode(content).decode()
        return self.call(
            "file_upload",
            spaceid=spaceid,
            fatherid=fatherid or spaceid,
            file_name=name,
            file_base64_content=encoded,
        )

    def part(self, key: str, index: int, block: bytes) -> Reply:
        """The reply of `file_upload_part`."""
        encoded = base64.b64encode(block).decode()
        return self.call("file_upload_part", upload_key=key, index=index, file_base64_content=encoded)

    def names(self, spaceid: str, fatherid: str = "", **more: object) -> list[str]:
        """The names of the first thousand entries in their order by name."""
        asked = {"sort_type": 1, "start": 0, "limit": 1000, **more}
        reply = self.call("file_list", spaceid=spaceid, fatherid=fatherid or spaceid, **asked)
        return [it["file_name"] for it in reply["file_list"]["item"]]

    def fetch(self, told: Mapping[str, str], **headers: str) -> tuple[int, bytes]:
        """Status and content behind the reply *told* of `file_download`."""
        cookie = f"{told['cookie_name']}={told['cookie_value']}"
        self._line.request("GET", urlsplit(told["download_url"]).path, headers={"Cookie": cookie, **headers})
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._line.close()

    def _json(self, verb: str, target: str, body: bytes) -> Reply:
        self._line.request(verb, target, body, {"Content-Type": "application/json"})
        reply: Reply = json.loads(self._line.getresponse().read())
        return reply
