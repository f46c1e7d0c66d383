"""
A fresh drive for each test below this folder, once on SQLite and once on PostgreSQL.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.drive_home import DATABASES, drive_home


@pytest.fixture(autouse=True, params=DATABASES)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The home of a drive with empty tables, in use by this process."""
    with drive_home(tmp_path / "home", request.param) as home:
        yield home
