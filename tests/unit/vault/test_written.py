"""
The manifest that is taken over from a snapshot is the one that a scan of it would leave; what it is told from is opened once.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors import crew
from lading.connectors.address import Address, parse
from lading.connectors.crew import Crew, drive_for
from lading.connectors.facets import Wanted
from lading.connectors.wrap.faults import Fault, Harm
from lading.connectors.wrap.narrow import write_paths
from lading.connectors.wrap.policy import Policy
from lading.manifest import few
from lading.manifest.read import Manifest, open_manifest
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.manifest.taken_over import Counted, TakeTask, tally_written
from lading.model.errors import BadManifest, NoSpace
from lading.stages.backup.backup import Wish, backup
from lading.stages.backup.keeping import Keeping
from lading.vault import cataloguing, face
from lading.vault.catalog_few import FewEntries
from lading.vault.catalog_file import EntriesInFile
from lading.vault.part import Part
from lading.vault.vault import make_vault
from support.taken_over import both_ways, told

HOSTILE = (
    b"cafe\xcc\x81",
    b"caf\xc3\xa9",
    b"CAF\xc3\x89",
    b"ends. ",
    b"\x01ctl\n",
    b"not utf-8 \xff\xfe",
    "表".encode() * 85,
    b"\xf0\x9f\x93\x8e clip",
    b"bad",
    b"zero",
    b"a'b*c?[d]",
)
READ_ONLY = Policy(read_only=True)


@pytest.fixture(autouse=True)
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are forked, as they are where a command starts: another test may have left a thread, and then they would be spawned."""
    monkeypatch.setattr(crew, "_context", lambda: multiprocessing.get_context("fork"))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Of a folder with names and times of all sorts, one file and one folder that could not be read, and what is no file."""
    home = tmp_path_factory.mktemp("hostile")
    old = os.fsencode(home / "old")
    for place in (b"", b"below", b"below/deep", b"closed"):
        os.makedirs(os.path.join(old, place), exist_ok=True)
        for number, name in enumerate(HOSTILE):
            file = os.path.join(old, place, name)
            with open(file, "wb") as stream:
                stream.write(b"" if name == b"zero" else name * number)
            os.utime(file, ns=(0, (-1, 0, 4_292_000_000 * 10**9)[number % 3]))
    os.symlink(b"nowhere", os.path.join(old, b"link"))
    os.mkfifo(os.path.join(old, b"pipe"))
    store = Address("folder", str(home / "vault"), {"create": "yes"})
    opened = make_vault(drive_for(store, Policy()), b"secret" * 8)
    faults = (
        Fault(harm=Harm.TRUNCATED, call="read", path=("below", "bad"), at=1),
        Fault(harm=Harm.CURSOR_EXPIRED, call="list", path=("closed",)),
    )
    policy = Policy(read_only=True, attempts=1, faults=faults)
    wish = Wish(
        parse(str(home / "old")), policy, (Feature.GRANTS, Feature.PEOPLE), str(home / "work"), looks=1
    )
    with Crew(1) as hands:
        backup(wish, Keeping(store, Policy(), opened), crew=hands)
    (home / "key").write_bytes(b"secret" * 8)
    yield Address("vault", str(home / "vault"), {"key-file": str(home / "key")})


def test_hostile_names_and_problems_are_taken_over_as_a_walk_finds_them(
    snapshot: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is the same: what could not be read then is a problem still, and is not believed to be empty."""
    taken, walked = both_ways(snapshot, tmp_path, monkeypatch, (Feature.GRANTS, Feature.PEOPLE))

    assert told(walked) == told(taken)
    assert {"below/bad": "truncated", "closed": "cursor_expired"} == _problems(taken)
    assert {"link": "symlink", "pipe": "special"}.items() <= _kinds(taken).items()


