"""
Decide what a pass does with one object, and say why.

Pure: facts in, a decision out.  It looks at one object at a time and knows no
drive; which objects there are, and which of them were renamed, is the
business of `plan`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from lading.manifest import mapping
from lading.model.entry import Kind


class Action(StrEnum):
    """What is to be done with an object."""

    SAME = "same"
    COPY = "copy"
    REPLACE = "replace"
    CHECK = "check"
    """Read both contents; equal ones are the same, others a conflict (or replaced, if so ruled)."""
    RECHECK = "recheck"
    """Read OLD and hold it against the digest that landed; copy only if it differs."""
    FOLDER = "folder"
    RENAME = "rename"
    RENAMED = "renamed"
    """It came along when a folder above it was renamed."""
    EXCLUDE = "exclude"
    FAIL = "fail"
    DELETE = "delete"
    TIME = "time"
    """Give a folder its time, after everything in it has been written."""


ACTIVE = (Action.COPY, Action.REPLACE, Action.CHECK, Action.RECHECK, Action.FOLDER, Action.RENAME)
"""Actions that do something about an object of OLD."""


class Reason(StrEnum):
    """Why."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED_IN_OLD = "changed_in_old"
    TOUCHED_IN_OLD = "touched_in_old"
    GONE_FROM_NEW = "gone_from_new"
    EDITED_IN_NEW = "edited_in_new"
    NOT_OURS = "not_ours"
    RENAMED_IN_OLD = "renamed_in_old"
    SYMLINK = "symlink"
    SPECIAL = "special"
    BY_RULE = "by_rule"
    KIND_DIFFERS = "kind_differs"
    UNREADABLE = "unreadable"
    NAME_TAKEN = mapping.NAME_TAKEN
    PATH_TOO_LONG = mapping.PATH_TOO_LONG
    TOO_LARGE = "too_large"
    VANISHED_FROM_OLD = "vanished_from_old"


class Facts(NamedTuple):
    """What one side says about an object."""

    kind: Kind
    size: int
    modified: int | None
    etag: str | None


class Landed(NamedTuple):
    """What OLD and NEW said when an earlier pass put the object there."""

    old: Facts
    new: Facts


class Object(NamedTuple):
    """All that is known about one object of OLD."""

    old: Facts
    problem: str | None = None
    new: Facts | None = None
    """What is at its place in NEW, None if nothing."""
    landed: Landed | None = None
    renamed_from: str | None = None
    """Where in NEW the object landed before it was renamed in OLD."""
    in_place: bool = False
    """It was renamed in OLD and stands in NEW at the right place already."""
    excluded: bool = False
    refused: Reason | None = None
    """Why NEW cannot hold it under any name."""


class Decision(NamedTuple):
    """What to do, and why."""

    action: Action
    reason: Reason


def decide(
    it: Object, *, size_limit: int | None = None, overwrite: bool = False, histories: bool = False
) -> Decision:
    """
    Decide about the object *it*; *size_limit* is the largest file NEW takes, in bytes.

    With *histories* versions go along: what stands in NEW may be an earlier version of it, of any size.
    """
    if it.old.kind is Kind.SYMLINK:
        return Decision(Action.EXCLUDE, Reason.SYMLINK)
    if it.old.kind is Kind.SPECIAL:
        return Decision(Action.EXCLUDE, Reason.SPECIAL)
    if it.excluded:
        return Decision(Action.EXCLUDE, Reason.BY_RULE)
    if it.refused is not None:
        return Decision(Action.FAIL, it.refused)
    if it.problem is not None:
        return Decision(Action.FAIL, Reason.UNREADABLE)
    if it.new is not None and it.new.kind is not it.old.kind:
        return Decision(Action.FAIL, Reason.KIND_DIFFERS)
    if it.old.kind is Kind.FOLDER:
        return _about_folder(it)
    if size_limit is not None and it.old.size > size_limit:
        return Decision(Action.FAIL, Reason.TOO_LARGE)
    return _about_file(it, overwrite, histories)


def _about_folder(it: Object) -> Decision:
    if it.in_place:
        return Decision(Action.RENAMED, Reason.RENAMED_IN_OLD)
    if it.new is not None:
        return Decision(Action.SAME, Reason.UNCHANGED)
    return Decision(Action.FOLDER, Reason.NEW if it.landed is None else Reason.GONE_FROM_NEW)


def _about_file(it: Object, overwrite: bool, histories: bool) -> Decision:
    if it.in_place:
        return Decision(Action.RENAMED, Reason.RENAMED_IN_OLD)
    if it.new is None:
        if it.renamed_from is not None:
            return Decision(Action.RENAME, Reason.RENAMED_IN_OLD)
        return Decision(Action.COPY, Reason.NEW if it.landed is None else Reason.GONE_FROM_NEW)
    if it.landed is None:
        return _about_stranger(it.old, it.new, overwrite, histories)
    if not same_facts(it.new, it.landed.new):
        return _about_edited(it.old, it.new, overwrite, histories)
    if same_facts(it.old, it.landed.old):
        return Decision(Action.SAME, Reason.UNCHANGED)
    if (it.old.size, it.old.modified) == (it.landed.old.size, it.landed.old.modified):
        return Decision(Action.RECHECK, Reason.TOUCHED_IN_OLD)
    return Decision(Action.REPLACE, Reason.CHANGED_IN_OLD)


def _about_stranger(old: Facts, new: Facts, overwrite: bool, histories: bool) -> Decision:
    if histories or old.size == new.size:
        return Decision(Action.CHECK, Reason.NOT_OURS)
    return Decision(Action.REPLACE if overwrite else Action.FAIL, Reason.NOT_OURS)


def _about_edited(old: Facts, new: Facts, overwrite: bool, histories: bool) -> Decision:
    if histories or old.size == new.size:
        return Decision(Action.CHECK, Reason.EDITED_IN_NEW)
    return Decision(Action.REPLACE if overwrite else Action.FAIL, Reason.EDITED_IN_NEW)


def same_facts(now: Facts, then: Facts) -> bool:
    """
    Whether a side says now what it said then.

    The etag decides where the drive gives one; the time where it does not.
    """
    if now.kind is not then.kind or now.size != then.size:
        return False
    if now.etag is not None and then.etag is not None:
        return now.etag == then.etag
    return now.modified == then.modified
