"""
The emulator of the WeCom WeDrive server API (`lading.testkit.wedrive`), in a process of its own.

``control`` opens its second door: the clock, faults, what people do, the counters.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# The only import that links a server to its program: ids and secrets are made before the start.
from ..wedrive.company import founded
from .local import HOST, LocalServer, ServerMissing


class ControlRefused(Exception):
    """The control door did not obey; the text says why."""


class WeDriveEmulator(LocalServer):
    """
    One corporation with an empty WeDrive; *switches* differ from the defaults of `Switches`.

    ``secret`` belongs to a self-built app that may call the API (current edition), ``contacts_secret`` to the
    contacts sync, ``old_secret`` to the edition before December 2022, which is refused until the switch
    `old_secret` is `works`.  State and contents are kept in ``root`` across restarts.
    """

    name = "wedrive"

    def __init__(self, root: Path | None = None, *, switches: Mapping[str, object] | None = None) -> None:
        if importlib.util.find_spec("sqlite3") is None:
            raise ServerMissing("this Python has no sqlite3")
        super().__init__(root)
        corp = founded(self.root)
        self.corpid: str = corp["corpid"]
        self.secret: str = corp["secrets"]["app"]
        self.contacts_secret: str = corp["secrets"]["contacts"]
        self.old_secret: str = corp["secrets"]["wedrive"]
        self._control_secret: str = corp["control"]
        self._switches = dict(switches or {})

    def start(self) -> None:
        super().start()
        if self._switches:
            self.control("configure", **self._switches)

    def control(self, verb: str, **fields: object) -> dict[str, Any]:
        """
        Carry out an order of the control door (`docs/howto/wedrive-emulator.md`) and return its answer.

        Raises:
            ControlRefused: the order is unknown or cannot be carried out.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            head = {"X-Control-Secret": self._control_secret, "Content-Type": "application/json"}
            connection.request("POST", f"/control/{verb}", json.dumps(fields), head)
            answer = connection.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ControlRefused(f"{verb}: {told.get('error')}")
        return told

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "lading.testkit.wedrive", str(self.root), "--port", str(self.port)]

    def environment(self) -> Mapping[str, str]:
        python = os.environ.get("PYTHONPATH")
        return {**super().environment(), **({"PYTHONPATH": python} if python else {})}
