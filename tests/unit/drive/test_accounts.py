"""
Signing in: what is refused looks the same, and tries get slower.
"""

import json
import threading
import unicodedata

import pytest
from django.conf import settings as django_settings
from django.test.utils import override_settings

from lading.drive.actor import EVERYTHING, SYSTEM, Actor
from lading.drive.errors import Unfit
from lading.drive.models import Account, Event, Principal, Throttle
from lading.drive.people import passwords, throttle
from lading.drive.people.accounts import make_account, set_password, sign_in
from lading.drive.people.tokens import actor_for_token
from lading.model.errors import AlreadyExists, Forbidden, LoginFailed, NotFound, Throttled

GOOD = "correct horse 电池"


def person(key: str = "p1", **facts: object) -> Principal:
    return Principal.objects.create(kind="person", key=key, created=1, **facts)


def account(key: str = "p1", login: str = "li.wei", password: str = GOOD) -> Principal:
    who = person(key)
    make_account(SYSTEM, who.id, login, password)
    return who


def test_signing_in_gives_an_actor_and_a_token_of_theirs() -> None:
    """
    Login in any case, password in any Unicode form; the token speaks for the person with every scope.
    """
    who = account(password="motdépasse-10")

    actor, text = sign_in(" LI.Wei ", unicodedata.normalize("NFD", "motdépasse-10"), "10.0.0.1", via="page")
    assert Actor(who.id, "p1", "", EVERYTHING, "page", "10.0.0.1") == actor
    assert actor == actor_for_token(text, via="page", address="10.0.0.1")
    assert ["account.made", "signin.done"] == list(Event.objects.values_list("kind", flat=True))


def test_every_wrong_sign_in_gets_the_same_answer() -> None:
    """
    Wrong password, unknown login, nobody's password, somebody who left, hostile text: one answer, one hash checked.
    """
    account()
    left = account("p2", "zhang.min")
    Principal.objects.filter(id=left.id).update(active=False)
    make_account(SYSTEM, person("p3").id, "no.password")
    checks: list[str] = []
    real = passwords.verify_password

    def counting(password: str, encoded: str) -> tuple[bool, bool]:
        checks.append(encoded.partition("$")[0])
        return real(password, encoded)

    tried = [
        ("li.wei", "wrong password"),
        ("nobody", "wrong password"),
        ("zhang.min", GOOD),
        ("no.password", "!"),
        ("\udc80\0{x}", "\udcff\0"),
        ("x" * 100_000, "x" * 100_000),
        ("", ""),
    ]
    answers = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "verify_password", counting)
        for login, password in tried:
            with pytest.raises(LoginFailed) as told:
                sign_in(login, password, "")
            answers.add(str(told.value))

    assert 1 == len(answers)
    assert ["argon2"] * len(tried) == checks
    told_of = [json.loads(row.facts)["account"] for row in Event.objects.filter(kind="signin.failed")]
    assert ["p1", "", "p2", "p3", "", "", ""] == told_of


def test_an_account_is_heard_less_and_less_often() -> None:
    """
    Five failures are free; then pauses of 1, 2, 4 … s up to five minutes, also for the right password and for unknown logins.
    """
    assert [0, 0, 1, 2, 4, 300] == [throttle.pause(n) for n in (1, 5, 6, 7, 8, 40)]
    account()
    for login in ("li.wei", "nobody"):
        for _ in range(6):
            with pytest.raises(LoginFailed):
                sign_in(login, "wrong password", "")
        with pytest.raises(Throttled) as told:
            sign_in(login, GOOD, "")
        assert told.value.after == 1.0


def test_a_success_starts_an_account_afresh_but_not_an_address() -> None:
    """
    Who has one good account gains no tries at others from the same address.
    """
    keys = [throttle.of_account("a"), throttle.of_address("10.0.0.1")]
    for _ in range(4):
        throttle.tries(*keys, now=10**18)
        throttle.failed(*keys, now=10**18)
    throttle.tries(*keys, now=10**18)
    assert {keys[0]: 5, keys[1]: 4} == dict(Throttle.objects.values_list("key", "failures"))
    throttle.succeeded(*keys, now=10**18)

    assert {keys[1]: 4} == dict(Throttle.objects.values_list("key", "failures"))


def test_many_addresses_of_one_network_count_as_one() -> None:
    """
    An IPv6 customer has 2^64 addresses; an IPv4 address is the same however it is written.
    """
    assert throttle.of_address("2001:db8::1") == throttle.of_address("2001:db8:0:0:ffff::2%eth0")
    assert throttle.of_address("2001:db8::1") != throttle.of_address("2001:db8:0:1::1")
    assert throttle.of_address("10.0.0.1") == throttle.of_address("::ffff:10.0.0.1")
    assert len(throttle.of_address("x" * 10_000)) <= 120


