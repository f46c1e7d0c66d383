"""
A part of a snapshot: what belongs to it, and how a person names it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.model.errors import BadAddress
from lading.model.paths import encode, within
from lading.vault.part import Part, read_part

NAMES = st.sampled_from(["a", "b", "a.", "合同", "x\x01", "\udcff", "a/b"])
PATHS = st.lists(st.lists(NAMES, max_size=4).map(tuple), max_size=4)


@given(PATHS, st.lists(NAMES, max_size=5).map(tuple))
def test_a_part_holds_what_lies_below_and_what_stands_above(
    paths: list[tuple[str, ...]], asked: tuple[str, ...]
) -> None:
    """Exactly the paths, all below them, and the folders above them: never a neighbour whose name begins alike."""
    expected = any(within(asked, path) or within(path, asked) for path in paths)

    assert expected == Part(paths).holds(encode(asked))


def test_a_part_survives_its_file(tmp_path: Path) -> None:
    """Hostile names come back as they were; a file that is no part is refused."""
    file = str(tmp_path / "part.json")
    part = Part([("a/b", "\udcff"), ("合同",)])
    part.write(file)
    assert part.paths == read_part(file).paths

    Path(file).write_text("{}", encoding="utf-8")
    with pytest.raises(BadAddress):
        read_part(file)
    with pytest.raises(BadAddress):
        read_part(file + ".none")
