"""
The accounts that a drive of many acts for: a CSV of users and references to their app passwords.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from lading.connectors.address import REFERENCES, Address, secret
from lading.connectors.http.login import Login
from lading.model.errors import BadAddress
from lading.model.text import Text

_COLUMNS = ["user", "password"]


@dataclass(frozen=True, slots=True)
class Account:
    """A user, and where their secret is kept."""

    user: str
    reference: str

    def login(self) -> Login:
        """The login; the secret is read now."""
        return Login("basic", self.user, secret(self.reference))


def accounts_in(file: str, address: Address) -> tuple[Account, ...]:
    """
    The accounts in *file*: a CSV with the columns `user` and `password`, which holds a reference.

    Raises:
        BadAddress: it cannot be read, a column is missing, a secret stands in it, or somebody stands there twice.
    """
    try:
        with open(file, encoding="utf-8-sig", newline="") as stream:
            found = tuple(_rows(stream, address))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise _bad(address, f"users={file} cannot be read: {type(problem).__name__}") from None
    if len({account.user for account in found}) < len(found):
        raise _bad(address, f"users={file} names somebody twice")
    return found


def _rows(stream: Iterator[str], address: Address) -> Iterator[Account]:
    rows = csv.DictReader(stream, skipinitialspace=True)
    if not set(_COLUMNS) <= set(rows.fieldnames or ()):
        raise _bad(address, "the file of users has the columns user and password")
    for row in rows:
        user, reference = ((row[name] or "").strip() for name in _COLUMNS)
        # The value is not told: it may be the secret itself.
        if not user or ":" in user or not user.isprintable() or not reference.startswith(REFERENCES):
            said = Text(
                f"line {rows.line_num} of the file of users: a user and a reference (env:NAME, file:PATH, keyring:SERVICE/USER)",
                f"用户文件第 {rows.line_num} 行：应为用户名与引用（env:NAME、file:PATH、keyring:SERVICE/USER）",
            )
            raise BadAddress(str(address), said)
        yield Account(user, reference)


def _bad(address: Address, said: str) -> BadAddress:
    return BadAddress(str(address), said)