def test_the_count_is_forgotten_after_an_hour() -> None:
    """
    A try an hour after the last is the first again, and old rows go.
    """
    key, now = throttle.of_account("a"), 10**18
    for _ in range(5):
        throttle.tries(key, now=now)
    throttle.tries(key, now=now + throttle.FORGET + 1)

    assert 1 == Throttle.objects.get().failures
    assert 0 == throttle.forget(now + throttle.FORGET)
    assert 1 == throttle.forget(now + 3 * throttle.FORGET)


def test_many_tries_at_once_gain_nothing() -> None:
    """
    Of twenty tries at the same moment no more are heard than one after the other.
    """
    key, heard = throttle.of_account("a"), []

    def attempt() -> None:
        from django.db import connection

        try:
            throttle.tries(key, now=10**18)
            heard.append(1)
        except Throttled:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 6 == len(heard)


def test_what_a_password_may_not_be() -> None:
    """
    Too short, the login, one character, something nobody can type: refused without being repeated.
    """
    who = person()
    for bad in ("123456789", "li.wei.long", "LI.WEI.LONG", "aaaaaaaaaaaa", "12345678\udc80ab", "x" * 501):
        with pytest.raises(Unfit) as told:
            make_account(SYSTEM, who.id, "li.wei.long", bad)
        assert bad not in str(told.value)
    assert not Account.objects.exists()


@pytest.mark.parametrize("login", ["", " ", "a:b", "a b", "a\nb", "x" * 201, "a\u202eb", "\udc80"])
def test_what_a_login_may_not_be(login: str) -> None:
    """
    Nothing that Basic sign-in cannot carry, and nothing invisible.
    """
    with pytest.raises(Unfit):
        make_account(SYSTEM, person().id, login, GOOD)


def test_one_account_each() -> None:
    """
    A login belongs to one account and a person has one; departments have none; only a system admin makes them.
    """
    account()
    with pytest.raises(AlreadyExists):
        make_account(SYSTEM, person("p2").id, "LI.WEI", GOOD)
    with pytest.raises(AlreadyExists):
        make_account(SYSTEM, Principal.objects.get(key="p1").id, "other", GOOD)
    with pytest.raises(NotFound):
        make_account(SYSTEM, Principal.objects.get(key="everybody").id, "other", GOOD)
    with pytest.raises(Forbidden):
        make_account(Actor(1, "x"), Principal.objects.get(key="p2").id, "other", GOOD)


def test_a_new_password_ends_all_sessions() -> None:
    """
    One's own needs the old one; afterwards only the new one is heard and old tokens are dead.
    """
    who = account()
    actor, text = sign_in("li.wei", GOOD, "")
    with pytest.raises(LoginFailed):
        set_password(actor, who.id, "another good one", old="not it at all")
    set_password(actor, who.id, "another good one", old=GOOD)

    with pytest.raises(LoginFailed):
        actor_for_token(text)
    with pytest.raises(LoginFailed):
        sign_in("li.wei", GOOD, "")
    assert who.id == sign_in("li.wei", "another good one", "")[0].principal


def test_nobody_sets_the_password_of_an_admin() -> None:
    """
    A system admin may set those of ordinary people, not that of the security admin; a person nobody else's.
    """
    plain, guard = account(), account("p2", "guard")
    Account.objects.filter(principal=guard).update(admin="security")
    boss = Actor(person("p3").id, "p3", admin="system")

    set_password(boss, plain.id, "another good one")
    with pytest.raises(Forbidden):
        set_password(boss, guard.id, "another good one")
    with pytest.raises(Forbidden):
        set_password(Actor(plain.id, "p1"), guard.id, "another good one")


def test_a_hash_of_older_settings_is_made_anew() -> None:
    """
    At a good sign-in a PBKDF2 hash becomes Argon2; the password stays.
    """
    who = person()
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        make_account(SYSTEM, who.id, "li.wei", GOOD)
    sign_in("li.wei", GOOD, "")

    assert Account.objects.get().password.startswith("argon2")
    assert who.id == sign_in("li.wei", GOOD, "")[0].principal
    assert django_settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


def test_an_address_is_slowed_down_only_by_failures() -> None:
    """
    A whole office may sign in at the same moment; after thirty failures its passwords are heard once a minute at least.
    """
    address, now = throttle.of_address("10.0.0.1"), 10**18
    for number in range(100):
        throttle.tries(throttle.of_account(str(number)), address, now=now)
    for _ in range(31):
        throttle.failed(address, now=now)
    with pytest.raises(Throttled) as told:
        throttle.tries(throttle.of_account("new"), address, now=now)
    for _ in range(20):
        throttle.failed(address, now=now)

    assert 1.0 == told.value.after
    throttle.tries(throttle.of_account("new"), address, now=now + 60 * throttle.SECOND)
    assert 1 == Throttle.objects.get(key=throttle.of_account("new")).failures
