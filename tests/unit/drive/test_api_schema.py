"""
The OpenAPI document held against the API: random requests, good and bad, to a drive with data in it.

`LADING_SCHEMA_EXAMPLES` is the number of requests of each sort to each operation.
"""

import os
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from lading.drive.api.frames import MEDIA_TYPE, encode
from lading.drive.api.urls import MATTERS, openapi
from support.drive_api import Caller, Firm, firm

load_all_checks()


@schemathesis.serializer(MEDIA_TYPE, "application/x-ndjson")
def as_it_is(_context: Any, value: Any) -> bytes:
    """Bodies that are no JSON: bytes, or the text of whatever came to mind."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


EXAMPLES = int(os.environ.get("LADING_SCHEMA_EXAMPLES", "2"))
ANSWERS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi())
SCHEMA.app = WSGIHandler()


def operations(tag: str) -> list[APIOperation]:
    found = (result.ok() for result in SCHEMA.get_all_operations())
    return [operation for operation in found if tag in (operation.tags or [])]


def rich(drive: Firm) -> dict[str, list[str]]:
    """Something of everything; values that parameters may well have."""
    drive.save("a.txt")
    node = drive.save("a.txt", b"newer")
    folder = drive.folder("合同/2026")
    drive.save("合同/2026/b\u202e.pdf", b"x" * 2000)
    drive.save("gone.txt")
    drive.ann("DELETE", f"{drive.at}/entry", query={"path": "gone.txt"})
    drive.ann("PUT", "/uploads/tok", body=b"part")
    grant = drive.ann("POST", f"/nodes/{folder['id']}/grants", {"principal": "bob", "role": "edit"}).json
    link = drive.ann("POST", f"/nodes/{node['id']}/links", {"role": "download", "limit": 3}).json
    hold = drive.admin("security")("POST", f"/nodes/{folder['id']}/holds", {"reason": "case 7"}).json
    token = drive.ann("POST", "/tokens", {"name": "t", "scopes": ["read"]}).json
    drive.system("POST", "/principals", {"key": "g", "kind": "group", "name": "G"})
    other = drive.system("POST", "/spaces", {"name": "Other", "admins": ["bob"]}).json
    drive.bob("PUT", f"/spaces/{other['key']}/freeze", {"message": "later"})
    trash = drive.ann("GET", "/trash").json["trash"]
    return {
        "space": [drive.space, other["key"]],
        "node": [node["id"], folder["id"]],
        "number": ["1", "2"],
        "grant": [grant["id"]],
        "key": [link["key"], "g", "ann"],
        "member": ["bob", "g"],
        "hold": [hold["id"]],
        "trashed": [trash[0]["id"]],
        "token": ["tok", token["id"]],
        "login": ["system-admin"],
        "wall": ["1"],
        "path": ["a.txt", "合同", "合同/2026", "", "new"],
    }


def people(drive: Firm) -> list[Caller]:
    return [drive.ann, drive.ann, drive.bob, *(drive.admin(role) for role in ("system", "security", "audit"))]


def likely(case: Case, values: dict[str, list[str]], choose: Any) -> None:
    """Give *case* values that exist, mostly."""
    for parameters in (case.path_parameters, case.query):
        for name in list(parameters or {}):
            if name in values and choose(st.integers(0, 3)):
                parameters[name] = choose(st.sampled_from(values[name]))
    if isinstance(case.body, dict):
        for name, kind in (
            ("path", "path"),
            ("from", "path"),
            ("to", "path"),
            ("space", "space"),
            ("principal", "member"),
        ):
            if name in case.body and choose(st.integers(0, 3)):
                case.body[name] = choose(st.sampled_from(values[kind]))
    if case.media_type == MEDIA_TYPE and choose(st.booleans()):
        case.body = encode({"path": choose(st.sampled_from(values["path"]))}, b"x")


def quietly(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize=not os.environ.get("LADING_SCHEMA_EXAMPLES"),
    )  # fmt: skip


@pytest.mark.parametrize("tag", [matter.tag for matter in MATTERS])
def test_answers_are_as_the_document_says(tag: str):
    """
    No request, however likely or odd, gives a server error or an answer that is not described.
    """
    drive = firm()
    values, callers = rich(drive), people(drive)
    for operation in operations(tag):

        @quietly(EXAMPLES)
        @given(case=operation.as_strategy(), data=st.data())
        def ask(case: Case, data: Any) -> None:
            likely(case, values, data.draw)
            case.call_and_validate(headers=signed(data.draw(st.sampled_from(callers))), checks=ANSWERS)

        ask()


@pytest.mark.parametrize("tag", [matter.tag for matter in MATTERS])
def test_what_the_document_forbids_is_refused(tag: str):
    """
    A request that breaks the document is refused, and in a described way.
    """
    drive = firm()
    callers = people(drive)
    for operation in operations(tag):

        @quietly(EXAMPLES)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), data=st.data())
        def ask(case: Case, data: Any) -> None:
            headers = signed(data.draw(st.sampled_from(callers)))
            case.call_and_validate(headers=headers, checks=[*ANSWERS, checks.negative_data_rejection])

        with suppress(Unsatisfiable):  # nothing can be wrong with a request without any values
            ask()


def signed(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"}
