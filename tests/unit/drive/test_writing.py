"""
The one door for writes: gate, clock and events in one transaction.
"""

import pytest

from lading.drive.actor import SYSTEM
from lading.drive.errors import Frozen
from lading.drive.models import Event, Space
from lading.drive.writing import epoch, writing
from lading.model.errors import NoSpace, NotFound


def make_space(**facts: object) -> Space:
    return Space.objects.create(key=f"k{Space.objects.count()}", name="Deals", created=1, **facts)


def test_each_change_raises_the_clock_of_its_space():
    """
    Events of a space carry its clock, in the order of their transactions.
    """
    space = make_space()
    for _ in range(2):
        with writing(SYSTEM, space.id) as work:
            work.event("file.saved", space=space.id, node=1, path="a")

    assert [1, 2] == list(Event.objects.order_by("id").values_list("clock", flat=True))


def test_a_frozen_space_refuses_with_its_message_and_changes_nothing():
    """
    The message given at the freeze is what a writer is told.
    """
    space = make_space(frozen="Switch on Saturday")

    with pytest.raises(Frozen, match="Switch on Saturday"), writing(SYSTEM, space.id):
        pass
    assert (0, 0) == Space.objects.values_list("clock", "used").get()


def test_a_quota_is_never_passed():
    """
    The byte that would pass the quota is refused; the one that fills it is not.
    """
    space = make_space(quota=10)
    with writing(SYSTEM, space.id, room=10):
        pass

    with pytest.raises(NoSpace), writing(SYSTEM, space.id, room=1):
        pass
    with writing(SYSTEM, space.id, room=-4):
        pass
    assert 6 == Space.objects.get().used


def test_nothing_of_a_failed_change_stays():
    """
    An exception inside takes back the clock, the bytes and the events.
    """
    space, before = make_space(), epoch()
    with pytest.raises(ZeroDivisionError), writing(SYSTEM, space.id, room=5) as work:
        work.event("file.saved", space=space.id)
        work.rights_changed()
        _ = 1 / 0

    assert (0, 0) == Space.objects.values_list("clock", "used").get()
    assert not Event.objects.exists()
    assert before == epoch()


def test_a_deleted_space_is_not_found():
    """
    Who writes into a deleted space is told that there is none.
    """
    space = make_space(deleted=5)

    with pytest.raises(NotFound), writing(SYSTEM, space.id):
        pass
