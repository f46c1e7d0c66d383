"""
The application that a server of the drive runs.

WebDAV stands beside Django, not behind its middleware: its requests are many
and small.  Everything else is Django's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, connection

from lading.drive.dav.app import application as dav
from lading.site import addresses
from lading.site.proxies import believing

DAV = "/dav"
READY = "/ready"

Start = Callable[..., Any]

# Django would look for the addresses at the first request only.
assert addresses.urlpatterns
_django = WSGIHandler()
_correct = believing(settings.LADING_DRIVE["proxies"])


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Lead a request to its door."""
    _correct(environ)
    path: str = environ.get("PATH_INFO", "")
    if path.startswith(DAV) and path[len(DAV) : len(DAV) + 1] in ("", "/"):
        # PEP 3333: the mount point moves from the path to the script name.
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + DAV
        environ["PATH_INFO"] = path[len(DAV) :]
        return dav(environ, start_response)
    if path == READY:
        return _ready(start_response)
    return _django(environ, start_response)


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
