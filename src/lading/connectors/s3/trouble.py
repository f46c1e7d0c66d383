"""
What an S3 server says went wrong, as errors of the family.

The code in the answer decides, where there is one; the status else.  Words of the server are not told on: they
may hold keys and addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from lading.connectors.http.session import Answer
from lading.connectors.http.trouble import refused, retry_after
from lading.connectors.s3.answers import document, texts
from lading.model.errors import (
    BadAnswer,
    Changed,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoSpace,
    NotFound,
    Throttled,
    TooLarge,
    Truncated,
    Unavailable,
    Unreadable,
)
from lading.model.paths import Path
from lading.model.text import Text

ARCHIVED = Text(
    "it lies in an archive tier and has to be restored first; see docs/manual/s3.md",
    "该对象位于归档层，须先恢复（解冻）；见 docs/manual/s3.md",
)
_BY_CODE: dict[str, tuple[Callable[[Path | str, Text], DriveError], Text]] = {
    "AccessDenied": (Forbidden, Text("the key may not do this", "该密钥无权执行此操作")),
    "AllAccessDisabled": (Forbidden, Text("the account is disabled", "该账号已停用")),
    "BadDigest": (Truncated, Text("the content arrived damaged", "内容在传输中损坏")),
    "EntityTooLarge": (TooLarge, Text("larger than the server takes", "超过服务器允许的大小")),
    "ExpiredToken": (LoginFailed, Text("the temporary key has expired", "临时密钥已过期")),
    "InvalidAccessKeyId": (LoginFailed, Text("the access key is not known", "访问密钥不存在")),
    "InvalidObjectState": (Unreadable, ARCHIVED),
    "InvalidRange": (Changed, Text("it has become shorter", "内容已变短")),
    "InvalidToken": (LoginFailed, Text("the token is wrong", "令牌错误")),
    "KeyTooLongError": (NameRefused, Text("the key is too long", "键过长")),
    "KeyTooLong": (NameRefused, Text("the key is too long", "键过长")),
    "NoSuchBucket": (NotFound, Text("there is no such bucket", "存储桶不存在")),
    "NoSuchKey": (NotFound, Text("there is no such object", "对象不存在")),
    "NoSuchUpload": (NotFound, Text("there is no such upload", "上传任务不存在")),
    "NoSuchVersion": (NotFound, Text("there is no such version", "版本不存在")),
    "PreconditionFailed": (Changed, Text("it is not what was expected", "对象与预期不符")),
    "QuotaExceeded": (NoSpace, Text("the quota is full", "配额已满")),
    "SignatureDoesNotMatch": (LoginFailed, Text("the secret is wrong", "密钥错误")),
    "XAmzContentSHA256Mismatch": (Truncated, Text("the content arrived damaged", "内容在传输中损坏")),
    "XMinioInvalidObjectName": (NameRefused, Text("the server takes no such key", "服务器不接受此键")),
    "XMinioStorageFull": (NoSpace, Text("the disks are full", "磁盘已满")),
}
_BUSY = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"}
)
_PASSING = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "ServiceUnavailable",
    }
)
_CLOCK = Text("its clock and ours differ by more than it allows", "服务器时钟与本机时钟相差过大")


def code_in(answer: Answer) -> str:
    """The code that the body of *answer* names; empty without one."""
    if not answer.body.lstrip().startswith(b"<"):
        return ""
    try:
        return texts(document(answer.body, "")).get("Code", "")
    except BadAnswer:
        return ""


def error_of(answer: Answer, subject: Path | str) -> DriveError:
    """The error that *answer*, which is no success, means."""
    code = code_in(answer)
    if code in _BUSY or answer.status == 503:
        said = Text(code or f"status {answer.status}", code or f"状态码 {answer.status}")
        return Throttled(subject, said, after=retry_after(answer.headers, time.time()))
    if code in _PASSING:
        return Unavailable(subject, Text(f"{code} ({answer.status})", f"{code}（{answer.status}）"))
    if code == "RequestTimeTooSkewed":
        return LoginFailed(subject, _CLOCK)
    if code in _BY_CODE:
        kind, text = _BY_CODE[code]
        return kind(subject, text)
    if 300 <= answer.status < 400 or code in ("PermanentRedirect", "AuthorizationHeaderMalformed"):
        return _elsewhere(answer, subject)
    if answer.status == 403 and not code:
        # An answer to HEAD has no body: a wrong secret and a missing right look the same.
        return Forbidden(subject, Text("the key may not do this (403)", "该密钥无权执行此操作（403）"))
    if answer.status == 409:
        said = Text(f"a conflict on the server (409 {code})", f"服务器发生冲突（409 {code}）")
        return Unavailable(subject, said)
    return refused(answer.status, answer.headers, subject, now=time.time())


def _elsewhere(answer: Answer, subject: Path | str) -> DriveError:
    region = answer.headers.get("x-amz-bucket-region", "")
    if not region and answer.body:
        region = texts(document(answer.body, subject)).get("Region", "")
    if region.replace("-", "").isalnum():
        said = Text(f"the bucket lies in region {region}", f"存储桶位于区域 {region}")
    else:
        said = Text("the bucket lies in another region", "存储桶位于其他区域")
    return BadAnswer(subject, said)
