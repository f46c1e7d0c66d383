"""
What a call has to pass before it is answered, and the counting of calls.

In this order: address, verb, trusted IP, token, permission of the secret, calls under way, frequency,
monthly quota.  The platform's own order is not documented.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .call import CURRENT, OLD, App, Call, Endpoint
from .clock import month_of
from .codes import (
    API_OFF,
    BAD_IP,
    BAD_USERID,
    CONCURRENT,
    EDIT_OFF,
    FORBIDDEN,
    FREQUENT,
    Refused,
)
from .endpoints import NAMELESS, PARTS
from .fields import Body, text
from .meter import Meter
from .store import Store

_MONTH_PENALTY = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What a test has ordered for a call.

    *code* is answered before the work, or *after* it (an answer that lies); *drop* ends the connection
    without a word; *status* is answered instead of 200; *delay* are seconds of waiting first.
    """

    code: int = 0
    after: bool = False
    drop: bool = False
    status: int = 0
    delay: float = 0.0


def check_address(store: Store, address: str) -> None:
    trusted = [it.strip() for it in store.switches.trusted_ips.split(",") if it.strip()]
    if trusted and address not in trusted:
        raise Refused(BAD_IP)


def edition_of(store: Store, app: App, name: str, endpoint: Endpoint) -> str:
    """
    The edition that a secret of that kind speaks.

    Raises:
        Refused: the secret may not call this at all.
    """
    if endpoint.group != "wedrive":
        return CURRENT
    if app.kind == "app" and app.allowed:
        return CURRENT
    rules = store.switches
    if app.kind != "wedrive" or rules.old_secret != "works" or OLD not in endpoint.editions:
        raise Refused(FORBIDDEN)
    if name in PARTS and not rules.old_parts:
        raise Refused(FORBIDDEN)
    if rules.old_console == "off":
        raise Refused(API_OFF)
    if rules.old_console == "read" and endpoint.writes:
        raise Refused(EDIT_OFF)
    return OLD


def actor_of(store: Store, app: App, edition: str, name: str, body: Body) -> str:
    """
    `app:NAME`, or in the old edition the member named by `userid`.

    Raises:
        Refused: the member is missing or unknown, or was named where nobody is asked for.
    """
    if edition == CURRENT:
        if "userid" in body and store.switches.extra_userid == "refused":
            raise Refused(store.switches.code_parameter, "userid")
        return f"app:{app.name}"
    if name in NAMELESS and "userid" not in body:
        return f"app:{app.name}"
    userid = text(body, "userid", BAD_USERID).lower()
    if store.one("SELECT 1 FROM persons WHERE userid = ?", userid) is None:
        raise Refused(BAD_USERID)
    return f"person:{userid}"


def check_frequency(store: Store, meter: Meter, name: str, address: str, now: float) -> None:
    """
    Raises:
        Refused: one of the four limits per API is exceeded, or its penalty lasts.
    """
    rules = store.switches
    for whose, minute, hour in (
        ("corp", rules.per_minute, rules.per_hour),
        (address, rules.ip_per_minute, rules.ip_per_hour),
    ):
        in_minute = meter.add(f"{name} {whose} minute", now, 60, minute, rules.penalty_minute)
        in_hour = meter.add(f"{name} {whose} hour", now, 3600, hour, rules.penalty_hour)
        if not (in_minute and in_hour):
            raise Refused(FREQUENT)


def enter(meter: Meter, limit: int) -> None:
    if not meter.enter(limit):
        raise Refused(CONCURRENT)


def spend(store: Store, name: str, now: float) -> int:
    """How many calls this one takes from the quota of the month; -1 if none is left."""
    if name == "file_upload_part" and not store.switches.count_parts:
        return 0
    if now < float(store.meta("quota_blocked_until", "0")):
        return -1
    month = month_of(now, store.switches.utc_offset)
    if store.count("SELECT used FROM quota WHERE month = ?", month) >= store.switches.quota:
        if store.switches.quota_window == "30_days":
            store.set_meta("quota_blocked_until", str(now + _MONTH_PENALTY))
        return -1
    add_to_quota(store, now, 1)
    return 1


def add_to_quota(store: Store, now: float, calls: int) -> None:
    month = month_of(now, store.switches.utc_offset)
    store.run(
        "INSERT INTO quota VALUES (?, ?) ON CONFLICT (month) DO UPDATE SET used = used + excluded.used",
        *(month, calls),
    )


def note(store: Store, name: str, code: int, now: float) -> None:
    """Count one call of *name* that was answered with *code*."""
    store.run(
        "INSERT INTO calls VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        *(month_of(now, store.switches.utc_offset), name, code),
    )


def fault_of(store: Store, name: str) -> Fault:
    """The fault ordered for this call of *name*; it is used up."""
    for row in store.all("SELECT * FROM forced WHERE endpoint IN (?, '*') ORDER BY id", name):
        if row["skip"] > 0:
            store.run("UPDATE forced SET skip = skip - 1 WHERE id = ?", row["id"])
            continue
        store.run("UPDATE forced SET left = left - 1 WHERE id = ?", row["id"])
        store.run("DELETE FROM forced WHERE id = ? AND left <= 0", row["id"])
        found: dict[str, Any] = json.loads(row["fault"])
        return Fault(**found)
    return Fault()


def answered(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    """What the function of the address says, in one transaction unless it wants none."""
    if endpoint.own_transactions:
        return endpoint.answer(call)
    with call.store.transaction():
        return endpoint.answer(call)
