"""
The tables beside the entries: what hangs on files, and what it is asked for by.

A table is there if its feature was asked for and the drive can tell it: an
absent table says nothing, an empty one says that there is none.  The meaning
of each column, byte for byte, is in `docs/formats/manifest.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pyarrow as pa

from lading.manifest.features import TABLES_OF as TABLES_OF
from lading.manifest.features import Feature as Feature
from lading.manifest.features import features_of as features_of
from lading.manifest.schema import TEXTS

FOLDER = "tables"
PROBLEMS = "problems"


def _field(name: str, kind: pa.DataType, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null)


TABLES: Mapping[str, pa.Schema] = {
    "principals": pa.schema(
        [
            _field("kind", pa.string()),
            _field("id", pa.string()),
            _field("name", pa.string()),
            _field("mail", pa.string()),
            _field("login", pa.string()),
            _field("active", pa.bool_()),
            _field("parent", pa.string(), null=True),
            _field("owner", pa.string(), null=True),
            _field("until", pa.int64(), null=True),
        ]
    ),
    "members": pa.schema([_field("group", pa.string()), _field("member", pa.string())]),
    "grants": pa.schema(
        [
            _field("path", pa.string()),
            _field("effect", pa.string()),
            _field("principal_kind", pa.string()),
            _field("principal", pa.string()),
            _field("role", pa.int8()),
            _field("rank", pa.int8()),
            _field("reach", pa.string()),
            _field("rights", TEXTS),
            _field("expires", pa.int64(), null=True),
            _field("source", pa.string()),
        ]
    ),
    "links": pa.schema(
        [
            _field("path", pa.string()),
            _field("id", pa.string()),
            _field("role", pa.int8()),
            _field("rights", TEXTS),
            _field("expires", pa.int64(), null=True),
            _field("has_password", pa.bool_()),
            _field("limit", pa.int64(), null=True),
            _field("used", pa.int64()),
            _field("version", pa.string(), null=True),
            _field("inside", pa.bool_()),
            _field("by", pa.string()),
            _field("created", pa.int64(), null=True),
        ]
    ),
    "versions": pa.schema(
        [
            _field("path", pa.string()),
            _field("ordinal", pa.int32()),
            _field("current", pa.bool_()),
            _field("id", pa.string()),
            _field("saved", pa.int64()),
            _field("modified", pa.int64(), null=True),
            _field("size", pa.int64()),
            _field("author", pa.string()),
            _field("label", pa.string()),
            _field("sha256", pa.binary(32), null=True),
            _field("digests", TEXTS),
        ]
    ),
    "locks": pa.schema(
        [
            _field("path", pa.string()),
            _field("owner", pa.string()),
            _field("exclusive", pa.bool_()),
            _field("deep", pa.bool_()),
            _field("expires", pa.int64(), null=True),
        ]
    ),
    "labels": pa.schema(
        [_field("path", pa.string()), _field("label", pa.string()), _field("by", pa.string())]
    ),
    "comments": pa.schema(
        [
            _field("path", pa.string()),
            _field("id", pa.string()),
            _field("author", pa.string()),
            _field("at", pa.int64()),
            _field("text", pa.string()),
        ]
    ),
    "settings": pa.schema(
        [_field("path", pa.string()), _field("name", pa.string()), _field("value", pa.string())]
    ),
    PROBLEMS: pa.schema(
        [_field("path", pa.string()), _field("feature", pa.string()), _field("problem", pa.string())]
    ),
}
"""The columns of each table; `problems` are entries that could not be asked for a feature."""


@cache
def raw_schema(name: str) -> pa.Schema:
    """
    The columns of table *name* while it is being gathered: more may be null, and a row may tell a `problem` instead.

    Grants have a head for each entry that was asked: its `folder`, and what its list says `here` and
    for what is made `later`, as SHA-256.
    """
    fields = [field if field.name == "path" else field.with_nullable(True) for field in TABLES[name]]
    if name == Feature.GRANTS:
        fields += [
            _field("folder", pa.string(), null=True),
            _field("here", pa.binary(32), null=True),
            _field("later", pa.binary(32), null=True),
        ]
    return pa.schema([*fields, _field("problem", pa.string(), null=True)])


def quoted(name: str) -> str:
    """The column *name* in SQL, where some of ours are words of the language."""
    return f'"{name}"'


def stated(text: str) -> str:
    """SQL: the *text* behind its length in bytes, `-` for null; such values may stand one behind the other."""
    return f"coalesce(strlen({text})::varchar || ':' || {text}, '-')"
