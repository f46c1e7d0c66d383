"""
What went wrong on the wire, as errors of the family.

Pure functions over a status or a code of libcurl.  Texts name the status and
never an URL or a header: these may hold secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pycurl

from lading.connectors.http.headers import SECOND, moment
from lading.model.errors import (
    BadAnswer,
    Changed,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoSpace,
    NotCertified,
    NotFound,
    Throttled,
    TooLarge,
    Truncated,
    Unavailable,
)
from lading.model.paths import Path
from lading.model.text import Text

Subject = Path | str

_BY_STATUS: dict[int, tuple[Callable[[Subject, Text], DriveError], Text]] = {
    400: (BadAnswer, Text("the server calls the request bad (400)", "服务器称请求有误（400）")),
    401: (LoginFailed, Text("user, password or token is wrong (401)", "用户名、密码或令牌错误（401）")),
    403: (Forbidden, Text("the account may not do this (403)", "账号无权执行此操作（403）")),
    404: (NotFound, Text("the server has nothing there (404)", "服务器上没有该对象（404）")),
    405: (Forbidden, Text("not possible on this object (405)", "该对象不支持此操作（405）")),
    407: (LoginFailed, Text("the proxy wants a login (407)", "代理要求登录（407）")),
    409: (NotFound, Text("the folder to hold it is missing (409)", "上级文件夹不存在（409）")),
    410: (NotFound, Text("it is gone (410)", "该对象已不存在（410）")),
    412: (Changed, Text("it is not what was expected (412)", "对象与预期不符（412）")),
    413: (TooLarge, Text("refused by its size (413)", "因大小被拒绝（413）")),
    414: (NameRefused, Text("the path is too long for the server (414)", "路径超过服务器允许的长度（414）")),
    415: (
        Forbidden,
        Text("the server does not take this kind of content (415)", "服务器不接受此类内容（415）"),
    ),
    423: (Forbidden, Text("locked by another program or user (423)", "被其他程序或用户锁定（423）")),
    424: (Forbidden, Text("something it depends on was refused (424)", "所依赖的操作被拒绝（424）")),
    431: (NameRefused, Text("the path is too long for the server (431)", "路径超过服务器允许的长度（431）")),
    507: (NoSpace, Text("disk or quota is full (507)", "磁盘或配额已满（507）")),
}

_UNTRUSTED = {
    pycurl.E_PEER_FAILED_VERIFICATION: "its certificate does not hold",
    pycurl.E_SSL_ISSUER_ERROR: "the issuer of its certificate is another",
    pycurl.E_SSL_CACERT_BADFILE: "the file of authorities cannot be read",
}
# CURLE_WEIRD_SERVER_REPLY of curl.h; pycurl has no name for it.
_WEIRD_REPLY = 8
_SHORT = frozenset({pycurl.E_PARTIAL_FILE})


def refused(status: int, headers: Mapping[str, str], subject: Subject, *, now: float = 0.0) -> DriveError:
    """
    The error that a *status* other than success means.

    *now* (seconds since 1970) is used where `Retry-After` is a date and the answer has none of its own.
    """
    if status in (429, 503) and (status == 429 or "retry-after" in headers):
        after = retry_after(headers, now)
        return Throttled(subject, Text(f"status {status}", f"状态码 {status}"), after=after)
    if status in _BY_STATUS:
        kind, text = _BY_STATUS[status]
        return kind(subject, text)
    if 300 <= status < 400:
        return BadAnswer(
            subject, Text(f"the server sends us elsewhere ({status})", f"服务器要求转到其他地址（{status}）")
        )
    if status == 501:
        return BadAnswer(subject, Text("the server cannot do this (501)", "服务器不支持此操作（501）"))
    if status >= 500:
        return Unavailable(subject, Text(f"status {status}", f"状态码 {status}"))
    return BadAnswer(subject, Text(f"status {status} was not expected", f"意外的状态码 {status}"))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from a number or a date; None if the server does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(min(int(text), 10**6))
    until = moment(text)
    if until is None:
        return None
    then = moment(headers.get("date"))
    begin = then / SECOND if then is not None else now
    return max(0.0, until / SECOND - begin)


def broken(code: int, text: str, subject: Subject) -> DriveError:
    """The error that libcurl's *code* means; *text* is its own and holds no secret."""
    if code in _UNTRUSTED:
        return NotCertified(subject, _UNTRUSTED[code])
    if code in _SHORT:
        return Truncated(subject, Text("the connection ended before the content did", "内容未传完连接即中断"))
    if code == pycurl.E_LOGIN_DENIED:
        return LoginFailed(subject, "the server refuses the login")
    if code in (
        pycurl.E_BAD_CONTENT_ENCODING,
        pycurl.E_FTP_WEIRD_SERVER_REPLY,
        pycurl.E_UNSUPPORTED_PROTOCOL,
    ):
        return BadAnswer(subject, text[:200])
    if code == pycurl.E_URL_MALFORMAT:
        return NameRefused(subject, "no URL can hold it")
    return Unavailable(subject, f"{text[:200] or 'the connection broke'} ({code})")
