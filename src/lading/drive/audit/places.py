"""Where the audit of a drive lies: below `audit` in its home."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings


def audit_folder(*names: str) -> str:
    """The folder of the audit, or what *names* say below it."""
    home: str = settings.LADING_DRIVE["home"]
    return os.path.join(home, "audit", *names)


def spool_folder() -> str:
    """Where reads wait to be carried into the ledger."""
    return audit_folder("spool")


def setting(name: str) -> Any:
    """One value of the configuration of the drive."""
    return settings.LADING_DRIVE[name]
