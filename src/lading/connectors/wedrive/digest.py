"""
The digests of blocks that WeDrive wants before an upload.

One SHA-1 runs over the whole file.  After each block of 2 MiB but the last the inner state, five
words in little-endian order, is one digest; the last one is the ordinary SHA-1 of the file.  The rule is that
of the vendor's public sample `wecomopen/file_block_digest`.

`hashlib` does not show the inner state.  The SHA-1 of OpenSSL's libcrypto does, where it can be
reached; it is tried before it is used.  Elsewhere SHA-1 is computed in Python: right, and slow
(about 1 MiB/s).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
from collections.abc import Callable
from functools import cache
from typing import Protocol

BLOCK = 2_097_152
"""Bytes of a block, the last one apart."""

_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_CHUNK = 64


class Sha1(Protocol):
    """A running SHA-1 that shows its inner state."""

    def update(self, data: bytes) -> None:
        """Go on with *data*."""

    def state(self) -> tuple[int, ...]:
        """The five words after a multiple of 64 bytes."""

    def hexdigest(self) -> str:
        """The digest of all; nothing may follow."""


class BlockDigests:
    """The digests of the blocks of one content, which is told in pieces of any size."""

    def __init__(self, sha1: Callable[[], Sha1] | None = None) -> None:
        self._sha1 = (sha1 or fastest())()
        self._room = BLOCK
        self._found: list[str] = []
        self.size = 0

    def update(self, data: bytes) -> None:
        """Go on with *data*."""
        view = memoryview(data)
        while view:
            if not self._room:
                # Only now it is known that the block before was not the last.
                self._found.append(struct.pack("<5I", *self._sha1.state()).hex())
                self._room = BLOCK
            piece = view[: self._room]
            self._sha1.update(bytes(piece))
            self.size += len(piece)
            self._room -= len(piece)
            view = view[len(piece) :]

    def finish(self) -> list[str]:
        """One digest for each block, in order; the last one is the SHA-1 of the whole content."""
        return [*self._found, self._sha1.hexdigest()]


class PlainSha1:
    """SHA-1 in Python."""

    def __init__(self) -> None:
        self._words: tuple[int, ...] = _START
        self._left = b""
        self._size = 0

    def update(self, data: bytes) -> None:
        """Go on with *data*."""
        self._size += len(data)
        data = self._left + data
        whole = len(data) - len(data) % _CHUNK
        for at in range(0, whole, _CHUNK):
            self._words = _compressed(self._words, data[at : at + _CHUNK])
        self._left = data[whole:]

    def state(self) -> tuple[int, ...]:
        """The five words; what is left of a piece of 64 bytes is not in them yet."""
        return self._words

    def hexdigest(self) -> str:
        """The digest."""
        bits = self._size * 8
        self.update(b"\x80" + bytes((55 - self._size) % _CHUNK) + struct.pack(">Q", bits))
        return struct.pack(">5I", *self._words).hex()


class _Context(ctypes.Structure):
    """`SHA_CTX` of OpenSSL's sha.h."""

    _fields_ = (
        ("words", ctypes.c_uint32 * 5),
        ("length", ctypes.c_uint32 * 2),
        ("data", ctypes.c_uint32 * 16),
        ("count", ctypes.c_uint32),
    )


class LibrarySha1:
    """SHA-1 of the libcrypto *library*."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._context = _Context()
        library.SHA1_Init(ctypes.byref(self._context))

    def update(self, data: bytes) -> None:
        """Go on with *data*."""
        self._library.SHA1_Update(ctypes.byref(self._context), data, ctypes.c_size_t(len(data)))

    def state(self) -> tuple[int, ...]:
        """The five words."""
        return tuple(self._context.words)

    def hexdigest(self) -> str:
        """The digest."""
        found = ctypes.create_string_buffer(20)
        self._library.SHA1_Final(found, ctypes.byref(self._context))
        return found.raw.hex()


@cache
def fastest() -> Callable[[], Sha1]:
    """The fastest SHA-1 here that gives what the plain one gives."""
    for name in _libraries():
        try:
            library = ctypes.CDLL(name)
            if _trial(lambda library=library: LibrarySha1(library)) == _trial(PlainSha1):  # type: ignore[misc]
                return lambda library=library: LibrarySha1(library)  # type: ignore[misc]
        except (OSError, AttributeError):
            continue
    return PlainSha1


def _libraries() -> list[str]:
    """Where libcrypto may be: beside the module of Python that uses it, or in the system."""
    found = []
    try:
        import _hashlib  # noqa: PLC0415 — not every Python is built with it
    except ImportError:
        pass
    else:
        found.append(getattr(_hashlib, "__file__", None))
    found += ["libcrypto.so.3", "libcrypto.so.1.1", ctypes.util.find_library("crypto")]
    return [name for name in found if name]


def _trial(sha1: Callable[[], Sha1]) -> tuple[tuple[int, ...], str]:
    one = sha1()
    one.update(bytes(range(256)))
    state = one.state()
    one.update(b"and a little more")
    return state, one.hexdigest()


def _compressed(words: tuple[int, ...], chunk: bytes) -> tuple[int, ...]:
    """One round of SHA-1 (FIPS 180-4, 6.1.2)."""
    schedule = list(struct.unpack(">16I", chunk))
    for at in range(16, 80):
        word = schedule[at - 3] ^ schedule[at - 8] ^ schedule[at - 14] ^ schedule[at - 16]
        schedule.append((word << 1 | word >> 31) & 0xFFFFFFFF)
    a, b, c, d, e = words
    for at, word in enumerate(schedule):
        if at < 20:
            mixed = (b & c | ~b & d) + 0x5A827999
        elif at < 40:
            mixed = (b ^ c ^ d) + 0x6ED9EBA1
        elif at < 60:
            mixed = (b & c | b & d | c & d) + 0x8F1BBCDC
        else:
            mixed = (b ^ c ^ d) + 0xCA62C1D6
        turned = (a << 5 | a >> 27) & 0xFFFFFFFF
        a, b, c, d, e = (turned + mixed + e + word) & 0xFFFFFFFF, a, (b << 30 | b >> 2) & 0xFFFFFFFF, c, d
    return tuple((old + new) & 0xFFFFFFFF for old, new in zip(words, (a, b, c, d, e), strict=True))
