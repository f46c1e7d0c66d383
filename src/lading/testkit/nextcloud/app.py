"""The WSGI application: takes the body in, lets people in, and hands the request to whoever answers its path."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from . import (
    about,
    accounts,
    activity,
    bulk,
    circles,
    files,
    marks,
    ocs,
    public,
    searching,
    seeding,
    sharees,
    shares,
    teamfolders,
    trashbin,
    uploads,
    versions,
)
from .cloud import Cloud, Options
from .door import COOKIE, Door
from .http import BLOCK, Refused, Reply, Request, dav_error, decoded, missing

Start = Callable[[str, list[tuple[str, str]]], Any]
Environ = dict[str, Any]
DOORS: dict[str, Callable[[Cloud, Request, str], Reply]] = {
    "files": files.handle,
    "uploads": uploads.handle,
    "bulk": bulk.handle,
    "versions": versions.handle,
    "trashbin": trashbin.handle,
    "systemtags": marks.tags,
    "systemtags-relations": marks.relations,
    "comments": marks.comments,
}
ROUTES = [
    *about.ROUTES,
    *accounts.ROUTES,
    *shares.ROUTES,
    *sharees.ROUTES,
    *activity.ROUTES,
    *circles.ROUTES,
]
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    206: "Partial Content",
    207: "Multi-Status",
    304: "Not Modified",
    507: "Insufficient Storage",
}


class Application:
    """One cloud below *home*, over WSGI."""

    def __init__(self, home: Path, secret: str, options: Options) -> None:
        self.cloud = Cloud(home, options)
        self.door = Door(self.cloud)
        self.secret = secret
        self.incoming = home / "incoming"
        self.incoming.mkdir(exist_ok=True)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        body = self.incoming / secrets.token_hex(8)
        session = None
        try:
            try:
                request = self._taken(environ, body)
                reply, session = self._answered(request, environ)
            except Refused as refused:
                reply = dav_error(refused)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(body)
        headers = list(reply.headers)
        if session:
            headers.append(("Set-Cookie", f"{COOKIE}={session}; path=/; HttpOnly; SameSite=Lax"))
        bodiless = environ["REQUEST_METHOD"] == "HEAD" or reply.status in (204, 304)
        if isinstance(reply.body, bytes) and reply.status not in (204, 304):
            headers.append(("Content-Length", str(len(reply.body))))
        start(f"{reply.status} {REASONS.get(reply.status, 'Status')}", headers)
        if bodiless:
            return []
        return [reply.body] if isinstance(reply.body, bytes) else reply.body

    def _taken(self, environ: Environ, body: Path) -> Request:
        """The request, with its body on disk."""
        # The server joins encoded slashes and percent signs into one; the raw address does not.
        raw = environ["REQUEST_URI"].partition("?")[0]
        if "%2f" in raw.lower():
            raise missing("An encoded slash is in no path, as Apache answers by default")
        path = decoded(raw)
        headers = {
            name[5:].replace("_", "-").lower(): str(value).encode("latin-1").decode("utf-8", "replace")
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE") or ""
        size = _spool(environ["wsgi.input"], body)
        length = environ.get("CONTENT_LENGTH")
        if length and int(length) != size:
            raise Refused(
                400, "Sabre\\DAV\\Exception\\BadRequest", f"Expected {length} bytes but read {size}"
            )
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        base = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '127.0.0.1')}"
        return Request(environ["REQUEST_METHOD"], path, query, headers, body, size, base)

    def _answered(self, request: Request, environ: Environ) -> tuple[Reply, str | None]:
        with self.cloud.store.lock:
            self.cloud.calls[f"{request.method} {'/'.join(request.path.split('/')[:3])}"] += 1
        early = self._early(request)
        if early is not None:
            return early, None
        version = _ocs_version(request.path)
        try:
            request.user, session = self.door.admit(request, environ.get("REMOTE_ADDR", ""))
        except Refused as refused:
            if version:
                return ocs.unauthorized(request, version, refused.status), None
            raise
        with self.cloud.store.change():
            return self._inside(request, version), session

    def _early(self, request: Request) -> Reply | None:
        """What needs no login."""
        path = request.path
        if path == "control" and secrets.compare_digest(request.header("x-control"), self.secret):
            with self.cloud.store.change():
                return seeding.handle(self.cloud, self.door, request)
        if path in ("status.php", "index.php/status.php"):
            return about.status(self.cloud)
        if self.cloud.maintenance:
            raise Refused(
                503,
                "Sabre\\DAV\\Exception\\ServiceUnavailable",
                "System is in maintenance mode.",
                [("X-Nextcloud-Maintenance-Mode", "1"), ("Retry-After", "120")],
            )
        if path.startswith(("public.php/dav/files/", "index.php/s/")):
            with self.cloud.store.change():
                return public.handle(self.cloud, request)
        if (
            path.endswith("/cloud/capabilities")
            and _ocs_version(path) in (1, 2)
            and not request.header("authorization")
        ):
            with self.cloud.store.change():
                return ocs.answer(
                    self.cloud,
                    self.door,
                    request,
                    "cloud/capabilities",
                    about.ROUTES,
                    version=_ocs_version(path),
                )
        return Reply(200, b"") if not path else None

    def _inside(self, request: Request, version: int) -> Reply:
        """What is only for those who are logged in, in one transaction."""
        path = request.path
        if version:
            inner = path.split(".php/", 1)[1] if ".php/" in path else ""
            if version == 3:
                return ocs.answer(
                    self.cloud,
                    self.door,
                    request,
                    path.partition("groupfolders/")[2],
                    teamfolders.ROUTES,
                    version=1,
                )
            return ocs.answer(self.cloud, self.door, request, inner, ROUTES, version=version)
        if path == "remote.php/webdav" or path.startswith("remote.php/webdav/"):
            inner = path.removeprefix("remote.php/webdav").strip("/")
            return files.handle(self.cloud, request, f"{request.user}/{inner}")
        kind, _, inner = path.removeprefix("remote.php/dav").strip("/").partition("/")
        if request.method == "SEARCH" and path in ("remote.php/dav", f"remote.php/dav/files/{request.user}"):
            return searching.search(self.cloud, request)
        if path.startswith("remote.php/dav") and kind in DOORS:
            return DOORS[kind](self.cloud, request, inner)
        raise missing(f"File not found: {path}")


def _ocs_version(path: str) -> int:
    """1 or 2 for an OCS call, 3 for an app that speaks OCS under index.php, else 0."""
    if path.startswith(("ocs/v1.php/", "ocs/v2.php/")):
        return int(path[5])
    return 3 if path.removeprefix("index.php/").startswith("apps/groupfolders/") else 0


def _spool(stream: Any, body: Path) -> int:
    """Write a request's body into a file; its size."""
    size = 0
    try:
        with body.open("wb") as file:
            while block := stream.read(BLOCK):
                size += file.write(block)
    except (ValueError, TimeoutError, ConnectionError) as broken:
        raise Refused(400, "Sabre\\DAV\\Exception\\BadRequest", f"The body broke off: {broken}") from None
    return size
