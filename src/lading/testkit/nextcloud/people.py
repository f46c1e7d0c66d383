"""Accounts, groups, circles and app passwords."""

import hashlib
import secrets

from .store import Row, Store

ADMINS = "admin"  # the group whose members administer the cloud
UNLIMITED = -3
SLOW_ROUNDS = 1_500_000  # about what an account password costs the real server: half a second of CPU


class People:
    """Who there is, and who belongs where."""

    def __init__(self, store: Store, *, slow: bool = False) -> None:
        self.store = store
        self.slow = slow

    def get(self, user: str) -> Row | None:
        return self.store.row("SELECT * FROM user WHERE id=?", user)

    def name(self, user: str) -> str:
        found = self.get(user)
        return found["name"] if found else user

    def title(self, kind: str, name: str) -> str:
        """What a person, group or circle is called, by *kind* as advanced rules spell it."""
        table = {"user": "user", "group": "team", "circle": "circle"}.get(kind)
        if kind == "room":
            return str(self.store.value("SELECT name FROM room WHERE token=?", name) or name)
        found = self.store.value(f"SELECT name FROM {table} WHERE id=?", name) if table else None
        return str(found or name)

    def add(
        self, user: str, password: str, *, name: str = "", email: str = "", quota: int = UNLIMITED
    ) -> None:
        self.store.run(
            "INSERT OR REPLACE INTO user VALUES(?, ?, ?, ?, ?, 1)",
            user,
            _digest(password),
            name or user,
            email,
            quota,
        )

    def add_team(self, group: str, name: str = "") -> None:
        self.store.run("INSERT OR REPLACE INTO team VALUES(?, ?)", group, name or group)

    def join(self, user: str, kind: str, container: str) -> None:
        self.store.run("INSERT OR IGNORE INTO member VALUES(?, ?, ?)", kind, container, user)

    def leave(self, user: str, kind: str, container: str) -> None:
        self.store.run("DELETE FROM member WHERE kind=? AND id=? AND user=?", kind, container, user)

    def containers(self, user: str, kind: str) -> list[str]:
        """The groups, circles, or groups administered (kind subadmin) of *user*."""
        rows = self.store.rows("SELECT id FROM member WHERE user=? AND kind=? ORDER BY id", user, kind)
        return [row["id"] for row in rows]

    def members(self, kind: str, container: str) -> list[str]:
        rows = self.store.rows("SELECT user FROM member WHERE kind=? AND id=? ORDER BY user", kind, container)
        return [row["user"] for row in rows]

    def is_admin(self, user: str) -> bool:
        return ADMINS in self.containers(user, "group")

    def governs(self, user: str, other: str) -> bool:
        """Whether *user* may read the account of *other*: its own, as admin, or as admin of one of its groups."""
        own = set(self.containers(user, "subadmin"))
        return user == other or self.is_admin(user) or bool(own & set(self.containers(other, "group")))

    def known_as(self, login: str, password: str) -> str:
        """The account that a login means: its id, its mail address, or nothing with an app password."""
        if not login:
            return str(self.store.value("SELECT user FROM token WHERE hash=?", _digest(password)) or "")
        if "@" not in login or self.get(login):
            return login
        return str(self.store.value("SELECT id FROM user WHERE email=?", login) or login)

    def by_token(self, user: str, password: str) -> bool:
        """Whether *password* is an app password of *user*."""
        return bool(self.store.value("SELECT user FROM token WHERE hash=?", _digest(password)) == user)

    def by_password(self, user: str, password: str) -> bool:
        """Whether *password* is the account's own; slow if the cloud was started that way."""
        if self.slow:
            hashlib.pbkdf2_hmac("sha256", password.encode(), b"slow", SLOW_ROUNDS)
        with self.store.lock:
            return bool(self.store.value("SELECT password FROM user WHERE id=?", user) == _digest(password))

    def issue(self, user: str, name: str, token: str = "") -> str:
        """Keep an app password of *user* (a new one of 72 characters) and return it."""
        token = token or secrets.token_hex(36)
        self.store.run("INSERT OR REPLACE INTO token VALUES(?, ?, ?)", _digest(token), user, name)
        return token

    def revoke(self, token: str) -> None:
        self.store.run("DELETE FROM token WHERE hash=?", _digest(token))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
