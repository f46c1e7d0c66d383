"""The key that signs what the drive hands out; made once and kept in its home."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress

FILE = "secret.key"


def secret_key(home: str) -> str:
    """The key of the drive in *home*; where there is no home yet, one for this process alone."""
    path = os.path.join(home, FILE)
    with suppress(FileNotFoundError), open(path, encoding="ascii") as stream:
        return stream.read().strip()
    return secrets.token_urlsafe(50)


def make_secret_key(home: str) -> None:
    """Make the key of the drive in *home*, if it has none."""
    with suppress(FileExistsError):
        descriptor = os.open(os.path.join(home, FILE), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(50) + "\n")
