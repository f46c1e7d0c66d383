"""The front door: a request for `/cgi-bin/`, from its query and body to its reply."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import gate
from .call import App, Call, Endpoint, Reply
from .codes import BAD_JSON, NO_ERROR, NOT_POST, QUOTA, Refused, message
from .endpoints import ENDPOINTS
from .gate import Fault
from .meter import Meter
from .store import Store
from .tokens import app_of_token, get_token

_JSON_REMARK = "Warning: wrong json format."
PREFIX = "/cgi-bin/"


@dataclass(frozen=True, slots=True)
class Request:
    """*path* without its query; *origin* as in `Call`."""

    verb: str
    path: str
    query: Mapping[str, str]
    body: bytes
    address: str
    origin: str


@dataclass(frozen=True, slots=True)
class Answer:
    """*drop*: end the connection instead."""

    reply: Reply
    status: int = 200
    drop: bool = False


@dataclass(slots=True)
class FrontDoor:
    """Answers requests against one store; safe in many threads."""

    store: Store
    meter: Meter = field(default_factory=Meter)

    def answer(self, request: Request) -> Answer:
        """The answer to *request*, which is counted whatever it is."""
        name = request.path.removeprefix(PREFIX)
        if name != "gettoken" and name not in ENDPOINTS:
            code = self.store.switches.code_route
            return Answer(self._envelope(request, code, "", {}), 404)
        now = self.store.clock.now()
        counted = name.removeprefix("wedrive/")
        try:
            fault, reply = self._passed(request, name, counted, now)
            code, remark = NO_ERROR, str(reply.pop("_remark", ""))
        except Refused as refused:
            fault, reply, code, remark = Fault(), {}, refused.code, refused.remark
        except _Faulted as ordered:
            fault, reply, code, remark = ordered.fault, {}, ordered.fault.code, ""
        if fault.after and fault.code:
            reply, code = {}, fault.code
        gate.note(self.store, counted, code, now)
        return Answer(self._envelope(request, code, remark, reply), fault.status or 200, fault.drop)

    def _passed(self, request: Request, name: str, counted: str, now: float) -> tuple[Fault, Reply]:
        gate.check_address(self.store, request.address)
        if name == "gettoken":
            gate.check_frequency(self.store, self.meter, counted, request.address, now)
            return self._fault(counted), self._token(request, now)
        endpoint = ENDPOINTS[name]
        if request.verb != endpoint.verb:
            raise Refused(NOT_POST)
        app = app_of_token(self.store, request.query.get("access_token", ""), now)
        edition = gate.edition_of(self.store, app, counted, endpoint)
        gate.enter(self.meter, self.store.switches.concurrent)
        try:
            return self._metered(request, endpoint, app, edition, counted, now)
        finally:
            self.meter.leave()

    def _token(self, request: Request, now: float) -> Reply:
        with self.store.transaction():
            return get_token(self.store, self.meter, request.query, now)

    def _metered(
        self, request: Request, endpoint: Endpoint, app: App, edition: str, name: str, now: float
    ) -> tuple[Fault, Reply]:
        gate.check_frequency(self.store, self.meter, name, request.address, now)
        limited = endpoint.group == "wedrive"
        with self.store.transaction():
            spent = gate.spend(self.store, name, now) if limited else 0
        if spent < 0:
            raise Refused(QUOTA)
        try:
            return self._done(request, endpoint, app, edition, name, now)
        except (Refused, _Faulted):
            if not self.store.switches.count_failures:
                gate.add_to_quota(self.store, now, -spent)
            raise

    def _done(
        self, request: Request, endpoint: Endpoint, app: App, edition: str, name: str, now: float
    ) -> tuple[Fault, Reply]:
        fault = self._fault(name)
        body, remark = parsed(request.body) if endpoint.verb == "POST" else ({}, "")
        try:
            actor = gate.actor_of(self.store, app, edition, name, body)
            call = Call(self.store, app, name, edition, actor, body, request.query, now, request.origin)
            reply = gate.answered(call, endpoint)
        except Refused as refused:
            raise Refused(refused.code, f"{refused.remark} {remark}".strip()) from None
        return fault, {**reply, "_remark": remark}

    def _fault(self, name: str) -> Fault:
        """
        The fault ordered for this call, for after the work.

        Raises:
            _Faulted: it comes before the work.
        """
        with self.store.transaction():
            fault = gate.fault_of(self.store, name)
        if fault.delay:
            time.sleep(fault.delay)
        if not fault.after and (fault.code or fault.drop or fault.status):
            raise _Faulted(fault)
        return fault

    def _envelope(self, request: Request, code: int, remark: str, reply: Reply) -> Reply:
        hint = str(time.time_ns())
        said = message(code, hint, request.address, remark)
        return {"errcode": code, "errmsg": said, **reply}


class _Faulted(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def parsed(body: bytes) -> tuple[dict[str, Any], str]:
    """
    The object in *body*, and the remark about bad JSON, of which nothing is understood.

    Raises:
        Refused: it is JSON, but no object.
    """
    try:
        value = json.loads(body)
    except ValueError:
        return {}, _JSON_REMARK
    if not isinstance(value, dict):
        raise Refused(BAD_JSON)
    return value, ""
