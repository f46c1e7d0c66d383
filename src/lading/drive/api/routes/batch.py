"""Many small files in one request, both ways."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from lading.drive.actor import Scope
from lading.drive.api import frames, reading
from lading.drive.api.asking import seen_at, sight_of
from lading.drive.api.ingest import ingest
from lading.drive.api.problem import Refused, problem
from lading.drive.api.routes.content import chosen
from lading.drive.api.routing import Routes
from lading.drive.api.schemas import requests
from lading.drive.api.sending import SAFE, blocks
from lading.drive.api.shapes import entry, time
from lading.drive.api.values import Key, way
from lading.drive.audit.spool import note_read
from lading.drive.errors import Unfit
from lading.drive.rights.sight import Sight
from lading.drive.store.chosen import store
from lading.model.errors import LadingError, TooLarge
from lading.model.text import Text

routes = Routes("Batch")

LINES = "application/x-ndjson"
_BATCH = {frames.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
_LINES = {LINES: {"schema": {"type": "string", "description": "an Entry or a Problem on each line"}}}


@routes.post(
    "/spaces/{space}/batch/write",
    needs=Scope.WRITE,
    gives={200: None},
    changes=False,
    fails=(413, 415),
    extra={
        "requestBody": {"required": False, "content": _BATCH},
        "responses": {200: {"description": "an outcome for each record", "content": _LINES}},
    },
)
def write_batch(request: HttpRequest, space: Key) -> HttpResponse:
    """Save many small files; a line for each record, in order. One that is refused touches no other."""
    if request.content_type != frames.MEDIA_TYPE:
        said = Text(f"expected {frames.MEDIA_TYPE}", f"应为 {frames.MEDIA_TYPE}")
        raise Refused(415, Unfit("Content-Type", said))
    look = sight_of(request)
    root = seen_at(look, space, ())
    # The answer begins when all is read: a client that sends everything first would wait for us for ever.
    lines = io.BytesIO()
    for line in ingest(look, root.row.space, reading.stream(request)):
        lines.write(line)
    return HttpResponse(lines.getvalue(), content_type=LINES)


@routes.post(
    "/spaces/{space}/batch/read",
    needs=Scope.READ,
    gives={200: None},
    changes=False,
    body=reading.LONG_JSON_LIMIT,
    extra={"responses": {200: {"description": "a record for each file", "content": _BATCH}}},
)
def read_batch(request: HttpRequest, space: Key, said: requests.BatchRead) -> HttpResponseBase:
    """The contents of many files; a record for each, in order, or a problem in its place."""
    look = sight_of(request)
    seen_at(look, space, ())
    records = _records(look, space, said)
    return StreamingHttpResponse(records, content_type=frames.MEDIA_TYPE, headers=SAFE)


def _records(look: Sight, space: str, said: requests.BatchRead) -> Iterator[bytes]:
    for file in said.files:
        try:
            yield from _record(look, space, file, said.most)
        except LadingError as refused:
            yield frames.encode(problem(refused))


def _record(look: Sight, space: str, file: requests.ReadOne, most: int | None) -> Iterator[bytes]:
    seen = seen_at(look, space, way(file.path))
    content = chosen(look, seen, file.version)
    if most is not None and content.size > most:
        raise TooLarge(seen.path, Text(f"{content.size} bytes", f"{content.size} 字节"))
    with store().open(content.digest) as source:
        row = seen.row
        note_read(look.actor, "file.read", space=row.space, node=row.id, path=file.path, via_batch=True)
        facts: dict[str, Any] = {
            **entry(seen), "size": content.size, "sha256": content.digest,
            "modified": time(content.modified), "etag": content.etag,
        }  # fmt: skip
        yield frames.header(facts, content.size)
        yield from blocks(source, content.size)
