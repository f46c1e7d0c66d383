"""Pages that tell what went wrong."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.model.errors import LadingError
from lading.model.text import Text
from lading.site.pages import words
from lading.site.pages.rendering import language_of, page, speak

# Codes whose status is not 400.
STATUS = {
    "not_found": 404,
    "gone": 410,
    "login_failed": 403,
    "forbidden": 403,
    "walled": 403,
    "throttled": 429,
    "unavailable": 503,
    "unreadable": 502,
    "already_exists": 409,
}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """There is nothing at this address."""
    return _fault(request, "not_found", 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """The request makes no sense."""
    return _fault(request, "not_found", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """The request is refused."""
    return _fault(request, "not_found", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours."""
    return _fault(request, "fault", 500)


def bad_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django names it)
    """A form that is not one of ours, or has expired."""
    return _fault(request, "form", 403)


def used(request: HttpRequest) -> HttpResponse:
    """A page that works once, and did."""
    return _fault(request, "used", 410)


def failure(request: HttpRequest, error: LadingError) -> HttpResponse:
    """The page of *error*."""
    language = language_of(request)
    facts: dict[str, Any] = {
        "title": speak(request, words.FAULT["refused"]),
        "lead": sentence(request, error),
        "remedy": error.next_step(language),
    }
    answer = page(request, "fault", words.FAULT, facts, status=STATUS.get(error.code, 400))
    if after := error.facts.get("after"):
        answer["Retry-After"] = str(int(float(str(after))) + 1)
    return answer


def sentence(request: HttpRequest, error: LadingError) -> str:
    """What happened, as a sentence in the language of the reader."""
    return error.message(language_of(request))


def _fault(request: HttpRequest, name: str, status: int) -> HttpResponse:
    title: Text = words.FAULT[name]
    lead: Text = words.FAULT[f"{name}_lead"]
    facts = {"title": speak(request, title), "lead": speak(request, lead)}
    return page(request, "fault", words.FAULT, facts, status=status)
