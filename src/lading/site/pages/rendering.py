"""
Make a page: in the language of its reader, and closed to whatever is not ours.

The style stands in the page, named by its digest in the content security
policy, so that no other style and no script at all can run.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template

from lading.model.text import Language, Text
from lading.site.pages import words

COOKIE = "lading_language"
ASKED = "lang"
_YEAR = 365 * 24 * 3600
_TAGS = {Language.EN: "en", Language.ZH: "zh-Hans"}


def language_of(request: HttpRequest) -> Language:
    """What the reader chose, else what their browser asks for, else English."""
    for chosen in (request.GET.get(ASKED), request.COOKIES.get(COOKIE)):
        if chosen in set(Language):
            return Language(chosen)
    for accepted in _accepted(request.META.get("HTTP_ACCEPT_LANGUAGE", "")):
        if accepted.startswith("zh"):
            return Language.ZH
        if accepted.startswith("en"):
            return Language.EN
    return Language.EN


def page(
    request: HttpRequest, template: str, texts: dict[str, Text], facts: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page *template* with *texts* as `say` and *facts*; never kept by a cache, never in a frame."""
    language = language_of(request)
    style = _style()
    say = words.said({**words.EVERYWHERE, **texts}, language)
    context = {
        "title": say.get("title", ""),
        **facts,
        "say": say,
        "language": _TAGS[language],
        "style": style,
        "switch": _switch(request, language),
    }
    answer = HttpResponse(get_template(f"pages/{template}.html").render(context, request), status=status)
    answer["Content-Language"] = _TAGS[language]
    answer["Content-Security-Policy"] = _policy(style)
    answer["Cache-Control"] = "no-store"
    answer["Vary"] = "Accept-Language, Cookie"
    answer["X-Robots-Tag"] = "noindex"
    # Addresses hold tokens, which no other site may learn; our own forms need an origin.
    answer["Referrer-Policy"] = "same-origin"
    if request.GET.get(ASKED) in set(Language):
        answer.set_cookie(COOKIE, language.value, max_age=_YEAR, httponly=True, samesite="Lax")
    return answer


def speak(request: HttpRequest, text: Text, **places: object) -> str:
    """*text* in the language of the reader."""
    return text.to(language_of(request), **places)


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the most wanted first (RFC 9110, 12.5.4)."""
    wanted = []
    for number, part in enumerate(header[:1000].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            wanted.append((-quality, number, tag.lower()))
    return [tag for _, _, tag in sorted(wanted)]


def _switch(request: HttpRequest, language: Language) -> str:
    other = Language.EN if language is Language.ZH else Language.ZH
    query = {name: value for name, value in request.GET.items() if name != ASKED}
    return "?" + urlencode({**query, ASKED: other.value})


@cache
def _style() -> str:
    return str(get_template("pages/style.css").render()).strip()


@cache
def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
