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


def make_folder(*names: str) -> str:
    """That folder, made if it is not there, for nobody else to look into."""
    path = audit_folder(*names)
    make_private(path)
    return path


def make_private(path: str) -> None:
    """Make the folder *path* and the one it lies in, so that only this user can look into them."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    os.makedirs(path, mode=0o700, exist_ok=True)


def setting(name: str) -> Any:
    """One value of the configuration of the drive."""
    return settings.LADING_DRIVE[name]
