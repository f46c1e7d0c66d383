"""
Callback events (section 8): encrypted posts to the address of an app.

They fire when an admin whom the API has named (right 7) changes an app's space in the client.  No answer with
status 200 within `event_patience` seconds is a failure; there are three tries.
"""

from __future__ import annotations

import base64
import http.client
import secrets
import struct
import threading
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha1
from urllib.parse import urlencode

from .access import PERSON
from .members import ADMIN
from .store import Row, Store

TRIES = 3
_PAD = 32  # bytes of a block for PKCS#7, though a block of AES has 16


@dataclass(frozen=True, slots=True)
class Callback:
    """Where events go; *aes_key* has 43 characters of base64."""

    url: str
    token: str
    aes_key: str


def signature(token: str, *words: str) -> str:
    """The `msg_signature` over *token* and time, nonce and cipher text.

    >>> signature("t", "1", "2", "x") == signature("t", "x", "2", "1")
    True
    """
    return sha1("".join(sorted([token, *words])).encode()).hexdigest()


def encrypted(aes_key: str, corpid: str, text: str) -> str:
    """*text* as the platform encrypts it: AES-256-CBC, 16 random bytes and the length in front, *corpid* behind."""
    from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415 (optional: only events need it)
        Cipher,
        algorithms,
        modes,
    )

    key = base64.b64decode(aes_key + "=")
    plain = text.encode()
    message = secrets.token_bytes(16) + struct.pack(">I", len(plain)) + plain + corpid.encode()
    fill = _PAD - len(message) % _PAD
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    done = cipher.update(message + bytes([fill]) * fill) + cipher.finalize()
    return base64.b64encode(done).decode()


def register(store: Store, app: str, callback: Callback) -> None:
    """
    Ask the address for its echo, then send it the events of *app*.

    Raises:
        ValueError: it does not answer with the bare echo.
    """
    if len(base64.b64decode(callback.aes_key + "=")) != _PAD:
        raise ValueError("aes_key has to have 43 characters")
    echo = secrets.token_hex(12)
    secret = encrypted(callback.aes_key, store.meta("corpid"), echo)
    try:
        with urllib.request.urlopen(
            _signed(store, callback, secret, echostr=secret), timeout=store.switches.event_patience
        ) as answer:
            said = answer.read()
    except (OSError, http.client.HTTPException) as silent:
        raise ValueError(f"no echo: {silent}") from None
    if said != echo.encode():
        raise ValueError("the echo is not the bare one")
    store.run(
        "INSERT OR REPLACE INTO callbacks VALUES (?, ?, ?, ?)",
        *(app, callback.url, callback.token, callback.aes_key),
    )


def _signed(store: Store, callback: Callback, secret: str, **more: str) -> str:
    moment, nonce = str(int(store.clock.now())), secrets.token_hex(5)
    mark = signature(callback.token, moment, nonce, secret)
    return f"{callback.url}?{urlencode({'msg_signature': mark, 'timestamp': moment, 'nonce': nonce, **more})}"


def announce(store: Store, spaceid: str, by: str, event: str, change: str, fileids: Iterable[str]) -> None:
    """Tell the app that made *spaceid* what *by* has done there, if *by* is one of its admins."""
    found = store.one(
        "SELECT callbacks.* FROM spaces JOIN callbacks ON spaces.creator = 'app:' || callbacks.app"
        " JOIN members ON holder = spaceid AND kind = ? AND member = ? AND auth = ? WHERE spaceid = ?",
        *(PERSON, by.lower(), ADMIN, spaceid),
    )
    if found is None:
        return
    told = [f"<FileId><![CDATA[{it}]]></FileId>" for it in fileids]
    if event == "wedrive_space_change":
        told = [f"<SpaceId><![CDATA[{spaceid}]]></SpaceId>"]
    number = store.run(
        "INSERT INTO events (at, app, event, change, tries, delivered) VALUES (?, ?, ?, ?, 0, 0)",
        *(int(store.clock.now()), found["app"], event, change),
    )
    text = _xml(store, event, change, told)
    threading.Thread(target=_deliver, args=(store, found, number, text), daemon=True).start()


def _xml(store: Store, event: str, change: str, more: Iterable[str]) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{store.meta('corpid')}]]></ToUserName>"
        "<FromUserName><![CDATA[sys]]></FromUserName>"
        f"<CreateTime>{int(store.clock.now())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[{event}]]></Event><ChangeType><![CDATA[{change}]]></ChangeType>{''.join(more)}</xml>"
    )


def _deliver(store: Store, row: Row, number: int, text: str) -> None:
    callback = Callback(row["url"], row["token"], row["aes_key"])
    secret = encrypted(callback.aes_key, store.meta("corpid"), text)
    body = (
        f"<xml><ToUserName><![CDATA[{store.meta('corpid')}]]></ToUserName>"
        f"<Encrypt><![CDATA[{secret}]]></Encrypt><AgentID><![CDATA[]]></AgentID></xml>"
    ).encode()
    for _ in range(TRIES):
        done = _posted(_signed(store, callback, secret), body, store.switches.event_patience)
        store.run("UPDATE events SET tries = tries + 1, delivered = ? WHERE id = ?", done, number)
        if done:
            return


def _posted(url: str, body: bytes, patience: int) -> bool:
    request = urllib.request.Request(url, body, {"Content-Type": "text/xml"})
    try:
        with urllib.request.urlopen(request, timeout=patience) as answer:
            return int(answer.status) == 200
    except (OSError, http.client.HTTPException):
        return False


def told(store: Store) -> list[dict[str, object]]:
    """All events so far with their tries and whether they were delivered."""
    rows = store.all("SELECT * FROM events ORDER BY id")
    return [{**dict(it), "delivered": bool(it["delivered"])} for it in rows]
