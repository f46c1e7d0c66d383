"""`gettoken`, and what a token stands for (section 2.1)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from .call import App, Reply
from .codes import BAD_CORPID, BAD_SECRET, BAD_TOKEN, EXPIRED, FREQUENT, Refused
from .meter import Meter
from .store import Row, Store

_LENGTH = 160  # random bytes; their text is long, but within the 512 bytes that clients have to allow


def get_token(store: Store, meter: Meter, query: Mapping[str, str], now: float) -> Reply:
    """
    The answer of `gettoken`.

    Raises:
        Refused: a wrong corpid or secret, or too many failing calls within the hour.
    """
    rules = store.switches
    if meter.blocked("gettoken failures", now):
        raise Refused(FREQUENT)
    try:
        app = _app_of(store, query)
    except Refused:
        meter.add("gettoken failures", now, 3600, rules.bad_tokens_per_hour, rules.bad_tokens_block)
        raise
    found = _valid(store, app["secret"], now) if rules.token_repeat == "same" else None
    token, expires = (found["token"], found["expires"]) if found else _fresh(store, app["secret"], now)
    return {"access_token": token, "expires_in": int(expires - now)}


def _app_of(store: Store, query: Mapping[str, str]) -> Row:
    if query.get("corpid") != store.meta("corpid"):
        raise Refused(BAD_CORPID)
    app = store.one("SELECT * FROM apps WHERE secret = ?", query.get("corpsecret", ""))
    if app is None:
        raise Refused(BAD_SECRET)
    return app


def _valid(store: Store, secret: str, now: float) -> Row | None:
    return store.one(
        "SELECT * FROM tokens WHERE secret = ? AND expires > ? ORDER BY expires DESC", secret, now
    )


def _fresh(store: Store, secret: str, now: float) -> tuple[str, float]:
    if store.switches.token_repeat != "both":
        store.run("DELETE FROM tokens WHERE secret = ? AND expires > ?", secret, now)
    token, expires = secrets.token_urlsafe(_LENGTH), now + store.switches.token_life
    store.run("INSERT INTO tokens VALUES (?, ?, ?)", token, secret, expires)
    return token, expires


def app_of_token(store: Store, token: str, now: float) -> App:
    """
    The application that holds *token*.

    Raises:
        Refused: 40014 for one that was never given or was taken back, 42001 for one that is too old.
    """
    row = store.one(
        "SELECT tokens.expires, apps.* FROM tokens JOIN apps USING (secret) WHERE token = ?", token
    )
    if row is None:
        raise Refused(BAD_TOKEN)
    if row["expires"] <= now:
        raise Refused(EXPIRED)
    return App(row["name"], row["kind"], bool(row["allowed"]), frozenset(json.loads(row["visible"])))
