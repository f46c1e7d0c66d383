"""
A client of the WebDAV door that calls it in this process, as a WSGI server would.
"""

from __future__ import annotations

import base64
import io
from typing import NamedTuple
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

from lading.drive.actor import EVERYTHING, Actor
from lading.drive.dav.app import application
from lading.drive.people.tokens import make_token

HOST = "drive.example"


class Said(NamedTuple):
    """An answer of the door."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def hrefs(self) -> list[str]:
        return [one.text or "" for one in ElementTree.fromstring(self.body).iter("{DAV:}href")]

    def find(self, path: str) -> ElementTree.Element | None:
        return ElementTree.fromstring(self.body).find(path)


class Client:
    """One who asks, with a token as the password."""

    def __init__(self, actor: Actor, **more: str) -> None:
        token = make_token(actor, "dav", EVERYTHING, None)[1]
        self.login = "Basic " + base64.b64encode(f"{actor.name}:{token}".encode()).decode()
        self.more = more

    def __call__(
        self, method: str, address: str, body: bytes = b"", *, cut: int | None = None, **headers: str
    ) -> Said:
        """
        Send a request to an address below /dav; of the body only *cut* bytes arrive.

        Headers are given as `If_None_Match="*"`.
        """
        path = unquote_to_bytes(address.partition("?")[0]).decode("latin-1")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "/dav",
            "PATH_INFO": path,
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.input": io.BytesIO(body if cut is None else body[:cut]),
            "wsgi.url_scheme": "http",
            **({"HTTP_AUTHORIZATION": self.login} if self.login else {}),
            **{f"HTTP_{name.upper()}": value for name, value in {**self.more, **headers}.items()},
        }
        if environ.pop("HTTP_CHUNKED", ""):
            environ["HTTP_TRANSFER_ENCODING"] = "chunked"
            del environ["CONTENT_LENGTH"]
        heard: list[tuple[str, list[tuple[str, str]]]] = []
        blocks = application(environ, lambda status, headers, *_: heard.append((status, headers)))
        assert heard, "start_response was not called before the answer was returned"
        content = b"".join(blocks)
        if hasattr(blocks, "close"):
            blocks.close()
        status, given = heard[0]
        return Said(int(status[:3]), {name.lower(): value for name, value in given}, content)

    def lock(self, address: str, *, scope: str = "exclusive", **headers: str) -> Said:
        body = (
            f'<lockinfo xmlns="DAV:"><lockscope><{scope}/></lockscope><locktype><write/></locktype>'
            "<owner>Someone &amp; co</owner></lockinfo>"
        )
        return self("LOCK", address, body.encode(), **headers)


def names(*wanted: str) -> bytes:
    """The body of a PROPFIND for live properties."""
    inside = "".join(f"<{name}/>" for name in wanted)
    return f'<propfind xmlns="DAV:"><prop>{inside}</prop></propfind>'.encode()
