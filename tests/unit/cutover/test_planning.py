"""What a rollback decides about each object, as a table."""

from __future__ import annotations

import pytest

from lading.connectors.profile import Case, Form, NameRules
from lading.model.paths import Path
from lading.stages.cutover.base import Row
from lading.stages.cutover.deeds import WRITING, Because, Deed, Do
from lading.stages.cutover.planning import Old, Planner
from lading.stages.cutover.state import Facts
from lading.stages.cutover.tracing import Content, Traced, trace

THEN, FOLDER = Facts("file", 1, 1, "e1", "7"), Facts("folder")
EDIT, AGAIN = Content("s2", 2, 10**18, None, "anna"), Content("s3", 3, 2 * 10**18, None, "")
AGAIN_FACTS = THEN._replace(id="8", etag="n8")
ROW = Row(("d", "f.txt"), THEN, ("d", "f.txt"), THEN, "s1")
OLD = {("d",): (FOLDER, ""), ("d", "f.txt"): (THEN, "s1")}
PLAIN = NameRules()
EDITED_THERE = {**OLD, ("d", "f.txt"): (THEN._replace(etag="e9"), "s9")}


def plan(
    *it: Traced,
    old: dict[Path, tuple[Facts, str]] = OLD,
    rules: NameRules = PLAIN,
    moves: bool = True,
    guards: bool = True,
    ours: frozenset[str] = frozenset(),
) -> list[Deed]:
    def at(path: Path) -> Facts | None:
        return old[path][0] if path in old else None

    asked = Old(at, lambda path: old[path][1], lambda _facts: None, rules, moves, lambda _path: guards,
              dict.fromkeys(old, ours))  # fmt: skip
    return Planner(asked, {("d",): ("d",)}).plan(it)


def traced(
    path: Path = ("d", "f.txt"), row: Row | None = ROW, *contents: Content, gone: bool = False
) -> Traced:
    return Traced(path, None if gone else THEN._replace(etag="n2"), row, list(contents), 1)


