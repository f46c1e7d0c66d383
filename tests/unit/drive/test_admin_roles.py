"""
Three separated admin roles, the first sign-in, and breaking the glass.
"""

import json
import os
import threading
from pathlib import Path

import pytest

from lading.drive.actor import EVERYTHING, SYSTEM, Actor, Scope
from lading.drive.errors import Gone, Unfit
from lading.drive.models import Account, BreakGlass, Event, OneTime, Principal, Space
from lading.drive.people import first
from lading.drive.people.accounts import give_admin_role, make_account, sign_in, take_admin_role
from lading.drive.people.first import first_sign_in_token, invite, redeem
from lading.drive.people.glass import break_glass, mend_glass
from lading.drive.people.tokens import actor_for_token
from lading.drive.writing import epoch
from lading.model.errors import Forbidden, LoginFailed, NotFound

GOOD = "correct horse 电池"


def person(key: str, admin: str = "") -> Actor:
    row = Principal.objects.create(kind="person", key=key, created=1)
    make_account(SYSTEM, row.id, f"login-{key}")
    Account.objects.filter(principal=row).update(admin=admin)
    return Actor(row.id, key, admin)


def role(actor: Actor) -> str:
    return str(Account.objects.get(principal_id=actor.principal).admin)


def give(actor: Actor, to: Actor, what: str) -> None:
    assert to.principal is not None
    give_admin_role(actor, to.principal, what)


def test_the_system_admin_appoints_only_the_first_of_each() -> None:
    """
    From then on the security admin gives roles, and the system admin none.
    """
    boss, guard, auditor, other = (
        person("boss", "system"),
        person("guard"),
        person("auditor"),
        person("other"),
    )
    with pytest.raises(Forbidden):
        give(boss, other, "system")
    give(boss, guard, "security")
    give(boss, auditor, "audit")

    assert ("security", "audit") == (role(guard), role(auditor))
    for what in ("system", "security", "audit"):
        with pytest.raises(Forbidden):
            give(boss, other, what)
    give(Actor(guard.principal, "guard", "security"), other, "system")
    assert "system" == role(other)


def test_who_may_not_give_roles() -> None:
    """
    Ordinary people, audit admins, tokens without the scope, and who says to be an admin but is none any more.
    """
    guard, auditor, plain, other = person("g", "security"), person("a", "audit"), person("p"), person("o")
    for actor in (
        plain,
        auditor,
        Actor(guard.principal, "g", "security", EVERYTHING - {Scope.ADMIN}),
        Actor(plain.principal, "p", "security"),
        Actor(None, "link:x"),
    ):
        with pytest.raises(Forbidden):
            give(actor, other, "audit")
        with pytest.raises(Forbidden):
            give(actor, auditor, "")
    assert ("", "audit") == (role(other), role(auditor))


def test_nobody_gives_themselves_and_nobody_has_two() -> None:
    """
    Neither another role nor their own away; guests and people without an account get none.
    """
    guard, other = person("g", "security"), person("o", "audit")
    guest = Principal.objects.create(kind="guest", key="x", owner_id=other.principal, until=2**62, created=1)
    make_account(SYSTEM, guest.id, "guest")
    bare = Principal.objects.create(kind="person", key="bare", created=1)
    for to, what in ((guard, "system"), (guard, ""), (other, "system")):
        with pytest.raises(Forbidden):
            give(guard, to, what)
    for missing in (guest.id, bare.id, 10**9):
        with pytest.raises(NotFound):
            give_admin_role(guard, missing, "audit")
    with pytest.raises(Unfit):
        give(guard, other, "root")


def test_the_last_of_a_role_keeps_it() -> None:
    """
    Not even the drive itself takes it; one who left does not count as another.
    """
    guard, one, two = person("g", "security"), person("s1", "system"), person("s2", "system")
    Principal.objects.filter(id=two.principal).update(active=False)
    for actor in (guard, SYSTEM):
        with pytest.raises(Forbidden, match="last one"):
            take_admin_role(actor, one.principal)
    Principal.objects.filter(id=two.principal).update(active=True)
    before = epoch()
    take_admin_role(guard, one.principal)

    assert ("", "system") == (role(one), role(two))
    assert before < epoch()
    assert ["role.taken"] == list(
        Event.objects.filter(kind__startswith="role").values_list("kind", flat=True)
    )
    with pytest.raises(NotFound):
        take_admin_role(guard, one.principal)


def test_two_security_admins_cannot_take_each_others_role_at_once() -> None:
    """
    One of the two comes second and is told no.
    """
    one, two = person("s1", "security"), person("s2", "security")
    start, outcomes = threading.Barrier(2), []

    def take(actor: Actor, other: Actor) -> None:
        from django.db import connection

        start.wait()
        try:
            take_admin_role(actor, other.principal)
            outcomes.append("taken")
        except Forbidden:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["refused", "taken"] == sorted(outcomes)
    assert 1 == Account.objects.filter(admin="security").count()


