"""
Save what arrives at the same time in one transaction.

A database commits the changes of a space one after the other.  While one save
commits, those of other threads gather; the first of them then saves for all.
Each gets its own answer, and none before its version is committed.  A save that
comes alone waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from lading.drive.actor import Actor
from lading.drive.dav.request import Answer
from lading.drive.rights.sight import Sight
from lading.drive.tree import saving
from lading.drive.tree.batch import Item, save_many
from lading.drive.tree.row import Seen
from lading.drive.tree.saving import Saved
from lading.drive.writing import MustWait, in_hurry
from lading.model.errors import NotFound

GATHER = "lading.gather"
"""In the environment of a server that completes what is `Gathered`."""
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
        MustWait: others are at it, and we are in a hurry.
    """
    own = _Waiting(wish)
    key = (wish.sight.actor, wish.parent.row.space)
    with _lock:
        others = _gathering.get(key)
        if others is None:
            _gathering[key] = []
        elif in_hurry():
            raise MustWait
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


class Pending(NamedTuple):
    """A save of which all but the save itself is done; *then* makes the answer of what came of it, or raises."""

    wish: Wish
    then: Callable[[Saved | Exception], Answer]


class Gathered:
    """
    A save that waits for those that arrived at the same time, and is saved with them by the server.

    *give* gives the answer of what came of it.
    """

    def __init__(self, wish: Wish, give: Callable[[Saved | Exception], Iterable[bytes]]) -> None:
        self._own, self._give = _Waiting(wish), give

    @property
    def done(self) -> bool:
        """Whether there is an answer; without one the save has not happened, and must wait elsewhere."""
        return self._own.answer is not None

    def answer(self) -> Iterable[bytes]:
        """Give the answer."""
        assert self._own.answer is not None
        return self._give(self._own.answer)

    @staticmethod
    def complete(all_: Sequence[Gathered]) -> None:
        """Save *all_*: those of one actor in one space in as few transactions as may be; in a hurry, perhaps not all."""
        by_key: dict[_Key, list[_Waiting]] = {}
        for one in all_:
            wish = one._own.wish
            by_key.setdefault((wish.sight.actor, wish.parent.row.space), []).append(one._own)
        for batch in by_key.values():
            for first in range(0, len(batch), MOST):
                try:
                    _save(batch[first : first + MOST])
                except MustWait:
                    break


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
        except MustWait:
            raise
        except Exception:
            # What fails for all may be the fault of one: each is tried by itself.
            answers = []
        for one, answer in zip(batch, answers, strict=False):
            # A batch finds folders by their paths; one that was moved a moment ago is found when it is saved alone.
            one.answer = None if isinstance(answer, NotFound) else answer
    for one in batch:
        if one.answer is None:
            one.answer = _alone(one.wish)


def _alone(wish: Wish) -> Saved | Exception:
    item = wish.item
    try:
        return saving.save(
            wish.sight, wish.parent, item.path[-1], item.stored, expect=item.expect, facts=item.facts
        )
    except MustWait:
        raise
    except Exception as problem:
        return problem
