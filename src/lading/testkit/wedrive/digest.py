"""
The digests by which a block upload is announced (`block_sha`).

One SHA-1 runs over the whole file.  After each block but the last its chaining state is written down,
five words in little-endian order and without padding; after the last block comes the ordinary digest.
`hashlib` does not show the state, so libcrypto is asked, or where it is missing the loop below, which
manages about 1 MiB/s.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import Protocol

_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_ROUNDS = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)
_MASK = 0xFFFFFFFF


class _State(Protocol):
    def update(self, block: bytes) -> None:
        """Add *block*, whose length is a multiple of 64."""

    def words(self) -> tuple[int, ...]:
        """The five words of the chaining state."""


def block_digests(blocks: Iterable[bytes]) -> list[str]:
    """
    The list `block_sha` of a file given as its *blocks*, each but the last of one multiple of 64 bytes.

    >>> block_digests([bytes(1)])
    ['5ba93c9db0cff93f52b521d7420e43f6eda2784f']
    """
    found: list[str] = []
    state, whole = _new_state(), hashlib.sha1()
    for block, last in _marked(blocks):
        whole.update(block)
        if last:
            return [*found, whole.hexdigest()]
        state.update(block)
        found.append(struct.pack("<5I", *state.words()).hex())
    return found


def _marked(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last."""
    before: bytes | None = None
    for block in blocks:
        if before is not None:
            yield before, False
        before = block
    if before is not None:
        yield before, True


class _Context(ctypes.Structure):
    _fields_ = (("state", ctypes.c_uint32 * 5), ("rest", ctypes.c_uint32 * 19))


class NativeState:
    """The chaining state kept by libcrypto."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library, self._context = library, _Context()
        library.SHA1_Init(ctypes.byref(self._context))

    def update(self, block: bytes) -> None:
        self._library.SHA1_Update(ctypes.byref(self._context), block, ctypes.c_size_t(len(block)))

    def words(self) -> tuple[int, ...]:
        return tuple(self._context.state)


class PlainState:
    """The chaining state in plain Python, from the description of SHA-1 (FIPS 180-4)."""

    def __init__(self) -> None:
        self._words: tuple[int, ...] = _START

    def update(self, block: bytes) -> None:
        for start in range(0, len(block), 64):
            self._words = _compressed(self._words, block[start : start + 64])

    def words(self) -> tuple[int, ...]:
        return self._words


def _compressed(words: tuple[int, ...], chunk: bytes) -> tuple[int, ...]:
    schedule = list(struct.unpack(">16I", chunk))
    for at in range(16, 80):
        mixed = schedule[at - 3] ^ schedule[at - 8] ^ schedule[at - 14] ^ schedule[at - 16]
        schedule.append(_rolled(mixed, 1))
    a, b, c, d, e = words
    for at, word in enumerate(schedule):
        turned = _rolled(a, 5) + _chosen(at // 20, b, c, d) + e + _ROUNDS[at // 20] + word
        a, b, c, d, e = turned & _MASK, a, _rolled(b, 30), c, d
    return tuple((old + new) & _MASK for old, new in zip(words, (a, b, c, d, e), strict=True))


def _chosen(quarter: int, b: int, c: int, d: int) -> int:
    if quarter == 0:
        return (b & c) | (~b & _MASK & d)
    return (b & c) | (b & d) | (c & d) if quarter == 2 else b ^ c ^ d


def _rolled(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _MASK


def _new_state() -> _State:
    return NativeState(_LIBRARY) if _LIBRARY is not None else PlainState()


def _proven_library() -> ctypes.CDLL | None:
    """libcrypto if it has the functions and keeps its state where we read it."""
    try:
        library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so")
        native, plain = NativeState(library), PlainState()
    except (OSError, AttributeError):
        return None
    for state in (native, plain):
        state.update(bytes(range(128)))
    return library if native.words() == plain.words() else None


_LIBRARY = _proven_library()
