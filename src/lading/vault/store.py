"""
The objects of a vault, in a drive of any kind: written once under their digest, never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.listing import list_all
from lading.model.entry import Entry, Kind
from lading.model.errors import AlreadyExists, BadVault, Changed, NotFound, WrongKind
from lading.model.paths import Path
from lading.model.text import Text
from lading.vault.words import MOST_OBJECT, PACKS

_CHANGED = Text("its content is not the one it is named after", "内容与其名称不符")
_SHORT = Text("it is shorter than it was", "比原先短")
_LONG = Text("it is longer than any such object is", "超出此类对象的长度")
_HEX = frozenset("0123456789abcdef")


class Store:
    """
    What a vault keeps in *drive*.  Several threads may use it at once.

    Objects have a *name*, the SHA-256 of their content in hex, and lie in a *folder*.
    """

    def __init__(self, drive: Drive) -> None:
        self.drive = drive

    def put(self, folder: str, content: bytes) -> str:
        """Keep *content*; its name.  What is there already is the same."""
        name = sha256(content).hexdigest()
        self.put_named(folder, name, [content])
        return name

    def put_named(self, folder: str, name: str, content: Sequence[bytes]) -> None:
        """Keep *content*, in blocks, under *name*, if nothing is there."""
        path = place(folder, name)
        try:
            self._write(path, content)
        except NotFound:
            for length in range(1, len(path)):
                self.drive.make_folder(path[:length])
            self._write(path, content)

    def replace(self, name: str, content: bytes) -> None:
        """Write the object *name* at the root, whatever was there."""
        self.drive.write((name,), [content], expect=ANYTHING, size=len(content))

    def part(self, folder: str, name: str, start: int, size: int) -> bytes:
        """
        The *size* bytes of an object from *start* on.

        Raises:
            NotFound: there is none.
            BadVault: it ends before.
        """
        pieces: list[bytes] = []
        left = size
        try:
            with self.drive.read(place(folder, name), start=start) as reader:
                while left > 0 and (piece := reader.read(left)):
                    pieces.append(piece)
                    left -= len(piece)
        except Changed:
            # That is how a drive says that the start lies beyond the end.
            raise BadVault(f"{folder}/{name}", _SHORT) from None
        if left > 0:
            raise BadVault(f"{folder}/{name}", _SHORT)
        # What comes in one piece, as from a local disk, is not copied.
        return b"".join(pieces)[:size] if len(pieces) != 1 else pieces[0][:size]

    def whole(self, folder: str, name: str, *, most: int = MOST_OBJECT) -> bytes:
        """
        All of an object.

        Raises:
            NotFound: there is none.
            BadVault: it is not the content that it is named after, or has more than *most* bytes.
        """
        try:
            content = self.read(place(folder, name), most=most)
        except Changed:
            # No object is ever changed: it was removed while we read it, and the second look says so.
            content = self.read(place(folder, name), most=most)
        if sha256(content).hexdigest() != name:
            raise BadVault(f"{folder}/{name}", _CHANGED)
        return content

    def read(self, path: Path, *, most: int = MOST_OBJECT) -> bytes:
        """
        All that is at *path*.

        Raises:
            NotFound: nothing is there.
            BadVault: it has more than *most* bytes; a foreign server may send without end.
        """
        held = bytearray()
        with self.drive.read(path) as reader:
            while piece := reader.read(1 << 20):
                held += piece
                if len(held) > most:
                    raise BadVault("/".join(path), _LONG)
        return bytes(held)

    def settle(self) -> None:
        """Return when all that was put survives a power cut, where the drive can promise that."""
        if self.drive.settle is not None:
            self.drive.settle.settle()

    def size(self, folder: str, name: str) -> int:
        """
        Bytes of an object.

        Raises:
            NotFound: there is none.
        """
        return self.drive.stat(place(folder, name)).size or 0

    def names(self, folder: str) -> Iterator[tuple[str, int]]:
        """The objects of a folder and their bytes, in no order."""
        for entry in self._listed((folder,)):
            if folder != PACKS:
                yield from _object(entry)
            elif entry.kind is Kind.FOLDER and len(entry.path[-1]) == 2 and set(entry.path[-1]) <= _HEX:
                for inner in self._listed(entry.path):
                    # What lies in the folder of another name would not be found there.
                    if inner.path[-1].startswith(entry.path[-1]):
                        yield from _object(inner)

    def remove(self, folder: str, name: str) -> None:
        """Remove an object; what is not there is no error."""
        try:
            self.drive.remove(place(folder, name), expect=ANYTHING)
        except NotFound:
            return

    def _write(self, path: Path, content: Sequence[bytes]) -> None:
        try:
            self.drive.write(path, content, expect=ABSENT, size=sum(map(len, content)))
        except AlreadyExists:
            return

    def _listed(self, folder: Path) -> Iterator[Entry]:
        try:
            yield from list_all(self.drive, folder)
        except (NotFound, WrongKind):
            return


def place(folder: str, name: str) -> Path:
    """Where an object lies; packs are many, so they lie in folders by their first byte."""
    return (folder, name[:2], name) if folder == PACKS else (folder, name)


def is_name(name: str) -> bool:
    """Whether *name* is that of an object."""
    return len(name) == 64 and set(name) <= _HEX


def _object(entry: Entry) -> Iterator[tuple[str, int]]:
    if entry.kind is Kind.FILE and is_name(entry.path[-1]):
        yield entry.path[-1], entry.size or 0
