"""
A bucket as its inventory tells it: entries by the inventory, content by the bucket, nothing written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lading.connectors.api import Drive, Page
from lading.connectors.http.content import Content
from lading.connectors.names import check_names
from lading.connectors.profile import Profile
from lading.connectors.s3.facts import listed_entry
from lading.connectors.s3.inventory import inventory_in
from lading.connectors.s3.inventory_index import Index, Row
from lading.connectors.s3.keys import CONTENT, beside, beside_folder, file_key, file_name, folder_key, name_of
from lading.connectors.s3.profile import CONCURRENCY, rules_of
from lading.connectors.s3.reading import reading
from lading.connectors.s3.wire import Wire
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAddress, Changed, CursorExpired, NotFound, ReadOnly, WrongKind
from lading.model.paths import Path, decode, encode
from lading.model.text import Text

PAGE = 1000
_NOTHING = Text("the inventory has no such object", "清单中没有该对象")
_PAST = Text("an inventory is of the past: nothing can be written", "清单反映过去的状态，不能写入")
_REPLACED = Text("it was replaced after the inventory", "该对象在清单生成后已被替换")


class InventoryDrive(Drive):
    """The objects that the inventory of *wire*'s options tells; *address* is that of the bucket."""

    def __init__(self, wire: Wire, address: str) -> None:
        assert wire.options.inventory is not None
        inventory = inventory_in(wire.options.inventory, address)
        if inventory.bucket != wire.options.bucket:
            said = Text(
                f"the inventory is of the bucket {inventory.bucket}", f"该清单属于存储桶 {inventory.bucket}"
            )
            raise BadAddress(address, said)
        at = datetime.fromtimestamp(inventory.at // 1_000_000_000, UTC).isoformat(timespec="seconds")
        self._wire = wire
        self._index = Index(inventory, wire.prefix, address)
        self._profile = Profile(
            kind="s3",
            address=f"{address} (inventory of {at})",
            names=rules_of(wire.prefix, "", versioned=False),
            keeps_modified=False,
            keeps_folder_times=False,
            concurrency=CONCURRENCY,
        )

    @property
    def profile(self) -> Profile:
        """Facts; the date of the inventory stands in the address."""
        return self._profile

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Folders first, then files; see `Drive.list`."""
        check_names(folder)
        self._demand(folder)
        parent = folder_key(folder)
        kind, after = _begin(folder, cursor)
        entries: list[Entry] = []
        if kind == "d":
            names = self._index.folders(parent, after, PAGE)
            entries = [Entry((*folder, name_of(name)), Kind.FOLDER) for name in names]
            if len(names) == PAGE:
                return Page(entries, "d" + encode(("." + names[-1],)))
            after = ""
        rows = self._index.files(parent, after, PAGE)
        entries += [self._entry(folder, row) for row in rows]
        return Page(entries, "f" + encode(("." + rows[-1].segment,)) if len(rows) == PAGE else None)

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, as the inventory tells it."""
        check_names(path)
        if not path or self._is_folder(path):
            return Entry(path, Kind.FOLDER)
        row = self._row(path)
        if row is None or row.beside != beside(path):
            raise NotFound(path, _NOTHING)
        return self._entry(path[:-1], row)

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Content:
        """Open a file of the bucket, if it is still the one of the inventory."""
        entry = self.stat(path)
        if not entry.is_file:
            raise WrongKind(path, Text("it is a folder", "它是文件夹"))
        if expect is not None and entry.etag is not None and expect.strip('"') != entry.etag:
            raise Changed(path, _REPLACED)
        return reading(self._wire, self._wire.prefix + file_key(path), path, start=start, expect=entry.etag)

    def write(self, path: Path, source: Iterable[bytes], **how: Any) -> Entry:
        """Not possible."""
        check_names(path)
        raise ReadOnly(path, _PAST)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Not possible."""
        check_names(path)
        raise ReadOnly(path, _PAST)

    def remove(self, path: Path, **how: Any) -> None:
        """Not possible."""
        check_names(path)
        raise ReadOnly(path, _PAST)

    def close(self) -> None:
        """Give back connections."""
        self._wire.session.close()

    def _demand(self, folder: Path) -> None:
        if folder and not self._is_folder(folder):
            row = self._row(folder)
            raise WrongKind(folder, Text("it is a file", "它是文件")) if row else NotFound(folder, _NOTHING)

    def _is_folder(self, path: Path) -> bool:
        if beside(path) or path[-1] == CONTENT:
            return False
        return self._index.has_folder(folder_key(path[:-1]), folder_key(path[-1:])[:-1])

    def _row(self, path: Path) -> Row | None:
        parent, slash, segment = file_key(path).rpartition("/")
        return self._index.file(parent + slash, segment)

    def _entry(self, folder: Path, row: Row) -> Entry:
        name = beside_folder(row.segment) if row.beside else file_name(row.segment)
        return listed_entry((*folder, name), row.told)


def _begin(folder: Path, cursor: str | None) -> tuple[str, str]:
    if cursor is None:
        return "d", ""
    try:
        (after,) = decode(cursor[1:])
    except ValueError:
        raise CursorExpired(folder) from None
    return cursor[0], after
