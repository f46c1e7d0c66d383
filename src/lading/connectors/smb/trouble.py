"""
What a server's status means for us.

The numbers are those of [MS-ERREF] 2.3.1.
"""

from __future__ import annotations

from lading.model.errors import (
    AlreadyExists,
    Changed,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoSpace,
    NotEmpty,
    NotFound,
    ReadOnly,
    Throttled,
    TooLarge,
    Unavailable,
    Unreadable,
    WrongKind,
)
from lading.model.paths import Path
from lading.model.text import Text

OK, PENDING, MORE = 0, 0x103, 0x80000005
NO_MORE_FILES, NO_SUCH_FILE = 0x80000006, 0xC000000F
END_OF_FILE = 0xC0000011
NAME_INVALID, NAME_NOT_FOUND, NAME_COLLISION = 0xC0000033, 0xC0000034, 0xC0000035
ACCESS_DENIED, SHARING_VIOLATION = 0xC0000022, 0xC0000043
NOT_A_DIRECTORY, IS_A_DIRECTORY = 0xC0000103, 0xC00000BA
ON_SYMLINK = 0x8000002D
PATH_NOT_FOUND = 0xC000003A

LOST = frozenset({0xC00000C9, 0xC0000203, 0xC000035C, 0xC000020C, 0xC000020D})
"""After these (share, session or connection gone) the line is of no use any more."""
_HANDLE_GONE = frozenset({0xC0000008, 0xC0000128})
ON_OTHER_SERVER = 0xC0000257
"""A link of DFS."""

IN_USE = Text("a program holds it open", "有程序正在占用")
ELSEWHERE = Text("it lies on another server; open it there", "位于另一台服务器，请直接打开该服务器")

_KINDS: dict[int, type[DriveError]] = {
    NO_SUCH_FILE: NotFound,
    NAME_INVALID: NotFound,
    NAME_NOT_FOUND: NotFound,
    NAME_COLLISION: AlreadyExists,
    0xC0000161: NotFound,  # illegal character
    0xC0000106: NotFound,  # name too long
    0xC0000039: NotFound,  # path invalid
    PATH_NOT_FOUND: NotFound,
    0xC000003B: NotFound,  # path syntax bad
    0xC0000056: NotFound,  # delete pending
    0xC0000123: NotFound,  # file deleted
    ACCESS_DENIED: Forbidden,
    0xC0000061: Forbidden,  # privilege not held
    0xC0000121: Forbidden,  # cannot delete: read-only, or in use
    0xC00000A2: ReadOnly,  # media write protected
    0xC000007F: NoSpace,  # disk full
    0xC0000044: NoSpace,  # quota exceeded
    0xC0000802: NoSpace,
    0xC0000904: TooLarge,
    SHARING_VIOLATION: Unreadable,
    0xC0000054: Unreadable,  # byte range locked by somebody
    0xC000009C: Unreadable,  # device data error
    0xC0000102: Unreadable,  # file corrupt
    0xC0000032: Unreadable,  # disk corrupt
    0xC0000185: Unreadable,  # I/O device error
    0xC000003E: Unreadable,  # data error
    NOT_A_DIRECTORY: WrongKind,
    IS_A_DIRECTORY: WrongKind,
    ON_SYMLINK: WrongKind,
    0xC0000101: NotEmpty,
    ON_OTHER_SERVER: WrongKind,
    0xC000006D: LoginFailed,
    0xC000006A: LoginFailed,
    0xC000006E: LoginFailed,
    0xC0000071: LoginFailed,  # password expired
    0xC0000072: LoginFailed,  # account disabled
    0xC0000193: LoginFailed,  # account expired
    0xC0000224: LoginFailed,  # password must change
    0xC0000234: LoginFailed,  # account locked out
    0xC000015B: LoginFailed,  # logon type not granted
    0xC0000064: LoginFailed,  # no such user
    0xC00000CC: NotFound,  # bad network name: no such share
    0xC000009A: Throttled,  # insufficient resources
    0xC0000205: Throttled,
    0xC00000D0: Throttled,  # request not accepted
    0xC0000120: Unavailable,  # cancelled
    0xC00000B5: Unavailable,  # I/O timeout
}
_DETAILS: dict[int, Text] = {
    SHARING_VIOLATION: IN_USE,
    0xC0000054: Text("a program has locked part of it", "有程序锁定了其中一部分"),
    0xC0000056: Text("it is being deleted", "正在删除"),
    ON_OTHER_SERVER: ELSEWHERE,
    0xC00000CC: Text("the server has no such share", "服务器上没有该共享"),
}


def error_of(status: int, subject: Path | str, *, making: bool = False) -> DriveError:
    """The error that *status* means; of a name that should be *making*, an invalid one is refused."""
    detail: Text | str = _DETAILS.get(status, f"NTSTATUS {status:#010x}")
    if status in LOST or status in _HANDLE_GONE:
        return Unavailable(subject, f"NTSTATUS {status:#010x}")
    kind = _KINDS.get(status, DriveError)
    if making and status in (NAME_INVALID, 0xC0000039, 0xC000003B, 0xC0000106, 0xC0000161):
        kind = NameRefused
    if making and kind is Unreadable and status in (SHARING_VIOLATION, 0xC0000054):
        kind = Changed
    return kind(subject, detail)
