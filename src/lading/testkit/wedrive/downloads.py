"""`file_download`: an address and a cookie, good for two hours (section 5.4)."""

from __future__ import annotations

import secrets

from .access import FILE, Need, file_of, ticket_of
from .call import Call, Reply
from .codes import NOT_DOWNLOADABLE, Refused

COOKIE = "authcookie"


def download(call: Call) -> Reply:
    """`file_download`"""
    file = ticket_of(call)
    if file is None:
        if "fileid" not in call.body:
            raise Refused(call.switches.code_parameter, "fileid")
        file = file_of(call, Need.READ)
    if file["kind"] != FILE:
        raise Refused(NOT_DOWNLOADABLE)
    token, cookie = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    expires = call.now + call.switches.link_life
    call.store.run("INSERT INTO links VALUES (?, ?, ?, ?)", token, file["id"], cookie, expires)
    return {
        "download_url": f"{call.origin}/download/{token}",
        "cookie_name": COOKIE,
        "cookie_value": cookie,
    }
