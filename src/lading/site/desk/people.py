"""People, their accounts and tokens, from the command line."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings

from lading.drive.actor import SYSTEM, Scope
from lading.drive.people import principals
from lading.drive.people.accounts import make_account
from lading.drive.people.first import invite
from lading.drive.people.tokens import make_token
from lading.site.desk import finding

DAY = 24 * 3600 * 10**9


def add(key: str, name: str, mail: str, login: str) -> dict[str, Any]:
    """
    Add a person; with a *login* also an account, and the address of an invitation to choose its password.
    """
    made = principals.add(SYSTEM, "person", key, name=name or key, mail=mail)
    facts: dict[str, Any] = {"principal": key, "login": login or None, "invitation": None}
    if login:
        make_account(SYSTEM, made.id, login)
        facts["invitation"] = f"{_address()}/first/{invite(SYSTEM, made.id)}"
    return facts


def load(content: bytes, *, missing_leave: bool) -> dict[str, Any]:
    """Load the people, departments and groups of a CSV file; the reasons of *refused* are texts."""
    report = principals.load_csv(SYSTEM, content, missing_leave=missing_leave)
    return {
        "added": report.added,
        "changed": report.changed,
        "left": report.left,
        "same": report.same,
        "encoding": report.encoding,
        "refused": [{"line": one.line, "key": one.key, "reason": one.reason} for one in report.refused],
    }


def token(key: str, name: str, scopes: tuple[str, ...], days: int | None) -> dict[str, Any]:
    """Make an access token of the person *key*; its text is told this once."""
    expires = None if days is None else time.time_ns() + days * DAY
    row, text = make_token(
        SYSTEM, name, [Scope(scope) for scope in scopes], expires, of=finding.principal(key)
    )
    return {"id": str(row.id), "principal": key, "scopes": sorted(scopes), "expires": expires, "token": text}


def _address() -> str:
    """What people type; where `drive.toml` does not say, where the drive listens unless told otherwise."""
    said = settings.LADING_DRIVE
    return str(said["address"] or f"http://{said['listen']}").rstrip("/")
