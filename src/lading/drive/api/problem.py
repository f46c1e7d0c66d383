"""
Errors as answers: `application/problem+json`.

An error of ours keeps its code and both languages.  Anything else becomes the code
`internal`: it is logged here, and the answer tells nothing of it.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError

from lading.drive.errors import Unfit
from lading.model.errors import BadRequest, Internal, LadingError, NotFound, Throttled, Unavailable
from lading.model.text import Language, Text

log = logging.getLogger("lading.drive.api")

MEDIA_TYPE = "application/problem+json"

STATUS = {
    "not_found": 404,
    "already_exists": 409,
    "changed": 412,
    "forbidden": 403,
    "login_failed": 401,
    "name_refused": 422,
    "too_deep": 422,
    "no_space": 507,
    "frozen": 423,
    "locked": 423,
    "read_only": 403,
    "held": 409,
    "walled": 403,
    "gone": 410,
    "wrong_kind": 409,
    "not_empty": 409,
    "truncated": 400,
    "too_large": 413,
    "throttled": 429,
    "cursor_expired": 410,
    "unavailable": 503,
    "busy": 503,
    "unreadable": 502,
}

_CHALLENGE = 'Bearer realm="lading", Basic realm="lading", charset="UTF-8"'
_FACT = (str, int, float, bool)


class Refused(Exception):
    """A request that HTTP itself has a status for: a wrong method, media type or range."""

    def __init__(self, status: int, error: LadingError, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error
        self.headers = headers or {}


def status_of(error: LadingError) -> int:
    """The HTTP status that says *error*."""
    return STATUS.get(error.code) or (422 if isinstance(error, BadRequest) else 500)


def problem(error: LadingError, status: int | None = None) -> dict[str, Any]:
    """*error* as the members of a problem document."""
    facts = {key: value for key, value in error.facts.items() if isinstance(value, _FACT)}
    return {
        "code": error.code,
        "status": status or status_of(error),
        "subject": error.subject,
        "message": {language.value: error.message(language).lstrip(" :：") for language in Language},
        "remedy": {"en": error.next_step(Language.EN), "zh": error.next_step(Language.ZH)},
        "facts": facts,
    }


def answer(
    error: LadingError, status: int | None = None, headers: dict[str, str] | None = None
) -> HttpResponse:
    """*error* as a response."""
    told = problem(error, status)
    # A subject may be a name with lone surrogates; ASCII carries them as escapes.
    response = HttpResponse(json.dumps(told), content_type=MEDIA_TYPE, status=told["status"], headers=headers)
    response["Cache-Control"] = "no-store"
    response.__dict__["_has_been_logged"] = True  # a refusal is no news for the log of the server
    if told["status"] == 401:
        response["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, Throttled):
        response["Retry-After"] = str(math.ceil(error.after or 1))
    return response


def translated(problem_: Exception) -> HttpResponse:
    """Whatever went wrong as a response; the unexpected is logged."""
    if isinstance(problem_, HttpError) and isinstance(problem_.__cause__, Exception):
        problem_ = problem_.__cause__  # ninja hides what a parser said
    if isinstance(problem_, Refused):
        return answer(problem_.error, problem_.status, problem_.headers)
    error = known(problem_)
    if error is None:
        log.error("a request failed", exc_info=problem_)
        return answer(
            Internal("drive log / 网盘日志", Text("it is in the log of the drive", "已记入网盘日志"))
        )
    return answer(error)


def known(problem_: Exception) -> LadingError | None:
    """The error of ours that *problem_* is or means; None for the unexpected."""
    match problem_:
        case LadingError():
            return problem_
        case ValidationError():
            return invalid(problem_.errors)
        case OperationalError() | InterfaceError():
            if not connection.in_atomic_block:
                connection.close()
            return Unavailable("", Text("the database does not answer", "数据库没有响应"))
        case DataError():
            return Unfit("", Text("a value does not fit the database", "值超出数据库范围"))
        case SuspiciousOperation() | HttpError():
            return Unfit("", Text("the request cannot be read", "请求无法解析"))
    return None


def invalid(errors: Sequence[Mapping[str, Any]]) -> Unfit:
    """What a validator of values found, as one error; it never repeats the value."""
    first = errors[0] if errors else {}
    where = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path", "header")]
    said = str(first.get("msg", "")) or "unfit"
    return Unfit(".".join(where)[:200] or "request", Text(said, f"值不符合要求：{said}"))


def nowhere(_request: HttpRequest, **_rest: str) -> HttpResponse:
    """The answer where no route leads."""
    return answer(NotFound("", Text("the API has no such address", "接口没有此地址")))
