"""
The page of a link: what is shared, its password or sign-in, and the download.

What a visitor proved once is kept in cookies of this link alone, signed by the
drive.  Content leaves as an attachment in a sandbox, as everywhere.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from lading.drive.actor import Actor
from lading.drive.api.conditions import part
from lading.drive.api.problem import Refused
from lading.drive.api.sending import Sent, asked_range, send
from lading.drive.links import OpenLink, below, listing, open_link, take
from lading.drive.models import Kind
from lading.drive.people.accounts import sign_in
from lading.drive.people.tokens import actor_for_token
from lading.drive.rights.roles import Role
from lading.drive.tree.expect import etag
from lading.drive.tree.row import Row, Seen
from lading.model.errors import LadingError, LoginFailed, NotFound
from lading.model.paths import Path, decode, encode, shown_name
from lading.site.pages import faults, words
from lading.site.pages.rendering import page, speak

PAGE = 200
"""Entries of a folder on one page."""
PROOF, SESSION, TICKET = "lading_link", "lading_session", "lading_ticket"
_HOUR = 3600
_SECOND = 10**9
_UNITS = ("B", "kB", "MB", "GB", "TB")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@csrf_protect
def link(request: HttpRequest, token: str) -> HttpResponse:
    """What the link shows, or the form that it asks for first."""
    try:
        if request.method == "POST":
            return _answered(request, token)
        opened = _open(request, token)
        entry = below(opened, decode(request.GET.get("path", "")))
        return _shown(request, opened, entry)
    except LoginFailed as error:
        return _form(request, error)
    except NotFound:
        return faults.not_found(request)
    except LadingError as error:
        return faults.failure(request, error.about(speak(request, words.LINK["this"])))


@require_GET
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """The content of a file of the link; it is counted once, however many ranges it is fetched in."""
    try:
        ticket = _cookie(request, TICKET)
        opened = _open(request, token, ticket=ticket)
        entry = below(opened, decode(request.GET.get("path", "")))
        taken = take(opened, entry, start=_start(request, entry.row), ticket=ticket)
        row = entry.row._replace(number=taken.number, size=taken.size, digest=taken.digest)
        sent = Sent(row.name, etag(row), row.digest, row.size, row.modified, row.id)
        answer = send(request, sent)
    except LoginFailed:
        return HttpResponseRedirect(f"/s/{quote(token)}")
    except (Refused, NotFound):
        return faults.not_found(request)
    except LadingError as error:
        return faults.failure(request, error.about(speak(request, words.LINK["this"])))
    _keep(answer, TICKET, taken.ticket, f"/s/{token}")
    return answer


def _open(request: HttpRequest, token: str, *, password: str = "", ticket: str = "") -> OpenLink:
    return open_link(
        token,
        password=password,
        proved=_cookie(request, PROOF),
        ticket=ticket,
        actor=_visitor(request),
        address=_address(request),
    )


def _answered(request: HttpRequest, token: str) -> HttpResponse:
    """The form was filled in: keep what it proves, and show the link."""
    here = HttpResponseRedirect(f"/s/{quote(token)}")
    here.status_code = 303
    password = request.POST.get("password", "")
    if login := request.POST.get("login", ""):
        _, session = sign_in(login, password, _address(request), via="link")
        _keep(here, SESSION, session, "/s/")
        return here
    opened = _open(request, token, password=password)
    if opened.proof:
        _keep(here, PROOF, opened.proof, f"/s/{token}")
    return here


def _form(request: HttpRequest, error: LoginFailed) -> HttpResponse:
    """The form for what *error* asks; after a wrong answer with the reason above it."""
    tried = request.method == "POST"
    inside = error.facts.get("asks") != "password" if not tried else bool(request.POST.get("login"))
    facts = {
        "lead": speak(request, words.LINK["inside_lead" if inside else "password_lead"]),
        "inside": inside,
        "login": request.POST.get("login", ""),
        "problem": speak(request, words.LINK["wrong"]) if tried else "",
    }
    return page(request, "link_form", words.LINK, facts, status=403 if tried else 200)


def _shown(request: HttpRequest, opened: OpenLink, entry: Seen) -> HttpResponse:
    facts: dict[str, Any] = {"title": shown_name(entry.row.name), "up": _up(entry)}
    if entry.row.kind == Kind.FILE:
        return page(request, "link_file", words.LINK, {**facts, **_file(request, opened, entry)})
    after = request.GET.get("after")
    found = listing(opened, entry, after=decode(after)[0] if after else None, limit=PAGE + 1)
    shown = [_row(one) for one in found[:PAGE]]
    more = ""
    if len(found) > PAGE:
        more = "?" + urlencode({"path": _inside(entry.path), "after": encode((found[PAGE - 1].row.name,))})
    return page(request, "link_folder", words.LINK, {**facts, "entries": shown, "more": more})


def _file(request: HttpRequest, opened: OpenLink, entry: Seen) -> dict[str, Any]:
    row = entry.row
    pinned = opened.version is not None
    return {
        "size": _size(row.size),
        "bytes": f"{row.size:,} B" if row.size >= 1000 else "",
        "changed": _moment(row.modified if row.modified is not None else row.saved),
        "pinned": speak(request, words.LINK["pinned"], number=opened.version) if pinned else "",
        "left": opened.left,
        "download": _download(request.path, entry) if entry.role >= Role.DOWNLOAD else "",
    }


def _row(entry: Seen) -> dict[str, Any]:
    folder = entry.row.kind == Kind.FOLDER
    return {
        "name": shown_name(entry.row.name),
        "folder": folder,
        "address": "?" + urlencode({"path": _inside(entry.path)}),
        "size": "" if folder else _size(entry.row.size),
    }


def _up(entry: Seen) -> dict[str, str] | None:
    if len(entry.path) < 2:
        return None
    above = entry.path[:-1]
    return {"name": shown_name(above[-1]), "address": "?" + urlencode({"path": _inside(above)})}


def _inside(path: Path) -> str:
    """The path below the node of the link, whose name comes first in *path*."""
    return encode(path[1:])


def _download(page_path: str, entry: Seen) -> str:
    return f"{quote(page_path)}/download?" + urlencode({"path": _inside(entry.path)})


def _start(request: HttpRequest, row: Row) -> int:
    """The first byte that will be sent."""
    with suppress(Refused):
        wanted = part(asked_range(request, etag(row)), row.size)
        return wanted.start if wanted else 0
    return 0


def _visitor(request: HttpRequest) -> Actor | None:
    """Who signed in here before; a session that has ended is none."""
    session = _cookie(request, SESSION)
    if not session:
        return None
    with suppress(LoginFailed):
        return actor_for_token(session, via="link", address=_address(request))
    return None


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _cookie(request: HttpRequest, name: str) -> str:
    return str(request.COOKIES.get(name, ""))[:500]


def _keep(answer: HttpResponseBase, name: str, value: str, path: str) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=_HOUR,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=settings.CSRF_COOKIE_SECURE,
    )


def _size(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:.0f} B"


def _moment(at: int) -> str:
    try:
        return datetime.fromtimestamp(at // _SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return ""
