"""What is counted in a manifest: planted faults are found, each where it was planted, and names behind a wall stay unsaid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lading.connectors.conditions import ABSENT, Unchanged
from lading.connectors.memory import MemoryDrive
from lading.connectors.names import mapped
from lading.connectors.profile import Case, NameRules, Profile
from lading.manifest.read import Manifest
from lading.manifest.tables import Feature
from lading.model.access import Label
from lading.stages.readiness.facts.content import ContentFacts
from lading.stages.readiness.gather.content import Looking, content_facts
from lading.stages.readiness.gather.documents import with_documents
from support.scanning import scan_of

NOW = 1_800_000_000 * 10**9
OLD_TIME = 1_200_000_000 * 10**9
NEW = Profile(
    kind="new",
    address="",
    names=NameRules(
        case=Case.FOLDED, characters=frozenset("/\0?*"), endings=frozenset(". "), path_length=120
    ),
    size_limit=1000,
)
RECENT = NOW - 10**15
FILES = {
    "Deal/good.docx": (b"content", RECENT),
    "Deal/what?.txt": (b"x1", RECENT),
    "Deal/Report.txt": (b"x2", RECENT),
    "Deal/report.txt": (b"x3", RECENT),
    "Deal/caf\u00e9.txt": (b"x4", RECENT),
    "Deal/cafe\u0301.txt": (b"x5", RECENT),
    "Deal/large.bin": (b"l" * 1001, RECENT),
    "Deal/empty.docx": (b"", RECENT),
    "Deal/~$good.docx": (b"x6", RECENT),
    "Deal/base.accdb": (b"x7", RECENT),
    "Deal/id_rsa": (b"x8", RECENT),
    "Deal/账号密码.xlsx": (b"x9", RECENT),
    "Deal/张三-身份证.jpg": (b"xa", RECENT),
    "Deal/mail.pst": (b"xb", RECENT),
    "Deal/copy of good.docx": (b"content", RECENT),
    "Deal/old.txt": (b"xc", OLD_TIME),
    "Deal/1969.txt": (b"xd", -(10**9)),
    "Deal/2106.txt": (b"xe", 4_300_000_000 * 10**9),
    "Deal/" + "d" * 60 + "/" + "e" * 60: (b"xf", RECENT),
    "Deal/password policy.pdf": (b"xg", RECENT),
    "Deal/monkey.key": (b"xh", RECENT),
    "Other/passport photo.jpg": (b"xi", RECENT),
}  # fmt: skip
FOUND = {
    "name": {"/Deal/what?.txt"},
    "clash": {"/Deal/report.txt", "/Deal/Report.txt"},
    "twins_by_form": {"/Deal/caf\u00e9.txt", "/Deal/cafe\u0301.txt"},
    "twins_by_case": {"/Deal/Report.txt", "/Deal/report.txt"},
    "too_large": {"/Deal/large.bin"},
    "empty": {"/Deal/empty.docx"},
    "unfinished": {"/Deal/~$good.docx"},
    "file_database": {"/Deal/base.accdb"},
    "keys": {"/Deal/id_rsa"},
    "passwords": {"/Deal/账号密码.xlsx"},
    "identity_papers": {"/Deal/张三-身份证.jpg", "/Other/passport photo.jpg"},
    "mail_archives": {"/Deal/mail.pst"},
    "equal": {"/Deal/good.docx"},
    "stale": {"/Deal/old.txt"},
    "time": {"/Deal/1969.txt", "/Deal/2106.txt"},
    "no_place": {"/Deal/" + "d" * 60 + "/" + "e" * 60},
}


def drive() -> MemoryDrive:
    it, made = MemoryDrive(clock=lambda: RECENT), set[tuple[str, ...]]()
    for path, (content, modified) in FILES.items():
        names = tuple(path.split("/"))
        for depth in range(1, len(names)):
            if names[:depth] not in made:
                it.make_folder(names[:depth])
                made.add(names[:depth])
        it.write(names, [content] if content else [], expect=ABSENT, modified=modified)
    it.store.hang(Label(("Deal", "what?.txt"), "signed"))
    return it


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    return scan_of(monkeypatch, drive(), tmp_path / "old", digest=True, features=tuple(Feature))


LOOKING = Looking(NOW, waves={"Deal": "first"}, critical=("Deal/large*",), labels=("signed",))


def names(facts: ContentFacts, what: str) -> set[str]:
    return {path for tally in facts.found.get(what, {}).values() for path in tally.examples}


def test_each_planted_fault_is_found_and_nothing_else(manifest: Manifest) -> None:
    """Every kind of entry is found by its kind, and innocent neighbours are not."""
    facts = content_facts(manifest, NEW, LOOKING)
    wanted = set(FOUND) - {"clash"}

    assert {what: FOUND[what] for what in wanted} == {what: names(facts, what) for what in wanted}
    assert names(facts, "clash") <= FOUND["clash"]
    assert 1 == sum(tally.count for tally in facts.found["clash"].values())
    assert {"critical_lost": {"/Deal/large.bin"}, "critical_hit": {"/Deal/what?.txt"}} == {
        what: names(facts, what) for what in ("critical_lost", "critical_hit")
    }
    assert {"first": 1, "": 1} == {wave: it.count for wave, it in facts.found["identity_papers"].items()}
    assert {} == {what: why for what, why in facts.unknown.items() if what != "locked"}


def test_without_new_its_rules_are_unknown(manifest: Manifest) -> None:
    """What depends on NEW is not taken for good."""
    facts = content_facts(manifest, None, LOOKING)

    assert {"no_place", "name", "clash", "too_large"} <= set(facts.unknown)
    assert not {"no_place", "name", "clash", "too_large"} & set(facts.found)


def test_names_behind_a_wall_are_counted_and_not_told(manifest: Manifest) -> None:
    """Counts stay whole; no name at or below the hidden path is anywhere in the facts."""
    open_, veiled = (
        content_facts(manifest, NEW, replace(LOOKING, hidden=hidden)) for hidden in ((), ("Deal",))
    )

    assert {what: {w: t.count for w, t in it.items()} for what, it in open_.found.items()} == {
        what: {w: t.count for w, t in it.items()} for what, it in veiled.found.items()
    }
    assert "/Deal" not in repr(veiled.found)
    assert {"/Other/passport photo.jpg"} == names(veiled, "identity_papers")
    assert 1 == veiled.found["keys"]["first"].hidden


def test_an_earlier_manifest_shows_what_changes(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other size or time under the same name; new files are no changes."""
    it = drive()
    etag = it.stat(("Deal", "old.txt")).etag
    it.write(("Deal", "old.txt"), [b"longer now"], expect=Unchanged(str(etag)), modified=RECENT)
    it.write(("Deal", "new.txt"), [b"n"], expect=ABSENT, modified=RECENT)
    later = scan_of(monkeypatch, it, tmp_path / "later", features=())

    facts = content_facts(later, NEW, LOOKING, earlier=manifest)

    assert {"/Deal/old.txt"} == names(facts, "changing")


def test_documents_are_opened_newest_first_within_the_budget(manifest: Manifest) -> None:
    """So many and no more; what is damaged is named, what is hidden is not."""
    facts = content_facts(manifest, NEW, LOOKING)
    none, two, veiled = (
        with_documents(facts, manifest, drive(), most, looking, ())
        for most, looking in ((0, LOOKING), (2, LOOKING), (99, replace(LOOKING, hidden=("Deal",))))
    )

    assert (0, 2) == (none.documents, two.documents)
    assert 2 == two.found["damaged"]["first"].count
    assert ((), veiled.found["damaged"]["first"].count) == (
        veiled.found["damaged"]["first"].examples,
        veiled.found["damaged"]["first"].hidden,
    )
    assert mapped("what?.txt", NEW.names) != "what?.txt"
