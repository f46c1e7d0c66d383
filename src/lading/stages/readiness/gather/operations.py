"""
What a call asks for, apart from the object it asks about: `PROPFIND webdav`, `POST ocs:files_sharing`, `GET page:files`.

The places are those of drives: WebDAV under its usual addresses, Nextcloud's OCS interfaces and apps, links.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_DAV_METHODS = frozenset(
    {"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"}
)
_PLACES = (
    (re.compile(r"/(remote\.php/(dav|webdav)|dav|webdav|public\.php/(dav|webdav))(/|$)"), "webdav"),
    (re.compile(r"/ocs/v\d\.php/apps/([\w.-]{1,40})"), "ocs:{}"),
    (re.compile(r"/ocs/v\d\.php/([\w.-]{1,40})"), "ocs:{}"),
    (re.compile(r"/(?:index\.php/)?apps/([\w.-]{1,40})"), "page:{}"),
    (re.compile(r"/(?:index\.php/)?s/[^/]+"), "link"),
    (re.compile(r"/status\.php$"), "status"),
)
_ID = re.compile(r"\d|[0-9a-fA-F-]{12,}|%")


def operation_of(method: str, path: str) -> str:
    """The kind of call that *method* on *path* is."""
    try:
        plain = urlsplit(path).path
    except ValueError:
        plain = ""
    for pattern, place in _PLACES:
        if found := pattern.search(plain):
            named = found[1] if "{}" in place else ""
            return f"{method} {place.format(named)}"
    if method in _DAV_METHODS:
        return f"{method} webdav"
    words = ["…" if _ID.search(it) else it[:40] for it in plain.split("/")[1:4]]
    # The last part of a path is mostly the name of an object.
    return f"{method} /{'/'.join(words[:2])}"
