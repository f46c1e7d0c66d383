"""
What a person asked of a drill.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from lading.cli.options import address
from lading.connectors.address import Address
from lading.manifest.files import local_errors
from lading.manifest.read import HEADER
from lading.model.errors import BadRequest
from lading.model.text import Text

_NO_MANIFEST = Text("it holds no manifest", "其中没有清单")
_TOO_LONG = Text("the file of patterns is too large, or no text", "模式文件过大或不是文本")
_PATTERNS = 1 << 20
"""Bytes of a file of patterns at most."""


class Asked(NamedTuple):
    """What the person asked for, as values."""

    patterns: tuple[str, ...]
    sample: int | None
    level: float
    tolerance: float
    seed: int
    workers: int | None
    drive: Address | None
    against: str | None


def asked_for(given: dict[str, Any]) -> Asked:
    """
    What was typed.

    Raises:
        BadRequest, BadAddress: it makes no sense.
        DriveError: a file of patterns cannot be read.
    """
    patterns = [pattern for typed in given["critical"] for pattern in _patterns(typed)]
    against = given["against"]
    if against is not None and not os.path.isfile(os.path.join(against, HEADER)):
        raise BadRequest(against, _NO_MANIFEST)
    seed = secrets.randbelow(1 << 32) if given["seed"] is None else given["seed"]
    drive = None if given["drive"] is None else address(given["drive"], given["opt"])
    return Asked(
        tuple(patterns),
        given["sample"],
        given["confidence"],
        given["tolerance"],
        seed,
        given["workers"],
        drive,
        against,
    )


def _patterns(typed: str) -> Sequence[str]:
    """The patterns in the file that was typed (empty lines and those with # aside), or the pattern itself."""
    if not os.path.isfile(typed):
        return [typed]
    with local_errors(typed), open(typed, "rb") as stream:
        raw = stream.read(_PATTERNS + 1)
    try:
        if len(raw) > _PATTERNS:
            raise BadRequest(typed, _TOO_LONG)
        lines = [line.strip() for line in raw.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise BadRequest(typed, _TOO_LONG) from None
    return [line for line in lines if line and not line.startswith("#")]
