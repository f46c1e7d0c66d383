"""
A firm on the emulated WeDrive: spaces made by its app, and addresses of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from lading.connectors.address import Address
from lading.testkit.servers.wedrive import WeDriveEmulator

SECRET, CONTACTS = "LADING_TEST_WEDRIVE_SECRET", "LADING_TEST_WEDRIVE_CONTACTS"
PATIENT: Mapping[str, object] = {
    "quota_paid": 10**9,
    "per_minute": 10**9,
    "per_hour": 10**9,
    "ip_per_minute": 10**9,
    "ip_per_hour": 10**9,
    "concurrent": 10**6,
}
"""Switches under which no number of calls is refused."""


class Firm:
    """The firm behind *server*; *state* is where the connector keeps its counts."""

    def __init__(self, server: WeDriveEmulator, state: Path) -> None:
        self.server, self.state = server, state
        os.environ[SECRET], os.environ[CONTACTS] = server.secret, server.contacts_secret

    def call(self, method: str, **told: Any) -> dict[str, Any]:
        """One call of the API, past the connector."""
        told_token = self._open(f"gettoken?corpid={self.server.corpid}&corpsecret={self.server.secret}", None)
        body = json.dumps(told).encode()
        answer = self._open(f"wedrive/{method}?access_token={told_token['access_token']}", body)
        assert 0 == answer["errcode"], answer
        return answer

    def space(self, name: str = "项目 Deals") -> str:
        """The id of a fresh space."""
        return str(self.call("space_create", space_name=name)["spaceid"])

    def options(self, **more: str) -> dict[str, str]:
        """The options with which the connector reaches the firm."""
        return {
            "corp": self.server.corpid,
            "secret": f"env:{SECRET}",
            "host": self.server.url.rstrip("/"),
            "state": str(self.state),
            **more,
        }

    def address(self, place: str, **more: str) -> Address:
        """The address of *place*: a space, or a folder in it."""
        return Address("wedrive", place, self.options(**more))

    def calls(self) -> dict[str, int]:
        """How often each WeDrive call was made and answered well."""
        told = self.server.control("counters")["calls"]
        beside = ("gettoken", "download_url")
        return {
            name: codes["0"]
            for name, codes in told.items()
            if name not in beside and not name.startswith(("user/", "department/")) and "0" in codes
        }

    def cards(self) -> int:
        """Cards that were pushed to people."""
        return len(self.server.control("counters")["cards"])

    def _open(self, route: str, body: bytes | None) -> dict[str, Any]:
        request = Request(f"{self.server.url.rstrip('/')}/cgi-bin/{route}", body)
        with urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
