"""
The body of a request that is still coming, for the thread that reads it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from lading.model.errors import Truncated
from lading.model.text import Text
from lading.site.serving.intake import Message, Refused

if TYPE_CHECKING:
    from lading.site.serving.connection import Connection

DRAIN = 1 << 20
"""Bytes of a body nobody wanted that are taken in, so that the connection can go on."""
_DRAINING = 0.5
"""Seconds in which they have to come."""
RECEIVE = 1 << 20
STALL = 60.0
"""Seconds in which a client does nothing until it is given up."""
SLOWEST = 1000
"""Bytes per second below which a client that holds a thread does nothing, on the whole."""
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_BROKEN = Text("the body broke off", "请求内容中断")


class Pace:
    """How long a client was waited for, and for how many bytes: one that holds a thread must not dawdle for ever."""

    def __init__(self) -> None:
        self._waited, self._moved = 0.0, 0

    def step(self, move: Callable[[], int]) -> int:
        """
        Let *move* wait for the client and give the number of bytes that moved.

        Raises:
            TimeoutError: it takes too long, all in all.
        """
        began = time.monotonic()
        moved = move()
        self._waited += time.monotonic() - began
        self._moved += moved
        if self._waited > STALL + self._moved / SLOWEST:
            raise TimeoutError
        return moved


class Incoming(io.RawIOBase):
    """
    The body of *message*.

    Where its length is known it is read past the parser, which then begins anew with the next request.
    """

    def __init__(self, connection: Connection, message: Message) -> None:
        self._connection, self._message = connection, message
        self.uninvited = message.expects and not message.pieces
        self.left = message.length
        self._pieces = message.pieces
        self._pace = Pace()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.uninvited:
            self.uninvited = False
            self._invite()
        view = memoryview(buffer)
        if self._pieces:
            return self._from_pieces(view)
        if self._message.whole or self.left == 0 or self._connection.ended:
            return self._at_end()
        return self._past_parser(view) if self.left is not None else self._chunked(view)

    def drain(self) -> None:
        """Take in what nobody read, if it is little and comes at once."""
        if self.uninvited:
            return
        plug, waste = self._connection.plug, bytearray(RECEIVE)
        left, until = DRAIN, time.monotonic() + _DRAINING
        while left > 0 and (patience := until - time.monotonic()) > 0:
            plug.settimeout(patience)
            got = self.readinto(waste)
            if not got:
                return
            left -= got

    def _invite(self) -> None:
        try:
            self._connection.plug.sendall(_GO_ON)
        except OSError:
            self._connection.ended = True

    def _from_pieces(self, view: memoryview) -> int:
        count = 0
        while self._pieces and count < len(view):
            piece = self._pieces.popleft()
            fits = min(len(piece), len(view) - count)
            view[count : count + fits] = piece[:fits]
            count += fits
            if fits < len(piece):
                self._pieces.appendleft(piece[fits:])
        if self.left is not None:
            self.left -= count
        return count

    def _past_parser(self, view: memoryview) -> int:
        assert self.left is not None
        got = self._received(view[: min(len(view), self.left)])
        self.left -= got
        if not got:
            self._connection.ended = True
        elif not self.left:
            self._message.whole = True
            self._connection.intake.begin_anew()
        return got

    def _chunked(self, view: memoryview) -> int:
        data = bytearray(RECEIVE)
        while not self._pieces and not self._message.whole:
            got = self._received(memoryview(data))
            if not got:
                self._connection.ended = True
                break
            try:
                self._connection.intake.feed(bytes(data[:got]))
            except Refused:
                self._connection.ended = True
                break
        return self._from_pieces(view) if self._pieces else self._at_end()

    def _received(self, view: memoryview) -> int:
        try:
            return self._pace.step(partial(self._connection.plug.recv_into, view))
        except OSError:
            return 0

    def _at_end(self) -> int:
        if not self._message.whole and self.left is None:
            # Without an announced length nobody else would notice.
            raise Truncated("", _BROKEN)
        return 0
