"""
The OpenAPI document: what ninja knows, and what all routes share.
"""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from lading.drive.api.problem import MEDIA_TYPE
from lading.drive.api.schemas.answers import Problem

REFUSED = {
    400: "the body is not what was announced",
    401: "no valid token or password",
    403: "the role or the token does not reach so far",
    404: "it is not there, or it is hidden",
    409: "it does not fit what is there",
    410: "the cursor or the link is not valid any more",
    411: "nothing would tell that the body broke off",
    412: "it is not the content that was expected",
    413: "the request is too large",
    415: "another media type is expected",
    416: "the range lies behind the end",
    422: "a value cannot be",
    423: "the space is frozen, or the entry is locked",
    429: "too many tries",
    502: "the store has lost the content",
    503: "the database or the store does not answer",
    507: "the quota or the disk is full",
}
_ALWAYS = (401, 403, 404, 413, 415, 422, 429, 503)
_CHANGES = (409, 423, 507)
"""What a change may always meet: something else there, a freeze, a full disk."""
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "a token of the drive, `lading_…`"},
    "password": {
        "type": "http",
        "scheme": "basic",
        "description": "a login with its password, or with a token",
    },
}
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "the same key with the same request gives the same answer and changes nothing again",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


class DriveApi(NinjaAPI):
    """The API, which tells of errors and tokens in its document too."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The document of ninja with the errors of all routes in it."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        said = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = document["components"]
        parts["schemas"].update(said.pop("$defs"))
        parts["schemas"]["Problem"] = said
        parts["securitySchemes"] = _SCHEMES
        for operations in document["paths"].values():
            for method, operation in operations.items():
                _complete(operation, () if method == "get" else _CHANGES)
        return document


def _complete(operation: dict[str, Any], may_fail: tuple[int, ...]) -> None:
    needs, fails = operation.pop("x-needs"), operation.pop("x-fails")
    for status in sorted({*_ALWAYS, *may_fail, *fails}):
        operation["responses"][status] = _problem(REFUSED[status])
    # The server's own words, before the API sees the request.
    operation["responses"][414] = {"description": "the address is longer than 64 KiB"}
    operation["responses"][431] = {"description": "the headers are too long"}
    operation["responses"]["5XX"] = _problem("the drive failed; its log says more")
    operation["security"] = [{"token": []}, {"password": []}]
    if needs == "open":
        operation["security"].append({})
    elif needs:
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{needs}`.".strip()
    if operation.pop("x-changes"):
        operation["parameters"].append(_KEY)


def _problem(about: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": about, "content": {MEDIA_TYPE: {"schema": schema}}}
