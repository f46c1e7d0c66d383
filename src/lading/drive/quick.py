"""
A cursor for the hot paths: one read, one save, one listing.

On SQLite a statement takes a microsecond or two, and the layers of Django
around it five times that; here they are left out.  It takes part in the
transaction under way, speaks `%s` like all of our SQL, and fails like the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from django.db import InterfaceError, OperationalError, connections

from lading.model.errors import Unavailable
from lading.model.text import Text

_GONE = Text("the database does not answer", "数据库没有响应")


class _Quick(sqlite3.Cursor):
    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Self:  # type: ignore[override]
        super().execute(_marks(sql), values)
        return self

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Self:  # type: ignore[override]
        super().executemany(_marks(sql), rows)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            connections["default"].wrap_database_errors.__exit__(kind, error, trace)


@lru_cache(500)
def _marks(sql: str) -> str:
    return sql.replace("%s", "?").replace("%%", "%")


def quick() -> Any:
    """
    A cursor, to be used in `with` and inside `writing`.

    It raises the errors of Django, which `writing` translates.
    """
    wrapper = connections["default"]
    if wrapper.vendor != "sqlite":
        return wrapper.cursor()
    if wrapper.connection is None:
        wrapper.ensure_connection()
    return wrapper.connection.cursor(_Quick)


@contextmanager
def reading() -> Iterator[Any]:
    """
    A cursor to read with, inside a transaction or without one.

    Raises:
        Unavailable: the database went away.
    """
    try:
        with quick() as cursor:
            yield cursor
    except (OperationalError, InterfaceError) as problem:
        wrapper = connections["default"]
        if not wrapper.in_atomic_block:
            wrapper.close()
        raise Unavailable("", _GONE) from problem
