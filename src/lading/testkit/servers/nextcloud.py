"""
A double of Nextcloud 33 in a process of its own; what it is and is not stands in docs/howto/nextcloud-double.md.

``with NextcloudDouble() as cloud:`` gives an administrator's ``user`` and
``password`` (an app password), and `seed` to plant people, team folders and mounts.
"""

import http.client
import importlib.util
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .local import HOST, LocalServer, ServerFailed, ServerMissing

ADMIN = "boss"
ACCOUNT_PASSWORD = "the account's own password"


class NextcloudDouble(LocalServer):
    """
    A Nextcloud whose state lies in ``root`` and outlives `restart`.

    *options* are fields of `lading.testkit.nextcloud.cloud.Options`; *seed* is
    planted once, at the first start, as `seed` would.
    """

    name = "nextcloud"

    def __init__(
        self,
        root: Path | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        seed: Mapping[str, Any] | None = None,
    ) -> None:
        if importlib.util.find_spec("cheroot") is None:
            raise ServerMissing("cheroot is not installed: it is on PyPI")
        super().__init__(root)
        self.user, self.password = ADMIN, "app-password-of-the-boss"
        self.account_password = ACCOUNT_PASSWORD
        self.secret = secrets.token_hex(16)
        self._options, self._seed = dict(options or {}), dict(seed or {})

    @property
    def files(self) -> str:
        """The address of the administrator's own files."""
        return self.files_of(self.user)

    def files_of(self, user: str) -> str:
        return f"{self.url}remote.php/dav/files/{user}/"

    def command(self) -> Sequence[str]:
        configuration = self.home / "nextcloud.json"
        boss = {
            "id": self.user,
            "password": self.account_password,
            "groups": ["admin"],
            "tokens": [self.password],
        }
        told = {
            "home": str(self.root),
            "host": HOST,
            "port": self.port,
            "secret": self.secret,
            "options": self._options,
            "seed": {**self._seed, "users": [boss, *self._seed.get("users", ())]},
        }
        configuration.write_text(json.dumps(told), encoding="utf-8")
        return [sys.executable, "-m", "lading.testkit.nextcloud", str(configuration)]

    def seed(self, **told: Any) -> dict[str, Any]:
        """
        Plant what `lading.testkit.nextcloud.seeding` describes, while the server runs.

        Raises:
            ServerFailed: it was not taken.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request("POST", "/control", json.dumps(told), {"X-Control": self.secret})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ServerFailed(
                f"the double did not take the seed: {answer.status} {body.decode(errors='replace')}"
            )
        taken: dict[str, Any] = json.loads(body)
        return taken

    def calls(self) -> dict[str, int]:
        """How often each door was asked since the last look ("PROPFIND remote.php/dav/files"), without these looks."""
        told: dict[str, int] = self.seed(calls=True)["calls"]
        return {door: count for door, count in told.items() if door != "POST control"}
