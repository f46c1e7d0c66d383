"""
Requests and answers of SMB 2, as bytes.

The layouts are those of [MS-SMB2] 2.2.13 to 2.2.40, the classes of information those of [MS-FSCC] 2.4 and 2.5.  An
offset in a request counts from the beginning of the header, which is 64 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

SAME_FILE = b"\xff" * 16
"""In a compound: the file that its first request opens."""

TREE_CONNECT, CREATE, CLOSE, FLUSH, READ, WRITE, LOCK = 3, 5, 6, 7, 8, 9, 10
IOCTL, QUERY_DIRECTORY, QUERY_INFO, SET_INFO = 11, 14, 16, 17
_SNAPSHOTS = 0x00144064
"""FSCTL_SRV_ENUMERATE_SNAPSHOTS."""

# Access ([MS-SMB2] 2.2.13.1).
READ_DATA, WRITE_DATA, APPEND_DATA = 0x1, 0x2, 0x4
READ_ATTRIBUTES, WRITE_ATTRIBUTES = 0x80, 0x100
DELETE, READ_CONTROL, WRITE_DAC = 0x10000, 0x20000, 0x40000
SHARE_READ, SHARE_ALL = 1, 7

# Dispositions and options of CREATE.
OPEN, NEW, OPEN_IF = 1, 2, 3
DIRECTORY, NOT_DIRECTORY, THE_LINK_ITSELF, FOR_BACKUP = 0x1, 0x40, 0x200000, 0x4000

# Attributes.
A_READONLY, A_HIDDEN, A_SYSTEM, A_DIRECTORY, A_NORMAL, A_REPARSE = 0x1, 0x2, 0x4, 0x10, 0x80, 0x400

# Classes of information.
INFO_FILE, INFO_SYSTEM, INFO_SECURITY = 1, 2, 3
BASIC, INTERNAL, RENAME, DISPOSITION, END_OF_FILE, STREAMS, ATTRIBUTE_TAG = 4, 6, 10, 13, 20, 22, 35
SYSTEM_ATTRIBUTES = 5
ID_BOTH_DIRECTORY = 37
OWNER, GROUP, DACL = 1, 2, 4

_HEADER = 64
_CREATE = struct.Struct("<HBBIQQIIIIIHHII")
_CREATED = struct.Struct("<HBBIQQQQQQII16s")
_CLOSED = struct.Struct("<HHIQQQQQQI")
_ENTRY = struct.Struct("<IIQQQQQQIIIB25sHQ")


class Field:
    """A number in a message, in the way `smbprotocol` asks for it."""

    def __init__(self, value: int) -> None:
        self._value = value

    def get_value(self) -> int:
        """The number."""
        return self._value

    def __len__(self) -> int:
        return 0


class Message:
    """A request: its command, its bytes, and how many bytes of content it asks for or carries."""

    def __init__(self, command: int, body: bytes, payload: int = 1) -> None:
        self.COMMAND = command
        self.payload = payload
        self._body = body

    @property
    def credits(self) -> int:
        """What it costs: one for each 64 KiB of content."""
        return max(0, self.payload - 1) // 65_536 + 1

    def pack(self) -> bytes:
        """The bytes."""
        return self._body

    def __len__(self) -> int:
        return len(self._body)

    def __getitem__(self, name: str) -> Field:
        return Field(self.payload if name in ("length", "output_buffer_length") else 0)


class Facts(NamedTuple):
    """
    What a server says of a file: times in 100 ns since 1601, size in bytes, attributes.

    *id* is 0 where the file system has none, *tag* the kind of reparse point.
    """

    created: int
    written: int
    changed: int
    size: int
    attributes: int
    id: int = 0
    tag: int = 0


class Named(NamedTuple):
    """One line of a listing."""

    name: str
    facts: Facts


def create(
    name: str,
    access: int,
    *,
    disposition: int = OPEN,
    options: int = THE_LINK_ITSELF,
    share: int = SHARE_ALL,
    attributes: int = 0,
    moment: int | None = None,
) -> Message:
    """
    Open or make *name*, whose parts are joined by backslashes; with *moment* (100 ns since 1601) as it was then.

    Always as for a backup: who has that privilege reaches what its list alone would not let them.
    """
    raw = name.encode("utf-16-le", "surrogatepass")
    body, context = raw or b"\0\0", b""
    if moment is not None:
        body = body.ljust(-(-len(body) // 8) * 8, b"\0")
        context = struct.pack("<IHHHHI4s4xQ", 0, 16, 4, 0, 24, 8, b"TWrp", moment)
    head = _CREATE.pack(
        57,
        0,
        0,
        2,
        0,
        0,
        access,
        attributes,
        share,
        disposition,
        options | FOR_BACKUP,
        _HEADER + 56,
        len(raw),
        _HEADER + 56 + len(body) if context else 0,
        len(context),
    )
    return Message(CREATE, head + body + context)


def close(file: bytes = SAME_FILE) -> Message:
    """Close, and ask for times and size."""
    return Message(CLOSE, struct.pack("<HHI16s", 24, 1, 0, file))


def flush(file: bytes = SAME_FILE) -> Message:
    """Have the server write everything to its disk."""
    return Message(FLUSH, struct.pack("<HHI16s", 24, 0, 0, file))


def read(file: bytes, offset: int, length: int) -> Message:
    """Up to *length* bytes from *offset* on."""
    return Message(
        READ, struct.pack("<HBBIQ16sIIIHHB", 49, 0x50, 0, length, offset, file, 0, 0, 0, 0, 0, 0), length
    )


def write(file: bytes, offset: int, data: bytes) -> Message:
    """*data* at *offset*."""
    head = struct.pack("<HHIQ16sIIHHI", 49, _HEADER + 48, len(data), offset, file, 0, 0, 0, 0, 0)
    return Message(WRITE, head + data, len(data))


def lock(offset: int, file: bytes = SAME_FILE) -> Message:
    """Lock the byte at *offset* until *file* is closed, if nobody else has."""
    return Message(LOCK, struct.pack("<HHI16sQQII", 48, 1, 0, file, offset, 1, 0x12, 0))


def query_directory(file: bytes, size: int, *, pattern: str = "*") -> Message:
    """The next lines of a listing, at most *size* bytes of them."""
    raw = pattern.encode("utf-16-le", "surrogatepass")
    head = struct.pack("<HBBI16sHHI", 33, ID_BOTH_DIRECTORY, 0, 0, file, _HEADER + 32, len(raw), size)
    return Message(QUERY_DIRECTORY, head + raw, size)


def query(kind: int, what: int, *, more: int = 0, size: int = 4096, file: bytes = SAME_FILE) -> Message:
    """Information of class *what* about a file, a file system, or who may do what (*more*)."""
    body = struct.pack("<HBBIHHIII16sB", 41, kind, what, size, 0, 0, 0, more, 0, file, 0)
    return Message(QUERY_INFO, body, size)


def set_info(
    what: int, data: bytes, *, kind: int = INFO_FILE, more: int = 0, file: bytes = SAME_FILE
) -> Message:
    """Set information of class *what* to *data*."""
    head = struct.pack("<HBBIHHI16s", 33, kind, what, len(data), _HEADER + 32, 0, more, file)
    return Message(SET_INFO, head + data, len(data))


def set_written(time: int, file: bytes = SAME_FILE) -> Message:
    """Set the time of the content."""
    return set_info(BASIC, struct.pack("<QQqQII", 0, 0, time, 0, 0, 0), file=file)


def set_disposition(file: bytes = SAME_FILE, *, gone: bool) -> Message:
    """Have the file removed when it is closed, by whatever end; or not."""
    return set_info(DISPOSITION, bytes([gone]), file=file)


def set_end(size: int, file: bytes = SAME_FILE) -> Message:
    """Cut the file to *size* bytes."""
    return set_info(END_OF_FILE, struct.pack("<Q", size), file=file)


def rename(name: str, file: bytes = SAME_FILE, *, replace: bool) -> Message:
    """Give the file the *name* (from the share on), which may be taken only where it *replace*s."""
    raw = name.encode("utf-16-le", "surrogatepass")
    data = struct.pack("<B7xQI", replace, 0, len(raw)) + raw
    # Servers ask for the length of the structure with its padding, 24 bytes at least.
    return set_info(RENAME, data.ljust(24, b"\0"), file=file)


def connect_share(server: str, share: str) -> Message:
    """Open a share ([MS-SMB2] 2.2.9)."""
    raw = f"\\\\{server}\\{share}".encode("utf-16-le", "surrogatepass")
    return Message(TREE_CONNECT, struct.pack("<HHHH", 9, 0, _HEADER + 8, len(raw)) + raw)


def most_access(body: bytes) -> int:
    """The most that the permissions of a share let this account do, by the answer to `connect_share`."""
    return int.from_bytes(body[12:16], "little")


def ask_snapshots(size: int, file: bytes = SAME_FILE) -> Message:
    """The names of the snapshots of the share, at most *size* bytes of them."""
    body = struct.pack("<HHI16sIIIIIIIIB", 57, 0, _SNAPSHOTS, file, 0, 0, 0, 0, 0, size, 1, 0, 0)
    return Message(IOCTL, body, size)


def snapshots(body: bytes) -> list[str]:
    """The names of snapshots in the answer to `ask_snapshots` ([MS-SMB2] 2.2.32.2)."""
    offset, length = struct.unpack_from("<II", body, 32)
    told = body[offset - _HEADER : offset - _HEADER + length]
    return [name for name in told[12:].decode("utf-16-le", "replace").split("\0") if name]


def created(body: bytes) -> tuple[bytes, Facts]:
    """The handle and the facts of a file that was opened."""
    fields = _CREATED.unpack_from(body)
    return fields[12], Facts(fields[4], fields[6], fields[7], fields[9], fields[10])


def closed(body: bytes) -> Facts:
    """The facts of a file at the moment when it was closed."""
    _, _, _, made, _, written, changed, _, size, attributes = _CLOSED.unpack_from(body)
    return Facts(made, written, changed, size, attributes)


def content(body: bytes) -> bytes:
    """The bytes that were read."""
    offset, length = body[2], int.from_bytes(body[4:8], "little")
    return body[offset - _HEADER : offset - _HEADER + length]


def counted(body: bytes) -> int:
    """The bytes that were written."""
    return int.from_bytes(body[4:8], "little")


def answered(body: bytes) -> bytes:
    """The information that was asked for."""
    offset, length = struct.unpack_from("<HI", body, 2)
    return body[offset - _HEADER : offset - _HEADER + length]


def listed(data: bytes) -> Iterator[Named]:
    """
    The lines of a listing of class `ID_BOTH_DIRECTORY`.

    The field for the size of extended attributes holds the tag of a reparse point ([MS-FSCC] 2.4.17).
    """
    at = 0
    while at + _ENTRY.size <= len(data):
        step, _, made, _, written, changed, size, _, attributes, length, tag, _, _, _, number = (
            _ENTRY.unpack_from(data, at)
        )
        start = at + _ENTRY.size
        name = data[start : start + length].decode("utf-16-le", "surrogatepass")
        reparse = tag if attributes & A_REPARSE else 0
        yield Named(name, Facts(made, written, changed, size, attributes, number, reparse))
        if not step:
            return
        at += step


def streams(data: bytes) -> Iterator[tuple[str, int]]:
    """Names and sizes of the streams of a file, the content itself (`::$DATA`) among them."""
    at = 0
    while at + 24 <= len(data):
        step, length, size, _ = struct.unpack_from("<IIQQ", data, at)
        yield data[at + 24 : at + 24 + length].decode("utf-16-le", "surrogatepass"), size
        if not step:
            return
        at += step