def test_a_part_is_taken_over_alone(
    snapshot: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a narrowed snapshot no other entry comes along, and no grant of one."""
    Part([("below", "deep"), ("link",)]).write(str(tmp_path / "part.json"))
    narrowed = Address("vault", snapshot.place, {**snapshot.options, "part": str(tmp_path / "part.json")})

    taken, walked = both_ways(narrowed, tmp_path, monkeypatch, (Feature.GRANTS, Feature.PEOPLE))

    assert told(walked) == told(taken)
    assert {"", "below", "link"} >= {
        path.rpartition("/")[0] if "deep" not in path else "" for path in _kinds(taken)
    }
    assert 2 + 1 + len(HOSTILE) == taken.objects


def test_what_narrows_or_harms_listings_is_not_passed_by(snapshot: Address, tmp_path: Path) -> None:
    """Where only some paths are to be seen, or listings break on purpose, they are asked for."""
    write_paths(tmp_path / "only.json", [("below", "zero")])
    dropped = (Fault(harm=Harm.DROP, call="list", path=("below",)),)

    seen = _scanned(snapshot, tmp_path / "one", Policy(read_only=True, only=str(tmp_path / "only.json")))
    harmed = _scanned(snapshot, tmp_path / "two", Policy(read_only=True, faults=dropped))

    assert {"below", "below/zero"} == set(_kinds(seen))
    assert "below" not in _kinds(harmed)


def test_contents_are_read_where_their_digests_are_asked_for(snapshot: Address, tmp_path: Path) -> None:
    """What a scan with digests says was read, was read, whatever is written down."""
    with Crew(1) as hands:
        read = scan(snapshot, READ_ONLY, tmp_path / "read", crew=hands, digest=True)

    assert "taken_over" not in read.facts
    assert len(HOSTILE) * 2 <= read.facts["digested"]


def test_a_scan_that_was_cut_off_takes_over_anew(snapshot: Address, tmp_path: Path) -> None:
    """Rows of an earlier attempt, walked or taken over, stand in no finished manifest twice."""
    whole = _scanned(snapshot, tmp_path / "scan", READ_ONLY)
    entries = tmp_path / "scan" / "entries"
    header = tmp_path / "scan" / "manifest.json"
    shutil.copy(whole.files[0], entries / "part-000-000007.parquet")
    header.write_text(header.read_text().replace('"finished"', '"was_finished"'))

    again = _scanned(snapshot, tmp_path / "scan", READ_ONLY)

    assert 2 == again.facts["attempt"]
    assert whole.objects == again.objects == len(_kinds(again))
    assert [part.name for part in again.parts] == sorted(os.listdir(entries))


def test_a_table_that_was_changed_on_the_way_is_not_taken_over(snapshot: Address, tmp_path: Path) -> None:
    """Between the vault and the scan lies a local file: it is held against its digest once more."""
    with face.shared(snapshot) as drive, Crew(1) as hands:
        with open(drive.manifest.table("grants") or "", "ab") as stream:
            stream.write(b"x")
        with pytest.raises(BadManifest):
            scan(snapshot, READ_ONLY, tmp_path / "scan", crew=hands, features=(Feature.GRANTS,))


def _counted_less(task: TakeTask) -> Counted:
    """As if the drive had given one entry less when it was asked once more."""
    counted = tally_written(task)
    whole = counted.tally
    kinds = {name: dict(count) for name, count in whole.counts["counts"].items()}
    kinds["file"]["objects"] -= 1
    return counted._replace(tally=whole._replace(counts={**whole.counts, "counts": kinds}))


def _counted_of_another(task: TakeTask) -> Counted:
    """As if a backup had ended in between, and the latest snapshot were another of as many entries."""
    return tally_written(task)._replace(source={"snapshot": "another"})


@pytest.mark.parametrize("counted", [_counted_less, _counted_of_another])
def test_what_was_counted_is_what_was_taken_over(
    snapshot: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: Any
) -> None:
    """Entries are counted while they are taken over: if both are not the same, the manifest is none."""
    monkeypatch.setattr("lading.manifest.scan.tally_written", counted)

    with pytest.raises(BadManifest):
        _scanned(snapshot, tmp_path / "scan", READ_ONLY)


@pytest.mark.parametrize("most", [0, 100_000])
def test_few_and_many_entries_are_counted_alike(
    snapshot: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Whether they are counted meanwhile, in memory, or afterwards by the database."""
    whole = _scanned(snapshot, tmp_path / "usual", READ_ONLY)
    monkeypatch.setattr(few, "FEW", most)

    again = _scanned(snapshot, tmp_path / "scan", READ_ONLY)

    for name in ("counts", "fingerprint", "problems", "digested", "served"):
        assert whole.facts[name] == again.facts[name]


@pytest.mark.parametrize(
    "catalog", [FewEntries, lambda manifest: EntriesInFile(manifest, manifest.directory)]
)
def test_an_entry_that_stands_twice_makes_no_catalog(snapshot: Address, catalog: Any) -> None:
    """Nobody could say which of them is restored."""
    with face.open(snapshot) as drive:
        manifest = drive.manifest
        twice = Manifest(manifest.directory, {**manifest.facts, "parts": [*manifest.facts["parts"]] * 2})

        with pytest.raises(BadManifest):
            catalog(twice)


def test_a_catalog_that_finds_no_place_says_so(snapshot: Address, tmp_path: Path) -> None:
    """As a person can act on it, and not as a database would."""
    with face.open(snapshot) as drive, pytest.raises(NoSpace):
        EntriesInFile(drive.manifest, str(tmp_path / "none"))


def _read_here(address: Address) -> tuple[str, list[bytes | Exception], int]:
    wanted = [Wanted(("below", "zero")), Wanted(("below", "a'b*c?[d]"))]
    with face.open(address) as drive:
        assert drive.batch is not None
        return drive.manifest.directory, list(drive.batch.read(wanted)), os.getpid()


@pytest.mark.parametrize("few", [0, 100_000])
def test_workers_read_from_what_their_parent_opened(
    snapshot: Address, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest and the catalog come with the fork, in memory or in a file; they end with the parent's, and not with a worker's."""
    monkeypatch.setattr(cataloguing, "FEW", few)
    with face.shared(snapshot) as drive:
        with Crew(1) as hands:
            place, read, process = hands.submit(_read_here, snapshot).result()
        assert (drive.manifest.directory, [b"", b"a'b*c?[d]" * 10]) == (place, read)
        assert os.getpid() != process
        assert open_manifest(place).objects == drive.manifest.objects

    assert not os.path.exists(place)
    assert not face._shared


names = st.text(st.characters(min_codepoint=1, exclude_characters="/"), min_size=1, max_size=3).filter(
    lambda name: name not in (".", "..")
)


@settings(max_examples=30, deadline=None)
@given(
    asked=st.lists(st.tuples(names, names), max_size=3), after=st.text(max_size=2), limit=st.integers(1, 5)
)
def test_both_catalogs_say_the_same(
    snapshot: Address,
    both: tuple[FewEntries, EntriesInFile],
    asked: list[tuple[str, str]],
    after: str,
    limit: int,
) -> None:
    """A dictionary in memory answers every question as the database does."""
    few, file = both
    folders = [(), ("below",), ("below", "deep"), ("closed",), ("none",)]
    for folder in folders:
        there = few.children(folder, after, limit)
        assert file.children(folder, after, limit) == there
        for path in [it.entry.path for it in there] + [(*folder, *names) for names in asked]:
            assert file.find(path) == few.find(path)
            assert file.content(path) == few.content(path)


@pytest.fixture(scope="module")
def both(
    snapshot: Address, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FewEntries, EntriesInFile]]:
    with face.open(snapshot) as drive:
        file = EntriesInFile(drive.manifest, str(tmp_path_factory.mktemp("catalog")))
        yield FewEntries(drive.manifest), file.again()


def _scanned(address: Address, folder: Path, policy: Policy) -> Manifest:
    with Crew(1) as hands:
        return scan(address, policy, folder, crew=hands)


def _kinds(manifest: Manifest) -> dict[str, str]:
    rows = [row for batch in manifest.batches(["path", "kind"]) for row in batch.to_pylist()]
    return {row["path"]: row["kind"] for row in rows}


def _problems(manifest: Manifest) -> dict[str, str]:
    rows = [row for batch in manifest.batches(["path", "problem"]) for row in batch.to_pylist()]
    return {row["path"]: row["problem"] for row in rows if row["problem"]}
