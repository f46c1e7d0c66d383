"""
Routes as rows of data.

A row says what a route needs, gives and refuses; the API, its OpenAPI document and the tests that walk
all routes are made from the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from pydantic_core import to_json

from lading.drive.actor import Scope
from lading.drive.api.auth import Needs
from lading.drive.api.idempotency import once
from lading.drive.api.reading import JSON_LIMIT

View = Callable[..., HttpResponseBase]

OPEN = "open"
"""A route that needs nobody."""


@dataclass(frozen=True, slots=True)
class Route:
    """
    One method at one path.

    *needs* is a scope, None for any signed-in principal, or `OPEN`.  *gives* maps the status of success
    to a schema (None: no body).  *changes* makes it heed idempotency keys.  *body* is the most bytes of its JSON body.  *extra* is merged into its
    OpenAPI operation.
    """

    method: str
    path: str
    view: View
    needs: Scope | str | None
    gives: dict[int, Any]
    fails: tuple[int, ...] = ()
    changes: bool = False
    body: int = JSON_LIMIT
    extra: dict[str, Any] = field(default_factory=dict)


class Routes:
    """The routes about one matter, in the order of their declaration."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.rows: list[Route] = []

    def get(self, path: str, *, needs: Scope | str | None, gives: Any, **more: Any) -> Callable[[View], View]:
        """Declare a GET route."""
        return self._declare("GET", path, needs, gives, more)

    def post(
        self, path: str, *, needs: Scope | str | None, gives: Any, **more: Any
    ) -> Callable[[View], View]:
        """Declare a POST route; a change unless *more* says otherwise."""
        return self._declare("POST", path, needs, gives, {"changes": True, **more})

    def put(self, path: str, *, needs: Scope | str | None, gives: Any, **more: Any) -> Callable[[View], View]:
        """Declare a PUT route."""
        return self._declare("PUT", path, needs, gives, {"changes": True, **more})

    def patch(
        self, path: str, *, needs: Scope | str | None, gives: Any, **more: Any
    ) -> Callable[[View], View]:
        """Declare a PATCH route."""
        return self._declare("PATCH", path, needs, gives, {"changes": True, **more})

    def delete(
        self, path: str, *, needs: Scope | str | None, gives: Any = None, **more: Any
    ) -> Callable[[View], View]:
        """Declare a DELETE route."""
        return self._declare("DELETE", path, needs, gives, {"changes": True, **more})

    def _declare(
        self, method: str, path: str, needs: Scope | str | None, gives: Any, more: dict[str, Any]
    ) -> Callable[[View], View]:
        statuses = gives if isinstance(gives, dict) else {204 if gives is None else 200: gives}

        def declare(view: View) -> View:
            self.rows.append(Route(method, path, view, needs, statuses, **more))
            return view

        return declare


def build(api: NinjaAPI, *matters: Routes) -> None:
    """Make *api* answer the routes of *matters*."""
    for matter in matters:
        for row in matter.rows:
            _add(api, matter.tag, row)


def _add(api: NinjaAPI, tag: str, row: Route) -> None:
    router = api.default_router
    needs = Needs(row.needs if isinstance(row.needs, Scope) else None, open_to_all=row.needs == OPEN)
    router.add_api_operation(
        row.path,
        [row.method],
        row.view,
        auth=needs,
        response=row.gives,
        operation_id=row.view.__name__.rstrip("_"),
        summary=_summary(row.view),
        tags=[tag],
        openapi_extra=_extra(row),
    )
    operation = router.path_operations[row.path].operations[-1]
    if any(model.__ninja_param_source__ == "body" for model in operation.models):
        needs.takes = row.body
    if row.changes:
        operation.view_func = _once(row.view)


def _extra(row: Route) -> dict[str, Any]:
    # Deep copies: ninja merges into what it is given, and rows share descriptions.
    needs = "" if row.needs is None else str(row.needs)
    return {"x-needs": needs, "x-fails": row.fails, "x-changes": row.changes, **deepcopy(row.extra)}


def _summary(view: View) -> str:
    return (view.__doc__ or "").strip().partition("\n")[0]


def _once(view: View) -> View:
    @wraps(view)
    def answered(request: HttpRequest, **values: Any) -> HttpResponseBase:
        return once(request, lambda: view(request, **values))  # type: ignore[arg-type,return-value]

    return answered


def told(value: Any, status: int = 200, **headers: str) -> HttpResponse:
    """*value* as a JSON answer; header names with underscores for hyphens."""
    response = HttpResponse(to_json(value), content_type="application/json", status=status)
    response["Cache-Control"] = "private, no-cache"
    for name, said in headers.items():
        response[name.replace("_", "-")] = said
    return response


def done() -> HttpResponse:
    """The answer that there is nothing more to say."""
    response = HttpResponse(status=204)
    del response["Content-Type"]
    return response