NEW_NAME = ("d", "g.txt")
CASES = {
    "an edit": (traced((*ROW.new_path,), ROW, EDIT), OLD, [(Do.VERSION, Because.EDITED)]),
    "an edit of what OLD edited, too": (traced((*ROW.new_path,), ROW, EDIT), EDITED_THERE, [(Do.BESIDE, Because.BOTH_EDITED)]),
    "an edit that OLD holds": (traced((*ROW.new_path,), ROW, EDIT), {**OLD, ("d", "f.txt"): (THEN._replace(etag="x"), "s2")}, [(Do.SETTLED, Because.THERE)]),
    "an edit that was deleted": (traced((*ROW.new_path,), ROW, EDIT, gone=True), OLD, [(Do.VERSION, Because.DELETED_LATER), (Do.TELL, Because.DELETED)]),
    "a deletion": (traced(gone=True), OLD, [(Do.TELL, Because.DELETED)]),
    "an edit of what OLD deleted": (traced((*ROW.new_path,), ROW, EDIT), {("d",): (FOLDER, "")}, [(Do.ADD, Because.GONE_FROM_OLD)]),
    "a rename": (traced(NEW_NAME), OLD, [(Do.RENAME, Because.RENAMED)]),
    "a rename and an edit": (traced(NEW_NAME, ROW, EDIT), OLD, [(Do.RENAME, Because.RENAMED), (Do.VERSION, Because.EDITED)]),
    "a rename to a name that is taken": (traced(NEW_NAME), {**OLD, NEW_NAME: (THEN, "s8")}, [(Do.TELL, Because.NAME_TAKEN)]),
    "a new file": (traced(NEW_NAME, None, EDIT), OLD, [(Do.ADD, Because.MADE)]),
    "a new file whose name is taken": (traced(NEW_NAME, None, EDIT), {**OLD, NEW_NAME: (THEN, "s8")}, [(Do.BESIDE, Because.NAME_TAKEN)]),
    "a new file that OLD holds": (traced(NEW_NAME, None, EDIT), {**OLD, NEW_NAME: (THEN, "s2")}, [(Do.SETTLED, Because.THERE)]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_case(case: str) -> None:
    """What happened in NEW, and how OLD is now, decide what is done and why; nothing is ever removed."""
    it, old, expected = CASES[case]

    assert expected == [(deed.do, deed.because) for deed in plan(it, old=old)]


def test_an_old_that_cannot_rename_gets_a_copy() -> None:
    """Where OLD cannot rename, the file is copied under its new name and stays under the old one."""
    (deed,) = plan(traced(NEW_NAME), moves=False)

    assert (Do.COPY, NEW_NAME, ("d", "f.txt"), "s1") == (deed.do, deed.target, deed.source, deed.holds)


def test_what_is_closed_in_new_is_not_put_where_it_would_be_open() -> None:
    """A new object that NEW restricts and OLD cannot is not carried."""
    (deed,) = plan(traced(NEW_NAME, None, EDIT), guards=False)

    assert (Do.FAIL, Because.UNGUARDED) == (deed.do, deed.because)
    assert deed.do not in WRITING


def test_an_interrupted_version_goes_on_behind_what_is_there() -> None:
    """Of two contents of which OLD holds the first, only the second is put upon it."""
    it = traced((*ROW.new_path,), ROW, EDIT, AGAIN)
    (deed,) = plan(it, old={**OLD, ("d", "f.txt"): (THEN._replace(etag="x"), "s2")}, ours=frozenset({"s2"}))

    assert (Do.VERSION, (AGAIN,), "x") == (deed.do, deed.contents, deed.expect)


def test_a_content_that_somebody_in_old_made_hides_no_earlier_one() -> None:
    """Where OLD holds the last content and no run put it there, the one before is carried all the same."""
    it = traced((*ROW.new_path,), ROW, EDIT, AGAIN)
    (deed,) = plan(it, old={**OLD, ("d", "f.txt"): (THEN._replace(etag="x"), "s3")})

    assert (Do.BESIDE, (EDIT,)) == (deed.do, deed.contents)


def test_what_leaves_a_place_goes_before_what_comes_there() -> None:
    """A file that was renamed, and another that was made under its old name, end up each under its own."""
    moved, fresh = traced(("d", "z.txt")), traced((*ROW.new_path,), None, EDIT)

    assert [(Do.RENAME, ("d", "z.txt")), (Do.ADD, ROW.new_path)] == [
        (deed.do, deed.target) for deed in plan(fresh, moved)
    ]


def test_names_beside_tell_whose_and_when() -> None:
    """What stands beside carries date, time and author before its ending."""
    (deed,) = plan(traced((*ROW.new_path,), ROW, EDIT), old=EDITED_THERE)

    assert ("d", "f (2001-09-09 01.46 anna).txt") == deed.target


def test_what_was_carried_before_it_moved_is_not_new() -> None:
    """A file that was journaled under one name, renamed and carried is not offered again under the first."""
    lines = [
        (1, {"path": "a", "now": list(THEN), "contents": [EDIT._asdict()]}),
        (2, {"path": "a", "gone": True}),
        (2, {"path": "b", "now": list(THEN), "from": "a"}),
    ]
    row = Row(("b",), THEN, ("b",), THEN, "s2", 2)

    assert [("b",)] == [it.path for it in trace(lines, {})]
    assert [] == trace(lines, {("b",): row})


def test_what_is_made_where_another_was_is_not_that_one() -> None:
    """Once an object has moved away, what is made at its old place is new: nothing is put upon the one that moved."""
    new = {"path": "d/f.txt", "now": list(AGAIN_FACTS), "contents": [EDIT._asdict()]}
    moved = [
        {"path": "d/a.txt", "now": list(THEN), "from": "d/f.txt"},
        {"path": "d/f.txt", "gone": True},
    ]
    for lines in ([(1, it) for it in moved], [(1, it) for it in reversed(moved)]):
        found = {it.path: it for it in trace([*lines, (2, new)], {ROW.new_path: ROW})}

        assert (ROW, None) == (found["d", "a.txt"].row, found[ROW.new_path].row)
        assert [EDIT] == found[ROW.new_path].contents


def test_what_was_deleted_before_another_came_to_its_place_is_carried_once() -> None:
    """Contents of a file that was deleted stay to be carried when another is moved to its place, until they were."""
    lines = [
        (1, {"path": "a", "now": list(THEN), "contents": [EDIT._asdict()]}),
        (2, {"path": "a", "gone": True}),
        (3, {"path": "b", "gone": True}),
        (3, {"path": "a", "now": list(THEN), "from": "b"}),
    ]
    rows = {("b",): Row(("b",), THEN, ("b",), THEN, "s9")}
    there, gone = trace(lines, rows)

    assert (rows["b",], []) == (there.row, there.contents)
    assert (True, 2, [EDIT]) == (gone.displaced, gone.upto, gone.contents)
    assert [there.path] == [it.path for it in trace(lines, rows, {(("a",), 2)})]


def test_contents_that_say_nothing_new_are_left_out() -> None:
    """What OLD holds already, and repetitions, are not carried."""
    same = Content("s1", 1, 0, None, "")
    lines = [
        (1, {"path": "d/f.txt", "now": list(THEN), "contents": [it._asdict() for it in (same, EDIT, EDIT)]})
    ]

    assert [[EDIT]] == [it.contents for it in trace(lines, {ROW.new_path: ROW})]


def test_a_file_that_became_a_folder_is_another_thing() -> None:
    """The folder is made beside the file that OLD has; what the file held meanwhile is still put upon it."""
    lines = [
        (1, {"path": "d/f.txt", "now": list(THEN), "contents": [EDIT._asdict()]}),
        (2, {"path": "d/f.txt", "now": list(FOLDER)}),
    ]
    for told in (lines[1:], lines):
        found = {it.now and it.now.kind: it for it in trace(told, {ROW.new_path: ROW})}

        assert {"folder", None} == set(found)
        assert (None, ROW) == (found["folder"].row, found[None].row)
        (deed,) = plan(found["folder"])
        assert (Do.FOLDER, Because.NAME_TAKEN) == (deed.do, deed.because)


def test_a_folder_that_a_run_made_beside_is_not_made_again() -> None:
    """Cut off behind the making of a folder under another name, the next run goes on in that one."""
    new = Traced(("d", "f.txt"), Facts("folder", modified=10**18), None, [], 1)
    (made,) = plan(new)
    (again,) = plan(new, old={**OLD, made.target: (FOLDER, "")})

    assert (Do.FOLDER, Do.SETTLED, made.target) == (made.do, again.do, again.target)


def test_a_name_left_by_a_rename_can_be_anothers() -> None:
    """What is made later under the name that a file had before it was renamed is a new file, planned behind the rename."""
    lines = [
        (1, {"path": "d/f.txt", "gone": True}),
        (1, {"path": "d/z.txt", "now": list(THEN), "from": "d/f.txt"}),
        (2, {"path": "d/f.txt", "now": list(THEN), "contents": [EDIT._asdict()]}),
    ]
    for told in (lines, [lines[1], lines[0], lines[2]]):
        found = trace(told, {ROW.new_path: ROW})

        assert {("d", "z.txt"): ROW, ("d", "f.txt"): None} == {it.path: it.row for it in found}
        assert [(Do.RENAME, ("d", "z.txt")), (Do.ADD, ("d", "f.txt"))] == [
            (deed.do, deed.target) for deed in plan(*found)
        ]


def test_a_chain_of_renames_is_done_from_its_end() -> None:
    """Of a file that takes the name of another, the other is renamed first; a swap is told, and nothing is lost."""
    other = Row(("d", "g.txt"), THEN, ("d", "g.txt"), THEN, "s7")
    old = {**OLD, other.new_path: (THEN, "s7")}
    chain = [traced(other.new_path, ROW), traced(("d", "h.txt"), other)]
    swap = [traced(other.new_path, ROW), traced(ROW.new_path, other)]

    assert [("d", "h.txt"), ("d", "g.txt")] == [deed.target for deed in plan(*chain, old=old)]
    assert [Do.TELL, Do.TELL] == [deed.do for deed in plan(*swap, old=old)]


def test_an_edit_that_was_set_back_is_carried_though_old_was_touched() -> None:
    """A, B, A in NEW: B is not passed over because OLD holds A, as if a run had put it there."""
    back = EDIT._replace(sha256="s1")
    touched = {**OLD, ("d", "f.txt"): (THEN._replace(etag="x"), "s1")}
    (deed,) = plan(traced((*ROW.new_path,), ROW, EDIT, back), old=touched)

    assert (Do.VERSION, (EDIT, back)) == (deed.do, deed.contents)


def test_twins_that_old_takes_for_one_name() -> None:
    """Two new files whose names OLD does not tell apart: the second gets a name beside at once."""
    rules = NameRules(case=Case.FOLDED, form=Form.FOLDED)
    twins = [traced(("d", name), None, EDIT) for name in ("É.txt", "e\u0301.txt")]

    assert [Do.ADD, Do.BESIDE] == sorted(
        deed.do for deed in plan(*twins, old={("d",): (FOLDER, "")}, rules=rules)
    )
