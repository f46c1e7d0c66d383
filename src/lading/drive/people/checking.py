"""
Whether a login and a password belong together: throttled, the same for whoever does not exist, and told to the audit.
"""

from __future__ import annotations

import time

from lading.drive.actor import Actor
from lading.drive.models import Account
from lading.drive.people import passwords, throttle
from lading.drive.people.living import Living, by_login
from lading.drive.people.rules import folded
from lading.drive.writing import writing
from lading.model.errors import LoginFailed
from lading.model.text import Text

_WRONG = Text("login or password is wrong, or the account is closed", "登录名或密码错误，或账号已停用")


def refused(detail: Text = _WRONG) -> LoginFailed:
    """The one answer to every wrong sign-in."""
    return LoginFailed("Lading", detail)


def check(login: str, password: str, *, via: str, address: str) -> Living:
    """
    The living person whose *login* and *password* these are.

    Raises:
        LoginFailed: they are not, or the person left; which of these is not told.
        Throttled: too many tries of this login or from this address.
    """
    name = folded(login)
    keys = [throttle.of_account(name), *([throttle.of_address(address)] if address else [])]
    throttle.tries(*keys)
    found = by_login(name, time.time_ns())
    person = found.person if found and found.alive else None
    right, outdated = passwords.matches(password, person.encoded if person else None)
    if person is None or not right:
        throttle.failed(*keys)
        _tell_failure(found.person.key if found else "", via, address)
        raise refused()
    throttle.succeeded(*keys)
    return _hash_anew(person, password) if outdated else person


def tell(person: Living, *, via: str, address: str) -> None:
    """Tell the audit that *person* signed in."""
    with writing(Actor(person.principal, person.key, via=via, address=address)) as work:
        work.event("signin.done")


def _tell_failure(key: str, via: str, address: str) -> None:
    # What was typed is not kept: people type passwords where the login belongs.
    with writing(Actor(None, "unknown", via=via, address=address)) as work:
        work.event("signin.failed", account=key)


def _hash_anew(person: Living, password: str) -> Living:
    encoded = passwords.hashed(password)
    with writing(Actor(person.principal, person.key)):
        # Only if nobody set another password meanwhile.
        Account.objects.filter(principal_id=person.principal, password=person.encoded).update(
            password=encoded
        )
    return person._replace(encoded=encoded)
