"""
What WsgiDAV does for the door: OPTIONS, MKCOL, DELETE, COPY, MOVE, PROPPATCH.

Its order of checks and its answers are kept; locks and preconditions are ours,
since its own live in one process and know neither tagged lists nor new names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import quote

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from wsgidav.dav_error import DAVError
from wsgidav.request_server import RequestServer

from lading.drive.dav import locks
from lading.drive.dav.address import inner
from lading.drive.dav.locks import Change
from lading.drive.dav.propfind import NO_XML, body_of
from lading.drive.dav.provider import CREATED, REQUEST, Door
from lading.drive.dav.request import Answer, Request
from lading.drive.errors import Unfit
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.model.errors import LadingError

VERBS = frozenset({"OPTIONS", "MKCOL", "DELETE", "COPY", "MOVE", "PROPPATCH"})
_CONFIG = {"add_header_MS_Author_Via": True, "hotfixes": {}}
# The server says it itself.
_NOT_SENT = frozenset({"date", "content-length"})


def perform(request: Request) -> Answer:
    """
    Let WsgiDAV answer.

    Raises:
        DAVError, LadingError: it cannot be done.
    """
    heard: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        heard[:] = [int(status[:3]), headers]

    body = body_of(request)
    if request.method == "PROPPATCH" and body.strip():
        _refuse_entities(body)
    door = Door(request)
    # WsgiDAV calls `start` when its first block is asked for, which a server may do too late: all is asked for here.
    body = b"".join(Verbs(door)(_environ(request, door, body), start))
    status, headers = heard
    if status in (201, 204):
        body = b""
    kept = [(name, value) for name, value in headers if name.lower() not in _NOT_SENT]
    if status in (201, 204):
        kept = [(name, value) for name, value in kept if name.lower() != "content-type"]
    return Answer(status, [*kept, *([("Content-Length", str(len(body)))] if status != 204 else [])], body)


def _refuse_entities(body: bytes) -> None:
    """Refuse a document type: what a property calls by a name of its own, no listing could explain."""
    try:
        fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unfit("PROPPATCH", NO_XML) from None


def _environ(request: Request, door: Door, body: bytes) -> dict[str, Any]:
    environ = {
        **request.environ,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "PATH_INFO": inner(request.path),
        "wsgidav.provider": door,
        "wsgidav.app": _App(door),
        "wsgidav.config": _CONFIG,
        "wsgidav.verbose": 0,
        "wsgidav.auth.user_name": request.sight.actor.name,
        REQUEST: request,
    }
    if request.method in ("COPY", "MOVE"):
        environ["HTTP_DESTINATION"] = quote(inner(request.destination))
        environ["HTTP_HOST"] = ""
    return environ


class _App:
    """The part of WsgiDAV's application that a request asks for."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def resolve_provider(self, _: str) -> tuple[str, Door]:
        return "/", self._door


class Verbs(RequestServer):  # type: ignore[misc]
    """WsgiDAV's handlers with the locks and preconditions of the drive."""

    def _check_write_permission(self, res: Any, depth: str, environ: dict[str, Any]) -> None:
        if res is None or not res.names:
            return
        request: Request = environ[REQUEST]
        if depth == "infinity":
            # Locks below may be on what is hidden: who may not change it all hears of none.
            need(res.seen.role, Role.EDIT, res.seen.path)
        change = Change(request.place(res.names), tree=depth == "infinity")
        locks.demand_free(request.sight.actor, request.condition.tokens, request.now, change)

    @contextmanager
    def _write_transaction(self, res: Any, environ: dict[str, Any]) -> Iterator[None]:
        if res.seen is not None:
            need(res.seen.role, Role.EDIT, res.names)
        yield

    def _evaluate_if_headers(self, res: Any, environ: dict[str, Any]) -> None:
        request: Request = environ[REQUEST]
        if res is not None and res.names == request.path:
            request.judge(res.seen)

    def _send_response(
        self,
        environ: dict[str, Any],
        start: Any,
        root: Any,
        status: int,
        errors: list[tuple[str, Any]] | None,
    ) -> Any:
        for _, problem in errors or ():
            if isinstance(problem, DAVError) and isinstance(problem.src_exception, LadingError):
                raise problem.src_exception
            raise problem
        if environ[REQUEST].environ.get(CREATED):
            status = 201
        return super()._send_response(environ, start, root, status, None)
