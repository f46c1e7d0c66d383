"""
What PEP 3333 tells an application of a request.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from lading.site.serving.answer import FileBody
from lading.site.serving.intake import Message, Refused

Environ = dict[str, Any]
_PLAIN = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def ground(host: str, port: int, peer: tuple[str, int], threads: int) -> Environ:
    """What is the same for all requests of a connection."""
    # On a socket for both, IPv6 writes the addresses of IPv4 in its own way, which no list of proxies knows.
    address = peer[0].removeprefix("::ffff:") if "." in peer[0] else peer[0]
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": threads > 1,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileBody,
        "lading.connection": {},
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_SOFTWARE": "Lading",
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": address,
        "REMOTE_PORT": str(peer[1]),
    }


def environ_of(message: Message, common: Environ) -> Environ:
    """
    The environment of *message*, without its body.

    Raises:
        Refused: its target is no path.
    """
    path, query = _split(message.target)
    environ = common.copy()
    environ["REQUEST_METHOD"] = message.method
    environ["PATH_INFO"] = _decoded(path)
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["SERVER_PROTOCOL"] = "HTTP/" + message.version
    for name, value in message.fields:
        key = _key(name)
        if key is None:
            continue
        said = value.decode("latin-1")
        known = environ.get(key)
        if known is not None:
            said = f"{known}{'; ' if key == 'HTTP_COOKIE' else ', '}{said}"
        environ[key] = said
    return environ


def _split(target: bytes) -> tuple[bytes, bytes]:
    if b"#" in target:
        raise Refused(400)  # a fragment is not sent to servers (RFC 9110, 7.1)
    if not target.startswith(b"/"):
        if target == b"*":
            return b"*", b""
        target = _absolute(target)
    path, _, query = target.partition(b"?")
    return path, query


def _absolute(target: bytes) -> bytes:
    """The path in a target as proxies get it: `http://host/path`."""
    if not target.lower().startswith((b"http://", b"https://")):
        raise Refused(400)
    try:
        parts = urlsplit(target)
    except ValueError:
        raise Refused(400) from None
    return (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")


def _decoded(path: bytes) -> str:
    return (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")


@lru_cache(1000)
def _key(name: bytes) -> str | None:
    """The variable for a field; None for one that could be taken for another."""
    known = _PLAIN.get(name.lower())
    if known is not None:
        return known
    if b"_" in name:
        return None  # `X_Forwarded_For` would become the same variable as `X-Forwarded-For`
    return "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
