"""
What an application answers, framed for the wire.

Everything here is pure: bytes are made, none are sent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any, NamedTuple, Protocol

from lading.site.serving.intake import Message

_NO_BODY = ("204", "304")
_ERRORS = {
    400: ("Bad Request", "this is no HTTP request that can be understood", "无法理解此 HTTP 请求"),
    405: ("Method Not Allowed", "this server is no proxy", "本服务器不是代理"),
    408: ("Request Timeout", "the request did not come to its end in time", "请求未在规定时间内到齐"),
    414: ("URI Too Long", "the address is too long", "地址过长"),
    431: ("Request Header Fields Too Large", "the headers are too large", "请求头过大"),
    500: ("Internal Server Error", "the server failed; its log says more", "服务器内部错误，详见日志"),
    501: ("Not Implemented", "this server does not know the method or the encoding", "不支持此方法或编码"),
    503: ("Service Unavailable", "the server is ending", "服务器正在停止"),
    505: ("HTTP Version Not Supported", "this server speaks HTTP/1.1", "本服务器使用 HTTP/1.1"),
}


class BadAnswer(Exception):
    """The application broke PEP 3333."""


class FileBody:
    """
    PEP 3333's `wsgi.file_wrapper`: content of *file*, from where it stands, sent by the kernel where it has a descriptor.

    What an application gives it has `read`, and may have `fileno` and `close`.
    """

    def __init__(self, file: Any, block: int = 1 << 18) -> None:
        self.file, self.block = file, block

    def __iter__(self) -> FileBody:
        return self

    def __next__(self) -> bytes:
        data: bytes = self.file.read(self.block)
        if not data:
            raise StopIteration
        return data

    def close(self) -> None:
        if hasattr(self.file, "close"):
            self.file.close()


def region_of(result: Iterable[bytes], reply: Reply) -> Region | None:
    """What the kernel can send for *result*; None if it must be read, or is nothing."""
    length = next((value for name, value in reply.fields if name.lower() == "content-length"), None)
    if not isinstance(result, FileBody) or length in (None, "0"):
        return None
    try:
        descriptor = result.file.fileno()
        return Region(result, descriptor, os.lseek(descriptor, 0, os.SEEK_CUR), int(length))
    except (AttributeError, OSError, ValueError):
        return None


class Region(NamedTuple):
    """A piece of a file that the kernel can send: *length* bytes of *descriptor* from *start* on."""

    body: FileBody
    descriptor: int
    start: int
    length: int


class Reply:
    """What an application says by `start_response`: *status* and *fields*; *sent* once they are on their way."""

    __slots__ = ("fields", "sent", "status")

    def __init__(self) -> None:
        self.status = ""
        self.fields: list[tuple[str, str]] = []
        self.sent = False

    def start(
        self, status: str, fields: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """PEP 3333's `start_response`; the way to write that it gave to old applications is not there."""
        if self.status and exc_info is None:
            raise BadAnswer("start_response was called twice")
        if exc_info is not None and self.sent:
            raise exc_info[1].with_traceback(exc_info[2])
        self.status, self.fields = status, fields
        return _no_writing


def _no_writing(_: bytes) -> None:
    raise BadAnswer("an application has to return its body")


class Late(Protocol):
    """
    What an application may return instead of a body where the environment has `lading.gather`.

    The server calls `complete` of the application with all that came at the same time, then `answer` of each that
    is `done`; the others are asked anew in a thread.
    """

    @property
    def done(self) -> bool: ...

    def answer(self) -> Iterable[bytes]: ...


class Frame(NamedTuple):
    """
    How an answer goes out: its *head*, and whether the body is left out, comes in chunks, and is the last thing.

    *length* is what the head announces; None where it announces nothing.
    """

    head: bytes
    bare: bool
    chunked: bool
    last: bool
    length: int | None


def frame(message: Message, reply: Reply, size: int | None, *, last: bool) -> Frame:
    """
    Frame *reply* to *message*; *size* is that of its body, if it is known; *last* ends the connection.

    Raises:
        BadAnswer: the application did not say anything, or what it said cannot stand in a head.
    """
    if not reply.status:
        raise BadAnswer("start_response was not called")
    length, lines = None, []
    for name, value in reply.fields:
        low = name.lower()
        if low == "content-length":
            length = int(value)
        elif low in ("connection", "transfer-encoding", "date"):
            continue
        lines.append(f"{name}: {value}\r\n")
    if length is not None and length < 0:
        raise BadAnswer("a length is negative")
    bare = message.method == "HEAD" or reply.status[:3] in _NO_BODY or reply.status[0] == "1"
    if length is None and size is not None and reply.status[:3] not in _NO_BODY:
        length = size
        lines.append(f"Content-Length: {size}\r\n")
    if size is not None and length != size and not bare:
        raise BadAnswer(f"{size} bytes were announced as {length}")
    chunked = length is None and not bare and message.version == "1.1"
    if chunked:
        lines.append("Transfer-Encoding: chunked\r\n")
    last = last or not message.lasting or (length is None and not bare and not chunked)
    if last:
        lines.append("Connection: close\r\n")
    elif message.version == "1.0":
        lines.append("Connection: keep-alive\r\n")
    return Frame(_head(reply.status, lines), bare, chunked, last, length)


def _head(status: str, lines: list[str]) -> bytes:
    fields = "".join(lines)
    if (
        fields.count("\n") != len(lines)
        or fields.count("\r") != len(lines)
        or "\n" in status
        or "\0" in fields
    ):
        raise BadAnswer("a header holds a line break")
    try:
        return f"HTTP/1.1 {status}\r\n{fields}Date: {_date()}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise BadAnswer("a header holds characters outside of Latin-1") from None


_last_date = (0, "")


def _date() -> str:
    global _last_date
    now = int(time.time())
    if _last_date[0] != now:
        _last_date = (now, formatdate(now, usegmt=True))
    return _last_date[1]


def chunk(data: bytes) -> bytes:
    """*data* as one chunk; not for the empty one, which is the end."""
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"0\r\n\r\n"


def trouble(status: int) -> tuple[Reply, bytes]:
    """The answer of the server itself where no application is asked, in both languages."""
    reason, english, chinese = _ERRORS[status]
    reply = Reply()
    body = f"{english}\n{chinese}\n".encode()
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    reply.start(f"{status} {reason}", [*fields, ("X-Content-Type-Options", "nosniff")])
    return reply, body


def small(result: Iterable[bytes]) -> bytes | None:
    """The whole body, if *result* has it in memory already."""
    if isinstance(result, list | tuple):
        return result[0] if len(result) == 1 else b"".join(result)
    return None
