"""
What to back up, and how.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from lading.connectors.address import Address
from lading.connectors.wrap.policy import Policy
from lading.manifest.features import Feature

LOOKS = 3
"""Looks at most, the first one included."""


class Wish(NamedTuple):
    """What to back up and how: *full* reads every content again; *looks* at most; *work* is a local folder to work in."""

    address: Address
    policy: Policy
    features: Collection[Feature]
    work: str
    full: bool = False
    looks: int = LOOKS
    frozen: tuple[str, ...] | None = None
    """Spaces that nobody can change meanwhile; None if that was not asked for, or the drive cannot do it."""
