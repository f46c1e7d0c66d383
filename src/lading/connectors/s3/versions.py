"""
The versions of a bucket that keeps them.

S3 knows of a version its content, its moment and its id.  Who saved it, when it was saved on the drive it came
from, and its label are kept in its metadata (`lading-saved`, `lading-author`, `lading-label`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice

from lading.connectors.conditions import Precondition
from lading.connectors.http.content import Content
from lading.connectors.names import check_names
from lading.connectors.profile import Features
from lading.connectors.s3.facts import Listed, kept_words, version_of
from lading.connectors.s3.keys import CONTENT, PARTS, beside_folder, file_key, path_of
from lading.connectors.s3.listing import below, every, page_of
from lading.connectors.s3.reading import reading
from lading.connectors.s3.signing import Query
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Wire
from lading.connectors.s3.writing import Writing
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound, Unable
from lading.model.paths import Path
from lading.model.text import Text

METADATA = 2048
"""Bytes of all metadata of one object (Amazon S3: "User-defined object metadata")."""
_NONE: tuple[Listed, ...] = ()
_GONE = Text("there is no such file", "文件不存在")
_LONG = Text("author and label are longer than metadata may be", "作者和标签超过元数据的长度上限")
_TAKES_NONE = Text("the bucket keeps no new versions", "存储桶未启用版本控制")


class S3Versions:
    """Versions of objects; *people* are the ids of those who may be told as authors."""

    def __init__(self, wire: Wire, writing: Writing, features: Features, people: Collection[str]) -> None:
        self._wire, self._writing, self._features, self._people = wire, writing, features, people

    def list(self, path: Path) -> Iterator[Version]:
        """All versions, oldest first; a removal is none, but ends nothing."""
        check_names(path)
        key = self._wire.prefix + file_key(path) if path else ""
        told = self._listed(key, path) if path else []
        if not told or told[0].deleted or (path[-1] == CONTENT and not told[0].size):
            raise NotFound(path, _GONE)
        return iter(self._asked(path, told))

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]]:
        """Every file that is there, with all its versions."""
        for key, told in self._files():
            path = self._path(key)
            yield path, tuple(self._asked(path, told))

    def read(self, path: Path, version: str) -> Content:
        """Read the content of one version."""
        check_names(path)
        if not path:
            raise NotFound(path, _GONE)
        return reading(self._wire, self._wire.prefix + file_key(path), path, version=version)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        """Save *source* with the facts of *version*; see `Versions.add`."""
        return self._writing.write(path, source, expect, version.size, self.words(path, version))

    def words(self, path: Path, version: Version) -> dict[str, str]:
        """
        The metadata that keep the facts of *version*.

        Raises:
            NotFound, Unable: as `Versions.add` says.
        """
        kept = self._features.versions
        if not kept:
            raise Unable(path, _TAKES_NONE)
        if "author" not in kept:
            version = version_without_author(version)
        elif version.author and version.author not in self._people:
            raise NotFound(path, Text(f"no principal {version.author}", f"没有用户 {version.author}"))
        words = kept_words(version)
        if sum(len(name) + len(value) for name, value in words.items()) > METADATA:
            raise Unable(path, _LONG)
        return words

    def _listed(self, key: str, path: Path) -> Sequence[Listed]:
        """What the server lists of *key*, newest first."""
        query: Query | None = [("versions", ""), ("encoding-type", "url"), ("prefix", key)]
        found = [*_NONE]
        while query is not None:
            page = page_of(self._wire, query, path)
            found += [it for it in page.objects if it.key == key]
            # What comes after it begins with it, too.
            query = None if any(it.key > key for it in page.objects) else page.more
        return _newest_first(found)

    def _asked(self, path: Path, told: Sequence[Listed]) -> Iterator[Version]:
        contents = [it for it in reversed(told) if not it.deleted]
        asks = ((it.key, path, (("versionId", it.version),)) for it in contents)
        for it, answer in zip(contents, self._wire.heads(asks), strict=True):
            if isinstance(answer, DriveError):
                raise answer
            if answer.status == 200:
                yield version_of(it, answer.headers)
            elif answer.status != 404:
                raise error_of(answer, path)

    def _files(self) -> Iterator[tuple[str, Sequence[Listed]]]:
        """Each key with what is listed of it, newest first, whose newest is a content."""
        ours = f"{self._wire.prefix}{PARTS}/"
        rows = (it for page in every(self._wire, versions=True) for it in page)
        for key, group in groupby(rows, key=lambda it: it.key):
            told = _newest_first([*group])
            if told[0].deleted or key.startswith(ours) or key == self._wire.prefix:
                continue
            if key.endswith("/") and not told[0].size:
                continue
            yield key, told

    def _path(self, key: str) -> Path:
        path = path_of(key[len(self._wire.prefix) :])
        if path[-1] == CONTENT or not below(self._wire, key + "/", path, 1):
            return path
        return (*path[:-1], beside_folder(key.rpartition("/")[2]))


def version_without_author(version: Version) -> Version:
    """*version* by nobody."""
    return Version("", version.saved, version.size, "", (), version.modified, version.label)


def _newest_first(told: list[Listed]) -> list[Listed]:
    """*told* in the order of the server, but what it calls the latest in front."""
    # Versions and removals come in two rows from some servers: the latest may stand in either.
    latest = [it for it in told if it.latest]
    return [*islice(latest, 1), *(it for it in told if it is not (latest[0] if latest else None))]
