"""
Batches on their way in: records to contents in the store, contents to versions in the tree.

Records are taken in groups: the contents of a group are safe in the store before one
transaction saves them all.  A connection that is cut loses the group under way and nothing
else; a record that is refused does not touch the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_json

from lading.drive.api import asking
from lading.drive.api.conditions import expected
from lading.drive.api.frames import Record, decode
from lading.drive.api.problem import invalid, problem
from lading.drive.api.schemas import requests
from lading.drive.api.shapes import entries
from lading.drive.api.values import way
from lading.drive.rights.sight import Sight
from lading.drive.store.chosen import store
from lading.drive.tree.batch import Item, save_many
from lading.drive.tree.expect import Expect
from lading.drive.tree.saving import Facts, Saved
from lading.model.errors import LadingError, Truncated, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text

GROUP = 400
"""Records in one transaction, at most."""
GROUP_BYTES = 16 * 1024 * 1024

Outcome = Saved | LadingError


class _Wish(NamedTuple):
    """A record that can be, as far as its header tells."""

    path: Path
    content: bytes
    expect: Expect
    facts: Facts
    parents: bool


def ingest(look: Sight, space: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """
    Save the records in *blocks*; a line of NDJSON for each, in their order.

    A fault of the framing ends it with a line that says so: what came before is saved.
    """
    refused = _Refused()
    for group in _groups(blocks):
        if isinstance(group, LadingError):
            yield _line(problem(group))
        else:
            yield from _lines(_saved(look, space, group, refused))


def _groups(blocks: Iterable[bytes]) -> Iterator[list[Record] | LadingError]:
    records: list[Record] = []
    size = 0
    try:
        for record in decode(blocks):
            records.append(record)
            size += len(record.content)
            if len(records) >= GROUP or size >= GROUP_BYTES:
                yield records
                records, size = [], 0
    except LadingError as fault:
        if records:
            yield records
        yield fault
        return
    if records:
        yield records


class _Refused:
    """
    The paths of which a version of the past (it has `saved`) was refused, over all groups.

    None that comes after it is saved: it would take its place.
    """

    def __init__(self) -> None:
        self._paths: dict[Any, LadingError] = {}

    def before(self, record: Record) -> LadingError | None:
        """Why *record* cannot be saved any more."""
        return self._paths.get(record.header.get("path")) if _past(record) else None

    def note(self, record: Record, outcome: object) -> None:
        """Remember *outcome* if it is a refusal of a version of the past."""
        if isinstance(outcome, LadingError) and _past(record):
            self._paths.setdefault(record.header["path"], outcome)


def _past(record: Record) -> bool:
    return record.header.get("saved") is not None and isinstance(record.header.get("path"), str)


def _saved(look: Sight, space: int, records: list[Record], refused: _Refused) -> list[Outcome]:
    wishes: list[_Wish | LadingError] = []
    for record in records:
        wishes.append(refused.before(record) or _wish(record))
        refused.note(record, wishes[-1])
    try:
        made = iter(_stored(look, space, [wish for wish in wishes if isinstance(wish, _Wish)]))
        done = [next(made) if isinstance(wish, _Wish) else wish for wish in wishes]
    except LadingError as fault:  # the space is frozen or full, the store is away: it holds for all of them
        done = [fault.about(wish.path) if isinstance(wish, _Wish) else wish for wish in wishes]
    for record, outcome in zip(records, done, strict=True):
        refused.note(record, outcome)
    return done


def _wish(record: Record) -> _Wish | LadingError:
    """What *record* asks for, or why it cannot be."""
    try:
        asked = requests.Record.model_validate(record.header)
        path = way(asked.path)
        if path == ROOT:
            raise WrongKind(path, Text("it is the root of a space", "它是空间的根目录"))
        if asked.sha256 and hashlib.sha256(record.content).hexdigest() != asked.sha256:
            raise Truncated(path, Text("its SHA-256 is not the one announced", "内容的 SHA-256 与声明不符"))
        author = asking.author_id(asked.author)
    except ValidationError as unfit:
        return invalid(unfit.errors(include_input=False, include_url=False))
    except LadingError as refused:
        return refused
    facts = Facts(asked.modified, asked.saved, author, asked.label or "")
    return _Wish(path, record.content, expected(asked.expect), facts, asked.parents)


def _stored(look: Sight, space: int, wishes: list[_Wish]) -> list[Outcome]:
    contents = store().put_many(wish.content for wish in wishes)
    items = [
        Item(wish.path, stored, wish.expect, wish.facts, wish.parents)
        for wish, stored in zip(wishes, contents, strict=True)
    ]
    return save_many(look, space, items)


def _lines(outcomes: list[Outcome]) -> Iterator[bytes]:
    facts = iter(entries([outcome.seen for outcome in outcomes if isinstance(outcome, Saved)]))
    for outcome in outcomes:
        yield to_json(next(facts)) + b"\n" if isinstance(outcome, Saved) else _line(problem(outcome))


def _line(told: dict[str, Any]) -> bytes:
    # A subject may hold half characters, which only escapes can carry.
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
