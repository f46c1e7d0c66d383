"""
The application that a server of the drive runs.

WebDAV stands beside Django, not behind its middleware: its requests are many
and small.  Everything else is Django's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, connection

from lading.drive.dav.app import application as dav
from lading.drive.dav.app import quick as dav_quick
from lading.drive.dav.together import Gathered
from lading.drive.writing import MustWait, hurried
from lading.site import addresses
from lading.site.proxies import believing
from lading.site.serving.errand import Later

DAV = "/dav"
READY = "/ready"

Start = Callable[..., Any]

# Django would look for the addresses at the first request only.
assert addresses.urlpatterns
_django = WSGIHandler()
_correct = believing(settings.LADING_DRIVE["proxies"])


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes] | Gathered:
    """
    Lead a request to its door.

    Raises:
        Later: the server asked not to wait (`lading.impatient`), and it would have to.
    """
    _correct(environ)
    path: str = environ.get("PATH_INFO", "")
    if _is_dav(path):
        # PEP 3333: the mount point moves from the path to the script name.
        inner = {
            **environ,
            "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + DAV,
            "PATH_INFO": path[len(DAV) :],
        }
        if "lading.impatient" not in environ:
            return dav(inner, start_response)
        try:
            with hurried():
                return dav(inner, start_response)
        except MustWait:
            raise Later from None
    if path == READY:
        return _ready(start_response)
    return _django(environ, start_response)


def quick(environ: dict[str, Any]) -> bool:
    """Whether a request whose body is here is answered without waiting."""
    _correct(environ)
    return _is_dav(environ["PATH_INFO"]) and dav_quick(environ)


def complete(gathered: Sequence[Gathered]) -> None:
    """Save what arrived at the same time; what would have to wait for others is left as it is."""
    with hurried():
        Gathered.complete(gathered)


def _is_dav(path: str) -> bool:
    return path.startswith(DAV) and path[len(DAV) : len(DAV) + 1] in ("", "/")


def _ready(start_response: Start) -> Iterable[bytes]:
    """Whether this process can answer: for the start, and for a proxy that spreads requests."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        status, body = "200 OK", f"ready {os.getpid()}\n".encode()
    except DatabaseError:
        connection.close()
        status, body = "503 Service Unavailable", b"the database does not answer\n"
    start_response(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ],
    )
    return [body]
