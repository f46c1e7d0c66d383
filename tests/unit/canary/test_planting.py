"""Canaries are planted where that can be, again without effect, and removed to the last."""

from __future__ import annotations

import json
import os
import stat
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.memory.store import ALL_FEATURES, FACETS, Settings
from lading.connectors.profile import Case, Form, NameRules, NameUnit
from lading.model.access import Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.errors import BadRequest, BadState, Changed, NotFound
from lading.model.paths import Path
from lading.stages.verification.canary import planting, removing
from lading.stages.verification.canary.checking import Where, check
from lading.stages.verification.canary.judging import State as Found
from lading.stages.verification.canary.keeping import Keep, kept_in
from lading.stages.verification.canary.kit import README, SECOND, known_as
from lading.stages.verification.canary.places import computed, kits_in, listed, names_of
from lading.stages.verification.canary.planting import State, plant
from lading.stages.verification.canary.removing import Removed, remove
from lading.stages.verification.canary.table import BY_CODE, place
from support.canaries import Purse, bare, checked, dressed, plan_for, planted, silent, whole

DRESSES: list[Settings] = [
    {},
    {"names": NameRules(case=Case.FOLDED, form=Form.FOLDED)},
    {"names": NameRules(case=Case.FOLDED, controls=False, endings=frozenset(". "), unit=NameUnit.UTF16)},
    {"names": NameRules(length=40, depth=9)},
    {"names": NameRules(path_length=200, unit=NameUnit.CHARACTERS)},
    {"clock_grain": 2 * SECOND, "modified_range": (-(2**31) * SECOND, 2**33 * SECOND)},
    {"keeps_modified": False},
    {"features": replace(ALL_FEATURES, version_limit=3)},
    {"features": replace(ALL_FEATURES, versions=frozenset({"order"}))},
    {"features": replace(ALL_FEATURES, effects=frozenset({Effect.ALLOW}), links=frozenset())},
    {"bulk": False, "page_size": 2},
    {"offers": frozenset()},
    {"offers": FACETS - {"versions"}},
    {"offers": FACETS - {"links", "moves"}},
]


def tree(drive: MemoryDrive) -> dict[Any, Any]:
    """Everything on the drive, by path."""
    return {
        path: (node.etag, node.modified, tuple(node.grants), tuple(node.links), len(node.versions))
        for path, node in drive.store.nodes()
    }


@pytest.mark.parametrize("settings", DRESSES)
def test_planted_found_and_removed(settings: Settings) -> None:
    """In any dress of a drive: what is planted is all found, planting again does nothing, and nothing remains."""
    drive = dressed(**settings)
    drive.make_folder(("项目",))
    drive.write(("项目", "a.txt"), [b"a"], expect=ANYTHING)
    before = tree(drive)
    kit, first = planted(drive, ("项目",))
    after = tree(drive)
    again, second = planted(drive, ("项目",))

    assert {"locked"} >= {code for code, it in first.items() if it.state is State.REFUSED}
    assert after == tree(drive)
    assert kit == again
    assert State.PLANTED not in {it.state for it in second.values()}
    assert set() == {it for it in silent(checked(drive, kit)).values() if it is not Found.ABSENT}
    assert before == {path: facts for path, facts in after.items() if path[:2] != kit.base}
    assert () == remove(drive, kit, kit.base, same_places).left
    assert before == tree(drive)


def test_a_locked_canary_needs_somebody_who_locks() -> None:
    """Without a lock the canary is not planted, and says what to do; with one it is."""
    drive = dressed()
    _, first = planted(drive)
    kit = whole(drive)

    assert State.REFUSED is first["locked"].state
    assert "plant again" in first["locked"].reasons[0].en
    assert "locked" in kit.codes


def test_the_account_is_not_denied_to_itself() -> None:
    """A denial that would shut out the account in use is refused, and the canary is not planted."""
    drive = dressed(account="1001")
    kit, outcomes = planted(drive)

    assert State.REFUSED is outcomes["denial"].state
    assert "--person" in outcomes["denial"].reasons[0].en
    assert "denial" not in kit.codes
    assert [] == [it for _, node in drive.store.nodes() for it in node.grants if it.effect is Effect.DENY]


def test_passwords_are_kept_and_not_told() -> None:
    """The password of a link is random, kept before the link is there, and stands nowhere on the drive."""
    drive, purse = dressed(), Purse()
    plant(drive, plan_for(drive), purse)
    password = purse["link-password", "password"]

    assert [("link-password", "password"), ("link-password", "url")] == list(purse)
    assert len(password) >= 20
    assert password not in repr(tree(drive))


