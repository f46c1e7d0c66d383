"""One call that has passed the gate: who asks, for what, and at which moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .fields import Body
from .store import Store
from .switches import Switches

Reply = dict[str, Any]
CURRENT, OLD = "current", "old"


@dataclass(frozen=True, slots=True)
class App:
    """
    What a secret belongs to.

    *kind* is app (self-built, current edition), contacts (the contacts-sync secret) or wedrive (the secret
    of the old edition).  *visible* are the departments of its visible range; empty is everybody.
    """

    name: str
    kind: str
    allowed: bool
    visible: frozenset[int]


@dataclass(frozen=True, slots=True)
class Call:
    """
    *actor* is `app:NAME`, or `person:USERID` in the old edition; *now* are Unix seconds.

    *origin* is the address of the emulator itself as the caller reached it, without a slash at its end.
    """

    store: Store
    app: App
    endpoint: str
    edition: str
    actor: str
    body: Body
    query: Mapping[str, str]
    now: float
    origin: str

    @property
    def switches(self) -> Switches:
        return self.store.switches

    @property
    def old(self) -> bool:
        return self.edition == OLD


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    One address of the API.

    *own_transactions*: the function opens its transactions itself, because it moves much data.
    """

    answer: Callable[[Call], Reply]
    editions: frozenset[str] = frozenset({CURRENT, OLD})
    writes: bool = False
    verb: str = "POST"
    group: str = "wedrive"
    own_transactions: bool = False
