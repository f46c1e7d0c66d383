"""
A request that a thread answers: with the whole connection, waiting as long as it takes.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from lading.model.errors import Truncated
from lading.model.text import Text
from lading.site.serving.answer import (
    END,
    Frame,
    Region,
    Reply,
    chunk,
    frame,
    region_of,
    small,
    trouble,
)
from lading.site.serving.environ import Environ
from lading.site.serving.intake import Message, Refused

if TYPE_CHECKING:
    from lading.site.serving.connection import Connection

_log = logging.getLogger("lading.serving")

DRAIN = 1 << 20
"""Bytes of a body nobody wanted that are taken in, so that the connection can go on."""
RECEIVE = 1 << 20
_STALL = 60.0
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_BROKEN = Text("the body broke off", "请求内容中断")


class Later(Exception):
    """An application that was asked not to wait would have to; nothing has happened yet."""


class Errand:
    """
    *message* of *connection* with its *environ*, to be answered by `run`, in any thread.

    Afterwards *last* tells whether the connection ends with it, *broken* that it did already.
    """

    def __init__(self, connection: Connection, message: Message, environ: Environ) -> None:
        self.connection, self.message, self.environ = connection, message, environ
        self.last = self.broken = False
        self._plug = connection.plug
        self._begun: tuple[Reply, Iterable[bytes]] | None = None
        self._streamed: _Streamed | None = None

    def going_on(self, reply: Reply, result: Iterable[bytes]) -> Errand:
        """The rest of an answer that the loop began."""
        self._begun = reply, result
        return self

    def body(self) -> Any:
        """What the application reads as `wsgi.input`."""
        message = self.message
        if message.whole:
            return io.BytesIO(message.pieces[0] if len(message.pieces) == 1 else b"".join(message.pieces))
        self._streamed = _Streamed(self.connection, message)
        return io.BufferedReader(self._streamed, RECEIVE)

    def run(self) -> None:
        """Answer; every failure of the connection or the application ends here."""
        self._plug.settimeout(_STALL)
        reply, result = Reply(), None
        try:
            if self._begun is not None:
                reply, result = self._begun
            else:
                self.environ["wsgi.input"] = self.body()
                result = self.connection.loop.application(self.environ, reply.start)
            self._give(reply, result)
            self._take_rest()
        except OSError:
            self.broken = True
        except Exception:
            _log.exception("the application failed")
            self._fail(reply)
        finally:
            if result is not None and hasattr(result, "close"):
                result.close()

    def _give(self, reply: Reply, result: Iterable[bytes]) -> None:
        body = small(result)
        if body is not None:
            framed = self._framed(reply, len(body))
            self._send(framed.head if framed.bare else framed.head + body)
            return
        if (region := region_of(result, reply)) is not None:
            framed = self._framed(reply, None)
            self._send(framed.head)
            if not framed.bare:
                self._send_region(region)
            return
        # Some applications call `start_response` late: with their first block.
        blocks = iter(result)
        first = next(blocks, b"")
        framed = self._framed(reply, None)
        self._send(framed.head)
        if not framed.bare:
            self._send_blocks(framed, chain((first,), blocks))

    def _send_region(self, region: Region) -> None:
        sent = self._plug.sendfile(region.body.file, region.start, region.length) if region.length else 0
        self._demand(sent, region.length)

    def _framed(self, reply: Reply, size: int | None) -> Frame:
        connection = self.connection
        last = connection.loop.ending or connection.ended or self._unread_is_much()
        framed = frame(self.message, reply, size, last=last)
        self.last, reply.sent = framed.last, True
        return framed

    def _unread_is_much(self) -> bool:
        """Whether so much of the body was left that ending the connection costs less."""
        streamed = self._streamed
        if streamed is None or self.message.whole:
            return False
        return streamed.uninvited or streamed.left is None or streamed.left > DRAIN

    def _send_blocks(self, framed: Frame, blocks: Iterable[bytes]) -> None:
        sent = sum(self._send_block(framed, block) for block in blocks if block)
        if framed.chunked:
            self._send(END)
        elif framed.length is not None:
            self._demand(sent, framed.length)

    def _send(self, data: bytes) -> None:
        # The patience of `sendall` is for all of the data, however slow the line is; this one is for each step.
        view = memoryview(data)
        while view:
            view = view[self._plug.send(view) :]

    def _demand(self, sent: int, announced: int) -> None:
        if sent != announced:
            _log.error("an answer had %d bytes instead of %d", sent, announced)
            raise ConnectionAbortedError

    def _send_block(self, framed: Frame, block: bytes) -> int:
        self._send(chunk(block) if framed.chunked else block)
        return len(block)

    def _take_rest(self) -> None:
        if self._streamed is not None and not self.last:
            self._streamed.drain()
            self.last = self.last or not self.message.whole

    def _fail(self, reply: Reply) -> None:
        """Say that the application failed, if it is not too late for that."""
        self.last = True
        if reply.sent:
            self.broken = True
            return
        said, body = trouble(500)
        try:
            framed = frame(self.message, said, len(body), last=True)
            self._send(framed.head + body)
        except OSError:
            self.broken = True


class _Streamed(io.RawIOBase):
    """
    A body that is still coming.

    Where its length is known it is read past the parser, which then begins anew with the next request.
    """

    def __init__(self, connection: Connection, message: Message) -> None:
        self._connection, self._message = connection, message
        self.uninvited = message.expects and not message.pieces
        self.left = message.length
        self._pieces = message.pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.uninvited:
            self._connection.plug.sendall(_GO_ON)
            self.uninvited = False
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
        waste = bytearray(RECEIVE)
        left = DRAIN
        while left > 0 and (got := self.readinto(waste)):
            left -= got

    def _from_pieces(self, view: memoryview) -> int:
        piece = self._pieces[0]
        count = min(len(piece), len(view))
        view[:count] = piece[:count]
        if count == len(piece):
            self._pieces.pop(0)
        else:
            self._pieces[0] = piece[count:]
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
        while not self._pieces and not self._message.whole:
            data = bytearray(RECEIVE)
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
            return self._connection.plug.recv_into(view)
        except (TimeoutError, ConnectionError):
            return 0

    def _at_end(self) -> int:
        if not self._message.whole and self.left is None:
            # Without an announced length nobody else would notice.
            raise Truncated("", _BROKEN)
        return 0
