"""
One connection, while the loop has it: read, answer what is quick, send.

The loop calls `ready` when the socket is, and never waits for one.  What may
wait is given to a thread with the whole connection, which comes back by
`take_back`.
"""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from lading.site.serving.answer import BadAnswer, Frame, Late, Reply, frame, region_of, small, trouble
from lading.site.serving.environ import Environ, environ_of
from lading.site.serving.errand import Errand, Later
from lading.site.serving.incoming import STALL
from lading.site.serving.intake import Intake, Message, Refused
from lading.site.serving.outgoing import Outgoing

if TYPE_CHECKING:
    from lading.site.serving.loop import Loop

_log = logging.getLogger("lading.serving")

IDLE = 75.0
"""Seconds without a request after which a connection ends."""
HEAD = 30.0
"""Seconds from the first byte of a request to the last of its head."""
LINGER = 2.0
"""Seconds in which bytes of a client are thrown away, so that it reads the answer before it hears of the end."""
RECEIVE = 64 * 1024
SMALL_BODY = 64 * 1024
"""A body of up to so many bytes is awaited by the loop, so that slow senders hold no thread."""


class State(Enum):
    """Who has the connection, and what for."""

    READING = 1
    AWAY = 2
    """A thread has it."""
    SENDING = 3
    LINGERING = 4
    CLOSED = 5


