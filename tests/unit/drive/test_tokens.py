"""
Tokens: what they give, when they end, and what a request costs.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lading.drive.actor import EVERYTHING, SYSTEM, Actor, Scope
from lading.drive.errors import Unfit
from lading.drive.models import Account, Event, Principal, Throttle, Token
from lading.drive.people import bearer, checking
from lading.drive.people.accounts import make_account, set_password
from lading.drive.people.tokens import (
    actor_for_basic,
    actor_for_token,
    forget,
    list_tokens,
    make_token,
    revoke,
    sign_out,
)
from lading.drive.writing import writing
from lading.model.errors import Forbidden, LoginFailed, NotFound, Throttled

GOOD = "correct horse 电池"
LATER = 2**62


def person(key: str = "p1", **facts: object) -> Actor:
    row = Principal.objects.create(**{"kind": "person", "created": 1, "key": key, **facts})
    return Actor(row.id, key)


def account(key: str = "p1", login: str = "li.wei") -> Actor:
    who = person(key)
    assert who.principal is not None
    make_account(SYSTEM, who.principal, login, GOOD)
    return who


def move_epoch() -> None:
    with writing(SYSTEM) as work:
        work.rights_changed()


def dead(text: str) -> bool:
    try:
        actor_for_token(text)
    except LoginFailed:
        return True
    return False


def test_a_token_speaks_for_its_person_with_its_scopes() -> None:
    """
    Only a hash of it is kept, and it has 256 bits.
    """
    me = person()
    row, text = make_token(me, "laptop", [Scope.READ, Scope.WRITE], None)

    assert Actor(
        me.principal, "p1", "", frozenset({Scope.READ, Scope.WRITE}), "dav", "::1"
    ) == actor_for_token(text, via="dav", address="::1")
    assert text.startswith("lading_")
    assert len(text) == len("lading_") + 43
    assert text[7:] not in str(Token.objects.values().get())
    assert [row.id] == [token.id for token in list_tokens(me)]


@pytest.mark.parametrize(
    "text", ["", "lading_", "lading_" + "A" * 43, "x" * 10_000, "lading_\udc80\0", "用户"]
)
def test_a_forged_token_is_refused(text: str) -> None:
    """
    Whatever it looks like, the answer is the same.
    """
    person()
    with pytest.raises(LoginFailed, match="not valid"):
        actor_for_token(text)


def test_a_revoked_token_is_dead_at_once() -> None:
    """
    Also one that was used a moment ago; and revoking twice finds nothing.
    """
    me = person()
    row, text = make_token(me, "laptop", EVERYTHING, None)
    actor_for_token(text)
    revoke(me, row.id)

    assert dead(text)
    with pytest.raises(NotFound):
        revoke(me, row.id)
    sign_out(text)


def test_nobody_revokes_the_token_of_another() -> None:
    """
    Strangers are told that there is none; admins of the system and of security may.
    """
    row, text = make_token(person(), "laptop", EVERYTHING, None)
    other = person("p2")
    for stranger in (other, Actor(other.principal, "p2", "audit"), Actor(None, "link:x")):
        with pytest.raises(NotFound):
            revoke(stranger, row.id)
        with pytest.raises(Forbidden):
            list_tokens(stranger, row.principal_id)
    revoke(Actor(other.principal, "p2", "security"), row.id)
    assert dead(text)


def test_a_token_ends_by_itself_also_when_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Neither the token's end nor the guest's is passed because the answer was remembered.
    """
    now = bearer.time.time_ns()
    owner = person()
    guest = person("g1", kind="guest", owner_id=owner.principal, until=now + 10**12)
    _, mine = make_token(owner, "short", EVERYTHING, now + 10**11)
    _, theirs = make_token(guest, "no end", EVERYTHING, None)
    assert (False, False) == (dead(mine), dead(theirs))

    monkeypatch.setattr(bearer.time, "time_ns", lambda: now + 10**11)
    assert (True, False) == (dead(mine), dead(theirs))
    monkeypatch.setattr(bearer.time, "time_ns", lambda: now + 10**12)
    assert (True, True) == (dead(mine), dead(theirs))


def test_who_leaves_has_no_tokens() -> None:
    """
    As soon as the epoch tells, an inactive person's token and that of a guest without an owner are dead.
    """
    owner = person()
    guest = person("g1", kind="guest", owner_id=owner.principal, until=LATER)
    texts = [make_token(who, "t", EVERYTHING, None)[1] for who in (owner, guest)]
    assert [False, False] == [dead(text) for text in texts]
    Principal.objects.filter(id=owner.principal).update(active=False)
    move_epoch()

    assert [True, True] == [dead(text) for text in texts]