def test_what_somebody_changed_is_left_alone() -> None:
    """Planting again neither mends nor replaces what people changed, and says so."""
    drive = dressed()
    kit, _ = planted(drive)
    paths = [place(kit, code, BY_CODE[code].parts(kit).files[0].path) for code in ("emoji", "versions")]
    for path in paths:
        drive.write(path, [b"mine"], expect=ANYTHING)
    before = tree(drive)
    after, outcomes = planted(drive)
    now = {path: facts for path, facts in tree(drive).items() if path[-1:] != (README,)}

    assert {"emoji", "versions", "locked"} == {
        code for code, it in outcomes.items() if it.state is State.REFUSED
    }
    assert {path: facts for path, facts in before.items() if path[-1:] != (README,)} == now
    assert {"emoji", "versions"} == set(kit.codes) - set(after.codes)


def test_another_page_is_not_replaced() -> None:
    """Where the page of the kit is something else, nothing is planted."""
    drive = dressed()
    base = plan_for(drive).kit.base
    drive.make_folder(base)
    drive.write((*base, README), ["明天删除".encode()], expect=ANYTHING)
    with pytest.raises(Changed):
        planted(drive)

    assert [(*base, README)] == [entry.path for entry in drive.list(base).entries]


def test_what_was_not_planted_stays() -> None:
    """Removal leaves what people changed or added, with the folders around it, says so, and takes the rights away."""
    drive = dressed()
    kit = whole(drive)
    mine = place(kit, "denial", ("内部 inner", "mine.txt"))
    changed = place(kit, "link-limit", ("链接 link.txt",))
    other = Grant(mine[:-1], Principal(PrincipalKind.PERSON, "1002"), frozenset(), role=Role.EDIT)
    drive.write(mine, [b"mine"], expect=ANYTHING)
    drive.write(changed, [b"mine"], expect=ANYTHING)
    assert drive.grants is not None
    assert drive.links is not None
    drive.grants.set(other)
    kept, _ = drive.links.make(Link(changed, "", frozenset(), role=Role.EDIT), password=None)
    removed = remove(drive, kit, kit.base, same_places)
    files = [path for path, node in drive.store.nodes() if not node.is_folder]

    assert {mine, changed, (*kit.base, README)} == set(files)
    assert {changed, mine[:-1]} == {it.path for it in removed.left}
    assert ["1002"] == [it.principal.id for it in drive.grants.list(mine[:-1])]
    assert () == drive.grants.list(mine[:-2])
    assert (kept,) == drive.links.list(changed)


def test_removing_twice_is_no_error() -> None:
    """What is gone already is not missed."""
    drive = dressed()
    kit = whole(drive)
    remove(drive, kit, kit.base, same_places)

    assert Removed(0, ()) == remove(drive, kit, kit.base, same_places)


def same_places(path: Path) -> Path:
    """On the drive itself everything is where it was planted."""
    return path


class Stopped(BaseException):
    """The test ends the work here."""


