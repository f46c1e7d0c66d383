"""
A request that a thread answers: with the whole connection, waiting as long as it takes.

What is known of the answer when the application returns goes out as fast as the client takes it: the thread begins, and
the loop sends the rest, so that slow clients hold no thread.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from lading.site.serving.answer import END, Frame, Reply, chunk, frame, region_of, small, trouble
from lading.site.serving.environ import Environ
from lading.site.serving.incoming import DRAIN, RECEIVE, STALL, Incoming, Pace
from lading.site.serving.intake import Message
from lading.site.serving.outgoing import Outgoing

if TYPE_CHECKING:
    from lading.site.serving.connection import Connection

_log = logging.getLogger("lading.serving")


class Later(Exception):
    """An application that was asked not to wait would have to; nothing has happened yet."""


class _Lost(Exception):
    """The client is gone, or what was promised to it cannot be kept."""


class Errand:
    """
    *message* of *connection* with its *environ*, to be answered by `run`, in any thread.

    Afterwards *rest* is what the loop has to send yet, *last* tells whether the connection ends with the answer,
    *broken* that it did already.
    """

    def __init__(self, connection: Connection, message: Message, environ: Environ) -> None:
        self.connection, self.message, self.environ = connection, message, environ
        self.last = self.broken = False
        self.rest: Outgoing | None = None
        self._plug = connection.plug
        self._pace = Pace()
        self._begun: tuple[Reply, Iterable[bytes]] | None = None
        self._incoming: Incoming | None = None

    def going_on(self, reply: Reply, result: Iterable[bytes]) -> Errand:
        """The rest of an answer that the loop began."""
        self._begun = reply, result
        return self

    def body(self) -> Any:
        """What the application reads as `wsgi.input`."""
        message = self.message
        if message.whole:
            return io.BytesIO(message.pieces[0] if len(message.pieces) == 1 else b"".join(message.pieces))
        self._incoming = Incoming(self.connection, message)
        return io.BufferedReader(self._incoming, RECEIVE)

    def run(self) -> None:
        """Answer; every failure of the connection or the application ends here."""
        reply, result = Reply(), None
        try:
            self._plug.settimeout(STALL)
            if self._begun is not None:
                reply, result = self._begun
            else:
                self.environ["wsgi.input"] = self.body()
                result = self.connection.loop.application(self.environ, reply.start)
            self._give(reply, result)
            self._take_rest()
        except _Lost:
            self.broken = True
        except Exception:
            _log.exception("the application failed")
            self._fail(reply)
        finally:
            # The loop closes the file that it is still to send.
            kept = self.rest is not None and self.rest.region is not None
            if result is not None and hasattr(result, "close") and not kept:
                result.close()

    def _give(self, reply: Reply, result: Iterable[bytes]) -> None:
        body = small(result)
        if body is not None:
            framed = self._framed(reply, len(body))
            self._begin_to_send(Outgoing(framed.head if framed.bare else framed.head + body))
            return
        if (region := region_of(result, reply)) is not None:
            framed = self._framed(reply, None)
            self._begin_to_send(Outgoing(framed.head, None if framed.bare else region))
            return
        # Some applications call `start_response` late: with their first block.
        blocks = iter(result)
        first = next(blocks, b"")
        framed = self._framed(reply, None)
        if framed.bare or len(first) == framed.length:
            self._begin_to_send(Outgoing(framed.head + (b"" if framed.bare else first)))
        else:
            self._send(framed.head)
            self._send_blocks(framed, chain((first,), blocks))

    def _framed(self, reply: Reply, size: int | None) -> Frame:
        connection = self.connection
        last = connection.loop.ending or connection.ended or self._unread_is_much()
        framed = frame(self.message, reply, size, last=last)
        self.last, reply.sent = framed.last, True
        return framed

    def _unread_is_much(self) -> bool:
        """Whether so much of the body was left that ending the connection costs less."""
        incoming = self._incoming
        if incoming is None or self.message.whole:
            return False
        return incoming.uninvited or incoming.left is None or incoming.left > DRAIN

    def _begin_to_send(self, outgoing: Outgoing) -> None:
        """Send what the socket takes at once."""
        try:
            self._plug.setblocking(False)
            if not outgoing.send(self._plug):
                self.rest = outgoing
        except BlockingIOError:
            self.rest = outgoing
        except OSError:
            raise _Lost from None

    def _send_blocks(self, framed: Frame, blocks: Iterable[bytes]) -> None:
        sent = sum(self._send_block(framed, block) for block in blocks if block)
        if framed.chunked:
            self._send(END)
        elif framed.length is not None and sent != framed.length:
            _log.error("an answer had %d bytes instead of %d", sent, framed.length)
            raise _Lost

    def _send_block(self, framed: Frame, block: bytes) -> int:
        self._send(chunk(block) if framed.chunked else block)
        return len(block)

    def _send(self, data: bytes) -> None:
        # The patience of `sendall` is for all of the data, however slow the line is; this one is for each step.
        view = memoryview(data)
        try:
            while view:
                view = view[self._pace.step(partial(self._plug.send, view)) :]
        except OSError:
            raise _Lost from None

    def _take_rest(self) -> None:
        if self._incoming is None or self.last:
            return
        if self.rest is None:
            self._incoming.drain()
        self.last = not self.message.whole

    def _fail(self, reply: Reply) -> None:
        """Say that the application failed, if it is not too late for that."""
        self.last = True
        if reply.sent:
            self.broken = True
            return
        said, body = trouble(500)
        framed = frame(self.message, said, len(body), last=True)
        try:
            self._begin_to_send(Outgoing(framed.head + (b"" if framed.bare else body)))
        except _Lost:
            self.broken = True
