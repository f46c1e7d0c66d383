"""
The token of an app, asked for once and shared by all threads and processes.

WeCom limits how often a token is asked for, and may give all the same one or
each another: so there is one per app, in a file that only its owner can read,
and whoever finds it refused looks there first.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path as LocalPath
from typing import NamedTuple

from lading.connectors.wedrive.quota import locked
from lading.model.errors import DriveError
from lading.model.text import Text

EARLY = 120.0
"""Seconds before its end at which a token is no longer used."""


class Token(NamedTuple):
    """A token and its end, in seconds since 1970 by this machine's clock."""

    value: str
    end: float


class Tokens:
    """
    The token of one app of one firm.

    *ask* gets a new one from the server; *now* is this machine's clock in seconds.
    """

    def __init__(
        self, folder: LocalPath, app: tuple[str, ...], ask: Callable[[], Token], now: Callable[[], float]
    ) -> None:
        # The name of the file tells nothing about the secret.
        name = hashlib.sha256("\0".join(app).encode()).hexdigest()[:24]
        self._file = folder / f"token-{name}"
        self._ask, self._now = ask, now
        self._token: Token | None = None

    def get(self) -> str:
        """A token that should be good."""
        return self._fitting(self._token, "").value

    def instead(self, refused: str) -> str:
        """Another token than *refused*, which the server does not take any more."""
        return self._fitting(self._token, refused).value

    def _fitting(self, token: Token | None, refused: str) -> Token:
        if token is None or not self._good(token, refused):
            with locked(self._file.with_name(self._file.name + ".lock")):
                token = self._read()
                if token is None or not self._good(token, refused):
                    token = self._ask()
                    self._write(token)
            self._token = token
        return token

    def _good(self, token: Token, refused: str) -> bool:
        return token.value != refused and self._now() < token.end - EARLY

    def _read(self) -> Token | None:
        try:
            told = json.loads(self._file.read_bytes())
            return Token(str(told["value"]), float(told["end"]))
        except (OSError, ValueError, KeyError, TypeError):
            # Whatever became of it, another one can be asked for.
            return None

    def _write(self, token: Token) -> None:
        fresh = self._file.with_name(self._file.name + ".new")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(token._asdict(), stream)
            os.replace(fresh, self._file)
        except OSError as problem:
            said = Text(f"the token cannot be kept: {problem.strerror}", f"无法保存令牌：{problem.strerror}")
            raise DriveError(str(self._file), said) from None
