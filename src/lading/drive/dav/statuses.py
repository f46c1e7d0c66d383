"""
Errors as answers of HTTP.

The body is the error document of RFC 4918 with the message in the form that
clients made for SabreDAV and Nextcloud show to people, in the language the
client asked for, followed by the other one.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from lading.drive.dav.errors import Elsewhere
from lading.drive.errors import Frozen, Gone, Held, Locked, Unfit, Walled
from lading.model.errors import (
    AlreadyExists,
    BadRequest,
    Changed,
    Forbidden,
    LadingError,
    LoginFailed,
    NameRefused,
    NoSpace,
    NotEmpty,
    NotFound,
    ReadOnly,
    Throttled,
    TooDeep,
    TooLarge,
    Truncated,
    Unavailable,
    WrongKind,
)
from lading.model.text import Language

# Frozen is 403 and not 423: clients try a 423 again and again.
STATUS: dict[type[LadingError], int] = {
    NotFound: 404,
    AlreadyExists: 412,
    Throttled: 429,
    Unavailable: 503,
    Truncated: 400,
    Changed: 412,
    Forbidden: 403,
    LoginFailed: 401,
    NameRefused: 400,
    NoSpace: 507,
    ReadOnly: 403,
    WrongKind: 409,
    NotEmpty: 409,
    TooLarge: 413,
    TooDeep: 400,
    BadRequest: 400,
    Unfit: 400,
    Elsewhere: 502,
    Locked: 423,
    Frozen: 403,
    Held: 403,
    Walled: 403,
    Gone: 410,
}
CODE_STATUS = {"no_parent": 409, "on_folder": 405, "no_length": 411, "not_taken": 415, "no_such_lock": 409}
"""Statuses of errors that the lanes define for themselves."""
CONDITION = {"finite_depth": "propfind-finite-depth", "no_such_lock": "lock-token-matches-request-uri"}
REASON = {
    200: "200 OK",
    201: "201 Created",
    204: "204 No Content",
    206: "206 Partial Content",
    207: "207 Multi-Status",
    304: "304 Not Modified",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    410: "410 Gone",
    411: "411 Length Required",
    412: "412 Precondition Failed",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
    416: "416 Range Not Satisfiable",
    423: "423 Locked",
    424: "424 Failed Dependency",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    501: "501 Not Implemented",
    502: "502 Bad Gateway",
    503: "503 Service Unavailable",
    507: "507 Insufficient Storage",
}


def status_of(problem: LadingError) -> int:
    """The status that tells of *problem*: that of the nearest class which has one, else 500."""
    own = CODE_STATUS.get(problem.code)
    return own or next((STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS), 500)


def condition_of(problem: LadingError) -> str:
    """The element of RFC 4918, 16, that names the precondition *problem* speaks of; `""` if none does."""
    return CONDITION.get(problem.code, "")


def reason(status: int) -> str:
    """The status line of *status*."""
    return REASON.get(status, f"{status} Status")


def document(problem: LadingError, accepts: str, condition: str = "") -> bytes:
    """The error document of *problem*; *condition* is the name of a precondition element of RFC 4918."""
    first = Language.ZH if accepts.lower().lstrip().startswith("zh") else Language.EN
    second = Language.EN if first is Language.ZH else Language.ZH
    said = "\n".join(f"{problem.message(it)}. {problem.next_step(it)}" for it in (first, second))
    return error_document(problem.code, said, condition)


def error_document(code: str, said: str, condition: str = "") -> bytes:
    """An error document with the stable *code* of an error and what is *said* to people."""
    element = f"<D:{condition}/>" if condition else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<D:error xmlns:D="DAV:" xmlns:s="http://sabredav.org/ns">'
        f"{element}<s:exception>{code}</s:exception><s:message>{escape(clean(said))}</s:message></D:error>\n"
    ).encode("utf-8", "replace")


_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535, *range(55296, 57344)), "�")


def clean(text: str) -> str:
    """*text* with what XML cannot hold (controls, halves of surrogate pairs) replaced by U+FFFD."""
    return text if text.isascii() and text.isprintable() else text.translate(_FORBIDDEN)
