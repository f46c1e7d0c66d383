"""
DuckDB, held to a memory limit and to this machine.

DuckDB, and the functions of Arrow that compute, take longer to load than many a command to run: both are
had from here, and loaded when they are first used.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from lading.model.errors import NoSpace
from lading.model.loading import loading, on_use

if TYPE_CHECKING:
    import duckdb as duckdb
    from pyarrow import compute as compute
else:
    duckdb = on_use("duckdb")
    compute = on_use("pyarrow.compute")

THREADS = 2
MEMORY = "300MB"
"""What DuckDB may hold at most, unless somebody says otherwise."""
SPILL = "lading-sort-"
"""How the names of folders begin that sorting on the disk takes; a kill leaves them."""
_LEAST, _PER_MILLION = 64, 16
_BATCH = 5_000
R = TypeVar("R")


def load_engine() -> None:
    """Load DuckDB now: once, where workers are about to be forked that will use it."""
    with loading():
        import_module("duckdb")


def enough_for(rows: int) -> str:
    """
    A memory limit with which *rows* can usually be sorted or joined.

    What does not fit is written to disk in runs; more runs take more memory to be merged.
    """
    return f"{_LEAST + _PER_MILLION * rows // 1_000_000}MB"


def insist(connection: duckdb.DuckDBPyConnection, work: Callable[[], R], *limits: str) -> R:
    """
    Run *work*, which may be run again, under the first of the memory *limits* that is enough for it.

    Raises:
        NoSpace: none of them is, or the disk is full.
    """
    for limit in limits:
        connection.execute(f"set memory_limit = '{limit}'")
        try:
            return work()
        except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as problem:
            # Through Arrow the same trouble comes as an OSError without a number.
            if "No space left" in str(problem):
                raise NoSpace("", "sorting on the disk") from None
            if "Out of Memory" not in str(problem):
                raise
    raise NoSpace("", f"{limits[-1]} of memory are not enough to sort")


@contextmanager
def engine(
    directory: str | None = None, *, memory_limit: str = MEMORY, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into a folder of its own below *directory* and fetches no extension."""
    with tempfile.TemporaryDirectory(prefix=SPILL, dir=directory) as spill:
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
            connection.execute("set max_streaming_buffer_size = '1MB'")
            yield connection
        finally:
            connection.close()


class Telling:
    """Hands out the rows of *query* in its order; called again, it goes on behind the last one."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, query: str, hand: Callable[[tuple[Any, ...]], None]
    ) -> None:
        self._connection = connection
        self._query = query
        self._hand = hand
        self._told = 0

    def __call__(self) -> None:
        skip = self._told
        for batch in self._connection.sql(self._query).to_arrow_reader(_BATCH):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            for row in islice(rows, skip, None):
                self._hand(row)
                self._told += 1
            skip = max(0, skip - batch.num_rows)
