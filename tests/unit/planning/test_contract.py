"""The contract: everything counted once, nothing forgotten, the same every time."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.profile import AccessRules, Features, NameRules
from lading.connectors.profile_facts import profile_from
from lading.evidence.ledger import verify
from lading.manifest.read import Manifest
from lading.manifest.scan import _plain
from lading.manifest.tables import Feature as Facet
from lading.model.access import (
    ANYBODY,
    Comment,
    Effect,
    Grant,
    Label,
    Link,
    Lock,
    Principal,
    PrincipalKind,
    Role,
    Setting,
    Version,
)
from lading.model.errors import AccountOpen, Unsignable
from lading.model.fidelity import Account, Contract
from lading.model.losses import CODES, FEATURES, TOLD_BY, UNKNOWN, Feature, Outcome, worst
from lading.stages.planning.contract import identities, make_contract, side
from lading.stages.planning.counting import EXAMPLES, Group, Ranked, account
from lading.stages.planning.matching import How
from lading.stages.planning.signing import sign
from support.scanning import scan_of

PERSON, GUEST, GROUP = PrincipalKind.PERSON, PrincipalKind.GUEST, PrincipalKind.GROUP
ANNA = Principal(PERSON, "anna", "Anna", "anna@x")
BO = Principal(PERSON, "bo", "Bo", "bo@x")
LEFT = Principal(PERSON, "left", "Left", "left@x", active=False)
GUS = Principal(GUEST, "gus", "Gus", "gus@bank", owner="anna")
TEAM = Principal(GROUP, "team", "Team")
PEOPLE = (ANNA, BO, LEFT, GUS, TEAM)
ALL = tuple(Facet)
SECOND = 1_000_000_000


def filled(**settings: object) -> MemoryDrive:
    """A drive with something of everything."""
    drive = MemoryDrive(clock=lambda: 5 * SECOND, **settings)  # type: ignore[arg-type]
    store = drive.store
    store.know(*PEOPLE)
    store.join("team", "anna", "bo")
    drive.make_folder(("Deal",), modified=3 * SECOND + 1)
    drive.make_folder(("Deal", "secret"), modified=3 * SECOND)
    for name, size in (("a.txt", 3), ("b?.txt", 5), ("big.bin", 900)):
        drive.write(("Deal", name), [b"x" * size], expect=ABSENT, modified=7 * SECOND + 5)
    versions = drive.versions
    assert versions is not None
    for number, author in enumerate(("anna", "left", "")):
        version = Version("", saved=number * SECOND, size=2, author=author, label="final" if author else "")
        versions.add(("Deal", "v"), [b"%02d" % number], version, expect=ANYTHING if number else ABSENT)
    store.hang(
        Grant(("Deal",), TEAM, frozenset(), role=Role.EDIT),
        Grant(("Deal",), BO, frozenset(), role=Role.DOWNLOAD, expires=10**20),
        Grant(("Deal",), LEFT, frozenset(), role=Role.EDIT),
        Grant(("Deal", "secret"), ANYBODY, frozenset(), Effect.BREAK),
        Grant(("Deal", "secret"), BO, frozenset(), Effect.DENY, role=Role.PREVIEW),
        Grant(("Deal", "big.bin"), ANNA, frozenset(), role=Role.EDIT),
        Link(("Deal",), "l1", frozenset(), role=Role.DOWNLOAD, by="anna", has_password=True),
        Link(("Deal", "a.txt"), "l2", frozenset(), role=Role.DOWNLOAD, by="left"),
        Lock(("Deal", "a.txt"), "anna"),
        Label(("Deal",), "urgent"),
        Comment(("Deal",), "c1", "anna", 1, "hello"),
        Setting(("Deal",), "enable_watermark", "true"),
        Setting(("Deal",), "removal", "2026-01-01"),
        Setting(("Deal",), "removed version", "2 B"),
    )
    return drive


def scanned(
    patch: pytest.MonkeyPatch, drive: MemoryDrive, place: Path, wanted: Collection[Facet] = ALL
) -> Manifest:
    return scan_of(patch, drive, place, features=tuple(wanted))


def made(
    patch: pytest.MonkeyPatch, tmp: Path, new: MemoryDrive, wanted: Collection[Facet] = ALL, **how: object
) -> Contract:
    new.store.know(*(replace(it, id="n-" + it.id, owner=it.owner and "n-" + it.owner) for it in PEOPLE))
    new.store.join("n-team", "n-anna", "n-bo")
    ours = side(scanned(patch, filled(), tmp / "old", wanted))
    theirs = side(scanned(patch, new, tmp / "new"))
    return make_contract(ours, theirs, identities(ours, theirs, How()), directory=str(tmp), **how)  # type: ignore[arg-type]


def of(contract: Contract, feature: Feature) -> tuple[int, int, int, int, int]:
    it = next(it for it in contract.accounts if it.feature is feature)
    return it.found, it.exact, it.translated, it.lossy, it.dropped


def examples(contract: Contract, code: str) -> list[str]:
    return [
        it.what for at in contract.accounts for line in at.lines if line.code == code for it in line.examples
    ]


def test_a_drive_that_holds_all_loses_only_what_no_drive_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Into a drive that can be given everything all is exact, but for who left, links' URLs, locks, labels, comments."""
    contract = made(monkeypatch, tmp_path, MemoryDrive())

    assert tuple(Feature) == tuple(it.feature for it in contract.accounts)
    assert all(it.closes for it in contract.accounts)
    assert () == contract.open
    assert {
        "person.left": 1,
        "grant.left": 1,
        "link.new": 1,
        "link.password": 1,
        "link.maker": 1,
        "lock.lost": 1,
        "label.lost": 1,
        "comment.lost": 1,
        "setting.removal": 2,
        "setting.lost": 1,
    } == contract.counts
    assert (4, 4, 0, 0, 0) == of(contract, Feature.CONTENTS)
    assert (2, 2, 0, 0, 0) == of(contract, Feature.VERSIONS)
    assert (2, 2, 0, 0, 0) == of(contract, Feature.VERSION_AUTHORS)
    assert (2, 2, 0, 0, 0) == of(contract, Feature.MEMBERSHIPS)