class Connection:
    """*plug* is the socket, not blocking; *common* the environment that all requests of it share."""

    def __init__(self, loop: Loop, plug: socket.socket, common: Environ) -> None:
        self.loop, self.plug, self.common = loop, plug, common
        self.intake = Intake()
        self.state = State.READING
        self.deadline = time.monotonic() + HEAD
        self.ended = False
        """The client sends nothing more."""
        self.listed = 0
        """The events that the loop tells us of."""
        self._refusal = 0
        self._out: Outgoing | None = None
        self._last = False

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return self.state is State.READING and not self.intake.begun

    def ready(self) -> None:
        """Go on: the socket can be read from or, if we are sending, written to."""
        match self.state:
            case State.SENDING:
                self._send_more()
                self.advance()
            case State.READING:
                self._receive()
            case State.LINGERING:
                self._discard()

    def overdue(self) -> None:
        """The deadline has passed."""
        if self.state is State.READING and self.intake.begun:
            self.refuse(408)
        else:
            self.drop()

    def take_back(self, errand: Errand) -> None:
        """A thread is done with *errand*: go on with what came meanwhile."""
        self._last, self._out = errand.last, errand.rest
        if errand.broken:
            self.drop()
            return
        self.plug.setblocking(False)
        if self._out is None:
            self._sent()
        else:
            self._send_more()
        self.advance()

    def refuse(self, status: int) -> None:
        """Answer with *status* by ourselves, and end."""
        reply, body = trouble(status)
        message = self.intake.messages[-1] if self.intake.messages else Message()
        self._send(frame(message, reply, len(body), last=True), body)

    def drop(self) -> None:
        """End at once."""
        self.state = State.CLOSED
        self._close_out()
        self.loop.forget(self)
        self.plug.close()

    def advance(self) -> None:
        """Do what can be done with what has come."""
        while self.state is State.READING:
            message = self.intake.messages[0] if self.intake.messages else None
            if message is not None and message.headed:
                if not message.whole and not self.ended and not self._refusal and _awaited(message):
                    return
                self._begin(message)
            elif self._refusal:
                self.refuse(self._refusal)
            elif self.ended:
                self.drop()
            else:
                return

    def _receive(self) -> None:
        try:
            data = self.plug.recv(RECEIVE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.drop()
            return
        if not data:
            self.ended = True
        elif not self.intake.begun:
            self.deadline = time.monotonic() + HEAD
        elif self.intake.messages[0].headed:
            # A body may take its time as long as it comes; a head may not.
            self.deadline = time.monotonic() + STALL
        try:
            self.intake.feed(data)
        except Refused as refused:
            self._refusal = refused.status
        self.advance()

    def _begin(self, message: Message) -> None:
        try:
            environ = environ_of(message, self.common)
        except Refused as refused:
            self.refuse(refused.status)
            return
        if message.whole and self.loop.quick(environ):
            self._answer(message, environ)
        else:
            self._hand_over(Errand(self, message, environ))

    def _answer(self, message: Message, environ: Environ) -> None:
        """Answer in the loop; what turns out to wait is given to a thread after all."""
        reply = Reply()
        errand = Errand(self, message, environ)
        environ["wsgi.input"] = errand.body()
        environ["lading.impatient"] = environ["lading.gather"] = True
        try:
            result = self.loop.application(environ, reply.start)
        except Later:
            self.put_off(errand)
            return
        except Exception:
            _log.exception("the application failed")
            self.refuse(500)
            return
        if hasattr(result, "done"):
            self.state = State.AWAY
            self.loop.gather(errand, reply, result)
            return
        self._give(errand, reply, result)

    def put_off(self, errand: Errand) -> None:
        """Let a thread do *errand* from its beginning: in the loop it would have to wait."""
        del errand.environ["lading.impatient"], errand.environ["lading.gather"]
        self._hand_over(errand)

    def complete(self, errand: Errand, reply: Reply, late: Late) -> None:
        """Give the answer that was waited for."""
        if not late.done:
            self.put_off(errand)
            return
        try:
            result = late.answer()
        except Exception:
            _log.exception("the application failed")
            self.refuse(500)
            return
        self._give(errand, reply, result)
        self.advance()

    def _give(self, errand: Errand, reply: Reply, result: Iterable[bytes]) -> None:
        message = errand.message
        body = small(result)
        region = None if body is not None else region_of(result, reply)
        if body is None and region is None:
            self._hand_over(errand.going_on(reply, result))
            return
        try:
            framed = frame(
                message, reply, None if body is None else len(body), last=self.loop.ending or self.ended
            )
        except BadAnswer:
            _log.exception("the application failed")
            _close(result)
            self.refuse(500)
            return
        if framed.bare or region is None:
            _close(result)
            self._send(framed, b"" if framed.bare else body or b"")
        else:
            self._last, self._out = framed.last, Outgoing(framed.head, region)
            self._send_more()

    def _send(self, framed: Frame, body: bytes) -> None:
        self._last = framed.last
        try:
            sent = self.plug.sendmsg([framed.head, body])
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.drop()
            return
        if sent == len(framed.head) + len(body):
            self._sent()
            return
        self._out = Outgoing((framed.head + body)[sent:])
        self._send_more()

    def _send_more(self) -> None:
        assert self._out is not None
        self.deadline = time.monotonic() + STALL
        try:
            whole = self._out.send(self.plug)
        except (BlockingIOError, InterruptedError):
            whole = False
        except OSError:
            self.drop()
            return
        if whole:
            self._close_out()
            self._sent()
        elif self.state is not State.SENDING:
            self.state = State.SENDING
            self.loop.listen_to(self, select.EPOLLOUT)

    def _sent(self) -> None:
        if self._last:
            self._linger()
        else:
            self._wait_for_request()

    def _wait_for_request(self) -> None:
        self.intake.messages.popleft()
        if self.loop.ending and not self.intake.begun:
            self._linger()
            return
        self.state = State.READING
        self.loop.listen_to(self, select.EPOLLIN)
        self.deadline = time.monotonic() + (HEAD if self.intake.begun else IDLE)

    def _linger(self) -> None:
        self.state = State.LINGERING
        self.deadline = time.monotonic() + LINGER
        try:
            self.plug.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop()
            return
        self.loop.listen_to(self, select.EPOLLIN)

    def _discard(self) -> None:
        try:
            if self.plug.recv(RECEIVE):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self.drop()

    def _hand_over(self, errand: Errand) -> None:
        self.state = State.AWAY
        self.loop.hand_over(errand)

    def _close_out(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None


def _awaited(message: Message) -> bool:
    return not message.expects and message.length is not None and message.length <= SMALL_BODY


def _close(result: Iterable[bytes]) -> None:
    if hasattr(result, "close"):
        result.close()
