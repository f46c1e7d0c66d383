"""
The columns of a manifest, and entries turned into them.

A scan turns millions of entries into columns: everything here works on whole
folders at a time.  The meaning of each column, byte for byte, is in
`docs/formats/manifest.md`; a change of it is a new `FORMAT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from lading.model.entry import Entry
from lading.model.paths import Path, encode, normal, normal_name

FORMAT = 2
"""The version of the format that this code writes, and the only one it reads."""

COMPRESSION = "zstd"
ROW_GROUP = 20_000
"""Rows in a row group at most: what a reader has to hold at once."""

TEXTS = pa.list_(pa.field("element", pa.string(), nullable=False))
"""A list of strings."""

ENTRIES = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("normal", pa.string(), nullable=False),
        pa.field("space", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("modified", pa.int64()),
        pa.field("id", pa.string()),
        pa.field("etag", pa.string()),
        pa.field("sha256", pa.binary(32)),
        pa.field("digests", TEXTS, nullable=False),
        pa.field("problem", pa.string()),
    ]
)

SPACES = pa.schema(
    [
        pa.field("space", pa.string(), nullable=False),
        pa.field("objects", pa.int64(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("fingerprint", pa.binary(32), nullable=False),
        pa.field("content", pa.bool_(), nullable=False),
    ]
)


class Columns:
    """Entries as columns, gathered until they are written."""

    def __init__(self) -> None:
        self.clear()

    def __len__(self) -> int:
        return len(self.path)

    def clear(self) -> None:
        """Forget all rows."""
        self.path: list[str] = []
        self.normal: list[str] = []
        self.space: list[str] = []
        self._plain: list[list[object]] = [[] for _ in range(6)]
        self._digests: list[tuple[tuple[str, str], ...]] = []
        self._contents: list[bytes | None] = []

    def add(
        self, folder: Path, entries: Sequence[Entry], contents: Sequence[bytes | None] | None = None
    ) -> None:
        """Add *entries*, all of them directly in *folder*; *contents* are their SHA-256 where these are known."""
        if not entries:
            return
        paths, kinds, sizes, times, ids, etags, digests, problems = zip(*entries, strict=True)
        names = [path[-1] for path in paths]
        # Names are encoded one by one, so a path of all names gives them all in one search.
        exact = encode(tuple(names)).split("/")
        alike = encode(tuple(map(normal_name, names))).split("/")
        if folder:
            place, place_alike = encode(folder) + "/", encode(normal(folder)) + "/"
            self.path += [place + name for name in exact]
            self.normal += [place_alike + name for name in alike]
            self.space += [encode(folder[:1])] * len(exact)
        else:
            self.path += exact
            self.normal += alike
            self.space += exact
        for column, values in zip(self._plain, (kinds, sizes, times, ids, etags, problems), strict=True):
            column += values
        self._digests += digests
        self._contents += [None] * len(entries) if contents is None else contents

    def batch(self) -> pa.RecordBatch:
        """The rows as Arrow columns."""
        kind, size, modified, identity, etag, problem = self._plain
        columns = [
            pa.array(self.path, pa.string()),
            pa.array(self.normal, pa.string()),
            pa.array(self.space, pa.string()),
            pa.array(kind, pa.string()),
            array(size, pa.int64()),
            array(modified, pa.int64()),
            array(identity, pa.string()),
            array(etag, pa.string()),
            pa.array(self._contents, pa.binary(32)),
            _digest_lists(self._digests),
            array(problem, pa.string()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=ENTRIES)


def array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """
    *values* as Arrow holds them: numbers held inside the range of *kind*, text made valid Unicode.

    Some file systems hold times beyond the year 2262; text of a server that is not Unicode is only
    ever compared with itself.
    """
    try:
        return pa.array(values, kind)
    except (OverflowError, pa.ArrowInvalid):
        most = (1 << kind.bit_width - 1) - 1
        return pa.array([_held(value, most) for value in values], kind)
    except UnicodeEncodeError:
        return pa.array([_valid(value) for value in values], kind)


def _held(value: object, most: int) -> object:
    return min(max(value, -most - 1), most) if isinstance(value, int) else value


def _valid(value: object) -> object:
    if isinstance(value, list):
        return [_valid(part) for part in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _digest_lists(digests: Iterable[tuple[tuple[str, str], ...]]) -> pa.Array:
    lists = [[f"{name}:{value}" for name, value in pairs] if pairs else () for pairs in digests]
    return array(lists, TEXTS)