def test_a_drive_that_holds_nothing_loses_by_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Into a plain drive with strict names, a coarse clock and a size limit each loss is told, by count."""
    bare = MemoryDrive(
        names=NameRules(characters=frozenset("/\0?")),
        clock_grain=SECOND,
        size_limit=500,
        features=Features(),
    )
    counts = made(monkeypatch, tmp_path, bare).counts

    assert 1 == counts["content.too_large"]
    assert 1 == counts["name.mapped"]
    assert (2, 1) == (counts["file_time.rounded"], counts["file_time.no_entry"])
    assert 1 == counts["folder_time.rounded"]
    assert (2, 6) == (counts["version.none"], counts["version_time.saved"] + counts["version_time.gone"])
    assert (3, 1, 1) == (counts["grant.unable"], counts["grant.no_entry"], counts["denial.unable"])
    assert 1 == counts["break.unable"]
    assert 2 == counts["link.unable"]


def test_ends_are_counted_by_how_they_can_be_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where NEW holds days, each link and grant that ends is exact, ends sooner, or would have ended by now."""
    day = 86_400 * SECOND
    whole = MemoryDrive().profile.features
    # OLD was scanned seven seconds after 1970 began.
    days = replace(whole, expiry_grain=day, expiry_offset=2 * SECOND)
    old, new = filled(), MemoryDrive(features=days)
    far, soon = days.end_until(4 * 10**18), 9 * SECOND
    for number, end in enumerate((far, far + 1, far + 2, far + day - 1, soon, SECOND)):
        link = Link(("Deal",), f"e{number}", frozenset(), role=Role.DOWNLOAD, by="anna", expires=end)
        old.store.hang(
            link, Grant(("Deal", "v"), (ANNA, BO)[number % 2], frozenset(), role=Role.EDIT, expires=end)
        )
    monkeypatch.setitem(globals(), "filled", lambda: old)
    counts = made(monkeypatch, tmp_path, new).counts

    assert (3, 1, 1) == (counts["link.sooner"], counts["link.too_soon"], counts["link.ended"])
    assert (1, 1) == (counts["grant.too_soon"], counts["grant.ended"])
    # That of Bo on the folder is one more.
    assert 4 == counts["grant.sooner"]


def test_a_denial_that_is_lost_takes_its_allowances_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without denials and breaks the grants they limit are left out, and the contract says how many and why."""
    whole = MemoryDrive().profile.features
    weak = MemoryDrive(features=replace(whole, effects=frozenset({Effect.ALLOW})))
    contract = made(monkeypatch, tmp_path, weak)

    assert 1 == contract.counts["denial.unable"]
    assert 1 == contract.counts["break.unable"]
    assert 2 == contract.counts["grant.break_lost"] + contract.counts.get("grant.denial_lost", 0)
    assert (4, 1, 0, 0, 3) == of(contract, Feature.GRANTS)
    assert ["deny person Bo (bo) preview"] == examples(contract, "denial.unable")
    assert ["allow group Team (team) edit", "allow person Bo (bo) download"] == examples(
        contract, "grant.break_lost"
    )
    assert contract.allows("denial.unable", 1)
    assert not contract.allows("denial.unable", 2)
    assert not contract.allows("grant.expiry")
    assert contract.allows("grant.ended", 99)


def test_what_was_not_scanned_is_unknown_and_bars_the_signature(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A feature without its table is unknown, and only a waiver of that very feature lets anybody sign."""
    wanted = [Facet.PEOPLE, Facet.VERSIONS]
    contract = made(monkeypatch, tmp_path, MemoryDrive(), wanted)
    waived = [it for it, facet in TOLD_BY.items() if facet not in wanted]

    assert set(waived) == set(contract.open)
    assert {"not_scanned"} == {it.unknown for it in contract.accounts if it.feature in waived}
    with pytest.raises(Unsignable, match="grants"):
        sign(contract, str(tmp_path / "state"), actor="anna", at=datetime.now(UTC))
    assert not (tmp_path / "state").exists()
    assert (Feature.LINKS,) == replace(contract, waived=tuple(set(waived) - {Feature.LINKS})).open


