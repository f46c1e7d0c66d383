"""
How the drive knows us: basic, digest, a bearer token, or nobody.

What is chosen is plain data until a handle is told.  Secrets are read from
where the address refers to, and kept in memory only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pycurl

from lading.connectors.address import Address, secret
from lading.model.errors import BadAddress

WAYS = ("auto", "basic", "digest", "bearer")


@dataclass(frozen=True, slots=True)
class Login:
    """One way to log in; the secret never shows in its text."""

    way: str
    """`none`, `basic`, `digest`, `bearer`; `auto` until the server was asked."""
    user: str = ""
    secret: str = field(default="", repr=False)

    def tell(self, curl: Any) -> None:
        """Have *curl*, a fresh handle, log in this way and never with another."""
        if self.way not in ("basic", "digest"):
            return
        # Bytes, because pycurl refuses text outside of ASCII.
        curl.setopt(pycurl.USERNAME, self.user.encode())
        curl.setopt(pycurl.PASSWORD, self.secret.encode())
        curl.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC if self.way == "basic" else pycurl.HTTPAUTH_DIGEST)

    @property
    def headers(self) -> tuple[bytes, ...]:
        """Headers to send with every request."""
        return (b"Authorization: Bearer " + self.secret.encode(),) if self.way == "bearer" else ()


def login_of(address: Address) -> Login:
    """
    The login that the options `user`, `password`, `token` and `login` describe.

    Raises:
        BadAddress: they do not fit together, or the secret is not there.
    """
    options = address.options
    way = options.get("login", "auto")
    if way not in WAYS:
        raise BadAddress(str(address), f"login is {', '.join(WAYS)}, not {way}")
    token, password, user = options.get("token"), options.get("password"), options.get("user", "")
    if token and password:
        raise BadAddress(str(address), "give a token or a password, not both")
    if token:
        if way not in ("auto", "bearer"):
            raise BadAddress(str(address), f"login={way} needs user and password, not a token")
        return Login("bearer", "", _clean(secret(token), address))
    if way == "bearer":
        raise BadAddress(str(address), "login=bearer needs token=env:NAME or another reference")
    if not user and not password:
        if way != "auto":
            raise BadAddress(str(address), f"login={way} needs user and password")
        return Login("none")
    if not user or password is None:
        raise BadAddress(str(address), "user and password go together; password=env:NAME")
    if ":" in user and way != "digest":
        raise BadAddress(str(address), "a user with a colon can only log in by digest")
    return Login(way, _clean(user, address), _clean(secret(password), address))


def settled(login: Login, challenges: str, *, secure: bool) -> Login:
    """
    *login* with `auto` decided by the `WWW-Authenticate` lines of the server.

    A password goes over the wire in the clear only where the connection is encrypted or the
    server offers nothing better.
    """
    if login.way != "auto":
        return login
    offered = {line.strip().partition(" ")[0].lower() for line in challenges.split("\n")}
    digest = "digest" in offered and (not secure or "basic" not in offered)
    return Login("digest" if digest else "basic", login.user, login.secret)


def _clean(text: str, address: Address) -> str:
    if any(character < " " or character == "\x7f" for character in text):
        raise BadAddress(str(address), "user, password or token contain control characters")
    return text