def test_the_first_sign_in_makes_the_system_admin_once(home: Path) -> None:
    """
    The text also lies in the home for its owner alone; it is the same after a new start, and gone once used.
    """
    text = first_sign_in_token(str(home))
    assert text is not None
    path = home / first.FILE
    assert (text, 0o600) == (path.read_text().strip(), os.stat(path).st_mode & 0o777)
    assert text == first_sign_in_token(str(home))
    with pytest.raises(Unfit):
        redeem(text, "Boss", "short")
    actor, session = redeem(text, "Boss", GOOD, address="10.0.0.1")

    assert ("boss", "system") == (actor.name, actor.admin)
    assert "system" == actor_for_token(session).admin
    assert actor.principal == sign_in("boss", GOOD, "")[0].principal
    assert not path.exists()
    assert first_sign_in_token(str(home)) is None
    for again in (text, "forged", "", "\udc80"):
        with pytest.raises((Gone, LoginFailed)):
            redeem(again, "evil", GOOD)
    assert text not in str(list(OneTime.objects.values()))


def test_the_first_sign_in_ends_after_a_day(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Then the next start makes another one, and only that is heard.
    """
    old = first_sign_in_token(str(home))
    now = first.time.time_ns()
    monkeypatch.setattr(first.time, "time_ns", lambda: now + first.FIRST_LASTS)
    new = first_sign_in_token(str(home))

    assert old != new
    with pytest.raises(Gone):
        redeem(str(old), "boss", GOOD)


def test_two_at_once_make_one_first_admin(home: Path) -> None:
    """
    The token works once, also for two who use it in the same moment.
    """
    text, outcomes = first_sign_in_token(str(home)), []

    def use(login: str) -> None:
        from django.db import connection

        try:
            redeem(str(text), login, GOOD)
            outcomes.append("in")
        except Gone:
            outcomes.append("gone")
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(login,)) for login in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["gone", "in"] == sorted(outcomes)
    assert 1 == Account.objects.count()


def test_an_invitation_lets_a_person_choose_their_password() -> None:
    """
    Once, with their own login; a newer one ends the older; nobody is invited into an admin's account.
    """
    plain, guard = person("p"), person("g", "security")
    assert plain.principal is not None
    old, new = invite(SYSTEM, plain.principal), invite(SYSTEM, plain.principal)
    with pytest.raises(Gone):
        redeem(old, "login-p", GOOD)
    with pytest.raises(LoginFailed):
        redeem(new, "login-g", GOOD)
    actor, _ = redeem(new, "login-p", GOOD)

    assert (plain.principal, "") == (actor.principal, actor.admin)
    assert plain.principal == sign_in("login-p", GOOD, "")[0].principal
    with pytest.raises(Gone):
        redeem(new, "login-p", GOOD)
    with pytest.raises(Forbidden):
        invite(SYSTEM, guard.principal)
    with pytest.raises(Forbidden):
        invite(plain, plain.principal)


def space(**facts: object) -> Space:
    return Space.objects.create(key="s1", name="Deals", created=1, **facts)


def test_breaking_the_glass_is_told_in_the_space() -> None:
    """
    Who, why and how long stands in the feed of the space, also of a frozen one; it ends by itself or before.
    """
    boss, where, before = person("boss", "system"), space(frozen="moving"), epoch()
    row = break_glass(boss, where.id, "  restore after  ransomware ", 60)
    told = Event.objects.get(kind="glass.broken")

    assert 60 * 60 * 10**9 == row.expires - row.created
    assert (where.id, 1, "boss") == (told.space, told.clock, told.actor)
    assert ("restore after ransomware", 60) == (
        (facts := json.loads(told.facts))["reason"],
        facts["minutes"],
    )
    assert before < epoch()
    with pytest.raises(NotFound):
        mend_glass(person("p"), row.id)
    mend_glass(boss, row.id)
    assert BreakGlass.objects.get().expires < row.expires
    with pytest.raises(NotFound):
        mend_glass(boss, row.id)


def test_glass_does_not_break_for_everybody_or_without_reason() -> None:
    """
    Only a system admin who is one now, at least ten characters, at most 240 minutes, and a space that is there.
    """
    boss, where, why = person("boss", "system"), space(), "restore after ransomware"
    for actor in (
        person("p"),
        person("g", "security"),
        SYSTEM,
        Actor(boss.principal, "boss", "system", frozenset()),
    ):
        with pytest.raises(Forbidden):
            break_glass(actor, where.id, why, 10)
    for reason, minutes in (("too short", 10), (" " * 20, 10), (why, 0), (why, 241), (why + "\0", 10)):
        with pytest.raises(Unfit):
            break_glass(boss, where.id, reason, minutes)
    with pytest.raises(NotFound):
        break_glass(boss, where.id + 1, why, 10)
    Account.objects.update(admin="")
    with pytest.raises(Forbidden):
        break_glass(boss, where.id, why, 10)
    assert not BreakGlass.objects.exists()
    assert not Event.objects.filter(kind="glass.broken").exists()
