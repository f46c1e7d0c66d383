"""
A vault: made, opened by a secret, written and read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.listing import list_all
from lading.model.errors import (
    BadRequest,
    BadVault,
    DriveError,
    Forbidden,
    NotEmpty,
    NotFound,
    NoVault,
    Unreadable,
    WrongKey,
    WrongKind,
)
from lading.model.text import Language, Text
from lading.vault.contents import Writer, content_of, ids_of
from lading.vault.index import Index, Spot, each_pack_of, sealed_indexes
from lading.vault.keys import Slot, new_slot, slot_from
from lading.vault.packs import START, Pack, Packer, PackReader
from lading.vault.sealing import Master
from lading.vault.store import Store
from lading.vault.words import CONFIG, FORMAT, INDEX, KEYS, MOST_SLOTS, MOST_SMALL, PACKS, TAG, Kind

_TRIES = 5
_OCCUPIED = Text("a vault is made in an empty place only", "保管库只能建在空的位置")
NO_LOCK = Text(
    "it cannot lock objects: make the bucket with object lock", "无法锁定对象：请创建启用了对象锁定的存储桶"
)
_NO_CONFIG = Text("it is not the description of a vault of this format", "不是此格式保管库的说明文件")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a process needs to work on a vault: its id, its master key, and for how many days snapshots are locked (0: not)."""

    id: str
    master: Master = field(repr=False)
    lock_days: int = 0


def make_vault(
    drive: Drive, secret: bytes, *, label: str = "", now: int | None = None, lock_days: int = 0
) -> Opened:
    """
    Make a vault in the empty *drive* that *secret* opens; its snapshots are to be locked for *lock_days*.

    Raises:
        BadRequest: nothing can be locked there.
        NotEmpty: something is there.
    """
    if lock_days and drive.retention is None:
        raise BadRequest(drive.profile.address, NO_LOCK)
    if next(list_all(drive, ()), None) is not None:
        raise NotEmpty(drive.profile.address, _OCCUPIED)
    made = time.time_ns() if now is None else now
    it = Opened(os.urandom(16).hex(), Master.new(), lock_days)
    store = Store(drive)
    store.put(KEYS, new_slot(it.master, secret, it.id, label=label, made=made).content())
    about = {
        "lading vault": FORMAT,
        "id": it.id,
        "made": made,
        **({"lock_days": lock_days} if lock_days else {}),
    }
    # Written last: what has no description is no vault.
    content = json.dumps(about).encode() + b"\n"
    store.settle()
    drive.write((CONFIG,), [content], expect=ABSENT, size=len(content))
    store.settle()
    return it


def open_vault(drive: Drive, secret: bytes) -> Opened:
    """
    Open the vault in *drive*.

    Raises:
        NoVault: there is none.
        BadVault: there is none that this Lading knows.
        WrongKey: *secret* opens no slot.
    """
    store = Store(drive)
    told = described(store)
    id = told["id"]
    damaged: list[BadVault] = []
    for slot in slots(store, damaged).values():
        if (master := slot.opened(secret, id)) is not None:
            return Opened(id, master, told.get("lock_days", 0))
    if damaged:
        # It may be the very one that this secret opens.
        raise damaged[0]
    raise WrongKey(drive.profile.address)


def slots(store: Store, damaged: list[BadVault] | None = None) -> dict[str, Slot]:
    """
    The key slots of a vault, by name; those that are damaged are put into *damaged* if that is given.

    Raises:
        BadVault: one is damaged, or there are more than anybody made.
    """
    names = sorted(name for name, _ in store.names(KEYS))
    if len(names) > MOST_SLOTS:
        raise BadVault(KEYS, Text(f"more than {MOST_SLOTS} key slots", f"密钥槽多于 {MOST_SLOTS} 个"))
    found = {}
    for name in names:
        try:
            found[name] = slot_from(store.whole(KEYS, name, most=MOST_SMALL), name)
        except NotFound:
            continue
        except BadVault as problem:
            if damaged is None:
                raise
            damaged.append(problem)
    return found


def described(store: Store) -> dict[str, Any]:
    """
    What stands in the description of a vault: its format, `id` and when it was `made` (ns).

    Raises:
        NoVault: there is none.
        BadVault: there is none of this format.
    """
    try:
        told = json.loads(store.read((CONFIG,), most=MOST_SMALL))
    except NotFound:
        raise NoVault(store.drive.profile.address) from None
    except (ValueError, RecursionError):
        raise BadVault(CONFIG, _NO_CONFIG) from None
    if (
        not isinstance(told, dict)
        or told.get("lading vault") != FORMAT
        or not isinstance(told.get("id"), str)
        or not isinstance(told.get("lock_days", 0), int)
    ):
        raise BadVault(CONFIG, _NO_CONFIG)
    return told


