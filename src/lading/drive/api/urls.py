"""
The addresses of the API, to be included below `/api/v1/`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from ninja.errors import HttpError, ValidationError

from lading.drive.api.document import DriveApi
from lading.drive.api.guard import guarded
from lading.drive.api.problem import nowhere, translated
from lading.drive.api.reading import StrictParser
from lading.drive.api.routes import (
    about,
    accounts,
    audit,
    batch,
    content,
    entries,
    links,
    nodes,
    principals,
    shares,
    spaces,
    survey,
    trash,
    uploads,
    versions,
    walls,
)
from lading.drive.api.routing import build, told

# Django tries addresses one after the other: what is asked for most comes first.
MATTERS = (
    content.routes,
    entries.routes,
    batch.routes,
    uploads.routes,
    versions.routes,
    spaces.routes,
    nodes.routes,
    shares.routes,
    survey.routes,
    about.routes,
    links.routes,
    trash.routes,
    principals.routes,
    accounts.routes,
    walls.routes,
    audit.routes,
)


def _failed(_request: HttpRequest, problem: Any) -> HttpResponse:
    return translated(problem)


api = DriveApi(
    title="Lading drive",
    version="1",
    description="The drive of Lading: spaces, files, versions, rights.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="lading",
    parser=StrictParser(),
)
for kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(kind, _failed)
build(api, *MATTERS)


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document of the API."""
    return dict(api.get_openapi_schema(path_prefix="api/v1/"))


def document(_request: HttpRequest) -> HttpResponse:
    """The OpenAPI document as an answer; it is no secret."""
    return told(openapi())


urlpatterns: list[URLPattern | URLResolver] = [
    *map(guarded, api.urls[0]),
    path("openapi.json", document),
    re_path(r"^.*$", nowhere),
]
