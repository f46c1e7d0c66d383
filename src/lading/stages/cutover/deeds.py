"""
What can be done in OLD about an object that changed in NEW, and why.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from lading.model.paths import Path
from lading.stages.cutover.tracing import Content, Traced


class Do(StrEnum):
    """What is done in OLD."""

    FOLDER = "folder"
    RENAME = "rename"
    VERSION = "version"
    """Put contents on top of a file; what it held stays as a version, or beside where the drive has none."""
    ADD = "add"
    BESIDE = "beside"
    """Put contents beside a file, under a name that says whose they are."""
    COPY = "copy"
    """Copy a file inside OLD: it was renamed in NEW, and OLD cannot rename."""
    SETTLED = "settled"
    """OLD has it already: it is only noted."""
    TELL = "tell"
    """Nothing is done; people are told."""
    FAIL = "fail"


WRITING = frozenset({Do.FOLDER, Do.RENAME, Do.VERSION, Do.ADD, Do.BESIDE, Do.COPY})
"""What changes OLD."""


class Because(StrEnum):
    """Why."""

    EDITED = "edited_in_new"
    MADE = "made_in_new"
    RENAMED = "renamed_in_new"
    DELETED = "deleted_in_new"
    """It stays in OLD."""
    DELETED_LATER = "deleted_later_in_new"
    """It was changed or made first, then deleted: the work is brought back all the same."""
    BOTH_EDITED = "edited_on_both_sides"
    NAME_TAKEN = "name_taken_in_old"
    BOTH_RENAMED = "renamed_on_both_sides"
    """It keeps the name it has in OLD."""
    GONE_FROM_OLD = "gone_from_old"
    ALONG = "came_along"
    """A folder above it was renamed."""
    THERE = "there_already"
    UNREAD = "content_not_read"
    UNGUARDED = "restricted_in_new"
    """Grants in NEW keep people out of it, and OLD cannot hold them: it stays in the state folder."""


CONFLICTS = frozenset({Because.BOTH_EDITED, Because.NAME_TAKEN, Because.BOTH_RENAMED})
"""What the authors of both sides are told."""


class Deed(NamedTuple):
    """One action: what is done about an object of NEW, where in OLD, and why."""

    do: Do
    because: Because
    path: Path
    """In NEW."""
    target: Path
    """In OLD, once the actions before it are done."""
    source: Path | None = None
    """In OLD: what is renamed or copied."""
    contents: tuple[Content, ...] = ()
    expect: str | None = None
    """The etag of what is there."""
    holds: str | None = None
    """The SHA-256 of what is there."""
    traced: Traced | None = None
    detail: str = ""
    """The code of the error, where something stands in the way."""
    was_because: Because | None = None
    """Why a run that was cut off did what this one finds done."""

    @property
    def conflict(self) -> Because | None:
        """What two people have to be told about it, if anything."""
        why = self.was_because or self.because
        return why if why in CONFLICTS and self.do is not Do.FAIL else None

    @property
    def bytes(self) -> int:
        """Content to be written."""
        return sum(content.size for content in self.contents)
