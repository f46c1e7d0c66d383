"""Decisions about one object."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.model.entry import Kind
from lading.stages.transfer.decide import Action, Decision, Facts, Landed, Object, Reason, decide
from lading.stages.transfer.plan import SAME

FILE = Facts(Kind.FILE, 10, 1_000, "e1")
FOLDER = Facts(Kind.FOLDER, 0, 1_000, None)
EDITED = FILE._replace(size=11, modified=2_000, etag="e2")
TOUCHED = FILE._replace(etag="e2")
THERE = Landed(FILE, FILE)


@pytest.mark.parametrize(
    ("it", "decision"),
    [
        (Object(FILE), Decision(Action.COPY, Reason.NEW)),
        (Object(FOLDER), Decision(Action.FOLDER, Reason.NEW)),
        (Object(FILE, new=FILE, landed=THERE), Decision(Action.SAME, Reason.UNCHANGED)),
        (Object(FOLDER, new=FOLDER), Decision(Action.SAME, Reason.UNCHANGED)),
        (Object(EDITED, new=FILE, landed=THERE), Decision(Action.REPLACE, Reason.CHANGED_IN_OLD)),
        (Object(TOUCHED, new=FILE, landed=THERE), Decision(Action.RECHECK, Reason.TOUCHED_IN_OLD)),
        (Object(FILE, landed=THERE), Decision(Action.COPY, Reason.GONE_FROM_NEW)),
        (Object(FOLDER, landed=Landed(FOLDER, FOLDER)), Decision(Action.FOLDER, Reason.GONE_FROM_NEW)),
        (Object(FILE, new=EDITED, landed=THERE), Decision(Action.FAIL, Reason.EDITED_IN_NEW)),
        (Object(FILE, new=TOUCHED, landed=THERE), Decision(Action.CHECK, Reason.EDITED_IN_NEW)),
        (Object(FILE, new=FILE), Decision(Action.CHECK, Reason.NOT_OURS)),
        (Object(FILE, new=EDITED), Decision(Action.FAIL, Reason.NOT_OURS)),
        (Object(FILE, new=FOLDER), Decision(Action.FAIL, Reason.KIND_DIFFERS)),
        (Object(FOLDER, new=FILE), Decision(Action.FAIL, Reason.KIND_DIFFERS)),
        (Object(FILE, renamed_from="a/b"), Decision(Action.RENAME, Reason.RENAMED_IN_OLD)),
        (Object(FILE, new=FILE, in_place=True), Decision(Action.RENAMED, Reason.RENAMED_IN_OLD)),
        (Object(FOLDER, new=FOLDER, in_place=True), Decision(Action.RENAMED, Reason.RENAMED_IN_OLD)),
        (Object(FILE._replace(kind=Kind.SYMLINK)), Decision(Action.EXCLUDE, Reason.SYMLINK)),
        (Object(FILE._replace(kind=Kind.SPECIAL)), Decision(Action.EXCLUDE, Reason.SPECIAL)),
        (Object(FILE, excluded=True), Decision(Action.EXCLUDE, Reason.BY_RULE)),
        (Object(FILE, "forbidden"), Decision(Action.FAIL, Reason.UNREADABLE)),
        (Object(FOLDER, "forbidden"), Decision(Action.FAIL, Reason.UNREADABLE)),
        (Object(FILE, refused=Reason.NAME_TAKEN), Decision(Action.FAIL, Reason.NAME_TAKEN)),
    ],
)
def test_each_case_has_its_decision(it: Object, decision: Decision) -> None:
    """Each combination of facts leads to the one right action, with its reason."""
    assert decision == decide(it)


def test_nothing_of_others_is_overwritten_unless_so_ruled() -> None:
    """A file in NEW that no pass put there is replaced only with `overwrite`."""
    assert Action.FAIL is decide(Object(FILE, new=EDITED)).action
    assert Action.FAIL is decide(Object(FILE, new=EDITED, landed=THERE)).action
    assert Action.REPLACE is decide(Object(FILE, new=EDITED), overwrite=True).action
    assert Action.REPLACE is decide(Object(FILE, new=EDITED, landed=THERE), overwrite=True).action


def test_a_file_larger_than_new_takes_is_not_begun() -> None:
    """The size limit of NEW is asked before the copy, not found out by it."""
    assert Decision(Action.FAIL, Reason.TOO_LARGE) == decide(Object(FILE), size_limit=9)
    assert Action.COPY is decide(Object(FILE), size_limit=10).action


_facts = st.builds(
    Facts,
    st.sampled_from([Kind.FILE, Kind.FOLDER]),
    st.sampled_from([0, 1]),
    st.sampled_from([None, 5, 6]),
    st.sampled_from([None, "x", "y"]),
)
_objects = st.builds(
    Object,
    _facts,
    st.sampled_from([None, "forbidden"]),
    st.none() | _facts,
    st.none() | st.builds(Landed, _facts, _facts),
    st.none(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, Reason.NAME_TAKEN]),
)
_COLUMNS = (
    "kind", "size", "modified", "etag", "problem", "n_kind", "n_size", "n_modified", "n_etag", "old_size", "old_modified",
    "old_etag", "new_size", "new_modified", "new_etag", "in_place", "excluded", "refused",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_objects)
def test_the_rule_for_a_million_rows_is_the_rule_for_one(it: Object) -> None:
    """What the set-wise condition calls the same is what `decide` calls the same, and nothing else."""
    # What landed was of the kind that OLD has now, or it would not have been joined.
    landed = it.landed and Landed(
        it.landed.old._replace(kind=it.old.kind), it.landed.new._replace(kind=it.old.kind)
    )
    it = it._replace(landed=landed)
    values = [
        *it.old, it.problem, *(it.new or (None,) * 4), *(landed.old[1:] if landed else (None,) * 3),
        *(landed.new[1:] if landed else (None,) * 3), it.in_place, it.excluded, it.refused,
    ]  # fmt: skip
    names = ", ".join(f"?::{_type(name)} AS {name}" for name in _COLUMNS)
    [(same,)] = _DB.execute(f"SELECT coalesce({SAME}, false) FROM (SELECT {names})", values).fetchall()

    assert (Action.SAME is decide(it).action) is same


_DB = duckdb.connect(":memory:")


def _type(name: str) -> str:
    if name.endswith(("size", "modified")):
        return "BIGINT"
    return "BOOLEAN" if name in ("in_place", "excluded") else "VARCHAR"
