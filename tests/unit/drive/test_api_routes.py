"""
Every route: who may come in, and what strangers are told.

The table names all routes; one that is missing here fails the tests.
"""

import time
from typing import Any, NamedTuple

import pytest

from lading.drive.actor import EVERYTHING, SYSTEM, Scope
from lading.drive.api.routing import OPEN, Route
from lading.drive.api.urls import MATTERS
from lading.drive.models import Token
from lading.drive.people import tokens
from support.drive_api import Caller, Firm, firm, token_of


class Try(NamedTuple):
    """A request to a route, and what somebody with every scope who sees nothing of the space gets."""

    method: str
    path: str
    outsider: int
    told: Any = None
    query: dict[str, str] | None = None
    body: bytes | None = None
    type: str = ""


PATH = {"path": "a"}
BATCH = "application/vnd.lading.batch"
TABLE = [
    Try("GET", "/about", 200),
    Try("POST", "/sign-in", 401, {"login": "ann", "password": "wrong"}),
    Try("GET", "/me", 200),
    Try("GET", "/spaces", 200),
    Try("POST", "/spaces", 403, {"name": "New", "admins": ["ann"]}),
    Try("GET", "/spaces/{space}", 404),
    Try("PATCH", "/spaces/{space}", 404, {"name": "x"}),
    Try("DELETE", "/spaces/{space}", 403),
    Try("POST", "/spaces/{space}/return", 403),
    Try("POST", "/spaces/{space}/purge", 403),
    Try("PUT", "/spaces/{space}/freeze", 404, {"message": "x"}),
    Try("DELETE", "/spaces/{space}/freeze", 404),
    Try("POST", "/spaces/{space}/epoch", 404),
    Try("GET", "/spaces/{space}/changes", 404),
    Try("GET", "/spaces/{space}/activity", 404),
    Try("GET", "/admin/spaces", 403),
    Try("GET", "/spaces/{space}/entry", 404, query=PATH),
    Try("PATCH", "/spaces/{space}/entry", 404, {"modified": "1"}, query=PATH),
    Try("DELETE", "/spaces/{space}/entry", 404, query=PATH),
    Try("GET", "/spaces/{space}/list", 404),
    Try("POST", "/spaces/{space}/folders", 404, {"path": "x"}),
    Try("POST", "/spaces/{space}/move", 404, {"from": "a", "to": "b"}),
    Try("POST", "/spaces/{space}/copy", 404, {"from": "a", "to": "b"}),
    Try("GET", "/spaces/{space}/content", 404, query=PATH),
    Try("PUT", "/spaces/{space}/content", 404, query=PATH, body=b"x"),
    Try("POST", "/spaces/{space}/batch/write", 404, body=b"", type=BATCH),
    Try("POST", "/spaces/{space}/batch/read", 404, {"files": [PATH]}),
    Try("GET", "/nodes/{node}", 404),
    Try("GET", "/nodes/{node}/versions", 404),
    Try("GET", "/nodes/{node}/versions/{number}/content", 404),
    Try("POST", "/nodes/{node}/versions/{number}/restore", 404),
    Try("PATCH", "/nodes/{node}/versions/{number}", 404, {"label": "x"}),
    Try("DELETE", "/nodes/{node}/versions/{number}", 404),
    Try("GET", "/nodes/{node}/grants", 404),
    Try("POST", "/nodes/{node}/grants", 404, {"principal": "bob", "role": "edit"}),
    Try("DELETE", "/nodes/{node}/grants/{grant}", 404),
    Try("PUT", "/nodes/{node}/break", 404),
    Try("DELETE", "/nodes/{node}/break", 404),
    Try("GET", "/nodes/{node}/access", 404),
    Try("GET", "/nodes/{node}/links", 404),
    Try("POST", "/nodes/{node}/links", 404, {"role": "download"}),
    Try("PUT", "/spaces/{space}/grant", 404, {"path": "a", "principal": "bob", "role": "edit"}),
    Try("DELETE", "/spaces/{space}/grant", 404, query={**PATH, "principal": "bob"}),
    Try("PUT", "/spaces/{space}/break", 404, query=PATH),
    Try("DELETE", "/spaces/{space}/break", 404, query=PATH),
    Try("POST", "/spaces/{space}/links", 404, {"path": "a", "role": "download"}),
    Try("GET", "/grants", 200),
    Try("GET", "/breaks", 200),
    Try("GET", "/links", 200),
    Try("GET", "/versions", 200),
    Try("GET", "/locks", 200),
    Try("GET", "/memberships", 200),
    Try("POST", "/links/open", 404, {"token": "nonsense"}),
    Try("DELETE", "/links/{key}", 404),
    Try("POST", "/nodes/{node}/holds", 403, {"reason": "case 7"}),
    Try("GET", "/holds", 403),
    Try("DELETE", "/holds/{hold}", 403),
    Try("GET", "/trash", 200),
    Try("POST", "/trash/{trashed}/restore", 404),
    Try("DELETE", "/trash/{trashed}", 404),
    Try("GET", "/admin/trash", 403),
    Try("POST", "/admin/trash/{trashed}/restore", 403),
    Try("DELETE", "/admin/trash/{trashed}", 403),
    Try("GET", "/uploads/{token}", 200),
    Try("GET", "/uploads/{token}/content", 404),
    Try("POST", "/uploads/{token}/finish", 404, {"space": "{space}", "path": "a"}),
    Try("DELETE", "/uploads/{token}", 204),
    Try("PUT", "/uploads/{token}", 200, body=b"x"),
    Try("POST", "/uploads/sweep", 200, {"keep": []}),
    Try("POST", "/principals/csv", 403, body=b"", type="text/csv"),
    Try("GET", "/principals", 200),
    Try("POST", "/principals", 403, {"key": "x", "kind": "person", "name": "X"}),
    Try("GET", "/principals/{key}", 404),
    Try("PATCH", "/principals/{key}", 403, {"name": "x"}),
    Try("GET", "/principals/{key}/members", 404),
    Try("PUT", "/principals/{key}/members/{member}", 403),
    Try("DELETE", "/principals/{key}/members/{member}", 403),
    Try("GET", "/tokens", 200),
    Try("POST", "/tokens", 201, {"name": "t", "scopes": ["read"]}),
    Try("DELETE", "/tokens/{token}", 404),
    Try("POST", "/accounts", 403, {"principal": "ann", "login": "x", "password": "y"}),
    Try("PUT", "/accounts/{login}/password", 403, {"password": "y"}),
    Try("PUT", "/accounts/{login}/admin", 403, {"admin": "system"}),
    Try("POST", "/break-glass", 403, {"space": "{space}", "reason": "a good reason", "minutes": 5}),
    Try("GET", "/walls", 403),
    Try("POST", "/walls", 403, {"name": "w", "sides": [["{space}"], ["x"]]}),
    Try("DELETE", "/walls/{wall}", 403),
    Try("GET", "/audit/events", 403),
    Try("GET", "/audit/export", 403),
    Try("POST", "/audit/verify", 403),
]
ROUTES: dict[tuple[str, str], Route] = {
    (row.method, row.path): row for matter in MATTERS for row in matter.rows
}


