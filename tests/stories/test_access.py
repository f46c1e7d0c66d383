"""`lading access` as a person uses it: on manifests that a scan wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import parse
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive
from lading.connectors.profile import AccessRules
from lading.connectors.registry import open_drive
from lading.manifest.tables import Feature
from lading.model.access import Role
from support.command import Answer, lading
from support.scanning import scan_of
from support.served_drive import serving
from unit.access.firm import ANNA, FAULTS, RULES, Fault, allow, firm
from unit.access.oracle import World

AT = "1970-01-01T00:00:00+00:00"
Written = Callable[..., LocalPath]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath) -> Written:
    """Scan the firm, after some faults, into a folder of the given name."""

    def write(name: str, *faults: Fault) -> LocalPath:
        world = firm()
        for fault in faults:
            fault(world)
        features = (Feature.PEOPLE, Feature.GRANTS, Feature.LINKS)
        scan_of(monkeypatch, drive_of(world), tmp_path / name, features=features)
        return tmp_path / name

    return write


def drive_of(world: World, *, rules: AccessRules = RULES) -> MemoryDrive:
    drive = MemoryDrive(clock=lambda: 1, access=rules)
    drive.store.know(*world.principals)
    for group, member in sorted(world.members):
        drive.store.join(group, member)
    for path in sorted(world.entries):
        if "." in path[-1]:
            drive.write(path, [b"x"], expect=ABSENT)
        else:
            drive.make_folder(path)
    drive.store.hang(*world.grants, *world.links)
    return drive


def diff(*words: object) -> Answer:
    return lading("access", "diff", *words, "--at", AT)


def planted(name: str) -> Fault:
    return FAULTS[name][0]


def test_a_clean_move_ends_with_zero(written: Written) -> None:
    """Nobody gained, nobody lost: exit code 0, and a sentence that says so in the language asked for."""
    a, b = written("a"), written("b")

    assert 0 == diff(a, b).code
    assert "Nobody gained or lost anything." in diff(a, b).out
    assert "无人获得或失去任何权限。" in diff(a, b, "--lang", "zh").out


def test_a_gain_has_an_exit_code_of_its_own_and_names_its_cause(written: Written) -> None:
    """A lost denial ends with 12; the sentence names the denial, and the JSON has the same."""
    a, b = written("a"), written("b", planted("denial lost"))
    said, told = diff(a, b), diff(a, b, "--json")

    assert 12 == said.code
    assert "Ben (ben) is denied download on /Falcon/contracts/b.docx" in said.out
    assert (12, 12) == (told.code, told.json["exit_code"])
    assert {"denial"} == {cause["why"] for cause in told.json["moments"][0]["causes"]}


def test_what_changes_once_is_told_once(written: Written) -> None:
    """A gain that holds at later moments as well is told in full for the first of them, in words that fit its counts."""

    def ending(world: World) -> None:
        ends = replace(allow("Common", world.principals[0], Role.DOWNLOAD), expires=2 * 10**13)
        world.grants.append(ends)

    a, b = written("a", ending), written("b", ending, planted("denial lost"))
    english, chinese = diff(a, b), diff(a, b, "--lang", "zh")

    assert 1 == english.out.count("Gained at 1970-01-01T00:00+00:00 by 1 person:")
    assert 1 == english.out.count("is denied download on /Falcon/contracts/b.docx")
    assert (
        "At 1970-01-01T05:33+00:00 the same is gained and lost as at 1970-01-01T00:00+00:00." in english.out
    )
    assert "获得与失去的情况与 1970-01-01T00:00+00:00 相同。" in chinese.out


def test_a_loss_is_a_finding(written: Written) -> None:
    """What is only lost ends with 10."""
    assert 10 == diff(written("a", planted("denial lost")), written("b")).code


def test_what_the_account_is_not_told_is_no_equality(
    monkeypatch: pytest.MonkeyPatch, written: Written, tmp_path: LocalPath
) -> None:
    """Where a drive hides grants from the account that scans, nobody can say that nobody gained: 10, and the reason."""
    hidden = drive_of(firm(), rules=replace(RULES, complete=False))
    features = (Feature.PEOPLE, Feature.GRANTS, Feature.LINKS)
    scan_of(monkeypatch, hidden, tmp_path / "b", features=features)
    said = diff(written("a"), tmp_path / "b")

    assert 10 == said.code
    assert "B: the account that scanned is not told all grants" in said.out


def test_a_listed_gain_is_tolerated(written: Written, tmp_path: LocalPath) -> None:
    """A gain that the tolerance lists does not fail; without a reason the list is refused."""
    a, b = written("a"), written("b", planted("denial lost"))
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    row = '[[gain]]\nperson = "ben"\npath = "/Falcon/contracts/b.docx"\nrole = "edit"\n'
    good.write_text(row + 'reason = "signed by legal"\n', encoding="utf-8")
    bad.write_text(row, encoding="utf-8")

    assert 0 == diff(a, b, "--tolerate", good).code
    assert 2 == diff(a, b, "--tolerate", bad).code


def test_people_are_matched_by_the_map(written: Written, tmp_path: LocalPath) -> None:
    """With the map of a namesake, what the wrong one can do in B is a gain of theirs."""
    a, b = written("a"), written("b")
    people = tmp_path / "people.csv"
    ids = {"anna": "dora", "ben": "ben", "carl": "carl", "dora": "anna", "emil": "emil"}
    rows = [f"person,{old},{new}" for old, new in ids.items()] + ["guest,guest,guest", "person,left,left"]
    people.write_text("kind,id,new_id\n" + "\n".join(rows), encoding="utf-8")

    assert 12 == diff(a, b, "--people", people).code


def test_moved_paths_are_found_again(written: Written, tmp_path: LocalPath) -> None:
    """A folder that got another name on the way is the same folder, once it is said."""

    def renamed(world: World) -> None:
        def there(path: tuple[str, ...]) -> tuple[str, ...]:
            return ("Common_", *path[1:]) if path[:1] == ("Common",) else path

        world.entries = set(map(there, world.entries))
        world.grants = [replace(it, path=there(it.path)) for it in world.grants]
        world.links = [replace(it, path=there(it.path)) for it in world.links]

    a, b = written("a"), written("b", renamed)
    moved = tmp_path / "moved.csv"
    moved.write_text("old,new\nCommon,Common_\n", encoding="utf-8")

    assert 12 == diff(a, b).code
    assert 0 == diff(a, b, "--moved", moved).code


def test_walls_are_checked_and_their_names_hidden(written: Written, tmp_path: LocalPath) -> None:
    """Somebody on both sides ends with 13; nothing that leaves the terminal names what is walled, unless its reader is on that side."""

    def crossed(world: World) -> None:
        world.grants.append(allow("Hawk", world.principals[1], Role.PREVIEW))

    both = written("both", crossed)
    walls, listing = tmp_path / "walls", tmp_path / "list.jsonl"
    walls.write_text("# deals\nFalcon ⟂ Hawk\n", encoding="utf-8")

    assert 0 == diff(written("a"), written("b"), "--walls", walls).code
    said = diff(both, both, "--walls", walls, "--list", listing)
    assert 13 == said.code
    assert "Anna (anna)" in said.out
    for text in (said.out, said.err, listing.read_text(encoding="utf-8")):
        assert "Falcon" not in text
        assert "Hawk" not in text
        assert "falcon" not in text
    seen = diff(both, both, "--walls", walls, "--reader", "ben").out
    assert "/Falcon" in seen
    assert "Hawk" not in seen


def test_the_account_of_the_move_may_stand_on_both_sides(written: Written, tmp_path: LocalPath) -> None:
    """Who has leave is told and no crossing; a group, or leave without a reason, is refused."""
    both = written("both", lambda world: world.grants.append(allow("Hawk", ANNA, Role.PREVIEW)))
    walls = tmp_path / "walls.toml"
    wall = '[[wall]]\nname = "apart"\na = ["/Falcon"]\nb = ["/Hawk"]\n[[both]]\n'
    reason = 'reason = "the account of the move"\n'
    walls.write_text(f'{wall}person = "anna"\n{reason}', encoding="utf-8")

    said = diff(both, both, "--walls", walls, "--json")
    assert (0, [], {"a": ["Anna (anna)"], "b": ["Anna (anna)"]}) == (
        said.code, said.json["walls"], said.json["walls_tolerated"]
    )  # fmt: skip
    assert "with leave on both sides of a wall: Anna (anna)" in diff(both, both, "--walls", walls).out
    for wrong in ('person = "anna"\n', f'group = "falcon team"\n{reason}', f'person = ""\n{reason}'):
        walls.write_text(wall + wrong, encoding="utf-8")
        assert 2 == diff(both, both, "--walls", walls).code


def test_walls_of_one_drive_are_checked_from_what_several_accounts_are_told(
    written: Written, tmp_path: LocalPath
) -> None:
    """Each account sees one side of the wall; their manifests together say whether anybody stands on both."""

    def only(side: str, *more: Fault) -> LocalPath:
        def hide(world: World) -> None:
            world.entries -= {path for path in world.entries if path[0] == side}
            world.grants[:] = [it for it in world.grants if it.path[:1] != (side,)]
            world.links[:] = [it for it in world.links if it.path[0] != side]

        return written(f"without-{side}-{len(more)}", *more, hide)

    def walled(*manifests: LocalPath) -> Answer:
        return lading("access", "walls", *manifests, "--walls", walls, "--at", AT, "--json")

    walls = tmp_path / "walls"
    walls.write_text("Falcon ⟂ Hawk\n", encoding="utf-8")
    crossed = only("Falcon", lambda world: world.grants.append(allow("Hawk", ANNA, Role.PREVIEW)))

    assert 0 == walled(only("Hawk"), only("Falcon")).code
    assert 2 == walled(only("Hawk")).code == lading("access", "walls", only("Hawk")).code
    said = walled(only("Hawk"), crossed)
    assert (13, ["Anna (anna)"]) == (said.code, said.json["walls"][0]["who"])
    said = lading("access", "walls", only("Hawk"), crossed, "--walls", walls, "--at", AT)
    assert (
        13 == said.code
        and "Anna (anna) on both sides" in said.out
        and "Hawk" not in said.out.split(":", 1)[1]
    )


def test_gains_behind_a_wall_are_told_without_names(written: Written, tmp_path: LocalPath) -> None:
    """Causes, examples and links of a walled folder are ids for who is outside, in text and in JSON."""
    walls = tmp_path / "walls.toml"
    walls.write_text('[[wall]]\nname = "Falcon and Hawk"\na = ["/Falcon"]\nb = ["/Hawk"]\n', encoding="utf-8")
    names = (
        "denial lost",
        "allow turned to inherit",
        "one member too many",
        "moved out of a restricted folder",
    )
    a, b = written("a"), written("b", *map(planted, names), lambda world: world.links.pop())

    for form in ((), ("--json",), ("--lang", "zh"), ("--reader", "left")):
        said = diff(a, b, "--walls", walls, *form)
        assert 12 == said.code
        for word in ("Falcon", "Hawk", "falcon", "hawk", "secret.docx", "b.docx", "board", "l2"):
            assert word not in said.out
            assert word not in said.err


def test_a_wall_that_is_misspelt_is_refused_without_naming_it(written: Written, tmp_path: LocalPath) -> None:
    """A path that neither manifest has is an error, and the error does not tell the name."""
    walls = tmp_path / "walls"
    walls.write_text("Falcon ⟂ Eagle\n", encoding="utf-8")
    said = diff(written("a"), written("b"), "--walls", walls)

    assert 2 == said.code
    assert "Eagle" not in said.err


@pytest.mark.parametrize("text", ["", "Falcon\n", "Falcon ⟂ Falcon/board\n", "Falcon ⟂ Hawk ⟂ Common\n"])
def test_walls_that_make_no_sense_are_refused(written: Written, tmp_path: LocalPath, text: str) -> None:
    """No wall at all, one side, three sides, or a side inside the other: bad request."""
    walls = tmp_path / "walls"
    walls.write_text(text, encoding="utf-8")

    assert 2 == diff(written("a"), written("b"), "--walls", walls).code


def test_why_tells_everything_that_has_a_part(written: Written) -> None:
    """The chain of groups, the grant, the denial and the link stand in the answer, for either side."""
    a, b = written("a"), written("b", planted("denial lost"))
    words = ("access", "why", "ben", "/Falcon/contracts/b.docx", "--in", a, "--in", b, "--at", AT)
    said = lading(*words)

    assert 0 == said.code
    for sentence in (
        f"{a}: Ben (ben) on /Falcon/contracts/b.docx: preview",
        "decides: group Falcon Team (falcon team) may edit on /Falcon",
        "by way of Ben (ben) → group Senior (senior) → group Falcon Team (falcon team)",
        "takes away: Ben (ben) is denied download on /Falcon/contracts/b.docx",
        "Also opened by whoever has it: link l2 on /Falcon/contracts: preview",
        f"{b}: Ben (ben) on /Falcon/contracts/b.docx: edit",
    ):
        assert sentence in said.out
    assert "起决定作用：" in lading(*words, "--lang", "zh").out
    assert ["preview", "edit"] == [one["role"] for one in lading(*words, "--json").json["manifests"]]


def test_who_lists_everybody(written: Written) -> None:
    """Everyone with a role, grouped by the grant that decides."""
    said = lading("access", "who", "Falcon/contracts", "--in", written("a"), "--at", AT)

    assert 0 == said.code
    assert "edit: 2 people: Anna (anna), Ben (ben)" in said.out
    assert "download: 1 person: guest Guest (guest)" in said.out


def test_the_list_has_every_cause(written: Written, tmp_path: LocalPath) -> None:
    """`--list` writes one JSON object per line, complete or not at all."""
    listing = tmp_path / "list.jsonl"
    diff(written("a"), written("b", planted("denial lost")), "--list", listing)
    rows = [json.loads(line) for line in listing.read_text(encoding="utf-8").splitlines()]

    assert {("cause", True, "denial")} <= {(row["what"], row["gain"], row["why"]) for row in rows}
    assert 30 > diff(written("a"), written("b"), "--list", tmp_path / "none" / "list").code > 0


def test_a_manifest_without_grants_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath) -> None:
    """Absent is not empty: nothing is said of a drive whose grants were not scanned."""
    scan_of(monkeypatch, drive_of(firm()), tmp_path / "bare")

    assert 40 == diff(tmp_path / "bare", tmp_path / "bare").code


def test_a_drive_of_ours_is_scanned_and_asked(tmp_path: LocalPath) -> None:
    """What a person granted on a served drive is found in its manifest: who, why, and a gain after one more grant."""
    with serving(tmp_path / "home") as served:
        (tmp_path / "token").write_text(served.mover(scopes=("read", "write", "share", "import")))
        assert 0 == lading("drive", "person", "add", "anna", "--home", served.home).code
        place = f"lading:http://127.0.0.1:{served.port}/deals"
        drive = open_drive(parse(place, {"token": f"file:{tmp_path / 'token'}"}))
        drive.make_folder(("Falcon",))
        drive.write(("Falcon", "a.docx"), [b"x"], expect=ABSENT)
        manifests = []
        for role in (Role.DOWNLOAD, Role.EDIT):
            drive.grants.set(allow("Falcon", ANNA, role))
            manifests.append(tmp_path / role.name)
            words = (
                "scan",
                place,
                "--opt",
                f"token=file:{tmp_path / 'token'}",
                "--with",
                "people,grants,links",
            )
            assert 0 == lading(*words, "-o", manifests[-1]).code

    sides = ("--in", manifests[0], "--in", manifests[1], "--json")
    asked = lading("access", "why", "anna", "Falcon/a.docx", *sides).json["manifests"]
    told = lading("access", "diff", *manifests, "--json")
    people = lading("access", "who", "Falcon", *sides).json["manifests"][1]["holders"]

    assert ["download", "edit"] == [one["role"] for one in asked]
    assert 0 == lading("access", "diff", manifests[0], manifests[0]).code
    assert (12, 2) == (told.code, told.json["moments"][0]["gained"])
    assert ["role"] == [cause["why"] for cause in told.json["moments"][0]["causes"]]
    assert {"edit": ["anna"], "manage": ["mover"]} == {it["role"]: it["people"] for it in people}
