"""
What an `errcode` means, as an error of the family.

Pure functions.  Codes and their causes are those of the vendor's published tables; which of them a
call really answers was never tried.  The vendor's text is not told: it holds the caller's address, and
changes.
"""

from __future__ import annotations

from collections.abc import Callable

from lading.connectors.http.trouble import Subject
from lading.model.errors import (
    BadAnswer,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoFile,
    NoSpace,
    NotFound,
    Throttled,
    Unable,
    Unavailable,
)
from lading.model.text import Text

TOKEN_REFUSED = frozenset({40014, 42001})
"""The token was taken away or has ended; another one helps."""
USED_UP = 640019
"""The calls of the month are used up."""
EMPTY = 640022
"""No content, or none that can be decoded."""
NO_FILE = 640029
"""Only ordinary files can be downloaded."""
NAME = 640009

Kind = Callable[[Subject, Text], DriveError]

_AFTER = {45009: 60.0, 45033: 1.0}
"""Seconds after which a call may be made again: the window of the minute limit; fewer calls at once."""

_BY_CODE: dict[int, tuple[Kind, Text]] = {
    -1: (Unavailable, Text("the server is busy", "系统繁忙")),
    6000: (Unavailable, Text("another change came at the same moment", "数据版本冲突")),
    40001: (LoginFailed, Text("the secret of the app is wrong", "应用的 secret 不正确")),
    40013: (LoginFailed, Text("the id of the firm is wrong", "企业 ID（corpid）不正确")),
    40014: (
        LoginFailed,
        Text("the token is refused, also a new one", "access_token 无效，重新获取后仍被拒绝"),
    ),
    42001: (
        LoginFailed,
        Text("the token has expired, also a new one", "access_token 已过期，重新获取后仍被拒绝"),
    ),
    40035: (Unable, Text("a value is not allowed", "参数不合法")),
    48002: (
        Forbidden,
        Text(
            "the app may not call this: is it allowed in the console (Collaboration, WeDrive), and was the space made by it?",
            "应用无权调用：请确认已在管理后台“协作－微盘”中加入可调用接口的应用，且该空间由此应用创建",
        ),
    ),
    60011: (
        Forbidden,
        Text(
            "this member or department is outside of what the app may see", "该成员或部门不在应用可见范围内"
        ),
    ),
    60020: (
        LoginFailed,
        Text(
            "this machine's address is not among the app's trusted IPs; add it in the console",
            "本机 IP 不在应用的企业可信 IP 中；请在管理后台添加",
        ),
    ),
    640001: (NotFound, Text("there is no such space", "微盘不存在该空间")),
    640002: (NotFound, Text("there is no such file", "文件不存在")),
    640003: (NotFound, Text("it was deleted", "文件已被删除")),
    640004: (Forbidden, Text("no right on it", "无访问权限")),
    640005: (Forbidden, Text("the member is not in the space", "成员不在空间内")),
    640006: (NoSpace, Text("the member's own capacity is used up", "成员的个人容量已满")),
    640007: (NoSpace, Text("the firm's capacity is used up", "企业微盘容量已满")),
    640008: (Forbidden, Text("no right on the space", "无空间权限")),
    NAME: (NameRefused, Text("the server does not take this name", "文件名不合法")),
    640010: (Unable, Text("the space may have no more members", "空间成员数超出限制")),
    640011: (Unable, Text("the request does not fit", "请求的 JSON 不匹配")),
    640012: (NotFound, Text("there is no such member", "成员 userid 不合法")),
    640013: (NotFound, Text("there is no such department", "部门 ID 不合法")),
    640014: (Unable, Text("the space would have no admin", "空间没有有效的管理员")),
    640015: (Unable, Text("preview needs a professional account", "预览权限需要专业版账号")),
    640016: (Unable, Text("watermarks need the professional edition", "文件水印需要专业版")),
    640017: (LoginFailed, Text("the API is not switched on in the console", "管理后台未开启微盘 API")),
    640018: (LoginFailed, Text("the API may not edit, by the console", "管理后台未开启 API 编辑权限")),
    640020: (Unable, Text("no such right can be given", "权限类型不合法")),
    640021: (NotFound, Text("its folder is not there", "父目录 fatherid 不合法")),
    EMPTY: (Unable, Text("the content is refused", "文件内容不合法")),
    640023: (Unable, Text("no such scope can be set", "权限范围不合法")),
    640024: (NotFound, Text("no such id", "fileid 不合法")),
    640025: (NameRefused, Text("the server does not take this name for a space", "空间名称不合法")),
    640026: (NotFound, Text("no such space", "空间 ID 不合法")),
    640027: (Unable, Text("a value is wrong", "参数错误")),
    640028: (
        Unable,
        Text(
            "links are switched off in this space; an admin can switch them on",
            "该空间已关闭邀请链接，须由管理员开启",
        ),
    ),
    NO_FILE: (NoFile, Text("only ordinary files can be downloaded", "仅支持下载普通文件")),
}


def refused(code: int, subject: Subject) -> DriveError:
    """The error that *code*, which is not 0, means."""
    if code in _AFTER:
        said = Text(f"too many calls ({code})", f"调用过于频繁（{code}）")
        return Throttled(subject, said, after=_AFTER[code])
    if code not in _BY_CODE:
        return DriveError(subject, Text(f"errcode {code}", f"错误码 {code}"))
    kind, said = _BY_CODE[code]
    return kind(subject, Text(f"{said.en} ({code})", f"{said.zh}（{code}）"))


def senseless(subject: Subject, what: str) -> BadAnswer:
    """The error for an answer that lacks *what*."""
    return BadAnswer(subject, Text(f"the answer has no {what}", f"回答中没有 {what}"))
