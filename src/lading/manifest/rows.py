"""
Values of the model as rows of the tables, and rows as values.

A row is a tuple in the order of the columns.  Of a principal a table of grants
holds kind and id; its name and the rest stand in the table of principals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from lading.manifest.schema import array
from lading.model.access import (
    Comment,
    Effect,
    Grant,
    Label,
    Link,
    Lock,
    Membership,
    Principal,
    PrincipalKind,
    Reach,
    Role,
    Setting,
    Version,
)
from lading.model.errors import BadAnswer
from lading.model.paths import Path, decode, encode

Row = tuple[Any, ...]
Record = Mapping[str, Any]

SHA256 = "sha256"
_SHA256_HEX = re.compile("[0-9a-f]{64}")
_NO_NAMES = frozenset(("", ".", ".."))


class Rows:
    """Rows of one *schema*, gathered until they are written."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows: list[Row] = []

    def __len__(self) -> int:
        return len(self._rows)

    def clear(self) -> None:
        """Forget all rows."""
        self._rows = []

    def add(self, row: Row) -> None:
        """Add *row*; columns of the schema that it does not reach are null."""
        self._rows.append(row + (None,) * (len(self._schema) - len(row)))

    def batch(self) -> pa.RecordBatch:
        """The rows as Arrow columns."""
        columns: Sequence[Sequence[object]] = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def place(path: Path) -> str:
    """
    *path* encoded.

    Raises:
        BadAnswer: no entry can have it.
    """
    if not _NO_NAMES.isdisjoint(path):
        raise BadAnswer(path, "no entry has such a path")
    return encode(path)


def principal_row(value: Principal) -> Row:
    """A row of `principals`."""
    who = (value.kind, value.id, value.name, value.mail, value.login)
    return (*who, value.active, value.parent, value.owner, value.until)


def member_row(value: Membership) -> Row:
    """A row of `members`."""
    return value.group, value.member


def grant_row(value: Grant) -> Row:
    """A row of `grants`."""
    who = (value.principal.kind, value.principal.id)
    what = (value.role, value.rank, value.reach, sorted(value.rights))
    return (place(value.path), value.effect, *who, *what, value.expires, value.source)


def link_row(value: Link) -> Row:
    """A row of `links`."""
    gives = (value.role, sorted(value.rights))
    limits = (value.expires, value.has_password, value.limit, value.used, value.version, value.inside)
    return (place(value.path), value.id, *gives, *limits, value.by, value.created)


def version_rows(path: Path, values: Sequence[Version]) -> Iterator[Row]:
    """The rows of `versions` for one file."""
    where, last = place(path), len(values) - 1
    for ordinal, value in enumerate(values):
        content, digests = _digests(value.digests)
        times = (value.saved, value.modified, value.size)
        yield (where, ordinal, ordinal == last, value.id, *times, value.author, value.label, content, digests)


def lock_row(value: Lock) -> Row:
    """A row of `locks`."""
    return place(value.path), value.owner, value.exclusive, value.deep, value.expires


def label_row(value: Label) -> Row:
    """A row of `labels`."""
    return place(value.path), value.label, value.by


def comment_row(value: Comment) -> Row:
    """A row of `comments`."""
    return place(value.path), value.id, value.author, value.at, value.text


def setting_row(value: Setting) -> Row:
    """A row of `settings`."""
    return place(value.path), value.name, value.value


def _digests(pairs: Sequence[tuple[str, str]]) -> tuple[bytes | None, list[str]]:
    """The SHA-256 among *pairs*, and the others."""
    own = next((text for name, text in pairs if name == SHA256 and _SHA256_HEX.fullmatch(text)), None)
    others = sorted(f"{name}:{text}" for name, text in pairs if (name, text) != (SHA256, own))
    return bytes.fromhex(own) if own else None, others


def _principal(row: Record) -> Principal:
    return Principal(**{**row, "kind": PrincipalKind(row["kind"])})


def _grant(row: Record) -> Grant:
    return Grant(
        decode(row["path"]),
        Principal(PrincipalKind(row["principal_kind"]), row["principal"]),
        frozenset(row["rights"]),
        Effect(row["effect"]),
        Reach(row["reach"]),
        row["source"],
        Role(row["role"]),
        row["rank"],
        row["expires"],
    )


def _link(row: Record) -> Link:
    known = {"path": decode(row["path"]), "rights": frozenset(row["rights"]), "role": Role(row["role"])}
    return Link(**{**row, **known})


def _version(row: Record) -> tuple[Path, Version]:
    digests = [(name, text) for name, _, text in (pair.partition(":") for pair in row["digests"])]
    if row[SHA256] is not None:
        digests.insert(0, (SHA256, row[SHA256].hex()))
    facts = {name: row[name] for name in ("id", "saved", "size", "author", "modified", "label")}
    return decode(row["path"]), Version(**facts, digests=tuple(digests))


def _placed(kind: Callable[..., Any]) -> Callable[[Record], Any]:
    return lambda row: kind(**{**row, "path": decode(row["path"])})


VALUES: Mapping[str, Callable[[Record], Any]] = {
    "principals": _principal,
    "members": lambda row: Membership(**row),
    "grants": _grant,
    "links": _link,
    "versions": _version,
    "locks": _placed(Lock),
    "labels": _placed(Label),
    "comments": _placed(Comment),
    "settings": _placed(Setting),
}
"""The value that a row of each table tells; of `versions` the path of the file and one version."""
