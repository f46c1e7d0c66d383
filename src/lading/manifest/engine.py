"""
DuckDB, held to a memory limit and to this machine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

MEMORY = "300MB"
"""What DuckDB may hold before it writes to disk."""
THREADS = 2


@contextmanager
def engine(
    directory: str | None = None, *, memory_limit: str = MEMORY, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into a folder of its own below *directory* and fetches no extension."""
    with tempfile.TemporaryDirectory(prefix="lading-sort-", dir=directory) as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": spill,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            yield connection
        finally:
            connection.close()
