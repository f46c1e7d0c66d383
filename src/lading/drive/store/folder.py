"""
A store in a local folder.

    objects/ab/cdef…    content by SHA-256: two digits, then the other 62
    incoming/           being written; worth nothing after a crash
    partial/KEY         uploads in several sittings
    swept/ab/cdef…      taken out because nothing needs it, kept a while
    damaged/ab/cdef….N  not what its name says; kept as it was found

It never follows what others put there: it makes files with O_EXCL, and its
folders belong to the drive alone (0700, files 0600).
"""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from lading.drive.store.base import (
    WHERE_TO_LOOK,
    Area,
    Item,
    Left,
    Reading,
    Store,
    Stored,
    checked_digest,
    demand_limit,
    demand_size,
    is_digest,
    missing,
)
from lading.drive.store.files import FileReading, failure, push, sync_all, sync_file, sync_folder, translated
from lading.drive.store.hashing import Hashing
from lading.drive.store.partials import FolderPartials
from lading.model.errors import Unavailable
from lading.model.failpoints import failpoint
from lading.model.text import Text

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class FolderStore(FolderPartials, Store):
    """Contents as files below *root*; with *sync* they are on the disk before an answer is given."""

    def __init__(self, root: str, *, sync: bool = True) -> None:
        self.root = root
        self.sync = sync
        self._objects = f"{root}/objects/"
        self._incoming = f"{root}/incoming/{os.getpid():x}-{secrets.token_hex(4)}-"
        self._count = itertools.count()
        with translated(root):
            self._make_folders()

    def put_bytes(self, content: bytes) -> Stored:
        digest = hashlib.sha256(content).hexdigest()
        stored = Stored(digest, len(content))
        path = f"{self._objects}{digest[:2]}/{digest[2:]}"
        try:
            if not self._has(path, stored.size):
                self._show(self._write(content, self.sync), path)
            if self.sync:
                sync_folder(os.path.dirname(path))
        except OSError as problem:
            raise failure("store", problem) from problem
        return stored

    def put_many(self, contents: Iterable[bytes]) -> list[Stored]:
        """As the others; one wait for the disk serves all."""
        done = []
        with translated("store"):
            for content in contents:
                digest = hashlib.sha256(content).hexdigest()
                path = f"{self._objects}{digest[:2]}/{digest[2:]}"
                if not self._has(path, len(content)):
                    self._show(self._write(content, False), path)
                done.append(Stored(digest, len(content)))
            if self.sync and done:
                sync_all(self.root)
        return done

    def put(self, source: Iterable[bytes], *, size: int | None = None, limit: int | None = None) -> Stored:
        demand_limit(size or 0, limit)
        temporary = self._temporary()
        with translated("store"):
            descriptor = os.open(temporary, _NEW, 0o600)
        with _cleaned(temporary), open(descriptor, "wb", buffering=0):
            stored = _fill(descriptor, source, size, limit)
            with translated("store"):
                if self.sync:
                    sync_file(descriptor)
                self._take(temporary, stored)
        return stored

    def open(self, digest: str, *, start: int = 0, end: int | None = None) -> Reading:
        with translated("store"):
            for area in WHERE_TO_LOOK:
                with suppress(FileNotFoundError):
                    return FileReading(self._path(digest, area), digest, start, end)
        self._demand_root()
        raise missing(digest)

    def path(self, digest: str) -> str | None:
        return f"{self._objects}{digest[:2]}/{digest[2:]}"

    def find(self, digest: str, area: Area = Area.OBJECTS) -> Item | None:
        with translated("store"), suppress(FileNotFoundError):
            facts = os.stat(self._path(digest, area))
            return Item(digest, facts.st_size, facts.st_mtime_ns)
        return None

    def move(self, digest: str, area: Area, to: Area) -> bool:
        old, new = self._path(digest, area), self._path(digest, to)
        with translated("store"):
            try:
                os.utime(old)
                os.makedirs(os.path.dirname(new), mode=0o700, exist_ok=True)
                if to is Area.DAMAGED:
                    new = _free(new)
                if os.path.exists(new):
                    os.unlink(old)
                else:
                    os.rename(old, new)
            except FileNotFoundError:
                return False
            if self.sync:
                sync_folder(os.path.dirname(new))
                sync_folder(os.path.dirname(old))
        return True

    def remove(self, digest: str, area: Area = Area.OBJECTS) -> None:
        with translated("store"), suppress(FileNotFoundError):
            os.unlink(self._path(digest, area))

    def all(self, area: Area = Area.OBJECTS) -> Iterator[Item]:
        root = f"{self.root}/{area}"
        self._demand_root()
        with translated("store"):
            for folder in sorted(_names(root)):
                # A folder's names are few: one in 256 of all.
                for name in sorted(_names(f"{root}/{folder}")):
                    if area is not Area.DAMAGED and not is_digest(folder + name):
                        continue
                    with suppress(FileNotFoundError):
                        facts = os.stat(f"{root}/{folder}/{name}")
                        yield Item(folder + name, facts.st_size, facts.st_mtime_ns)

    def left(self) -> Iterator[Left]:
        with translated("store"):
            for area in ("incoming", "partial"):
                for name in sorted(_names(f"{self.root}/{area}")):
                    with suppress(FileNotFoundError):
                        facts = os.stat(f"{self.root}/{area}/{name}")
                        yield Left(area, name, facts.st_size, facts.st_mtime_ns)

    def drop_left(self, left: Left) -> None:
        with translated("store"), suppress(FileNotFoundError):
            os.unlink(f"{self.root}/{left.area}/{left.name}")

    def _path(self, digest: str, area: Area) -> str:
        checked_digest(digest)
        return f"{self.root}/{area}/{digest[:2]}/{digest[2:]}"

    def _temporary(self) -> str:
        return self._incoming + format(next(self._count), "x")

    def _has(self, path: str, size: int) -> bool:
        # A file of another size is not the content (a power cut without sync): it is put again.
        try:
            return os.stat(path).st_size == size
        except OSError:
            return False

    def _write(self, content: bytes, sync: bool) -> str:
        temporary = self._temporary()
        descriptor = os.open(temporary, _NEW, 0o600)
        try:
            push(descriptor, content)
            if sync:
                sync_file(descriptor)
        except BaseException:
            os.unlink(temporary)
            raise
        finally:
            os.close(descriptor)
        return temporary

    def _take(self, temporary: str, stored: Stored) -> None:
        path = f"{self._objects}{stored.digest[:2]}/{stored.digest[2:]}"
        if self._has(path, stored.size):
            os.unlink(temporary)
        else:
            self._show(temporary, path)
        if self.sync:
            # Also for a content that was there: whoever put it may not have come this far yet.
            sync_folder(os.path.dirname(path))

    def _show(self, temporary: str, path: str) -> None:
        failpoint("store.written")
        try:
            os.rename(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        failpoint("store.shown")

    def _demand_root(self) -> None:
        """Raise Unavailable if the disk went away: without it every content would seem to be missing."""
        if not is_store(self.root):
            raise lost()

    def _make_folders(self) -> None:
        if os.path.isdir(f"{self.root}/damaged"):
            return
        # `damaged` comes last: where it is, all the others are.
        shards = [f"objects/{number:02x}" for number in range(256)]
        for name in ("", "objects", *shards, "incoming", "partial", "swept", "damaged"):
            os.makedirs(f"{self.root}/{name}", mode=0o700, exist_ok=True)
        if self.sync:
            for folder in (f"{self.root}/objects", self.root, os.path.dirname(self.root)):
                sync_folder(folder)


def is_store(root: str) -> bool:
    """Whether *root* looks like a store that was used before."""
    return os.path.isdir(f"{root}/objects")


def lost() -> Unavailable:
    """The error for a store that was there and is not any more."""
    return Unavailable(
        "store",
        Text(
            "its folder is empty: is the disk mounted? If it is lost for good, make the folder “objects” in it",
            "其文件夹为空：磁盘是否已挂载？如确已丢失，请在其中建立文件夹“objects”",
        ),
    )


def _fill(descriptor: int, source: Iterable[bytes], size: int | None, limit: int | None) -> Stored:
    with Hashing() as hashing:
        for chunk in source:
            hashing.add(chunk)
            with translated("store"):
                push(descriptor, chunk)
            demand_limit(hashing.size, limit)
            if size is not None and hashing.size > size:
                break
        demand_size(hashing.size, size)
        return Stored(hashing.digest(), hashing.size)


@contextmanager
def _cleaned(temporary: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _free(path: str) -> str:
    return next(name for n in itertools.count(1) if not os.path.exists(name := f"{path}.{n}"))
