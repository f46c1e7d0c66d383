"""
What has had its time goes; what has not, or is held, stays.
"""

import time

from django.conf import settings

from lading.drive.check import check, tidy
from lading.drive.check.tidy import ANSWERS, ONE_TIMES, UPLOADS
from lading.drive.models import (
    Answer,
    Hold,
    Lock,
    Node,
    OneTime,
    Partial,
    Principal,
    Space,
    Throttle,
    Token,
    Version,
)
from lading.drive.store import store
from support.drive_ground import Ground, digest, read

DAY = 86_400 * 10**9
NOW = time.time_ns()


def someone() -> Principal:
    return Principal.objects.get(kind="everybody")


def hang_in_bin(ground: Ground, file: Node, at: int) -> None:
    """Put a file into the trash, as it is told in the tables."""
    from lading.drive.models import Trash

    Trash.objects.create(node=file, space=ground.space, parent=ground.deals, name=file.name, path="x", at=at)
    Node.objects.filter(id=file.id).update(parent=ground.bin, name=str(file.id), trail=f"{ground.bin.id}/")


def test_what_doors_remember_is_forgotten_in_time():
    """
    Locks, answers, one-time secrets, throttles and tokens: the old go, the young stay.
    """
    who = someone()
    for age, key in ((1, "old"), (-DAY, "young")):
        Lock.objects.create(token=key, path=key, principal=who, expires=NOW - age)
        Answer.objects.create(principal=who, key=key, request="r", status=200, created=NOW - ANSWERS - age)
        OneTime.objects.create(digest=key, purpose="p", created=1, expires=NOW - ONE_TIMES - age)
        Token.objects.create(
            principal=who, digest=key, scopes="read", created=1, expires=NOW - 30 * DAY - age
        )
    Throttle.objects.create(key="old", failures=3, until=NOW - 2 * DAY)
    done = tidy(NOW)

    assert (1, 1, 1, 1, 1) == (done.locks, done.answers, done.one_times, done.throttles, done.tokens)
    for model, key in ((Lock, "token"), (Answer, "key"), (OneTime, "digest"), (Token, "digest")):
        assert ["young"] == list(model.objects.values_list(key, flat=True))


def test_uploads_that_rest_too_long_go_with_their_bytes():
    """
    Row and bytes; one that somebody works on stays, and so do the bytes of nobody's upload while young.
    """
    for key, age in (("old", UPLOADS + 1), ("young", DAY)):
        store().partial_append(key, [b"half"], start=0)
        Partial.objects.create(principal=someone(), token=key, key=key, size=4, touched=NOW - age)
    store().partial_append("nobody", [b"half"], start=0)
    done = tidy(NOW)

    assert 1 == done.uploads
    assert ["young"] == list(Partial.objects.values_list("key", flat=True))
    assert {"young", "nobody"} == {left.name for left in store().left()}
    assert 1 == tidy(NOW + 2 * DAY).unfinished


def test_versions_and_trash_go_by_their_rules_and_their_contents_follow():
    """
    The rule of the space, then the two trashes, then the sweep; at the end the books balance.
    """
    ground = Ground()
    Space.objects.update(keep_count=1)
    for content in (b"first", b"second", b"third"):
        kept = ground.save("a", content)
    hang_in_bin(ground, ground.save("b", b"thrown away"), NOW)
    days = settings.LADING_DRIVE["trash_days"] + 1
    done = [tidy(NOW + n * days * DAY) for n in (1, 2, 3, 4)]

    assert 2 == done[0].versions
    assert 2 == sum(one.trash for one in done)
    assert 3 == sum(one.swept.removed for one in done)
    assert [digest(b"third")] == [item.digest for item in store().all()]
    assert b"third" == read(kept.digest)
    assert 5 == Space.objects.get().used
    assert {} == check(read_data=True, now=NOW + 400 * DAY).counts


def test_a_hold_beats_every_rule():
    """
    No version and no trash of what is held goes.
    """
    ground = Ground()
    Space.objects.update(keep_count=1)
    for content in (b"first", b"second"):
        file = ground.save("a", content)
    Hold.objects.create(node=file, reason="court", created=1)
    hang_in_bin(ground, file, NOW)
    for n in (1, 2, 3, 4):
        tidy(NOW + n * 100 * DAY)

    assert 2 == Version.objects.count()
    assert {digest(b"first"), digest(b"second")} == {item.digest for item in store().all()}
