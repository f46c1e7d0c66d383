"""
Who asks: logins with account and app passwords, session cookies, and the brake on guessing.

After a number of wrong logins an address is answered 429 until they are forgotten;
Nextcloud documents ten, and delays before that, which the double leaves out.
"""

import base64
import secrets
import threading
import time
from http.cookies import CookieError, SimpleCookie

from .cloud import Cloud
from .http import Refused, Request

COOKIE = "nc_session_id"
MOST_SESSIONS = 10_000
CHALLENGE = ("WWW-Authenticate", 'Basic realm="Nextcloud", charset="UTF-8"')


class Door:
    """Lets people in; sessions and wrong logins are forgotten when the server ends."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[str, str]] = {}
        self._wrong: dict[str, list[float]] = {}

    def admit(self, request: Request, address: str) -> tuple[str, str | None]:
        """
        The user who asks, and a session id to hand out if it is new.

        Raises:
            Refused: 401, or 429 once too many wrong logins came from *address*.
        """
        user, password = credentials(request)
        with self.cloud.store.lock:
            user = self.cloud.people.known_as(user, password)
        session = _cookie(request)
        if session in self._sessions and self._sessions[session] == (user, password):
            return user, None
        self._brake(address)
        if not user or not self._right(user, password):
            if user:
                with self._lock:
                    self._wrong.setdefault(address, []).append(time.monotonic())
            raise Refused(
                401,
                "Sabre\\DAV\\Exception\\NotAuthenticated",
                "Username or password was incorrect",
                [CHALLENGE],
            )
        with self._lock:
            self._wrong.pop(address, None)
            if len(self._sessions) > MOST_SESSIONS:
                self._sessions.clear()
            fresh = secrets.token_hex(16)
            self._sessions[fresh] = (user, password)
        return user, fresh

    def forget(self) -> None:
        """Drop sessions and wrong logins."""
        with self._lock:
            self._sessions.clear()
            self._wrong.clear()

    def _brake(self, address: str) -> None:
        options = self.cloud.options
        with self._lock:
            recent = [it for it in self._wrong.get(address, []) if time.monotonic() - it < options.forgotten]
            self._wrong[address] = recent
        if len(recent) >= options.attempts:
            raise Refused(429, "OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests", "Too many requests")

    def _right(self, user: str, password: str) -> bool:
        people = self.cloud.people
        with self.cloud.store.lock:
            account = people.get(user)
            if account is None or not account["enabled"]:
                return False
            if people.by_token(user, password):
                return True
        return people.by_password(user, password)


def credentials(request: Request) -> tuple[str, str]:
    """The user and password of a Basic login, or an app password alone of a Bearer login; empty without one."""
    scheme, _, value = request.header("authorization").partition(" ")
    if scheme.lower() == "bearer":
        return "", value.strip()
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value).decode("utf-8").partition(":")
    except ValueError:
        return "", ""
    return user, password


def _cookie(request: Request) -> str:
    try:
        found = SimpleCookie(request.header("cookie")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
