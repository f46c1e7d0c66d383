"""
The same request twice is one change.

A request with the header `Idempotency-Key` runs in one transaction with the row that keeps its
answer: either both are there after a crash or neither.  Two at once wait for each other at
that row.  Only answers that tell of success are kept: a refused request has changed nothing and
may be asked again.  Secrets are left out of what is kept, so they are shown once only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lading.drive.api.auth import actor_of
from lading.drive.api.reading import taken
from lading.drive.errors import Unfit
from lading.drive.models import Answer
from lading.drive.writing import together
from lading.model.text import Text

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
SECRETS = ("token", "url")
"""Members of answers that are shown once."""


class _UnderWay(Exception):
    """Takes back the transaction of a request that was refused; *response* says why."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def once(request: HttpRequest, run: Callable[[], HttpResponse]) -> HttpResponse:
    """
    The answer of *run*, or the one that the same request got before.

    Raises:
        Unfit: the key is malformed, or was used for another request.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    principal = actor_of(request).principal
    if key is None or principal is None:
        return run()
    if not _KEY.fullmatch(key):
        raise Unfit(
            "Idempotency-Key",
            Text("expected 1 to 200 visible ASCII characters", "应为 1 至 200 个可见 ASCII 字符"),
        )
    mark = _mark(request)
    try:
        with together():
            return _claimed(principal, key, mark, run)
    except _UnderWay as refused:
        return refused.response


def _claimed(principal: int, key: str, mark: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    row, new = Answer.objects.get_or_create(
        principal_id=principal, key=key, defaults={"request": mark, "status": 0, "created": time.time_ns()}
    )
    if not new:
        return _again(row, mark)
    response = run()
    if response.status_code >= 300:
        raise _UnderWay(response)
    kept = {name: response[name] for name in ("ETag", "Location") if name in response}
    Answer.objects.filter(id=row.id).update(
        status=response.status_code, headers=json.dumps(kept), body=_without_secrets(response.content)
    )
    return response


def _again(row: Answer, mark: str) -> HttpResponse:
    if not hmac.compare_digest(row.request, mark):
        raise Unfit("Idempotency-Key", Text("it was used for another request", "该键已用于另一请求"))
    response = HttpResponse(
        row.body, status=row.status, headers=json.loads(row.headers or "{}"), content_type="application/json"
    )
    if row.status == 204:
        del response["Content-Type"]
    response["Idempotent-Replay"] = "true"
    return response


def _mark(request: HttpRequest) -> str:
    # Keyed: a body may hold a password, and the table must not help to guess it.
    said = "\n".join((request.method or "", request.get_full_path(), request.META.get("HTTP_IF_MATCH", "")))
    digest = hmac.new(settings.SECRET_KEY.encode(), said.encode() + b"\n" + taken(request), hashlib.sha256)
    return digest.hexdigest()


def _without_secrets(body: bytes) -> str:
    if not body:
        return ""
    told: Any = json.loads(body)
    if isinstance(told, dict) and any(name in told for name in SECRETS):
        told = {name: None if name in SECRETS else value for name, value in told.items()}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return body.decode()
