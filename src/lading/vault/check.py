"""
Is a vault whole, and if not: which snapshots are hit?

Nothing is changed.  Memory grows with the number of records (one row and one
byte each), not with their size.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from lading.model.errors import BadVault, LadingError, NotFound
from lading.model.progress import Progress, Publish, nobody_listens
from lading.model.text import Text
from lading.vault.contents import ids_of
from lading.vault.findings import Finding
from lading.vault.index import Index
from lading.vault.keeps import keeps
from lading.vault.keyring import State, known_keys
from lading.vault.locks import locks
from lading.vault.needs import contents_needed, files_needed
from lading.vault.packed import Looked, every_pack, look, whole_pack
from lading.vault.packs import START, Pack, PackReader, table_room
from lading.vault.snapshots import Snapshot, read
from lading.vault.vault import Vault, slots
from lading.vault.words import INDEX, KEYS, LOCKS, PACKS, SNAPSHOTS, Kind

SHOWN = 20
"""Places of lost contents that a finding names."""
_THREADS = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
"""Packs that are looked at at once, each held in memory: hashing and opening seals leave the other threads alone."""
_REMEMBERED = 100_000
"""Contents of which is remembered whether they are whole: snapshots of one drive share most of theirs."""
_HELD_INDEX = 16 << 20
"""Bytes of all index objects up to which the packs that they tell of are held, rather than read twice."""


@dataclass(slots=True)
class Report:
    """What a check saw: *read* counts records that were decrypted, *bytes* those of all packs."""

    findings: list[Finding] = field(default_factory=list)
    snapshots: int = 0
    packs: int = 0
    records: int = 0
    bytes: int = 0
    read: int = 0

    @property
    def sound(self) -> bool:
        """Every snapshot can be had back whole, and nothing needs a person."""
        return not any(one.wrong for one in self.findings)


def check(
    vault: Vault, *, read_data: bool = False, own_lock: str = "", publish: Publish = nobody_listens
) -> Report:
    """Look at everything in *vault*; with *read_data* at every record of every pack too.  *own_lock* is not told."""
    it = _Check(vault, read_data, publish)
    it.packs()
    it.snapshots()
    it.notes(own_lock)
    return it.report


class _Check:
    def __init__(self, vault: Vault, read_data: bool, publish: Publish) -> None:
        self.vault = Vault(vault.store.drive, vault.opened)
        self.report = Report()
        self._read_data = read_data
        self._publish = publish
        self._bad: bytearray = bytearray()
        self._known: dict[bytes, bool] = {}
        self._slots: set[str] = set()
        self._looking: deque[tuple[Pack, Future[Looked]]] = deque()

    def packs(self) -> None:
        """Hold the index, the packs and their tables against each other."""
        there = {bytes.fromhex(name): size for name, size in self.vault.store.names(PACKS)}
        unreadable: list[BadVault] = []
        told = _Told(self.vault)
        self.vault.index = Index(told.packs(unreadable))
        for problem in unreadable:
            self._add("index_damaged", problem.subject, problem)
        self._bad = bytearray(len(self.vault.index))
        lost: set[bytes] = set()
        with ThreadPoolExecutor(_THREADS) as pool:
            for pack in told.packs([]):
                self._one(pack, there.pop(pack.name, None), lost, pool)
                self._catch_up(_THREADS)
            self._catch_up(0)
        for name, size in sorted(there.items()):
            self._left_over(name.hex(), size)
        if lost:
            self._lose(lost)

    def _one(self, pack: Pack, size: int | None, lost: set[bytes], pool: ThreadPoolExecutor) -> None:
        report = self.report
        report.packs, report.records = report.packs + 1, report.records + len(pack.records)
        report.bytes += pack.size
        name = f"{PACKS}/{pack.name.hex()}"
        if size is None:
            self._add("pack_lost", name)
            lost.add(pack.name)
        elif size != pack.size:
            self._add("pack_size", name, found=size, expected=pack.size)
            self._looking.append((pack, pool.submit(self._look, pack, min(size, pack.size))))
        elif self._read_data:
            self._looking.append((pack, pool.submit(self._look, pack, size)))
        else:
            self._table(pack, name)
        self._publish(Progress("packs", report.packs, report.bytes))

    def _table(self, pack: Pack, name: str) -> None:
        part, store, hexed = table_room(len(pack.records)), self.vault.store, pack.name.hex()
        try:
            reader = PackReader(self.vault.master, name, store.part(PACKS, hexed, 0, START))
            if reader.table(store.part(PACKS, hexed, pack.size - part, part)) != pack.records:
                self._add("pack_other", name)
        except (BadVault, NotFound) as problem:
            self._add("pack_damaged", name, problem)

    def _look(self, pack: Pack, size: int) -> Looked:
        name = pack.name.hex()
        return look(self.vault, name, whole_pack(self.vault.store, name, size), pack)

    def _catch_up(self, left: int) -> None:
        """Note what was seen of packs that were read, until only so many are *left* to wait for."""
        while len(self._looking) > left:
            self._data(*self._looking.popleft())

    def _data(self, pack: Pack, looking: Future[Looked]) -> None:
        """Take in what a look at a whole pack saw; its records that are damaged count as lost."""
        name = pack.name.hex()
        try:
            looked = looking.result()
        except LadingError as problem:
            self._add("pack_damaged", f"{PACKS}/{name}", problem)
            self._lose({pack.name})
            return
        if looked.pack is not None and looked.pack.records != pack.records:
            self._add("pack_other", f"{PACKS}/{name}")
        for fault in looked.faults[:SHOWN]:
            self._add("pack_damaged", f"{PACKS}/{name}", fault)
        good = looked.good if looked.pack is not None and looked.pack.records == pack.records else frozenset()
        self.report.read += len(good)
        for number, it in enumerate(pack.records):
            if number not in good:
                self._mark(it.id, pack.name)

    def _mark(self, id: bytes, pack: bytes) -> None:
        for row in self.vault.index.rows(id):
            if self.vault.index.packs[self.vault.index.pack_at(row)].name == pack:
                self._bad[row] = 1

    def _lose(self, packs: set[bytes]) -> None:
        index = self.vault.index
        numbers = {number for number, pack in enumerate(index.packs) if pack.name in packs}
        for row in range(len(self._bad)):
            if index.pack_at(row) in numbers:
                self._bad[row] = 1

    def _left_over(self, name: str, size: int) -> None:
        """A pack that no index tells of: an interrupted writer left it, or the index lost it."""
        self._add("pack_unknown", f"{PACKS}/{name}", size=size)

    def snapshots(self) -> None:
        """Look whether all that each snapshot needs is there."""
        store, master = self.vault.store, self.vault.master
        for name, _ in sorted(store.names(SNAPSHOTS)):
            try:
                snapshot = read(master, store.whole(SNAPSHOTS, name))
            except NotFound:
                continue
            except BadVault as problem:
                self._add("snapshot_damaged", f"{SNAPSHOTS}/{name}", problem)
                continue
            self.report.snapshots += 1
            self._slots |= set(snapshot.slots)
            self._snapshot(snapshot)
            self._publish(Progress("snapshots", self.report.snapshots, self.report.bytes))

    def _snapshot(self, snapshot: Snapshot) -> None:
        missing = [need for need in files_needed(snapshot) if not self._whole(need.digest)]
        count, where = len(missing), [need.where for need in missing][:SHOWN]
        if not missing:
            try:
                for need in contents_needed(self.vault, snapshot):
                    if not self._whole(need.digest):
                        count += 1
                        where += [need.where] if len(where) < SHOWN else []
            except BadVault as problem:
                count, where = count + 1, [*where, problem.subject]
        if count:
            self._add("snapshot_hit", f"{SNAPSHOTS}/{snapshot.name}", count=count, where=where)

    def _whole(self, digest: bytes) -> bool:
        """Whether every record of a content is there and, as far as was looked, good."""
        known = self._known.get(digest)
        if known is None:
            known = self._looked_up(digest)
            if len(self._known) < _REMEMBERED:
                self._known[digest] = known
        return known

    def _looked_up(self, digest: bytes) -> bool:
        master = self.vault.master
        if self._is_there(master.id_of(Kind.FILE, digest)):
            return True
        with suppress(LadingError):
            return all(map(self._is_there, ids_of(master, digest, self.vault.fetch, self._is_there)))
        return False

    def _is_there(self, id: bytes) -> bool:
        rows = self.vault.index.rows(id)
        return bool(rows) and (not self._bad[rows[0]] or any(not self._bad[row] for row in rows))

    def notes(self, own_lock: str) -> None:
        """Look at key slots, locks and keeps."""
        store, opened = self.vault.store, self.vault.opened
        damaged: list[BadVault] = []
        slots(store, damaged)
        for problem in damaged:
            self._add("slot_damaged", problem.subject, problem)
        shown = {problem.subject.rpartition("/")[2] for problem in damaged}
        with self._noting():
            for slot in known_keys(store, opened, self._slots - shown):
                if slot.state is State.LOST:
                    self._add("slot_lost", f"{KEYS}/{slot.name}")
        with self._noting():
            for lock in locks(store, opened.master):
                if lock.name != own_lock:
                    self._add("lock_there", f"{LOCKS}/{lock.name}", who=lock.says)
        with self._noting():
            _exhaust(keeps(store, opened.master))

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except BadVault as problem:
            self._add("note_damaged", problem.subject, problem)

    def _add(self, code: str, subject: str, problem: LadingError | None = None, **facts: object) -> None:
        why = problem.details if problem is not None else Text("", "")
        self.report.findings.append(Finding(code, subject, why, facts))


class _Told:
    """The packs that the index tells of, which are gone through twice."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        small = sum(size for _, size in vault.store.names(INDEX)) <= _HELD_INDEX
        self._held: list[Pack] | None = [] if small else None

    def packs(self, faults: list[BadVault]) -> Iterator[Pack]:
        """Each of them once; what cannot be read is put into *faults*, the first time."""
        if self._held is None:
            return every_pack(self._vault, faults)
        if not self._held:
            self._held += every_pack(self._vault, faults)
        return iter(self._held)


def _exhaust(items: Iterable[object]) -> None:
    for _ in items:
        pass
