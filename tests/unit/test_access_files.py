"""Files that people give to `lading access`: what is understood, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.cli.access_files import identities_in, moved_in, path_from, tolerated_in, walls_in
from lading.manifest.access.comparing import ANYONE, Tolerated
from lading.model.access import Role
from lading.model.errors import BadRequest
from lading.model.paths import decode, encode


def put(tmp_path: Path, text: str, name: str = "file") -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


@pytest.mark.parametrize("path", [("a", "b c"), ("e\u0301",), ("\udcff",), ("x\x01y", "z"), ("合同",)])
def test_a_path_is_taken_as_typed_and_as_encoded(path: tuple[str, ...]) -> None:
    """A path may be given as people write it, or as a manifest has it."""
    assert encode(path) == path_from(encode(path))
    assert path == decode(path_from("/" + "/".join(path))) or "\x01" in "".join(path)


def test_walls_are_lines_or_tables(tmp_path: Path) -> None:
    """Both forms say the same, and a line may use what every keyboard has."""
    lines = walls_in(put(tmp_path, "\ufeff# deals\n\n/A ⟂ B/C\nD || E F\n"))
    table = walls_in(put(tmp_path, '[[wall]]\na = ["/A", "X"]\nb = ["B/C"]\n', "walls.toml"))

    assert [(("A",), ("B/C",)), (("D",), ("E F",))] == [wall.sides for wall in lines]
    assert [(("A", "X"), ("B/C",))] == [wall.sides for wall in table]


def test_an_identity_map_is_read(tmp_path: Path) -> None:
    """Ids lead to ids, or to nobody; other columns are passed over, and guarded cells are bare again."""
    text = "\ufeffkind,id,outcome,new_kind,new_id\nperson,1,mapped,person,'=2\ngroup,g,mapped,department,d\nguest,3,missing,,\n"

    assert {"u:1": "u:=2", "g:g": "g:d", "u:3": None} == identities_in(put(tmp_path, text))


def test_moved_paths_and_tolerances_are_read(tmp_path: Path) -> None:
    """Paths lose their outer slashes; a tolerance is for whom, where and up to which role."""
    gain = '[[gain]]\n{}\npath = "/a"\nrole = "edit"\nreason = "r"\n'

    assert [("a/b", "c")] == moved_in(put(tmp_path, "old,new\n/a/b,c/\n"))
    assert [Tolerated("g:d", "a", Role.EDIT), Tolerated(ANYONE, "a", Role.EDIT)] == tolerated_in(
        put(tmp_path, gain.format('department = "d"') + gain.format("anyone = true"))
    )


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (identities_in, "kind,id\nperson,1\n"),
        (identities_in, "kind,id,new_id\nrobot,1,1\n"),
        (identities_in, "kind,id,new_id\nperson,,1\n"),
        (identities_in, "kind,id,new_id\nperson,1,1\nguest,1,2\n"),
        (moved_in, "from,to\na,b\n"),
        (tolerated_in, "gain = 3"),
        (tolerated_in, "not toml ["),
        (tolerated_in, '[[gain]]\nperson = "a"\nguest = "b"\npath = "p"\nrole = "edit"\nreason = "r"\n'),
        (tolerated_in, '[[gain]]\nperson = "a"\npath = "p"\nrole = "king"\nreason = "r"\n'),
        (walls_in, "A B\n"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, read: object, text: str) -> None:
    """A file that says less than it seems to is an error that names it."""
    file = put(tmp_path, text)

    with pytest.raises(BadRequest, match="file"):
        read(file)


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    """No traceback for what cannot be read."""
    (tmp_path / "raw").write_bytes(b"\xff\xfe\x00")

    for name in ("raw", "none"):
        with pytest.raises(BadRequest):
            moved_in(str(tmp_path / name))
