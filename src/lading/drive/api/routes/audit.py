"""What happened: the audit, for audit admins."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from lading.drive.actor import Scope
from lading.drive.api.auth import actor_of
from lading.drive.api.cursors import cursor as make_cursor
from lading.drive.api.cursors import place
from lading.drive.api.reading import BLOCK
from lading.drive.api.routing import Routes, told
from lading.drive.api.schemas import answers
from lading.drive.api.sending import SAFE
from lading.drive.api.values import Cursor, Key, Limit, Nanos
from lading.drive.audit import reading
from lading.drive.audit.reading import Wanted
from lading.drive.audit.verify import verify
from lading.model.errors import BadLedger
from lading.model.text import Text

routes = Routes("Audit")

_MEMORY = 4 * 1024 * 1024
_LINES = {"application/x-ndjson": {"schema": {"type": "string", "description": "a record on each line"}}}


@routes.get("/audit/events", needs=Scope.ADMIN, gives=answers.Events, fails=(410,))
def list_events(
    request: HttpRequest,
    since: Nanos | None = None,
    until: Nanos | None = None,
    kind: Key | None = None,
    actor: Key | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 200,
) -> HttpResponse:
    """Records of the audit, oldest first. That they were read is told in the audit itself."""
    listing = f"audit:{since}:{until}:{kind}:{actor}"
    wanted = Wanted(since, until, kind, actor)
    found = reading.records(actor_of(request), wanted, behind=place(listing, cursor) or 0, limit=limit)
    following = make_cursor(listing, found[-1][0]) if len(found) == limit else None
    rows = [{"number": str(number), **record._asdict()} for number, record in found]
    return told({"events": rows, "cursor": following})


@routes.get(
    "/audit/export",
    needs=Scope.ADMIN,
    gives={200: None},
    extra={"responses": {200: {"description": "the records", "content": _LINES}}},
)
def export_events(
    request: HttpRequest, since: Nanos | None = None, until: Nanos | None = None
) -> HttpResponseBase:
    """All records of a time as lines of JSON. That they were exported is told in the audit itself."""
    lines = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 (closed when it is sent)
    reading.export(actor_of(request), since, until, lines)  # type: ignore[arg-type]
    lines.seek(0)
    headers = {**SAFE, "Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingHttpResponse(_blocks(lines), content_type="application/x-ndjson", headers=headers)


@routes.post("/audit/verify", needs=Scope.ADMIN, gives=answers.Verified, changes=False)
def verify_audit(request: HttpRequest) -> HttpResponse:
    """Check that no record and no event was changed, removed or inserted."""
    reading.need_audit(actor_of(request))
    try:
        found = verify()
    except BadLedger as broken:
        return told(_broken(broken))
    facts = {name: getattr(found, name) for name in ("since", "records", "events", "head")}
    return told({"holds": True, **facts, "findings": []})


def _broken(broken: BadLedger) -> dict[str, Any]:
    findings: Any = broken.facts.get("findings") or [broken.details]
    said = [{"en": one.en, "zh": one.zh} for one in findings if isinstance(one, Text)]
    return {"holds": False, "since": None, "records": None, "events": None, "head": None, "findings": said}


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    with source:
        while block := source.read(BLOCK):
            yield block
