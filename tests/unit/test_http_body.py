"""Bodies give away what the source gave, in any portions, and the end only when it is right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.http.body import MEMORY, Body
from lading.model.errors import Truncated
from lading.testkit.sources import SourceBroke, breaks_after

PATH = ("a",)
BIG = bytes(range(256)) * (MEMORY // 128)


def given_away(body: Body, room: int = 70_000) -> bytes:
    return b"".join(iter(lambda: body.pull(room), b""))


@given(st.lists(st.binary(max_size=50)), st.booleans())
def test_small_contents_are_gathered(blocks: list[bytes], announced: bool) -> None:
    """A small content comes in one piece, empty blocks and all."""
    content = b"".join(blocks)

    assert content == Body(PATH, blocks, len(content) if announced else None).gather()


@pytest.mark.parametrize("step", [1000, MEMORY, len(BIG), 3 * len(BIG)])
@pytest.mark.parametrize("room", [16_384, 1 << 20, 1 << 30])
def test_large_contents_are_pulled(step: int, room: int) -> None:
    """A large content comes as it is, whatever the blocks of the source and the portions asked for."""
    content = BIG * 3
    body = Body(PATH, (content[start : start + step] for start in range(0, len(content), step)), len(content))

    assert body.gather() is None
    assert not body.sent
    assert content == given_away(body, room)
    assert body.sent
    assert len(content) == body.pulled


@pytest.mark.parametrize("blocks", [[BIG * 3, b"x"], [BIG, BIG, BIG, b"x"], [BIG * 3, b"", b"x"]])
def test_the_last_byte_is_kept_until_the_source_has_ended(blocks: list[bytes]) -> None:
    """A source that goes on after its announced size is noticed before that size was given away."""
    body, given_so_far = Body(PATH, blocks, 3 * len(BIG)), 0
    with pytest.raises(Truncated):
        body.gather()
        while piece := body.pull(1 << 20):
            given_so_far += len(piece)

    assert given_so_far < 3 * len(BIG)


def test_a_source_that_fails_after_the_last_byte() -> None:
    """Its own exception comes out before the last byte does."""
    body = Body(PATH, breaks_after(3, piece=BIG), 3 * len(BIG))
    with pytest.raises(SourceBroke):
        body.gather()
        given_away(body)


def test_the_beginning_can_be_sent_again() -> None:
    """As long as only the kept beginning was given away, a body can go back to it; afterwards not."""
    body = Body(PATH, [BIG] * 4, None)
    body.gather()
    first = body.pull(100)

    assert body.rewind()
    assert first == body.pull(100)
    assert 4 * len(BIG) == len(first) + len(given_away(body))
    assert not body.rewind()


def test_spooling_keeps_the_content() -> None:
    """A body of unknown length gets one by way of a temporary file."""
    body = Body(PATH, iter([BIG] * 4), None)
    body.gather()
    again, file = body.spooled()
    with file:
        assert 4 * len(BIG) == again.size
        assert BIG * 4 == given_away(again)