class Vault:
    """An open vault.  Reading may be done by several threads, writing needs a `Writer` for each."""

    def __init__(self, drive: Drive, opened: Opened) -> None:
        self.store = Store(drive)
        self.opened = opened
        self.master = opened.master
        self.index = Index()
        self.lost: set[bytes] = set()
        """Packs that the index told of when it was last read for what is *present*, and that are not there so."""
        self._read: frozenset[str] = frozenset()
        """The objects of the index that were read, or written by us."""
        self._heads: dict[bytes, PackReader] = {}

    def load(self, *, present: bool = False) -> None:
        """
        Read the index; with *present* only of packs that the store lists with their right size.

        Whoever adds contents asks for *present*: what lay in a lost pack is then stored again.

        Raises:
            BadVault: a part of it is damaged.
        """
        for left in reversed(range(_TRIES)):
            try:
                names = sorted(name for name, _ in self.store.names(INDEX))
                told = (self.store.whole(INDEX, name) for name in names)
                packs = (pack for content in told for pack in each_pack_of(self.master, content))
                there = dict(self.store.names(PACKS)) if present else {}
                self.lost = set()
                self.index = Index(it for it in packs if not present or self._there(it, there))
                self._read = frozenset(names)
            except NotFound:
                # Somebody wrote the index anew between our listing and our reading: the new one is there.
                if not left:
                    raise
            else:
                return

    def take_over(self, earlier: Vault) -> None:
        """Know what *earlier* has read, which is the same vault in the process that this one was forked from."""
        self.index, self.lost, self._read = earlier.index, earlier.lost, earlier._read

    def refresh(self) -> None:
        """
        Read what others have added to the index since it was read for what is present.

        Raises:
            BadVault: a part of it is damaged.
        """
        names = frozenset(name for name, _ in self.store.names(INDEX))
        if self._read <= names:
            with suppress(NotFound):
                self._learn(names - self._read)
                self._read = names
                return
        # Somebody wrote the index anew, perhaps while we were reading it.
        self.load(present=True)

    def _learn(self, names: Collection[str]) -> None:
        """Read the objects *names* of the index as well."""
        known = {pack.name for pack in self.index.packs}
        contents = [self.store.whole(INDEX, name) for name in sorted(names)]
        self.index.learn(self._unknown(contents, known))

    def _unknown(self, contents: Iterable[bytes], known: set[bytes]) -> Iterator[Pack]:
        """The packs that the objects of the index with *contents* tell of, unless they are *known* or not there."""
        for content in contents:
            for pack in each_pack_of(self.master, content):
                if pack.name not in known and self._there(pack, self._size_of(pack)):
                    known.add(pack.name)
                    yield pack

    def _size_of(self, pack: Pack) -> dict[str, int]:
        name = pack.name.hex()
        try:
            return {name: self.store.size(PACKS, name)}
        except NotFound:
            return {}

    def _there(self, pack: Pack, there: Mapping[str, int]) -> bool:
        if there.get(pack.name.hex()) == pack.size:
            return True
        self.lost.add(pack.name)
        return False

    def writer(self) -> tuple[Writer, Packer]:
        """What puts contents into packs of this vault; they count once `publish` was told of them."""
        packer = Packer(self.master, lambda name, content: self.store.put_named(PACKS, name.hex(), content))
        return Writer(self.master, packer, self.index.__contains__), packer

    def publish(self, packs: Sequence[Pack]) -> None:
        """Write down what is in *packs*, which are stored: from now on they count."""
        if not packs:
            return
        # An index on the disk that tells of a pack which a power cut took would hide a loss.
        self.store.settle()
        for content in sealed_indexes(self.master, packs):
            self._read |= {self.store.put(INDEX, content)}
        self.store.settle()
        for pack in packs:
            self.index.add(pack)

    def holds(self, digest: bytes) -> bool:
        """Whether all records of the content with the SHA-256 *digest* are there; its list, if it has one, is read."""
        if self.master.id_of(Kind.FILE, digest) in self.index:
            return True
        try:
            ids = ids_of(self.master, digest, self.fetch, self.index.__contains__)
        except BadVault:
            return False
        return all(id in self.index for id in ids)

    def content(self, digest: bytes, *, prove: bool = True) -> Iterator[bytes]:
        """
        The content with the SHA-256 *digest*, in blocks; without *prove* the caller does what `content_of` says.

        Raises:
            BadVault: it is not there, or damaged.
        """
        return content_of(self.master, digest, self.fetch, prove=prove)

    def fetch(self, id: bytes) -> bytes | None:
        """The raw content of the record *id*; None if there is none."""
        spot = self.index.find(id)
        if spot is None:
            return None
        try:
            return self.read(spot)
        except BadVault:
            # Two writers at once may both have stored it: one good copy is enough.
            others = (it for it in map(self.index.row, self.index.rows(id)) if it != spot)
            for other in others:
                with suppress(BadVault):
                    return self.read(other)
            raise

    def read(self, spot: Spot) -> bytes:
        """
        The raw content of the record at *spot*.

        Raises:
            BadVault: it is damaged.
        """
        sealed = self.part(spot.pack, spot.offset, spot.record.stored + TAG)
        return self.reader(spot.pack).record(spot.number, spot.record, sealed)

    def reader(self, pack: bytes) -> PackReader:
        """
        What opens the records of *pack*, made once.

        Raises:
            BadVault: it is no pack.
        """
        reader = self._heads.get(pack)
        if reader is None:
            reader = PackReader(self.master, f"{PACKS}/{pack.hex()}", self.part(pack, 0, START))
            self._heads[pack] = reader
        return reader

    def part(self, pack: bytes, start: int, size: int) -> bytes:
        """
        *size* bytes of a pack from *start* on.

        Raises:
            BadVault: there are none.
        """
        try:
            return self.store.part(PACKS, pack.hex(), start, size)
        except NotFound:
            raise BadVault(f"{PACKS}/{pack.hex()}", Text("the pack is not there", "数据包不存在")) from None
        except (WrongKind, Unreadable, Forbidden) as problem:
            # What was packed may lie in another pack as well.
            raise BadVault(f"{PACKS}/{pack.hex()}", _told(problem)) from None


def _told(problem: DriveError) -> Text:
    return Text(*(problem.message(language) for language in (Language.EN, Language.ZH)))
