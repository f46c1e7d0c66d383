"""
Waiting for a socket without `select`, which fails in a process with more than 1,024 open files.

The library waits by `select.select` on one socket; a process that serves many
drives at once has more files open than that can name.
"""

from __future__ import annotations

import select as _select
from collections.abc import Sequence
from types import ModuleType
from typing import Any

Sockets = Sequence[Any]


class _Waiting:
    """`select.select` for sockets that are read, by `poll`."""

    @staticmethod
    def select(
        read: Sockets, _write: Sockets, _other: Sockets, timeout: float
    ) -> tuple[Sockets, Sockets, Sockets]:
        """Those of *read* on which something has come, or which were closed, within *timeout* seconds."""
        poll = _select.poll()
        by_number = {one.fileno(): one for one in read}
        for number in by_number:
            poll.register(number, _select.POLLIN)
        return [by_number[number] for number, _ in poll.poll(timeout * 1000)], [], []


def wait_by_poll(module: ModuleType) -> None:
    """Have *module* (smbprotocol's `transport`) wait by `poll`, where there is such a thing."""
    if hasattr(_select, "poll"):
        module.select = _Waiting  # type: ignore[attr-defined]
