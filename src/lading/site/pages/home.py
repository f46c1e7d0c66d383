"""The start page: what this is, and where it is opened."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from lading.site.pages import words
from lading.site.pages.rendering import page

API = "/api/v1/openapi.json"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page."""
    address = str(settings.LADING_DRIVE["address"]).rstrip("/")
    return page(request, "home", words.HOME, {"dav": f"{address}/dav/", "api": API})
