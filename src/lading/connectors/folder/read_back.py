"""
Writing that reads back what it has stored, where nobody else can reach it yet.

Only where a file needs no name to be written, on file systems of this machine: on others trouble may be told when a file is
closed, and it has to be opened anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from lading.connectors.folder.partials import FolderPartials
from lading.connectors.folder.writing import Writing


class FolderReadBack:
    """The facet, through the descriptors that are written to."""

    def __init__(self, writing: Writing, partials: FolderPartials) -> None:
        self.write = writing.write_back
        self._partials = partials

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int | None:
        """Add *source* to a partial; see `ReadBack.append`."""
        return self._partials.append_back(token, source, start=start)
