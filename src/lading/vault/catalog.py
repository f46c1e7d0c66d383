"""
The entries of a snapshot by their place: what a folder holds, what each file is, and which contents it had.

There are two catalogs with the same calls: few entries are held in memory (`catalog_few`), which processes
forked later share; many, and those that have versions, stand in a file (`catalog_file`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from lading.manifest.read import digests_of
from lading.model.access import Version
from lading.model.entry import Entry, Kind
from lading.model.paths import Path, decode
from lading.model.text import Text

Told = tuple[str, str, int, int | None, str | None, str | None, list[str], str | None, bytes | None]
"""Path (encoded), kind, size, time, id, etag, digests, problem and SHA-256 of an entry, as the manifest tells them."""
FACTS = ["path", "kind", "size", "modified", "id", "etag", "digests", "problem", "sha256"]
"""The columns of a manifest that give a `Told`."""

TWICE = Text("an entry stands in it twice", "其中有条目重复出现")
"""Why a manifest has no catalog."""


class Held(NamedTuple):
    """An entry, and the SHA-256 of its content where that is in the vault."""

    entry: Entry
    digest: bytes | None


class Catalog(Protocol):
    """The entries of a manifest.  Several threads may ask, one at a time."""

    def children(self, folder: Path, after: str, limit: int) -> list[Held]:
        """At most *limit* entries of *folder*, in the order of their encoded names, those after *after*."""

    def find(self, path: Path) -> Held | None:
        """The entry at *path*; None if there is none."""

    def content(self, path: Path) -> tuple[str, int, bytes | None] | None:
        """Kind and size of the entry at *path*, and the SHA-256 of its content; None if there is none."""

    def versions(self, path: Path) -> list[tuple[Version, bytes | None]]:
        """The versions of the file at *path*, oldest first, and the SHA-256 of each."""

    def all_versions(self) -> Iterator[tuple[Path, tuple[Version, ...]]]:
        """Every file that has versions, with all of them."""

    def again(self) -> Catalog:
        """The same for another drive, perhaps in a process that was forked from the one that made it."""

    def close(self) -> None:
        """Let go of it."""


def held(told: Told) -> Held:
    """What the face of a snapshot says of an entry: a file that the vault holds has its SHA-256 for an etag."""
    path, kind, size, modified, identity, etag, words, problem, digest = told
    digests = digests_of(words) if words else ()
    if digest is not None:
        etag = digest.hex()
        digests = (("sha256", etag), *(pair for pair in digests if pair[0] != "sha256"))
    return Held(Entry(decode(path), Kind(kind), size, modified, identity, etag, digests, problem), digest)


def split(encoded: str) -> tuple[str, str]:
    """Folder and name of an encoded path."""
    parent, _, name = encoded.rpartition("/")
    return parent, name
