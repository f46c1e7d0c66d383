"""
The counterpart's side of datagrams: echoes, and trains in both directions.

A datagram without the key of a session is not answered, so nobody can use it to flood another; the key is given out
over HTTP to whoever shows the token, and trains go only to where a datagram with that key came from.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from lading.stages.readiness.counterpart.flow import Flow
from lading.stages.readiness.counterpart.wire import ECHO, HEADERS, HELLO, TRAIN, Head, head

MOST_SECONDS = 10.0
MOST_RATE = 10e9
MOST_SESSIONS = 16
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3
"""linux/in.h: set "do not fragment" and believe no one about the path."""


@dataclass(slots=True)
class Session:
    """What is known of one probe's datagrams."""

    key: bytes
    echoed: int = 0
    seen: set[int] = field(default_factory=set)
    train: Flow = field(default_factory=Flow)
    home: Any = None


class Datagrams:
    """Answers datagrams on one port, in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if family == socket.AF_INET:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 300_000))
        self._socket.bind((host, port))
        self._closed = False
        self._sessions: dict[bytes, Session] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
        self._thread.join(2)
        self._socket.close()

    def begin(self) -> str:
        """A new session; its key as hex.  The oldest one makes room."""
        key = secrets.token_bytes(16)
        with self._lock:
            while len(self._sessions) >= MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[key] = Session(key)
        return key.hex()

    def told(self, key: str) -> dict[str, Any] | None:
        """What arrived of a session's datagrams; the train is forgotten."""
        session = self._session(key)
        if session is None:
            return None
        train, session.train = session.train, Flow()
        return {
            "echoed": session.echoed,
            "train_bytes": train.bytes,
            "train": {str(at): size for at, size in train.bins.items()},
        }

    def send(self, key: str, rate: float, seconds: float, size: int) -> int:
        """Send a train of *rate* bits per second to where the session's hello came from; how many were sent."""
        session = self._session(key)
        if session is None or session.home is None:
            return 0
        home = session.home
        return sent_train(
            lambda data: self._socket.sendto(data, home), session.key, rate, min(seconds, MOST_SECONDS), size
        )

    def _session(self, key: str) -> Session | None:
        try:
            return self._sessions.get(bytes.fromhex(key))
        except ValueError:
            return None

    def _answer(self) -> None:
        while not self._closed:
            try:
                data, sender = self._socket.recvfrom(65_536)
            except OSError:
                # Nothing came for a while, or somebody's port is gone: neither concerns the others.
                continue
            said = head(data)
            session = self._sessions.get(said.key) if said else None
            if said and session:
                self._one(session, said, data, sender)

    def _one(self, session: Session, said: Head, data: bytes, sender: Any) -> None:
        if said.kind == TRAIN:
            session.train.add(len(data) + HEADERS, time.monotonic())
            return
        if said.kind == HELLO:
            session.home = sender
        elif said.kind == ECHO and len(session.seen) < 1_000_000 and said.number not in session.seen:
            session.seen.add(said.number)
            session.echoed += 1
        with contextlib.suppress(OSError):
            self._socket.sendto(data, sender)


def sent_train(send: Any, key: bytes, rate: float, seconds: float, size: int) -> int:
    """Send datagrams of *size* bytes by *send* for *seconds* at *rate* bits per second, headers counted; how many."""
    rate = min(rate, MOST_RATE)
    each = (size + HEADERS) * 8 / rate
    data = Head(key, TRAIN, 0).packed(size)
    start = time.monotonic()
    sent = 0
    while (now := time.monotonic() - start) < seconds:
        due = int(now / each) + 1
        if sent >= due:
            time.sleep(min(each, 0.001))
            continue
        for _ in range(min(due - sent, 64)):
            with contextlib.suppress(OSError):
                send(data)
            sent += 1
    return sent
