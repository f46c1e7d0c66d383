"""
What a change expects to find at its target.

An etag names a node and a version of it: another file under the same name has
another etag, and so has the same file after a save.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.drive.tree.row import FILE, FOLDER, Row
from lading.model.errors import AlreadyExists, Changed, NotFound, WrongKind
from lading.model.paths import Path
from lading.model.text import Text


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing of that name is there."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever is there may be replaced, or nothing may be there."""


@dataclass(frozen=True, slots=True)
class Same:
    """The file that is there still has this etag."""

    etag: str


Expect = Absent | Anything | Same

ABSENT = Absent()
ANYTHING = Anything()

_FOLDER_THERE = Text("there is a folder", "该处是文件夹")
_FILE_THERE = Text("there is a file", "该处是文件")


def etag(row: Row) -> str:
    """The etag of a file: `"<id>-<number>"` with its quotes."""
    return f'"{row.id}-{row.number}"'


def check_file(expect: Expect, found: Row | None, subject: Path) -> None:
    """
    Hold *found*, which the caller may see, against *expect*, where a file is to be put.

    Raises:
        AlreadyExists: nothing was expected.
        WrongKind: a folder would be replaced.
        NotFound: a file was expected and nothing is there.
        Changed: another content was expected.
    """
    if found is None:
        if isinstance(expect, Same):
            raise NotFound(subject, Text("it was there before", "之前存在"))
        return
    if isinstance(expect, Absent):
        raise AlreadyExists(subject, _FOLDER_THERE if found.kind == FOLDER else _FILE_THERE)
    if found.kind == FOLDER:
        raise WrongKind(subject, _FOLDER_THERE)
    check_same(expect, found, subject)


def check_same(expect: Expect, found: Row, subject: Path) -> None:
    """
    Hold *found* against *expect* where it is known to be there.

    Raises:
        AlreadyExists: nothing was expected.
        Changed: another content was expected.
    """
    if isinstance(expect, Absent):
        raise AlreadyExists(subject)
    if isinstance(expect, Same) and (found.kind != FILE or etag(found) != expect.etag):
        raise Changed(subject, Text("its etag is another", "其 etag 已不同"))