def test_what_the_account_is_not_told_whole_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Grants that are counted stand there, but a drive that hides others makes them unknown."""
    ours = side(scanned(monkeypatch, filled(access=AccessRules(complete=False)), tmp_path / "old"))
    theirs = side(scanned(monkeypatch, MemoryDrive(), tmp_path / "new"))
    contract = make_contract(ours, theirs, identities(ours, theirs, How()))
    told = {it.feature: it for it in contract.accounts}

    assert "not_all" == told[Feature.GRANTS].unknown
    assert 4 == told[Feature.GRANTS].found


def test_the_same_inputs_give_the_same_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Made again it is the same to the byte, read back too; another decision is another contract."""
    first = made(monkeypatch, tmp_path / "1", MemoryDrive())
    again = made(monkeypatch, tmp_path / "2", MemoryDrive())
    report = made(monkeypatch, tmp_path / "3", MemoryDrive(), endless=True)

    assert first.canonical() == again.canonical()
    assert first.digest == Contract.from_json(json.loads(first.canonical())).digest
    assert first.digest != report.digest


def test_a_signature_is_in_the_ledger_and_the_contract_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Signing keeps the very bytes whose digest, with all counts, stands in the chain under the name of who signed."""
    contract = made(monkeypatch, tmp_path, MemoryDrive())
    signed = sign(contract, str(tmp_path / "state"), actor="anna", at=datetime.now(UTC))
    record = json.loads(Path(signed.ledger).read_text().splitlines()[-1])

    assert contract.canonical() == Path(signed.file).read_bytes()
    assert ("fidelity.signed", "anna", contract.digest) == (
        record["kind"],
        record["actor"],
        record["facts"]["contract"],
    )
    assert 4 == record["facts"]["counts"]["contents"]["found"]
    assert 1 == verify(signed.ledger).records


def test_a_thing_with_several_losses_is_counted_once() -> None:
    """It stands in the bucket of the worst and in the line of each; the worst line comes first."""
    groups = [
        Group(("grant.role", "grant.first_rule_denied"), 2, [Ranked(1, "b", "x"), Ranked(0, "a", "y")]),
        Group((), 3),
        Group(("grant.merged",), 1),
    ]
    closed = account(Feature.GRANTS, groups, 6)

    assert (6, 3, 1, 2, 0) == (closed.found, closed.exact, closed.translated, closed.lossy, closed.dropped)
    assert ["grant.role", "grant.first_rule_denied", "grant.merged"] == [line.code for line in closed.lines]
    assert ["a", "b"] == [it.path for it in closed.lines[0].examples]
    assert EXAMPLES >= len(closed.lines[0].examples)


def test_an_account_that_does_not_close_is_a_fault() -> None:
    """Counting one thing less than was found ends the command, it is never passed over."""
    with pytest.raises(AccountOpen):
        account(Feature.GRANTS, [Group((), 2)], 3)


def test_words_for_every_feature_and_reason() -> None:
    """Features and reasons that a contract can hold have words, and every code belongs to a feature."""
    assert set(Feature) == set(FEATURES)
    assert {
        "not_scanned",
        "not_told",
        "in_part",
        "not_all",
        "unlisted",
        "new_not_scanned",
        "new_not_told",
    } == set(UNKNOWN)
    assert Outcome.EXACT is worst(())
    assert all(loss.says.en and loss.says.zh and loss.outcome is not Outcome.EXACT for loss in CODES.values())
    assert Account(Feature.LINKS, 0, 0, 0, 0, 0).closes


def test_a_profile_comes_back_from_a_manifest() -> None:
    """What a manifest keeps of a profile is the profile, words and caps included; unknown fields are passed over."""
    profile = replace(
        MemoryDrive().profile,
        access=AccessRules(
            caps=((GUEST, Role.EDIT),), words=((Effect.ALLOW, Role.EDIT, ("r", "w")),), passage=True
        ),
        modified_range=(1, 2),
        names=NameRules(depth=5),
    )
    facts = json.loads(json.dumps(_plain({**asdict(profile), "later": 1})))

    assert profile == profile_from(facts)
