"""
The secrets of links.

A token is 256 random bits; the drive keeps its SHA-256 alone, so nobody who reads the
database can open a link.  What a visitor proved or paid for once is signed with the
key of the drive and given to them to keep, for an hour.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

HOUR = 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A new token: 43 characters that fit into a URL."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """The SHA-256 of *token*; `""`, which no link has, if it cannot be one."""
    return hashlib.sha256(token.encode()).hexdigest() if _TOKEN.fullmatch(token) else ""


def address_of(token: str) -> str:
    """The URL of the link with *token*; a path alone where the drive was not told its address."""
    return f"{settings.LADING_DRIVE['address'].rstrip('/')}/s/{token}"


def proof(purpose: str, *facts: Any) -> str:
    """A text that proves *facts* for an hour."""
    return TimestampSigner(salt=f"lading.links.{purpose}").sign(_said(facts))


def genuine(text: str, purpose: str) -> bool:
    """Whether *text* is a proof for this *purpose*, of whatever, that is not older than an hour."""
    try:
        TimestampSigner(salt=f"lading.links.{purpose}").unsign(text, max_age=HOUR)
    except BadSignature:
        return False
    return True


def proves(text: str, purpose: str, *facts: Any) -> bool:
    """Whether *text* is a proof of *facts* that is not older than an hour."""
    try:
        return TimestampSigner(salt=f"lading.links.{purpose}").unsign(text, max_age=HOUR) == _said(facts)
    except BadSignature:
        return False


def _said(facts: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()
