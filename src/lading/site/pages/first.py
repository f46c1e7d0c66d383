"""
The first sign-in of a new drive, and invitations: a login and a password are chosen, once.
"""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from lading.drive.errors import Gone
from lading.drive.models import OneTime
from lading.drive.people import first as invitations
from lading.drive.people.bearer import digest
from lading.drive.people.rules import MIN_PASSWORD
from lading.model.errors import LadingError
from lading.site.pages import faults, words
from lading.site.pages.rendering import page, speak


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
@csrf_protect
def first(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a login and a password, and use the token up once both can be."""
    purpose = _purpose(token)
    if purpose is None:
        return faults.used(request)
    if request.method != "POST":
        return _form(request, purpose)
    login, password = request.POST.get("login", ""), request.POST.get("password", "")
    if password != request.POST.get("again"):
        return _form(request, purpose, login, speak(request, words.FIRST["differ"]))
    try:
        actor, _ = invitations.redeem(
            token, login, password, address=str(request.META.get("REMOTE_ADDR", "")), via="page"
        )
    except Gone:
        return faults.used(request)
    except LadingError as error:
        return _form(request, purpose, login, faults.sentence(request, error))
    said = words.FIRST["done_admin" if actor.admin else "done"]
    facts = {
        "title": speak(request, words.FIRST["done_title"]),
        "lead": speak(request, said, login=login.strip()),
        "admin": bool(actor.admin),
    }
    return page(request, "first_done", words.FIRST, facts)


def _purpose(token: str) -> str | None:
    """What *token* is for; None if it is not valid (any more)."""
    waiting = OneTime.objects.filter(digest=digest(token), used=None, expires__gt=time.time_ns())
    return waiting.values_list("purpose", flat=True).first()


def _form(request: HttpRequest, purpose: str, login: str = "", problem: str = "") -> HttpResponse:
    mine = "" if purpose == "first" else "invited_"
    facts: dict[str, Any] = {
        "title": speak(request, words.FIRST[f"{mine}title"]),
        "lead": speak(request, words.FIRST[f"{mine}lead"]),
        "login": login,
        "problem": problem,
        "least": MIN_PASSWORD,
        "rule": speak(request, words.FIRST["rule"], least=MIN_PASSWORD),
    }
    return page(request, "first", words.FIRST, facts, status=400 if problem else 200)
