"""
What a write, move or removal expects to find at its target.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, NotFound


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing of that name is there."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever is there may be replaced."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The entry that is there still has this etag."""

    etag: str


Precondition = Absent | Anything | Unchanged

ABSENT = Absent()
ANYTHING = Anything()


def unchanged(entry: Entry) -> Precondition:
    """The precondition that *entry* is still as we saw it; `ANYTHING` if its drive cannot tell."""
    return Unchanged(entry.etag) if entry.etag else ANYTHING


def check(expect: Precondition, found: Entry | None, subject: tuple[str, ...]) -> None:
    """
    Hold *found* (None: nothing is there) against *expect*.

    Raises:
        AlreadyExists: nothing was expected.
        NotFound: an entry was expected.
        Changed: another content was expected.
    """
    if isinstance(expect, Absent) and found is not None:
        raise AlreadyExists(subject, found.kind.value)
    if isinstance(expect, Unchanged):
        if found is None:
            raise NotFound(subject, "it was there before")
        if found.etag != expect.etag:
            raise Changed(subject, "its etag is another")
