"""
The OCS envelope, in JSON and XML, and finding who answers a call.

Version 2 answers with the HTTP status of its statuscode (200); version 1 and
apps below /index.php answer 100 and HTTP 200.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from .cloud import Cloud
from .door import Door
from .http import Refused, Reply, Request


class Failed(Exception):
    """An OCS call that ends with *code*, as version 2 tells it."""

    def __init__(self, code: int, message: str = "", old: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.old = old or code  # what version 1 says


@dataclass
class Call:
    """One OCS call of *user*; a handler may add response *headers* or another *status*."""

    cloud: Cloud
    door: Door
    request: Request
    words: tuple[str, ...]
    headers: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200

    @property
    def user(self) -> str:
        return self.request.user

    @cached_property
    def form(self) -> dict[str, Any]:
        return self.request.form()

    def given(self, name: str, otherwise: str = "") -> str:
        value = self.form.get(name, otherwise)
        return otherwise if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    def number(self, name: str, otherwise: int) -> int:
        """
        A number that was given.

        Raises:
            Failed: 400, it is none.
        """
        try:
            return int(self.given(name, str(otherwise)))
        except ValueError:
            raise Failed(400, f"{name} is no number") from None

    def truth(self, name: str) -> bool:
        return self.given(name).lower() in ("1", "true", "yes", "on")

    def as_admin(self) -> None:
        """
        Raises:
            Failed: 403, the user administers nothing.
        """
        if not self.cloud.people.is_admin(self.user):
            raise Failed(403, "Logged in account must be an admin", 997)


Handler = Callable[[Call], Any]
Route = tuple[str, str, Handler]


def answer(
    cloud: Cloud, door: Door, request: Request, path: str, routes: Iterable[Route], *, version: int
) -> Reply:
    """Find the route of *path* and wrap what it says."""
    if request.header("ocs-apirequest").lower() != "true":
        return Reply(
            412, b'{"message":"CSRF check failed"}', [("Content-Type", "application/json; charset=utf-8")]
        )
    for method, pattern, handler in routes:
        match = re.fullmatch(pattern, path)
        if match and method == request.method:
            call = Call(cloud, door, request, tuple(map(unquote, match.groups())))
            try:
                data = handler(call)
            except Failed as failed:
                return envelope(request, version, failed.code, failed.message, [], failed.old)
            except Refused as refused:
                return envelope(request, version, refused.status, refused.message, [])
            return envelope(request, version, call.status, "OK", data, headers=call.headers)
    return envelope(request, version, 404, "Invalid query, please check the syntax.", [], 998)


def unauthorized(request: Request, version: int, status: int) -> Reply:
    """The answer to a login that failed."""
    return envelope(request, version, status, "Current user is not logged in", [], 997)


def envelope(
    request: Request,
    version: int,
    code: int,
    message: str,
    data: Any,
    old: int | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Reply:
    good = code in (200, 304)
    told = code if version == 2 else 100 if good else old or code
    if old == 997 and code == 401:
        told = 997
    status = code if version == 2 or code in (401, 429, 304) else 200
    meta: dict[str, Any] = {"status": "ok" if good else "failure", "statuscode": told, "message": message}
    if version == 1:
        meta |= {"totalitems": "", "itemsperpage": ""}
    if status == 304:
        return Reply(304, b"", list(headers))
    if request.query.get("format") == "json" or "json" in request.header("accept"):
        body = json.dumps({"ocs": {"meta": meta, "data": data}}, ensure_ascii=False)
        return Reply(status, body.encode(), [("Content-Type", "application/json; charset=utf-8"), *headers])
    inner = _xml("meta", meta) + _xml("data", data)
    body = f'<?xml version="1.0"?>\n<ocs>{inner}</ocs>\n'
    return Reply(status, body.encode(), [("Content-Type", "text/xml; charset=UTF-8"), *headers])


def _xml(name: str, value: Any) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
        name = "element"
    if isinstance(value, dict):
        inner = "".join(_xml(str(key), it) for key, it in value.items())
    elif isinstance(value, (list, tuple)):
        inner = "".join(_xml("element", it) for it in value)
    elif isinstance(value, bool):
        inner = "1" if value else ""
    else:
        inner = "" if value is None else escape(str(value))
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"
