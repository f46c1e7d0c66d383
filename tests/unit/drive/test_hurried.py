"""
What a loop that others wait for may do: nothing of it waits for another's change, for a password, or for many rights.
"""

from __future__ import annotations

import sqlite3
import threading

import pytest
from django.db import connection

from lading.drive.actor import EVERYTHING, SYSTEM, Actor
from lading.drive.models import Principal, Throttle
from lading.drive.people import bearer
from lading.drive.people.accounts import make_account
from lading.drive.rights.sight import sight
from lading.drive.tree.spaces import make_space
from lading.drive.writing import MustWait, hurried, writing

PASSWORD = "correct horse: 电池"


@pytest.fixture
def ann() -> Principal:
    person = Principal.objects.create(kind="person", key="ann", name="Ann 王", created=1)
    make_account(SYSTEM, person.id, "ann", PASSWORD)
    return person


def test_a_tool_that_holds_the_tables_holds_up_nobody_in_a_hurry() -> None:
    """A shell of SQLite knows nothing of our queue; whoever has time waits for it, and is served in the end."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL is never asked in a hurry")
    shell = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    shell.execute("BEGIN IMMEDIATE")
    with hurried(), pytest.raises(MustWait), writing(SYSTEM):
        pass
    threading.Timer(0.3, shell.execute, ["ROLLBACK"]).start()

    with writing(SYSTEM) as work:
        work.event("signin.done")
    with hurried(), writing(SYSTEM) as work:
        work.event("signin.done")
    shell.close()


def test_no_password_is_looked_at_in_a_hurry(ann: Principal) -> None:
    """Neither a right one nor a wrong one, whose try is not counted twice; what is known already is enough."""
    for password in (PASSWORD, "wrong"):
        with hurried(), pytest.raises(MustWait):
            bearer.actor_for_basic("ann", password)

    assert not Throttle.objects.exists()
    known = bearer.actor_for_basic("ann", PASSWORD)
    with hurried():
        assert known == bearer.actor_for_basic("ann", PASSWORD)


def test_rights_are_not_worked_out_in_a_hurry(ann: Principal) -> None:
    """After any change of rights somebody with time does it once for all."""
    actor = Actor(ann.id, "ann", scopes=EVERYTHING)
    sight(actor)
    space = make_space(SYSTEM, "Deals", admins=[ann.id])
    with hurried(), pytest.raises(MustWait):
        sight(actor)

    seen = sight(actor).spaces()
    with hurried():
        assert (space,) == seen == sight(actor).spaces()
