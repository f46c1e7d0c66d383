"""
The work of a drill: portions restored by ordinary transfers, and all of it held against the snapshot.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path as LocalPath
from typing import Any

from lading.cli.output import person, progress_bar
from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import Crew
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.manifest.compare import Difference, What, compare
from lading.manifest.compare_tables import RowDifference, RowWhat, compare_tables
from lading.manifest.load import load_of
from lading.manifest.read import Manifest, open_manifest
from lading.manifest.row_rules import Who
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.model.costs import Portion
from lading.model.entry import Entry
from lading.model.errors import BadVault, DamagedContent, LadingError
from lading.model.identity import key_of
from lading.model.paths import Path, decode, encode, shown
from lading.model.text import Text
from lading.stages.backup.drill import Code, Reason
from lading.stages.planning.contract import side
from lading.stages.transfer.copying import Copying
from lading.stages.transfer.order import Order
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.spent import apart
from lading.stages.transfer.state import Pass, job_at, locked
from lading.vault.face import SnapshotDrive, shared
from lading.vault.part import Part

_BLOCK = 1 << 20
ALONG = (Feature.VERSIONS, Feature.GRANTS, Feature.LINKS)
# A difference of rows that tells only of the drive it is on.
_LOST = frozenset((RowWhat.MISSING, RowWhat.CHANGED, RowWhat.UNKNOWN))


@dataclass
class Drilling:
    """
    One drill: out of the snapshot at *source* into *target*, with *features* that the target holds, working in *work*.

    *opening* is how many seconds it took to open the vault and the snapshot, which each restore does; *reasons* gathers why it fails,
    *measured* what each portion took, *emptying* the seconds in which the place was emptied between portions, as no restore does;
    *not_compared* counts files of which not both sides have a digest.
    """

    source: Address
    target: Address
    features: tuple[Feature, ...]
    work: str
    workers: int
    quiet: bool
    who: Any
    opening: float = 0.0
    emptying: float = 0.0
    not_compared: int = 0
    reasons: list[Reason] = field(default_factory=list)
    measured: list[Portion] = field(default_factory=list)

    def restore(self, number: int, paths: Collection[Path]) -> None:
        """
        Restore one portion by an ordinary transfer, and measure it.

        Raises:
            BadVault: what tells of the snapshot is damaged; the workers have been ended.
        """
        source = self.narrowed(f"portion-{number}", Part(paths))
        job = job_at(LocalPath(self.work) / f"job-{number}", source, self.target)
        rules = Rules(features=tuple(it.value for it in self.features))
        who = self.who
        order = Order(rules=rules, actor=person(), who=lambda old, new: who.of(side(old), side(new)))
        # A full restore opens the whole snapshot instead, once, before its workers are forked.
        with shared(source):
            begun = time.monotonic()
            with locked(job), self.at_work(job.old, job.new) as (crew, tally):
                finished = Copying(order, job, crew, tally).run()
            seconds = self.opening + time.monotonic() - begun
        load = load_of(open_manifest(finished.it.old, check=False), self.features)
        self.measured.append(Portion(load, seconds, apart(finished.spent)))
        self.reasons += _damaged(finished.it)

    @contextmanager
    def at_work(self, *drives: Address) -> Iterator[tuple[Crew, Tally]]:
        """Worker processes of their own, that know what is open by now; what they do is counted and shown."""
        tally = Tally()
        with (
            Crew(self.workers, publish=tally.told, drives=drives) as crew,
            progress_bar(quiet=self.quiet) as tally.publish,
        ):
            yield crew, tally

    def narrowed(self, name: str, part: Part) -> Address:
        """The snapshot, narrowed to *part*."""
        file = os.path.join(self.work, f"{name}.json")
        part.write(file)
        return replace(self.source, options={**self.source.options, "part": file})

    def compare(self, number: int, part: Part) -> Mapping[str, int]:
        """
        Read from the scratch place all that was restored of portion *number*, and hold it against the snapshot; counts of what was compared.
        """
        policy = Policy(read_only=True)
        source = self.narrowed(f"portion-{number}", part)
        features = (*self.features, Feature.PEOPLE) if self.features else ()
        expected = os.path.join(self.work, f"expected-{number}")
        place = replace(
            self.target, options={k: v for k, v in self.target.options.items() if k not in ("create", "role")}
        )
        found_in = os.path.join(self.work, f"found-{number}")
        with shared(source), self.at_work(source, place) as (crew, _):
            old = scan(source, policy, expected, crew=crew, features=features)
            new = scan(place, policy, found_in, crew=crew, digest=True, features=features)
        found = compare(old, new, take=self._entry)
        self.not_compared += found.by_size
        matches = self.who.of(side(old), side(new))
        who: Who = {key_of(it.old): key_of(it.new) for it in matches if it.new is not None}
        tables = compare_tables(old, new, who=who or None, take=lambda it: self._row(it, part))
        counts = {
            name: told.same for name, told in tables.items() if name in {it.value for it in self.features}
        }
        return {"entries": found.same.objects, "bytes": found.same.size, **counts}

    def _entry(self, it: Difference) -> None:
        if it.a is None:
            # What else lies on the scratch place is none of ours.
            return
        code = Code.NOT_RESTORED if it.what is What.MISSING else Code.DIFFERS
        self.reasons.append(Reason(code, shown(decode(it.a.path)), it.what.value))

    def _row(self, it: RowDifference, part: Part) -> None:
        if it.what in _LOST and it.table in {feature.value for feature in self.features}:
            row = it.a or it.b or {}
            path = str(row.get("path", ""))
            if part.holds(path):
                self.reasons.append(Reason(Code.TABLE_DIFFERS, shown(decode(path)), it.table))


def held_by(target: Address, drive: SnapshotDrive) -> tuple[Feature, ...]:
    """
    What of versions, grants and links the snapshot has and *target* can hold.

    A local folder is taken to hold none: rights there are those of this machine's own people.
    """
    if target.kind == "folder":
        return ()
    with closing(wrapped(open_drive(target), Policy())) as other:
        return tuple(
            it for it in ALONG if drive.manifest.has(it.value) and getattr(other, it.value, None) is not None
        )


def own_tables(
    drive: SnapshotDrive, features: Collection[Feature], part: Part
) -> tuple[dict[str, int], list[Reason]]:
    """
    Hold what the scratch place does not take against the snapshot's own tables: earlier versions are read out of the vault and
    digested, grants and links must hang on entries that are there.  Counts, and what is wrong.
    """
    counts: dict[str, int] = {}
    reasons: list[Reason] = []
    rest = [it for it in ALONG if it not in features and drive.manifest.has(it.value)]
    if Feature.VERSIONS in rest:
        counts["versions"], found = _versions(drive, part)
        reasons += found
    for feature in rest:
        if feature is Feature.VERSIONS:
            continue
        rows = [it for it in getattr(drive, feature.value).all() if part.holds(encode(it.path))]
        counts[feature.value] = len(rows)
        reasons += [
            Reason(Code.TABLE_DIFFERS, shown(it.path), feature.value)
            for it in rows
            if not _there(drive, it.path)
        ]
    return counts, reasons


def _versions(drive: SnapshotDrive, part: Part) -> tuple[int, list[Reason]]:
    """Read every earlier version of the files in *part*; how many were good, and what is wrong."""
    good, reasons = 0, []
    told = drive.versions
    if told is None:
        return 0, []
    for path, versions in list(told.all() or ()):
        if not part.holds(encode(path)):
            continue
        # The newest one is the content of the entry, which was restored.
        good += 1
        for version in versions[:-1]:
            try:
                with told.read(path, version.id) as reader:
                    digest, size = digested(reader)
            except LadingError as problem:
                lost = isinstance(problem, BadVault | DamagedContent)
                code = Code.DAMAGED if lost else Code.TABLE_DIFFERS
                why = Text(*(f"versions: {it or problem.code}" for it in problem.details))
                reasons.append(Reason(code, shown(path), why))
                continue
            known = dict(version.digests).get("sha256", digest)
            if (digest, size) == (known, version.size):
                good += 1
            else:
                reasons.append(Reason(Code.TABLE_DIFFERS, shown(path), "versions"))
    return good, reasons


def live(
    drive: Drive, now: Manifest, snapshot: Mapping[str, Entry], paths: Collection[Path]
) -> tuple[int, list[Reason]]:
    """
    Hold the files at *paths* against the drive itself, where size and time there (in *now*) are those of the *snapshot*; how many could be.
    """
    wanted, same, reasons = set(map(encode, paths)), 0, []
    for entry in _entries(now, wanted):
        before = snapshot[encode(entry.path)]
        if (entry.size, entry.modified) != (before.size, before.modified) or entry.modified is None:
            continue
        try:
            with drive.read(entry.path) as reader:
                digest, _ = digested(reader)
        except LadingError:
            # It went, or changed, since it was listed.
            continue
        same += 1
        if digest != dict(before.digests).get("sha256"):
            reasons.append(Reason(Code.LIVE_DIFFERS, shown(entry.path)))
    return same, reasons


def lacking(now: Manifest, known: Collection[str], taken: int) -> list[Reason]:
    """
    Folders of *now* that are not among *known* (encoded) though they, or a file in them, are not younger than *taken* (ns).
    """
    folders: dict[str, int | None] = {}
    for entry, _ in now.entries():
        if entry.is_folder and encode(entry.path) not in known:
            folders[encode(entry.path)] = entry.modified
    oldest: dict[str, int] = {}
    for entry, _ in now.entries():
        parent = encode(entry.path[:-1])
        if entry.is_file and parent in folders and entry.modified is not None:
            oldest[parent] = min(entry.modified, oldest.get(parent, entry.modified))
    return [
        Reason(Code.LACKS_FOLDER, shown(decode(path)))
        for path, modified in sorted(folders.items())
        # A drive without times cannot say that a folder is new.
        if modified is None or min(modified, oldest.get(path, modified)) <= taken
    ]


def digested(reader: Any) -> tuple[str, int]:
    """The SHA-256 of what *reader* gives, in hex, and its size."""
    digest, size = hashlib.sha256(), 0
    while block := reader.read(_BLOCK):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def _damaged(it: Pass) -> Iterator[Reason]:
    """The files whose content the vault could not give to the pass *it*."""
    with open(it.folder / "failures.jsonl", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["code"] == DamagedContent.code:
                yield Reason(Code.DAMAGED, row["path"], Text(row["message"]["en"], row["message"]["zh"]))


def _entries(manifest: Manifest, wanted: Collection[str]) -> Iterator[Entry]:
    for entry, _ in manifest.entries():
        if entry.is_file and encode(entry.path) in wanted:
            yield entry


def _there(drive: SnapshotDrive, path: Path) -> bool:
    try:
        drive.stat(path)
    except LadingError:
        return False
    return True
