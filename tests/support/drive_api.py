"""
The API of the drive, called in this process as a server would call it, and a small firm to call it for.
"""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from django.core.handlers.wsgi import WSGIHandler

from lading.drive.actor import EVERYTHING, SYSTEM, Scope
from lading.drive.models import Principal, Space
from lading.drive.people import accounts, principals, tokens
from lading.drive.tree.spaces import make_space

ROOT = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; *headers* by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem."""
        return str(self.json["code"])

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


class Body:
    """A body as a server gives it: in pieces, and at its end or when it was cut with nothing."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        size = len(self._rest) if size < 0 else size
        block, self._rest = self._rest[:size], self._rest[size:]
        return block

    def readline(self, size: int = -1) -> bytes:
        raise NotImplementedError("nothing of ours reads lines")


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a *token* (`""`: nobody)."""

    token: str = ""

    def __call__(
        self,
        method: str,
        path: str,
        told: Any = None,
        *,
        body: bytes | Body | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Ask; *told* is sent as JSON, *body* as it is (chunked if it is a `Body` and no length is given)."""
        sent = dict(headers or {})
        if told is not None:
            body = json.dumps(told).encode()
            sent.setdefault("Content-Type", "application/json")
        return answer(environ(method, path, self.token, body, query or {}, sent))


def environ(
    method: str,
    path: str,
    token: str,
    body: bytes | Body | None,
    query: dict[str, Any],
    headers: dict[str, str],
) -> dict[str, Any]:
    """What a WSGI server would make of the request."""
    if token:
        headers.setdefault("Authorization", f"Bearer {token}")
    if isinstance(body, bytes):
        headers.setdefault("Content-Length", str(len(body)))
    elif body is not None and "Content-Length" not in headers:
        headers["Transfer-Encoding"] = "chunked"
    made: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": ROOT + path,
        "QUERY_STRING": urlencode(query, quote_via=quote, errors="surrogatepass"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body or io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        made[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return made


def answer(asked: dict[str, Any]) -> Answer:
    """The answer of the drive to a request."""
    begun: list[Any] = []
    parts = _handler()(asked, lambda status, headers, _=None: begun.append((status, headers)))
    try:
        body = b"".join(parts)
    finally:
        parts.close()
    status, headers = begun[0]
    return Answer(int(status[:3]), {name.lower(): value for name, value in headers}, body)


def token_of(key: str, scopes: Iterable[Scope] = EVERYTHING, expires: int | None = None) -> str:
    """A token of the person with *key*."""
    return tokens.make_token(SYSTEM, "test", scopes, expires, of=principals.find(key).id)[1]


def person(key: str) -> Principal:
    """A new person."""
    return principals.add(SYSTEM, "person", key, name=key.title())


def admin(key: str, role: str) -> Caller:
    """A new person with an admin role, and their token."""
    someone = person(key)
    accounts.make_account(SYSTEM, someone.id, key)
    accounts.give_admin_role(SYSTEM, someone.id, role)
    return Caller(token_of(key))


@dataclass(slots=True)
class Firm:
    """Ann manages *space*; Bob sees nothing of it; each admin role has somebody."""

    ann: Caller
    bob: Caller
    system: Caller
    space: str
    space_id: int
    _admins: dict[str, Caller] = field(default_factory=dict)

    @property
    def at(self) -> str:
        """Where the space is."""
        return f"/spaces/{self.space}"

    def admin(self, role: str) -> Caller:
        """Somebody with an admin *role*."""
        if role not in self._admins:
            self._admins[role] = admin(f"{role}-admin", role)
        return self._admins[role]

    def save(self, path: str, content: bytes = b"text") -> Any:
        """The entry of a file that Ann saves."""
        done = self.ann("PUT", f"{self.at}/content", body=content, query={"path": path})
        assert done.status in (200, 201), done.body
        return done.json

    def folder(self, path: str) -> Any:
        """The entry of a folder that Ann makes."""
        done = self.ann("POST", f"{self.at}/folders", {"path": path, "parents": True})
        assert done.status == 201, done.body
        return done.json


def firm() -> Firm:
    """A small firm in an empty drive."""
    ann = person("ann")
    person("bob")
    system = admin("system-admin", "system")
    number = make_space(SYSTEM, "Deals", admins=[ann.id])
    key = Space.objects.values_list("key", flat=True).get(id=number)
    return Firm(Caller(token_of("ann")), Caller(token_of("bob")), system, key, number, {"system": system})


def pieces(content: bytes, *sizes: int) -> Iterator[bytes]:
    """*content* cut at *sizes*, one after the other, and the rest."""
    for size in sizes:
        yield content[:size]
        content = content[size:]
    if content:
        yield content
