"""A narrowed drive shows some entries and the folders above them, and forwards all the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.registry import open_drive
from lading.connectors.wrap.narrow import write_paths
from lading.connectors.wrap.policy import Policy, wrapped
from lading.model.errors import BadState


def test_only_what_is_on_the_list_is_seen(tmp_path: Path) -> None:
    """A file on the list is listed with its folders, one beside it is not; a folder on the list is seen empty; content is read as ever."""
    for name in ("a/b/seen.txt", "a/b/unseen.txt", "a/c/other.txt", "d/x.txt"):
        file = tmp_path / "old" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    only = str(tmp_path / "only.json")
    write_paths(only, [("a", "b", "seen.txt"), ("d",)])
    policy = Policy(read_only=True, only=only)

    with wrapped(open_drive(Address("folder", str(tmp_path / "old"))), policy) as drive:
        listed = {
            folder: sorted(it.path[-1] for it in drive.list(folder).entries)
            for folder in ((), ("a",), ("a", "b"), ("d",))
        }
        with drive.read(("a", "b", "seen.txt")) as reader:
            content = reader.read(100)

    assert {(): ["a", "d"], ("a",): ["b"], ("a", "b"): ["seen.txt"], ("d",): []} == listed
    assert b"a/b/seen.txt" == content


@pytest.mark.parametrize("told", ["", "{}", '{"format": 2, "paths": []}', '{"format": 1, "paths": 3}'])
def test_a_damaged_list_is_told(tmp_path: Path, told: str) -> None:
    """Whatever stands in the file, it ends in a sentence."""
    (tmp_path / "only.json").write_text(told)
    drive = open_drive(Address("folder", str(tmp_path)))

    with pytest.raises(BadState):
        wrapped(drive, Policy(only=str(tmp_path / "only.json")))
