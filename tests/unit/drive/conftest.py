"""
A fresh drive for each test below this folder.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.drive_home import sqlite_home


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """The home of a drive with empty tables, in use by this process."""
    with sqlite_home(tmp_path / "home") as home:
        yield home
