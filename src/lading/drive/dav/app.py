"""
The WSGI application of the door.

It may be mounted anywhere: what stands before its paths is `SCRIPT_NAME`.
Every error is an answer, and a lost database is 503 with a new connection for
the next request.  It always calls `start_response` before it returns, since
some servers look at the status at once.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection
from wsgidav.dav_error import DAVError

from lading.drive.dav.get import get
from lading.drive.dav.kinds import SAFE
from lading.drive.dav.lanes import HOT, LANES
from lading.drive.dav.login import CHALLENGE, guess, is_known, sight_of
from lading.drive.dav.request import Answer, Request
from lading.drive.dav.statuses import condition_of, document, error_document, reason, status_of
from lading.drive.dav.together import Gathered, Pending
from lading.drive.tree.saving import Saved
from lading.drive.writing import MustWait
from lading.model.errors import Internal, LadingError, LoginFailed, Throttled, Unavailable
from lading.model.text import Text

Start = Callable[..., Any]

_log = logging.getLogger("lading.drive.dav")
ALLOWED = ", ".join(sorted(LANES))
# The last is what SQLite says of a connection that was closed.
_LOST = (OperationalError, InterfaceError, sqlite3.ProgrammingError)
_DATABASE = Text("the database does not answer", "数据库没有响应")


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes] | Gathered:
    """
    Answer one request; where the server gathers saves, a save is answered when it is complete.

    Raises:
        MustWait: only inside `writing.hurried`.
    """
    answer = _guarded(environ, partial(_ask, environ))
    if isinstance(answer, Pending):
        return Gathered(answer.wish, partial(_late, environ, start_response, answer))
    return _give(start_response, answer)


def _late(
    environ: dict[str, Any], start_response: Start, pending: Pending, saved: Saved | Exception
) -> Iterable[bytes]:
    answer = _guarded(environ, partial(pending.then, saved))
    assert isinstance(answer, Answer)
    return _give(start_response, answer)


def _give(start_response: Start, answer: Answer) -> Iterable[bytes]:
    start_response(reason(answer.status), answer.headers)
    body = answer.body
    return [body] if isinstance(body, bytes) else body


def quick(environ: dict[str, Any]) -> bool:
    """
    Whether a request, whose body is here, waits for nothing but this machine, and not long for that.

    Reading and saving are, where tables and contents are files and who asks was known a moment ago.  A save that is
    to be on the disk before its answer waits for the disk.
    """
    method = environ["REQUEST_METHOD"]
    here = settings.LADING_DRIVE
    if method not in HOT or here["database"] or here["store"].startswith("s3:") or not is_known(environ):
        return False
    return method != "PUT" or not here["sync"]


def _ask(environ: dict[str, Any]) -> Answer | Pending:
    method = environ["REQUEST_METHOD"]
    lane = LANES.get(method)
    if lane is None:
        return Answer(405, [("Allow", ALLOWED), ("Content-Length", "0")])
    return lane(Request.of(environ, (guess if method in HOT else sight_of)(environ)))


def _guarded(environ: dict[str, Any], do: Callable[[], Answer | Pending]) -> Answer | Pending:
    try:
        return do()
    except LadingError as problem:
        return _refusal(environ, problem)
    except DAVError as problem:
        return _dav_refusal(environ, problem)
    except _LOST:
        connection.close()
        return _refusal(environ, Unavailable("", _DATABASE))
    except MustWait:
        raise
    except Exception as problem:
        _log.exception("%s failed", environ["REQUEST_METHOD"])
        if isinstance(problem, Error):
            connection.close()
        return _refusal(environ, Internal("the log of the server", Text("see the log", "请查看日志")))


def _refusal(environ: dict[str, Any], problem: LadingError) -> Answer:
    status = status_of(problem)
    more: list[tuple[str, str]] = []
    if isinstance(problem, LoginFailed):
        more.append(("WWW-Authenticate", CHALLENGE))
    if isinstance(problem, Throttled) and problem.after:
        more.append(("Retry-After", str(int(problem.after) + 1)))
    if status == 503:
        more.append(("Retry-After", "2"))
    if status == 405:
        more.append(("Allow", ALLOWED))
    body = document(problem, environ.get("HTTP_ACCEPT_LANGUAGE", ""), condition_of(problem))
    return _error(environ, status, more, body)


def _dav_refusal(environ: dict[str, Any], problem: DAVError) -> Answer:
    source = problem.src_exception
    if isinstance(source, LadingError):
        return _refusal(environ, source)
    condition = problem.err_condition.condition_code.removeprefix("{DAV:}") if problem.err_condition else ""
    more = [("Allow", ALLOWED)] if problem.value == 405 else []
    return _error(
        environ, problem.value, more, error_document("refused", str(problem.context_info or ""), condition)
    )


def _error(environ: dict[str, Any], status: int, more: list[tuple[str, str]], body: bytes) -> Answer:
    if environ["REQUEST_METHOD"] == "HEAD":
        body = b""
    headers = [
        ("Content-Type", "application/xml; charset=utf-8"), ("Content-Length", str(len(body))), *SAFE, *more
    ]  # fmt: skip
    return Answer(status, headers, body)


__all__ = ["application", "get"]
