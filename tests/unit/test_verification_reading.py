"""
Two contents are equal if every byte is, however the blocks come.
"""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as some

from lading.connectors.address import Address
from lading.stages.verification.reading import File, Outcome, _Stream, first_difference, good
from lading.stages.verification.state import job_id


class Pieces:
    """A reader that gives its content in pieces of the given sizes, again and again."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        self._content, self._sizes, self._turn = content, sizes, 0

    def read(self, size: int, /) -> bytes:
        size = min(size, self._sizes[self._turn % len(self._sizes)])
        self._turn += 1
        block, self._content = self._content[:size], self._content[size:]
        return block


sizes = some.lists(some.integers(1, 9), min_size=1, max_size=4)


@given(some.binary(max_size=60), some.binary(max_size=60), some.integers(0, 60), sizes, sizes)
def test_first_difference(a: bytes, b: bytes, shared: int, ones: list[int], others: list[int]) -> None:
    """
    The first byte that differs is found, also where one content is the beginning of the other.
    """
    b = a[:shared] + b
    expected = next(
        (at for at, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b))
    )

    left = _Stream("old", Pieces(a, ones), None)  # type: ignore[arg-type]
    found = first_difference(left, _Stream("new", Pieces(b, others), None))  # type: ignore[arg-type]

    assert (None if a == b else expected) == found


@given(some.binary(max_size=60), sizes, sizes)
def test_digest_is_that_of_the_whole(content: bytes, ones: list[int], others: list[int]) -> None:
    """
    The digest on the way is that of OLD's whole content.
    """
    digest = sha256()

    left = _Stream("old", Pieces(content, ones), digest)  # type: ignore[arg-type]
    first_difference(left, _Stream("new", Pieces(content, others), None))  # type: ignore[arg-type]

    assert sha256(content).digest() == digest.digest()
    assert len(content) == left.length


def test_what_is_good() -> None:
    """
    Only content that was read, equal, and as recorded is good.
    """
    plain, recorded = File("a", "a", 1, True, None), File("a", "a", 1, True, sha256(b"x").hexdigest())

    assert good(plain, Outcome())
    assert good(recorded, Outcome(sha256=sha256(b"x").digest()))

    assert not good(recorded, Outcome(sha256=sha256(b"y").digest()))
    assert not good(plain, Outcome(at=0))
    assert not good(plain, Outcome(side="old", code="forbidden"))


def test_recorded_digest_is_never_left_out() -> None:
    """
    A file with a recorded digest is not good unless its digest was computed.
    """
    assert not good(File("a", "a", 1, True, "00" * 32), Outcome())


def test_name_of_a_job() -> None:
    """
    The folder of a job is named as docs/formats/state.md says.
    """
    expected = sha256(b"folder\0/old\0webdav\0https://host/dav/").hexdigest()[:16]

    assert expected == job_id(Address("folder", "/old"), Address("webdav", "https://host/dav/"))