@pytest.fixture
def drive() -> Firm:
    return firm()


def test_the_table_names_every_route():
    """
    A new route must say here who may come in.
    """
    assert set(ROUTES) == {(one.method, one.path) for one in TABLE}


def ask(drive: Firm, who: Caller, one: Try, node: str) -> Any:
    places = {"space": drive.space, "node": node, "number": "1", "token": "77", "key": "none-such"}
    path = one.path.format_map(
        {**dict.fromkeys(("grant", "trashed", "hold", "wall"), "77"), "member": "x", "login": "x"} | places
    )
    told = {
        name: value.replace("{space}", drive.space) if isinstance(value, str) else value
        for name, value in (one.told or {}).items()
    }
    headers = {"Content-Type": one.type} if one.type else {}
    return who(one.method, path, told or None, body=one.body, query=one.query, headers=headers)


def told_by_all(drive: Firm, who: Caller, tries: list[Try]) -> dict[str, int]:
    node = drive.save("a")["id"]
    return {f"{one.method} {one.path}": ask(drive, who, one, node).status for one in tries}


def closed() -> list[Try]:
    return [one for one in TABLE if ROUTES[one.method, one.path].needs != OPEN]


def test_without_a_token_everything_is_closed(drive: Firm):
    """
    Nobody comes in but where the table says so.
    """
    assert {401} == set(told_by_all(drive, Caller(), closed()).values())


def test_forged_expired_and_revoked_tokens_are_refused_everywhere(drive: Firm):
    """
    Also where nobody needs to be somebody: a wrong token is a mistake to be told.
    """
    expired, revoked = token_of("ann"), token_of("ann")
    Token.objects.filter(digest=tokens.digest(expired)).update(expires=time.time_ns() - 1)
    tokens.revoke(SYSTEM, Token.objects.get(digest=tokens.digest(revoked)).id)
    forged = "lading_" + "A" * 43

    for token in (forged, expired, revoked, "nonsense", "lading_é"):
        assert {401} == set(told_by_all(drive, Caller(token), TABLE).values())


def test_a_token_reaches_as_far_as_its_scopes(drive: Firm):
    """
    Each route that asks for a scope refuses a token that has all others, before it looks at anything else.
    """
    for scope in Scope:
        without = Caller(token_of("ann", EVERYTHING - {scope}))
        asking = [one for one in closed() if ROUTES[one.method, one.path].needs == scope]

        assert {403} >= set(told_by_all(drive, without, asking).values())


def test_an_outsider_learns_nothing(drive: Firm):
    """
    With every scope but no role: what is hidden is not found, and admin routes are refused.
    """
    told = told_by_all(drive, drive.bob, TABLE)

    assert {f"{one.method} {one.path}": one.outsider for one in TABLE} == told


def test_hidden_and_missing_have_the_same_words(drive: Firm):
    """
    An answer about a hidden space or entry differs in nothing from that about one that never was.
    """
    node = drive.save("a")["id"]
    for one in TABLE:
        if "{space}" not in one.path or one.outsider != 404:
            continue
        hidden = ask(drive, drive.bob, one, node)
        missing = ask(Firm(drive.ann, drive.bob, drive.system, "never-was", 0), drive.bob, one, node)
        assert (one.path, hidden.body) == (one.path, missing.body)
    for one in TABLE:
        if "{node}" not in one.path or one.outsider != 404:
            continue
        hidden, missing = ask(drive, drive.bob, one, node).json, ask(drive, drive.bob, one, "987654").json
        assert (one.path, unnamed(hidden, node)) == (one.path, unnamed(missing, "987654"))


def unnamed(problem: dict[str, Any], node: str) -> dict[str, Any]:
    words = {language: text.replace(node, "?") for language, text in problem["message"].items()}
    return {**problem, "subject": problem["subject"].replace(node, "?"), "message": words}


def test_every_answer_forbids_guessing_its_type(drive: Firm):
    """
    No answer of the API may be taken for a page.
    """
    node = drive.save("a")["id"]
    for one in TABLE:
        headers = ask(drive, drive.ann, one, node).headers
        assert "nosniff" == headers["x-content-type-options"]
        assert not headers.get("content-type", "").startswith("text/html")
