"""
Scans inside the test's own process: no workers, and a drive that no address has to name.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.wrap.policy import Policy
from lading.manifest.read import Manifest
from lading.manifest.scan import scan

ADDRESS = Address("tiny", "here", {"user": "anna", "password": "env:SECRET"})


class Inline:
    """A crew of nobody: the caller does the work."""

    size = 2

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Do *work* now."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args))
        except Exception as error:
            done.set_exception(error)
        return done


def scan_of(monkeypatch: pytest.MonkeyPatch, drive: Drive, directory: Path, **options: Any) -> Manifest:
    """Scan *drive* into *directory*."""
    for name in ("walk", "content", "scan", "asking"):
        monkeypatch.setattr(f"lading.manifest.{name}.drive_for", lambda address, policy: drive)
    options = {"crew": Inline(), "now": lambda: 7.0, "address": ADDRESS, **options}
    return scan(options.pop("address"), Policy(), directory, **options)
