"""
Names: whatever a drive ever had, and what is no name.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.tree.change import make_folder, move
from lading.drive.tree.names import DEPTH, NAME_BYTES, check_name
from lading.model.errors import NameRefused, TooDeep
from lading.model.paths import encode
from unit.drive.tree_ground import deal, eye, folder, look, names, person, write

ANY = st.text(st.characters(codec=None, categories=None), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY, min_size=1, max_size=6, unique=True))
def test_any_names_are_kept_exactly_and_told_apart(wanted: list[str]) -> None:
    """
    What is saved under any text is found and listed under that very text, or the text is refused as no name.
    """
    boss = person()
    space = deal(boss)
    good = []
    for name in wanted:
        try:
            check_name(name)
        except NameRefused:
            assert (
                name in (".", "..")
                or "/" in name
                or "\0" in name
                or len(encode((name,)).encode()) > NAME_BYTES
            )
            continue
        good.append(name)
        write(boss, space, name, content=f"{len(good)}")

    assert sorted(good, key=lambda name: encode((name,)).encode("utf-8", "surrogatepass")) == names(
        boss, space
    )
    assert good == [look(boss, space, name).row.name for name in good]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "/", "x" * 1001, "项" * 334])
def test_what_is_no_name_is_refused(name: str) -> None:
    """
    Empty, dots, slashes, NUL and more than 1,000 bytes are refused wherever a name is given.
    """
    boss = person()
    space = deal(boss)
    made = folder(boss, space, "a")

    with pytest.raises(NameRefused):
        make_folder(eye(boss), look(boss, space), name)
    with pytest.raises(NameRefused):
        write(boss, space, name)
    with pytest.raises(NameRefused):
        move(eye(boss), made, look(boss, space), name)
    assert ["a"] == names(boss, space)


@pytest.mark.parametrize("name", ["x" * 1000, "项" * 333, "CON", "a.", " ", "\x01\x7f", "\U0001f600" * 250])
def test_long_and_odd_names_are_good(name: str) -> None:
    """
    Up to 1,000 bytes, and everything other systems stumble over, is a name.
    """
    boss = person()
    space = deal(boss)
    write(boss, space, name)

    assert [name] == names(boss, space)


def test_the_tree_ends_at_a_hundred_levels() -> None:
    """
    The hundredth level can be made and found; nothing is made, saved or moved below it.
    """
    boss = person()
    space = deal(boss)
    path = tuple(f"{level}" for level in range(DEPTH))
    for level in range(DEPTH):
        folder(boss, space, *path[: level + 1])
    folder(boss, space, "tall")
    folder(boss, space, "tall", "top")

    assert path == look(boss, space, *path).path
    with pytest.raises(TooDeep):
        folder(boss, space, *path, "more")
    with pytest.raises(TooDeep):
        write(boss, space, *path, "more")
    with pytest.raises(TooDeep):
        move(eye(boss), look(boss, space, "tall"), look(boss, space, *path[:99]), "tall")
    assert ["top"] == names(boss, space, "tall")
