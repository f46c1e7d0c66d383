"""
Open a drive through a network that may stumble just then.
"""

from __future__ import annotations

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.registry import open_drive
from lading.connectors.wrap.backoff import Attempts, Means, Schedule
from lading.connectors.wrap.policy import Policy
from lading.model.errors import DriveError
from lading.model.paths import ROOT

OPENINGS = 5
"""Attempts at most at opening a drive: some four seconds on average until it is called unavailable."""


def opened(address: Address, policy: Policy, means: Means | None = None) -> Drive:
    """
    The drive at *address*, not wrapped yet; a network that stumbles just then is tried again.

    Fewer times than other calls: a person who mistyped an address waits for the answer.

    Raises:
        BadAddress, DriveError: as `open_drive` does.
    """
    schedule = Schedule(attempts=min(policy.attempts, OPENINGS), patience=policy.patience)
    attempts = Attempts(ROOT, schedule, means or Means())
    while True:
        try:
            return open_drive(address)
        except DriveError as error:
            attempts.after(error)