def test_a_token_has_no_more_scopes_than_its_maker() -> None:
    """
    A token that may read cannot make one that may write, and none is made for others or for nobody.
    """
    me, other = person(), person("p2")
    reader = actor_for_token(make_token(me, "r", [Scope.READ], None)[1])
    make_token(reader, "r2", [Scope.READ], LATER)

    for actor, scopes, of in [
        (reader, [Scope.WRITE], None),
        (me, [Scope.READ], other.principal),
        (Actor(None, "link:x"), [Scope.READ], None),
        (Actor(None, "link:x"), [Scope.READ], me.principal),
        (SYSTEM, [Scope.READ], None),
    ]:
        with pytest.raises(Forbidden):
            make_token(actor, "t", scopes, None, of=of)
    for scopes, expires in [([], None), ([Scope.READ], 5)]:
        with pytest.raises(Unfit):
            make_token(me, "t", scopes, expires)
    make_token(SYSTEM, "t", [Scope.READ], None, of=other.principal)


def test_an_admin_role_is_used_only_with_its_scope() -> None:
    """
    And a role that was taken away is gone from tokens at once.
    """
    me = account()
    Account.objects.update(admin="system")
    with_it = make_token(me, "a", EVERYTHING, None)[1]
    without = make_token(me, "b", EVERYTHING - {Scope.ADMIN}, None)[1]

    assert ("system", "") == (actor_for_token(with_it).admin, actor_for_token(without).admin)
    Account.objects.update(admin="")
    move_epoch()
    assert "" == actor_for_token(with_it).admin


def test_a_warm_request_asks_for_the_epoch_alone() -> None:
    """
    One statement, none where the caller has the epoch; for tokens and for passwords.
    """
    me = account()
    text = make_token(me, "t", EVERYTHING, None)[1]
    actor_for_token(text)
    actor_for_basic("li.wei", GOOD)

    for ask in (lambda: actor_for_token(text), lambda: actor_for_basic("li.wei", GOOD)):
        with CaptureQueriesContext(connection) as asked:
            ask()
        assert 1 == len(asked)
    at = bearer.epoch()
    with CaptureQueriesContext(connection) as asked:
        actor_for_token(text, seen=at)
        actor_for_basic("li.wei", GOOD, seen=at)
    assert 0 == len(asked)


def test_basic_takes_a_password_or_a_token_of_the_same_person() -> None:
    """
    A token counts with its person's login or key in any case, not with the login of somebody else.
    """
    me = account()
    account("p2", "other")
    text = make_token(me, "t", [Scope.READ], None)[1]

    assert EVERYTHING == actor_for_basic("li.wei", GOOD).scopes
    for login in ("li.wei", "LI.Wei", "p1", "P1"):
        assert (me.principal, {Scope.READ}) == (
            (found := actor_for_basic(login, text)).principal,
            found.scopes,
        )
    for login in ("other", "", "p2"):
        with pytest.raises(LoginFailed):
            actor_for_basic(login, text)


def test_a_password_is_checked_once_while_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Moving the epoch costs no new check; a new password, or leaving, is heard at once; the audit is told once.
    """
    me, checks = account(), []
    real = checking.passwords.matches
    monkeypatch.setattr(checking.passwords, "matches", lambda *a: checks.append(1) or real(*a))
    for _ in range(3):
        actor_for_basic("li.wei", GOOD)
        move_epoch()
    assert 1 == len(checks)
    assert 1 == Event.objects.filter(kind="signin.done").count()

    set_password(SYSTEM, me.principal, "another good one")
    with pytest.raises(LoginFailed):
        actor_for_basic("li.wei", GOOD)
    assert me.principal == actor_for_basic("li.wei", "another good one").principal
    Principal.objects.filter(id=me.principal).update(active=False)
    move_epoch()
    with pytest.raises(LoginFailed):
        actor_for_basic("li.wei", "another good one")


def test_a_client_with_an_old_password_does_not_shut_its_person_out() -> None:
    """
    The same wrong password again and again is one try; different ones are throttled.
    """
    account()
    for _ in range(20):
        with pytest.raises(LoginFailed):
            actor_for_basic("li.wei", "my old password")
    assert [1] == list(Throttle.objects.values_list("failures", flat=True))

    with pytest.raises(Throttled):
        for number in range(20):
            with pytest.raises(LoginFailed):
                actor_for_basic("li.wei", f"wrong password {number}")


def test_old_tokens_are_forgotten() -> None:
    """
    Those that ended a month ago go, living ones stay.
    """
    me = person()
    gone, _ = make_token(me, "t", EVERYTHING, None)
    make_token(me, "t", EVERYTHING, None)
    revoke(me, gone.id)

    assert 0 == forget(bearer.time.time_ns())
    assert 1 == forget(bearer.time.time_ns() + 31 * 24 * 3600 * 10**9)
    assert 1 == Token.objects.count()
