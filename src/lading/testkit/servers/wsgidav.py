"""WsgiDAV on cheroot, from PyPI, in a process of its own; properties and locks are kept in memory."""

import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .certificates import make_certificates
from .local import HOST, LocalServer, ServerMissing


class WsgiDavServer(LocalServer):
    """WsgiDAV with its own file provider; *auth* is basic, digest or none."""

    name = "wsgidav"

    def __init__(self, root: Path | None = None, *, auth: str = "basic", tls: bool = False) -> None:
        for module in ("wsgidav", "cheroot"):
            if importlib.util.find_spec(module) is None:
                raise ServerMissing(f"{module} is not installed: it is on PyPI")
        super().__init__(root, tls=tls)
        self.auth = auth
        if auth != "none":
            self.user, self.password = "alice", "correct horse: 电池"
        if tls:
            self.ca = make_certificates(self.home).ca

    def command(self) -> Sequence[str]:
        configuration = self.home / "wsgidav.json"
        configuration.write_text(json.dumps(self._configuration()), encoding="utf-8")
        return [sys.executable, "-m", "wsgidav.server.server_cli", "--config", str(configuration)]

    def _configuration(self) -> dict[str, object]:
        users: object = True if self.auth == "none" else {self.user: {"password": self.password}}
        digest = self.auth == "digest"
        tls = {"ssl_certificate": f"{self.home}/server.pem", "ssl_private_key": f"{self.home}/server.key"}
        return {
            "host": HOST,
            "port": self.port,
            "server": "cheroot",
            "provider_mapping": {"/": str(self.root)},
            "http_authenticator": {
                "accept_basic": not digest,
                "accept_digest": digest,
                "default_to_digest": digest,
            },
            "simple_dc": {"user_mapping": {"*": users}},
            "property_manager": True,
            "lock_storage": True,
            "verbose": 2,
            **(tls if self.tls else {}),
        }
