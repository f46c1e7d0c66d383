"""
What a probe and its counterpart say to each other: addresses of HTTP, and the head of a datagram.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

BASE = "/lading-probe"
VERSION = 1

ECHO = 1
"""Sent back as it is."""
TRAIN = 2
"""Counted, never answered."""
HELLO = 3
"""Says where trains may go to; sent back as it is."""

HEAD = struct.Struct("!4s16sBIQ")
"""Mark, key of the session, kind, number, bytes' worth of a mark of time (nanoseconds of the sender's clock)."""
MARK = b"LPr1"
HEADERS = 28
"""Bytes of IPv4 and UDP before the payload: RFC 791, RFC 768; IPv6 has 20 more."""


class Head(NamedTuple):
    """What stands before the padding of a datagram."""

    key: bytes
    kind: int
    number: int
    stamp: int = 0

    def packed(self, size: int = 0) -> bytes:
        """The datagram, filled with zeros up to *size* bytes of payload."""
        return HEAD.pack(MARK, self.key, self.kind, self.number, self.stamp).ljust(size, b"\0")


def head(datagram: bytes) -> Head | None:
    """The head of *datagram*; None if it is none of ours."""
    if len(datagram) < HEAD.size or datagram[:4] != MARK:
        return None
    _, key, kind, number, stamp = HEAD.unpack_from(datagram)
    return Head(key, kind, number, stamp)
