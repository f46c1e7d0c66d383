"""
Save what arrives at the same time in one transaction.

A database commits the changes of a space one after the other.  While one save
commits, those of other threads gather; the first of them then saves for all.
Each gets its own answer, and none before its version is committed.  A save that
comes alone waits for nobody.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from lading.drive.actor import Actor
from lading.drive.rights.sight import Sight
from lading.drive.tree import saving
from lading.drive.tree.batch import Item, save_many
from lading.drive.tree.row import Seen
from lading.drive.tree.saving import Saved

MOST = 64
"""Saves in one transaction: others in the space want their turn too."""


class Wish(NamedTuple):
    """One file to save; *parent* is the folder it goes to, as it was found before."""

    sight: Sight
    parent: Seen
    item: Item


class _Waiting:
    """A save under way; *done* opens when it has its answer, or a *batch* to save."""

    __slots__ = ("answer", "batch", "done", "wish")

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.done = threading.Lock()
        self.done.acquire()
        self.answer: Saved | Exception | None = None
        self.batch: list[_Waiting] = [self]


_Key = tuple[Actor, int]
_lock = threading.Lock()
_gathering: dict[_Key, list[_Waiting]] = {}
"""Who waits, by actor and space; an entry is there as long as somebody saves."""


def save(wish: Wish) -> Saved:
    """
    Save one file, perhaps together with others of the same actor in the same space.

    Raises:
        As `tree.saving.save`.
    """
    own = _Waiting(wish)
    key = (wish.sight.actor, wish.parent.row.space)
    with _lock:
        others = _gathering.get(key)
        if others is None:
            _gathering[key] = []
        else:
            others.append(own)
    if others is not None:
        own.done.acquire()
    if own.answer is None:
        _lead(key, own.batch)
    if isinstance(own.answer, Saved):
        return own.answer
    assert own.answer is not None
    raise own.answer


def _lead(key: _Key, batch: list[_Waiting]) -> None:
    try:
        _save(batch)
    finally:
        _hand_over(key)
        for one in batch[1:]:
            one.done.release()


def _hand_over(key: _Key) -> None:
    with _lock:
        waiting = _gathering[key]
        if not waiting:
            del _gathering[key]
            return
        batch, _gathering[key] = waiting[:MOST], waiting[MOST:]
    batch[0].batch = batch
    batch[0].done.release()


def _save(batch: list[_Waiting]) -> None:
    if len(batch) > 1:
        try:
            first = batch[0].wish
            answers = save_many(first.sight, first.parent.row.space, [one.wish.item for one in batch])
        except Exception:
            # What fails for all may be the fault of one: each is tried by itself.
            answers = []
        for one, answer in zip(batch, answers, strict=False):
            one.answer = answer
    for one in batch:
        if one.answer is None:
            one.answer = _alone(one.wish)


def _alone(wish: Wish) -> Saved | Exception:
    item = wish.item
    try:
        return saving.save(
            wish.sight, wish.parent, item.path[-1], item.stored, expect=item.expect, facts=item.facts
        )
    except Exception as problem:
        return problem
