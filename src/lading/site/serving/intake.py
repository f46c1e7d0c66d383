"""
The bytes of one connection, turned into requests.

llhttp parses them, strictly: what two servers could understand in two ways is
refused.  The body of a request is kept in pieces until somebody takes it.
"""

from __future__ import annotations

from collections import deque

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserInvalidURLError,
    HttpParserUpgrade,
    HttpRequestParser,
)

HEAD = 192 * 1024
"""Bytes of a request before its body, or one after the other without any of its body."""
TARGET = 64 * 1024
"""Bytes of an address: a deep path in Chinese takes nine for each character."""
FIELDS = 200
_VERSIONS = ("1.1", "1.0")
_CHUNKED = b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
_MEASURED = b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n"


class Refused(Exception):
    """The bytes are no request that can be answered; *status* says why, and the connection ends."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Message:
    """
    One request as it comes in: *target* and *fields* are raw bytes.

    *headed* once all fields are known, *whole* once the body is; *pieces* are what nobody has taken of it yet.
    *length* is what the body announces, None where it comes in chunks.  *lasting*: the client wants
    to go on with the connection.
    """

    __slots__ = (
        "expects", "fields", "headed", "lasting", "length", "method", "pieces", "target", "version", "whole"
    )  # fmt: skip

    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.version = "1.1"
        self.pieces: deque[bytes] = deque()
        self.length: int | None = 0
        self.expects = self.headed = self.whole = False
        self.lasting = True


class Intake:
    """Takes the bytes of one connection in; *messages* are its requests in order, the last perhaps unfinished."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self._parser = HttpRequestParser(self)
        self._deaf = False
        self._barren = self._size = 0
        self._refusal = 400

    @property
    def begun(self) -> bool:
        """Whether there is a request, or the beginning of one."""
        return bool(self.messages)

    def feed(self, data: bytes) -> None:
        """
        Take *data* in.

        Raises:
            Refused: it is no request, or one that is too large.
        """
        # Whatever begins a request or is of a body sets it to nothing.
        self._barren += len(data)
        left = memoryview(data)
        try:
            while (taken := self._parsed(left)) < len(left):
                left = left[taken:]
        except HttpParserInvalidMethodError:
            raise Refused(501) from None
        except HttpParserInvalidURLError:
            raise Refused(400) from None
        except (HttpParserCallbackError, HttpParserError):
            raise Refused(self._refusal) from None
        if self._barren > HEAD and self.messages and not self.messages[-1].whole:
            raise Refused(431)

    def _parsed(self, data: memoryview) -> int:
        """How much of *data* one parser took."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as problem:
            # Whoever wants another protocol gets this one, which RFC 9110 (7.8) allows.
            self._begin_body_anew()
            return int(problem.args[0])
        return len(data)

    def _begin_body_anew(self) -> None:
        """
        Take the body of the request that asked for another protocol.

        The parser believes that it has none, but whoever sent it, and a proxy between, goes on with it.
        """
        self._parser = HttpRequestParser(self)
        message = self.messages[-1]
        message.whole = message.length == 0
        if not message.whole:
            self._deaf = True
            self._parser.feed_data(_CHUNKED if message.length is None else _MEASURED % message.length)
            self._deaf = False

    def begin_anew(self) -> None:
        """Forget the request under way, whose body was read past us."""
        self._parser = HttpRequestParser(self)

    def on_message_begin(self) -> None:
        if not self._deaf:
            self.messages.append(Message())
            self._barren = self._size = 0

    def on_url(self, piece: bytes) -> None:
        if self._deaf:
            return
        message = self.messages[-1]
        message.target += piece
        if len(message.target) > TARGET:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        message = self.messages[-1]
        if message.headed:
            return  # what follows a body decides nothing any more
        message.fields.append((name, value))
        self._size += len(name) + len(value)
        if len(message.fields) > FIELDS or self._size > HEAD:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        if self._deaf:
            return
        message = self.messages[-1]
        message.method = self._parser.get_method().decode("ascii")
        message.version = self._parser.get_http_version()
        if message.version not in _VERSIONS:
            self._refuse(505)
        message.lasting = self._parser.should_keep_alive()
        if message.method == "CONNECT":
            self._refuse(405)  # it names a host to be tunnelled to
        hosts = 0
        for name, value in message.fields:
            match name.lower():
                case b"content-length":
                    message.length = int(value)
                case b"transfer-encoding":
                    message.length = None
                    if value.strip().lower() != b"chunked":
                        self._refuse(501)
                    if message.version == "1.0":
                        self._refuse(400)  # whatever stands between may not know of chunks (RFC 9112, 6.1)
                case b"expect":
                    message.expects = value.strip().lower() == b"100-continue" and message.version == "1.1"
                case b"host":
                    hosts += 1
        if hosts > 1 or (not hosts and message.version == "1.1"):
            self._refuse(400)
        message.headed = True

    def on_body(self, piece: bytes) -> None:
        self._barren = 0
        self.messages[-1].pieces.append(piece)

    def on_message_complete(self) -> None:
        self.messages[-1].whole = True

    def _refuse(self, status: int) -> None:
        # The parser wraps whatever a callback raises.
        self._refusal = status
        raise Refused(status)