@pytest.mark.parametrize("point", planting.FAILPOINTS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_planting_that_was_cut_off_goes_on(point: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any point, planting again ends as if nothing had been; or removal leaves nothing."""
    ends = []
    for finish in (True, False):
        drive = dressed()
        plan = plan_for(drive)
        left = [count]
        monkeypatch.setattr(planting, "failpoint", lambda name, left=left: stop(name, point, left))
        with pytest.raises(Stopped) if point != "canary.page" or count <= 2 else nullcontext():
            plant(drive, plan, Purse())
        monkeypatch.undo()
        if finish:
            kit, _ = plant(drive, plan, Purse())
            ends.append(silent(checked(drive, kit)))
        else:
            remove(drive, plan.kit, plan.kit.base, same_places)
            ends.append(tree(drive).keys())

    assert [{"locked": Found.ABSENT}, {()}] == ends


@pytest.mark.parametrize("point", removing.FAILPOINTS)
@pytest.mark.parametrize("count", [1, 7])
def test_a_removal_that_was_cut_off_goes_on(point: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any point, removing again leaves nothing."""
    drive = dressed()
    kit = whole(drive)
    left = [count]
    monkeypatch.setattr(removing, "failpoint", lambda name: stop(name, point, left))
    with pytest.raises(Stopped) if point != "canary.page_removed" or count == 1 else nullcontext():
        remove(drive, kit, kit.base, same_places)
    monkeypatch.undo()

    assert () == remove(drive, kit, kit.base, same_places).left
    assert {()} == tree(drive).keys()


def stop(name: str, point: str, left: list[int]) -> None:
    """End the work the last of *left* times that it comes to *point*."""
    left[0] -= name == point
    if left[0] == 0 and name == point:
        raise Stopped


NEW_RULES = [
    NameRules(case=Case.FOLDED, form=Form.FOLDED),
    NameRules(case=Case.FOLDED, controls=False, endings=frozenset(". "), unit=NameUnit.UTF16, length=60),
    NameRules(length=60, characters=frozenset("/\0 ")),
]


@pytest.mark.parametrize("rules", NEW_RULES)
@pytest.mark.parametrize("by_list", [True, False])
def test_mapped_names_are_followed(rules: NameRules, by_list: bool) -> None:
    """Where NEW cannot hold names, canaries are found under mapped ones: those of a list, or computed."""
    old = dressed()
    kit = whole(old)
    base = computed(kit, kit.base, rules)(kit.base)
    at = computed(kit, base, rules)
    names = {path: at(path) for path, _ in old.store.nodes() if path[1:] and at(path)[-1] != path[-1]}
    places = listed(kit, base, names) if by_list else at

    assert all(places(path) == at(path) for path, _ in old.store.nodes() if path[1:])
    assert names


def test_people_of_new_have_other_ids() -> None:
    """Grants are held against the ids that NEW has for the same people."""
    drive = dressed()
    kit = whole(drive)
    drive.store.know(Principal(PrincipalKind.PERSON, "w-7"))
    for _, node in drive.store.nodes():
        node.grants[:] = [
            replace(it, principal=Principal(PrincipalKind.PERSON, "w-7")) if it.principal.id == "1001" else it
            for it in node.grants
        ]
        node.versions[:] = [
            (replace(it, author=it.author.replace("1001", "w-7")), text) for it, text in node.versions
        ]
    where = Where(kit, kit.base, ())

    assert {"versions", "link-pinned", "denial", "break", "moved"} == set(
        silent(check(drive, where, kit, frozenset()))
    )
    assert {} == silent(check(drive, where, known_as(kit, person="w-7", guest=None), frozenset()))


def test_a_kit_that_is_gone_is_lost_as_a_whole() -> None:
    """Held against what was kept, a drive without the folder has lost everything that was planted."""
    kit = whole(dressed())
    told = check(dressed(), Where(kit, None, ()), kit, frozenset())

    assert {"page", *kit.codes} == {it.code for it in told if it.state is Found.LOST}


def test_kits_are_found_by_their_pages() -> None:
    """Every folder with a page of a kit is found; others, pages of other things and files of that name are not."""
    drive = dressed()
    kit, _ = planted(drive)
    drive.make_folder(("Lading 2",))
    drive.make_folder(("Lading 3",))
    drive.write(("Lading 3", README), [b"{}"], expect=ANYTHING)
    drive.write(("Lading 4",), [b""], expect=ANYTHING)

    assert [(kit.base, kit)] == [*kits_in(drive, ())]


def test_state_is_kept_for_this_account_alone(tmp_path: LocalPath) -> None:
    """The kit is kept and found again; secrets are readable for nobody else, and can be forgotten."""
    keep = Keep(str(tmp_path), "c-1")
    keep.make()
    kit = replace(bare(), base=("Lading",), codes=("empty",))
    keep.write(kit, Address("folder", "/srv/old"))
    keep.keep("link-password", "password", "hush")
    keep.keep("link-password", "url", "memory:/s/1")
    file = LocalPath(keep.folder) / "secrets.json"
    mode, secrets = stat.S_IMODE(os.stat(file).st_mode), json.loads(file.read_text())
    keep.forget()
    keep.forget()
    _, kept = kept_in(str(tmp_path), None)

    assert (kit, "folder", "/srv/old") == (kept.kit, kept.kind, kept.place)
    assert 0o600 == mode
    assert {"link-password": {"password": "hush", "url": "memory:/s/1"}} == secrets
    assert not file.exists()


def test_state_that_makes_no_sense(tmp_path: LocalPath) -> None:
    """No state, several, and a damaged one are errors that say so."""
    with pytest.raises(NotFound):
        kept_in(str(tmp_path), None)
    for campaign in ("c-1", "c-2"):
        keep = Keep(str(tmp_path), campaign)
        keep.make()
        keep.write(replace(bare(), campaign=campaign), Address("folder", "/srv/old"))
    with pytest.raises(BadRequest):
        kept_in(str(tmp_path), None)
    (LocalPath(keep.folder) / "kit.json").write_text("[]")
    with pytest.raises(BadState):
        kept_in(str(tmp_path), "c-2")

    assert "c-1" == kept_in(str(tmp_path), "c-1")[1].kit.campaign


def test_a_list_of_names_that_is_none(tmp_path: LocalPath) -> None:
    """A list that cannot be understood is refused; one of shown paths is."""
    kit = replace(bare(), base=("L",))
    (tmp_path / "mapped.jsonl").write_text(
        '{"old": "/L/emoji", "new": "/L/emo"}\n{"old": "/x", "new": "/y"}\n'
    )
    for name, text in (("mapped.parquet", "?"), ("a.jsonl", "?"), ("b.jsonl", "[]"), ("c.jsonl", "{}")):
        (tmp_path / name).write_text(text)
        with pytest.raises(BadRequest):
            names_of(str(tmp_path / name), kit)

    assert {("L", "emoji"): ("L", "emo")} == names_of(str(tmp_path / "mapped.jsonl"), kit)
