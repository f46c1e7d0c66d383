"""
A switch and the way back inside the test: real parts, in this process, one thing after the other.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.crew import close_drives
from lading.connectors.registry import open_drive
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path, encode
from lading.stages.cutover.contents import digest_of
from lading.stages.cutover.journaling import Means, write_entry
from lading.stages.cutover.marking import Switch, mark
from lading.stages.cutover.proving import Proof, prove
from lading.stages.cutover.rights import Ask
from lading.stages.cutover.running import Run, run
from lading.stages.cutover.state import Mark, home_of
from support.passes import InlineCrew

TIME = 1_700_000_000_000_000_000
LANDED = pa.schema(
    [(name, pa.int64() if name.endswith(("size", "modified")) else pa.string()) for name in (
        "old_path", "kind", "old_size", "old_modified", "old_etag", "old_id",
        "new_path", "new_size", "new_modified", "new_etag", "sha256",
    )]
)  # fmt: skip
ticks = itertools.count(1)


class Switched(NamedTuple):
    """Two drives that were equal at the switch, which is marked."""

    mark: Mark

    def journal(self, *, whole: bool = True) -> None:
        """Append an entry."""
        close_drives()
        write_entry(self.mark, Means(InlineCrew(), whole=whole))  # type: ignore[arg-type]

    def back(self, ask: Ask = Ask.FILE) -> tuple[Run, Proof]:
        """Journal, carry, prove."""
        self.journal()
        done = run(self.mark, InlineCrew(), ask=ask)  # type: ignore[arg-type]
        proof = prove(self.mark, InlineCrew(), not_carried=[it.deed.path for it in done.failed])  # type: ignore[arg-type]
        close_drives()
        return done, proof


def switch(
    old: Address, new: Address, folder: LocalPath, people: Mapping[str, str] | None = None
) -> Switched:
    """Mark the switch from *old* to *new*, which hold the same."""
    folder.mkdir(exist_ok=True)
    landed, account = folder / "landed.parquet", folder / "account.json"
    with open_drive(old) as ours, open_drive(new) as theirs:
        there = {entry.path: entry for entry in walked(theirs)}
        rows = [_landed(ours, entry, there[entry.path]) for entry in walked(ours)]
    pq.write_table(pa.Table.from_pylist(rows, LANDED), landed)
    account.write_text(json.dumps({}))
    order = Switch(old, new, landed, account, lambda _old, _new: people or {}, "tester")
    it = Switched(mark(order, home_of(folder), crew=InlineCrew()))  # type: ignore[arg-type]
    close_drives()
    return it


def _landed(drive: Drive, old: Entry, new: Entry) -> dict[str, Any]:
    sides = {
        f"{side}_{name}": value
        for side, it in (("old", old), ("new", new))
        for name, value in (
            ("path", encode(it.path)),
            ("size", it.size),
            ("modified", it.modified),
            ("etag", it.etag),
        )
    }
    sha256 = digest_of(drive.read(old.path)) if old.kind is Kind.FILE else None
    return {**sides, "kind": old.kind.value, "old_id": old.id, "sha256": sha256}


def walked(drive: Drive, folder: Path = ROOT) -> list[Entry]:
    """Every entry, folders before what they hold."""
    found = []
    for entry in drive.list(folder).entries:
        found.append(entry)
        if entry.kind is Kind.FOLDER:
            found += walked(drive, entry.path)
    return found


def files(drive: Drive) -> dict[Path, bytes]:
    """The content of every file by its path."""
    found = {}
    for entry in walked(drive):
        if entry.kind is Kind.FILE:
            with drive.read(entry.path) as reader:
                found[entry.path] = b"".join(iter(lambda: reader.read(1 << 20), b""))
    return found


def every_content(drive: Drive) -> set[bytes]:
    """Every content that the drive tells, earlier versions included."""
    found = files(drive)
    told = set(found.values())
    if drive.versions is not None:
        for path in found:
            for version in drive.versions.list(path):
                with drive.versions.read(path, version.id) as reader:
                    told.add(b"".join(iter(lambda: reader.read(1 << 20), b"")))
    return told


def put(drive: Drive, path: Path, content: bytes) -> None:
    """Write *content* at *path*, later than all before; folders on the way are made."""
    for depth in range(1, len(path)):
        drive.make_folder(path[:depth])
    drive.write(path, [content], expect=ANYTHING, modified=TIME + next(ticks) * 1_000_000_000)


def happen(drive: Drive, what: str, one: Path, other: Path, content: bytes) -> None:
    """One thing that a person does; what makes no sense is refused by the drive, as it is for people."""
    try:
        if what == "write":
            put(drive, one, content)
        elif what == "folder":
            put(drive, (*other[:-1], "gd", "f0"), content)
        elif what == "rename" and drive.moves is not None:
            drive.moves.move(one, other, expect=ABSENT)
        elif what == "rename folder" and drive.moves is not None and len(one) > 1:
            drive.moves.move(one[:-1], (other[0] + "x", *other[1:-1])[:1], expect=ABSENT)
        elif what == "remove":
            drive.remove(one, expect=ANYTHING)
    except DriveError:
        return
