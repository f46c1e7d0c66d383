"""Fingerprints: the tree of RFC 6962, over entries in the byte order of their paths."""

from __future__ import annotations

from hashlib import sha256

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.manifest.fingerprint import SpacePrint, Tree, fingerprints, leaf
from lading.manifest.schema import ENTRIES


def reference(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word by word; the leaves are hashed already."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + reference(leaves[:split]) + reference(leaves[split:])).digest()


def rows(*entries: tuple[str, str, int, bytes | None]) -> duckdb.DuckDBPyConnection:
    """A connection whose view `entries` holds (path, kind, size, sha256)."""
    table = pa.Table.from_pylist(
        [
            {
                "path": path,
                "normal": path,
                "space": path.split("/")[0],
                "kind": kind,
                "size": size,
                "sha256": content,
                "digests": [],
            }
            for path, kind, size, content in entries
        ],
        schema=ENTRIES,
    )
    connection = duckdb.connect()
    connection.register("entries", table)
    return connection


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70), st.integers(1, 9))
def test_tree_is_that_of_the_rfc(leaves: list[bytes], batch: int) -> None:
    """
    However the leaves are cut into batches, the root is that of the definition.
    """
    tree = Tree()
    for start in range(0, len(leaves), batch):
        tree.add(b"".join(leaves[start : start + batch]))

    assert reference(leaves) == tree.root()
    assert len(leaves) == tree.leaves


def test_known_roots_of_certificate_transparency() -> None:
    """
    The roots of the RFC's own test leaves (as published with the reference implementation) come out.
    """
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    tree = Tree()
    for data in inputs:
        tree.add(sha256(b"\x00" + bytes.fromhex(data)).digest())

    assert "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" == tree.root().hex()


def test_leaves_are_the_documented_bytes() -> None:
    """
    DuckDB hashes the same bytes as the definition, whatever is in the path, with and without content.
    """
    content = sha256(b"x").digest()
    entries = [
        ("s", "folder", 0, None),
        ("s!", "file", 0, content),
        ("s!é", "symlink", 0, None),
        ("s/a\u0301\x01ff\n😀", "file", 2**40, content),
        ("s/á", "file", 1, None),
    ]
    found = list(fingerprints(rows(*reversed(entries))))
    expected = {
        space: reference(
            [
                leaf(*entry)
                for entry in sorted(entries, key=lambda entry: entry[0].encode())
                if entry[0].split("/")[0] == space
            ]
        )
        for space in ("s", "s!", "s!é")
    }

    assert expected == {space.space: space.fingerprint for space in found}
    assert SpacePrint("s!", 1, 0, leaf(*entries[1]), True) == found[1]
    assert [False, True, True] == [space.content for space in found]
    assert sha256(b"\x00s!\x00file\x000\x00" + content.hex().encode()).digest() == leaf(*entries[1])


def test_many_batches_keep_the_order() -> None:
    """
    Sorting and streaming of many rows in several threads does not change the root.
    """
    entries = [(f"s{number % 3}/{number * 7919 % 40000:05}", "file", number, None) for number in range(40000)]
    found = {space.space: space for space in fingerprints(rows(*entries))}
    for name in ("s0", "s1", "s2"):
        leaves = [leaf(*entry) for entry in sorted(entries) if entry[0].startswith(name)]

        assert reference(leaves) == found[name].fingerprint
        assert len(leaves) == found[name].objects


@pytest.mark.parametrize(
    "other",
    [
        ("s/b", "file", 1, None),
        ("s/a", "folder", 1, None),
        ("s/a", "file", 2, None),
        ("s/a", "file", 1, b"\0" * 32),
    ],
)
def test_every_field_counts(other: tuple[str, str, int, bytes | None]) -> None:
    """
    Another path, kind, size or content gives another fingerprint.
    """
    one = next(fingerprints(rows(("s/a", "file", 1, None))))

    assert one.fingerprint != next(fingerprints(rows(other))).fingerprint
