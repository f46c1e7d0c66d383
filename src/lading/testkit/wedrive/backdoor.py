"""
The control door: what a test or a rehearsal may do behind the platform's back.

`POST /control/VERB` with a JSON object and the header `X-Control-Secret`.  Nothing here is counted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from . import company, events, persons, tree
from .access import folder_named
from .call import Reply
from .clock import Clock, month_of
from .events import Callback
from .gate import Fault
from .meter import Meter
from .persons import acting
from .store import Store
from .uploads import sweep

Body = dict[str, Any]


class BadOrder(Exception):
    """An order of the control door that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class BackDoor:
    """Carries out orders; *secret* opens the door."""

    store: Store
    meter: Meter
    secret: str

    def obey(self, verb: str, body: Body) -> Reply:
        """
        Raises:
            BadOrder: the verb, a field or a value is unknown.
            Refused: the platform itself would not do it.
        """
        order = _ORDERS.get(verb)
        if order is None:
            raise BadOrder(f"no such order: {verb}; there are {', '.join(sorted(_ORDERS))}")
        try:
            if verb in _OUTSIDE:
                return order(self, body)
            with self.store.transaction():
                return order(self, body)
        except (KeyError, TypeError, ValueError) as bad:
            raise BadOrder(f"{verb}: {bad!r}") from bad


def counters(door: BackDoor, body: Body) -> Reply:
    """Calls by address and code, quota and cards; of `month` (2026-11), or of the emulator's month."""
    store = door.store
    month = body.get("month") or month_of(store.clock.now(), store.switches.utc_offset)
    calls: dict[str, dict[str, int]] = {}
    for row in store.all("SELECT * FROM calls WHERE month = ?", month):
        calls.setdefault(row["endpoint"], {})[str(row["code"])] = row["count"]
    used = store.count("SELECT used FROM quota WHERE month = ?", month)
    return {
        "month": month,
        "calls": calls,
        "total": sum(sum(it.values()) for it in calls.values()),
        "quota_used": used,
        "quota_left": max(0, store.switches.quota - used),
        "cards": _cards(store),
        "events": events.told(store),
        "open_uploads": store.count("SELECT count(*) FROM uploads"),
    }


def _cards(store: Store) -> list[Reply]:
    rows = store.all("SELECT * FROM cards ORDER BY id")
    return [{**dict(it), "people": json.loads(it["people"])} for it in rows]


def forget_counters(door: BackDoor, _body: Body) -> Reply:
    """Calls, quota, cards, events and frequencies start from nothing."""
    for table in ("calls", "quota", "cards", "events"):
        door.store.run(f"DELETE FROM {table}")
    door.store.set_meta("quota_blocked_until", "0")
    door.meter.forget()
    return {}


def clock(door: BackDoor, body: Body) -> Reply:
    """`now` holds the time still (null lets it run again), `advance` moves it by seconds."""
    if "now" in body:
        door.store.clock = Clock() if body["now"] is None else Clock(float(body["now"]))
    if "advance" in body:
        door.store.clock = door.store.clock.advanced(float(body["advance"]))
    return {"now": door.store.clock.now()}


def configure(door: BackDoor, body: Body) -> Reply:
    """Change switches by name; the answer holds all of them."""
    store = door.store
    before, store.switches = store.switches, store.switches.changed(body)
    if before.names_equal != store.switches.names_equal:
        tree.refold(store)
    return asdict(store.switches)


def force(door: BackDoor, body: Body) -> Reply:
    """A `Fault` for the next `times` calls of `endpoint` (or `*`) after `skip` of them."""
    fault = Fault(**{key: it for key, it in body.items() if key not in {"endpoint", "skip", "times"}})
    door.store.run(
        "INSERT INTO forced (endpoint, skip, left, fault) VALUES (?, ?, ?, ?)",
        *(str(body["endpoint"]), int(body.get("skip", 0)), int(body.get("times", 1))),
        json.dumps(asdict(fault)),
    )
    return {}


def forgive(door: BackDoor, _body: Body) -> Reply:
    """Take all faults back that have not happened."""
    return {"left": door.store.changes("DELETE FROM forced")}


def expire_tokens(door: BackDoor, body: Body) -> Reply:
    """All tokens are too old (42001), or with `invalidate` they were never given (40014)."""
    if body.get("invalidate"):
        door.store.run("DELETE FROM tokens")
    else:
        door.store.run("UPDATE tokens SET expires = ?", door.store.clock.now() - 1)
    return {}


def app(door: BackDoor, body: Body) -> Reply:
    """Add or change the app `name`: its `kind`, `allowed`, `visible` departments; a new `secret` if none is given."""
    secret = str(body.get("secret") or secrets.token_urlsafe(32))
    door.store.run("DELETE FROM apps WHERE name = ?", str(body["name"]))
    door.store.run(
        "INSERT INTO apps VALUES (?, ?, ?, ?, ?)",
        *(secret, str(body.get("kind", "app")), str(body["name"]), bool(body.get("allowed", True))),
        json.dumps([int(it) for it in body.get("visible", [])]),
    )
    return {"secret": secret}


def callback(door: BackDoor, body: Body) -> Reply:
    """Send events about the spaces of the app `name` to `url`, with `token` and `aes_key`."""
    where = Callback(str(body["url"]), str(body["token"]), str(body["aes_key"]))
    events.register(door.store, str(body["name"]), where)
    return {}


def ticket(door: BackDoor, body: Body) -> Reply:
    """A picker ticket for `fileid`, or for the root of `spaceid`."""
    place = body.get("fileid")
    if place is None:
        target = folder_named(acting(door.store, ""), str(body["spaceid"]))["id"]
    else:
        target = door.store.count("SELECT id FROM files WHERE fileid = ?", place)
    made = secrets.token_urlsafe(24)
    door.store.run("INSERT INTO tickets VALUES (?, ?)", made, target)
    return {"selected_ticket": made}


def sweep_uploads(door: BackDoor, _body: Body) -> Reply:
    """Remove the blocks of uploads whose time is over."""
    return {"swept": sweep(acting(door.store, ""))}


def _by_person(order: Callable[[Store, Body], Reply]) -> Callable[[BackDoor, Body], Reply]:
    return lambda door, body: order(door.store, body)


_ORDERS: dict[str, Callable[[BackDoor, Body], Reply]] = {
    "counters": counters,
    "forget_counters": forget_counters,
    "clock": clock,
    "configure": configure,
    "force": force,
    "forgive": forgive,
    "expire_tokens": expire_tokens,
    "app": app,
    "callback": callback,
    "ticket": ticket,
    "sweep_uploads": sweep_uploads,
    "person": _by_person(company.person),
    "department": _by_person(company.department),
    "space": _by_person(persons.space),
    "console": _by_person(persons.console),
    "secure": _by_person(persons.secure),
    "member": _by_person(persons.member),
    "folder": _by_person(persons.folder),
    "file": _by_person(persons.file),
    "document": _by_person(persons.document),
    "change": _by_person(persons.change),
    "rename": _by_person(persons.rename),
    "move": _by_person(persons.move),
    "delete": _by_person(persons.delete),
    "dismiss": _by_person(persons.dismiss),
    "damage": _by_person(persons.damage),
    "forget_contents": _by_person(persons.forget_contents),
    "truth": _by_person(persons.truth),
}
# While the other side is asked for its echo, nobody should have to wait.
_OUTSIDE = frozenset({"callback"})
