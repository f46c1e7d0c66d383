"""
The pages of the drive: the start, the first sign-in, a link, faults.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from lading.drive.actor import SYSTEM, Actor
from lading.drive.links import make_link
from lading.drive.links.making import Made
from lading.drive.models import Account, Link, Principal
from lading.drive.people.accounts import make_account
from lading.drive.people.first import first_sign_in_token
from lading.drive.people.principals import add
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.drive.store import store
from lading.drive.tree import find
from lading.drive.tree.change import make_folder
from lading.drive.tree.saving import save
from lading.drive.tree.spaces import make_space
from lading.site.pages.rendering import _accepted

PASSWORD = "correct horse battery"
HOSTILE = "<img src=x onerror=alert(1)> 合同.html"


@pytest.fixture
def visitor(settings_address: None) -> Client:
    """A browser that keeps cookies; CSRF is checked as for any other."""
    return Client(enforce_csrf_checks=True, headers={"accept-language": "en"})


@pytest.fixture
def settings_address(home: Path) -> Iterator[None]:
    """The drive knows its address."""
    before = settings.LADING_DRIVE
    settings.LADING_DRIVE = {**before, "address": "http://testserver"}
    yield
    settings.LADING_DRIVE = before


def shared(**terms: object) -> Made:
    """A link to a file with a hostile name, in a folder of a space; with `folder` to the folder itself."""
    lin = Actor(add(SYSTEM, "person", "lin", name="林").id, "lin")
    space = make_space(SYSTEM, "Deals", admins=[lin.principal or 0])
    viewer = sight(lin)
    folder = make_folder(viewer, find.at(viewer, space, ()), "签署 Signed")
    file = save(viewer, folder, HOSTILE, store().put_bytes(b"<script>alert(1)</script>")).seen
    to_folder = terms.pop("folder", False)
    return make_link(sight(lin), folder if to_folder else file, **terms)  # type: ignore[arg-type]


def fill(visitor: Client, address: str, **fields: str) -> object:
    """Send the form at *address*, as a browser does."""
    page = visitor.get(address).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return visitor.post(address, {"csrfmiddlewaretoken": found[1], **fields})


def test_the_first_sign_in_makes_one_admin_once(visitor: Client, home: Path) -> None:
    """Login and password are chosen on the page; the second time it has done its work, whoever asks."""
    address = f"/first/{first_sign_in_token(str(home))}"
    done = fill(visitor, address, login="anna", password=PASSWORD, again=PASSWORD)

    assert (200, True) == (done.status_code, "anna" in done.content.decode())
    assert [("anna", "system")] == list(Account.objects.values_list("login", "admin"))
    assert 410 == visitor.get(address).status_code


@pytest.mark.parametrize(
    ("login", "password", "again"),
    [("anna", PASSWORD, PASSWORD + "!"), ("anna", "short", "short"), ("", PASSWORD, PASSWORD)],
)
def test_a_refused_choice_can_be_made_again(
    login: str, password: str, again: str, visitor: Client, home: Path
) -> None:
    """What cannot be is said above the form, the login stays, no password comes back, and the page still works."""
    address = f"/first/{first_sign_in_token(str(home))}"
    said = fill(visitor, address, login=login, password=password, again=again)

    assert 400 == said.status_code
    assert 'role="alert"' in said.content.decode()
    assert password not in said.content.decode()
    assert 200 == fill(visitor, address, login="anna", password=PASSWORD, again=PASSWORD).status_code


def test_a_form_from_elsewhere_is_refused(visitor: Client, home: Path) -> None:
    """A form without our secret changes nothing."""
    address = f"/first/{first_sign_in_token(str(home))}"
    said = visitor.post(address, {"login": "anna", "password": PASSWORD, "again": PASSWORD})

    assert 403 == said.status_code
    assert not Account.objects.exists()


def test_a_file_is_shown_and_leaves_as_an_attachment(visitor: Client) -> None:
    """Its name is text on the page; its content is a download in a sandbox, never a page of ours."""
    address = f"/s/{shared().token}"
    page = visitor.get(address)
    said = page.content.decode()
    got = visitor.get(f"{address}/download")

    assert "<img src=x" not in said and "&lt;img src=x" in said
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert b"<script>alert(1)</script>" == got.getvalue()
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert quote("合同.html") in got.headers["Content-Disposition"]
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert "application/octet-stream" == got.headers["Content-Type"]


def test_a_password_is_asked_for_once(visitor: Client) -> None:
    """Wrong: refused. Right: the page and the download follow, in this browser alone."""
    address = f"/s/{shared(password=PASSWORD).token}"
    assert 'type="password"' in visitor.get(address).content.decode()
    assert 302 == visitor.get(f"{address}/download").status_code

    assert 403 == fill(visitor, address, password="wrong").status_code
    assert 303 == fill(visitor, address, password=PASSWORD).status_code
    assert 200 == visitor.get(f"{address}/download").status_code
    assert 302 == Client().get(f"{address}/download").status_code


def test_a_limit_counts_downloads_and_not_ranges(visitor: Client) -> None:
    """One download in two ranges is one; the next one is refused, also on the page."""
    made = shared(limit=1)
    address = f"/s/{made.token}"
    first = visitor.get(f"{address}/download", headers={"range": "bytes=0-3"})
    rest = visitor.get(f"{address}/download", headers={"range": "bytes=4-"})

    assert [206, 206] == [first.status_code, rest.status_code]
    assert b"<script>alert(1)</script>" == first.getvalue() + rest.getvalue()
    assert 1 == Link.objects.get(key=made.link.key).used
    assert [410, 410] == [Client().get(where).status_code for where in (address, f"{address}/download")]


def test_a_preview_gives_no_bytes(visitor: Client) -> None:
    """The page has no download, and asking for it all the same is refused."""
    address = f"/s/{shared(role=Role.PREVIEW).token}"

    assert "/download" not in visitor.get(address).content.decode()
    assert 403 == visitor.get(f"{address}/download").status_code


def test_an_inside_link_asks_for_a_person_of_the_firm(visitor: Client) -> None:
    """Who signs in sees it; a guest does not, and a wrong password is not told from a wrong login."""
    address = f"/s/{shared(inside=True).token}"
    make_account(SYSTEM, Principal.objects.get(key="lin").id, "lin", PASSWORD)
    assert 'name="login"' in visitor.get(address).content.decode()

    wrong = [fill(visitor, address, login=login, password="nonsense!").content for login in ("lin", "nobody")]
    assert plain(wrong[0]) == plain(wrong[1])
    assert 303 == fill(visitor, address, login="lin", password=PASSWORD).status_code
    assert 200 == visitor.get(f"{address}/download").status_code


def plain(page: bytes) -> str:
    """*page* without what differs each time."""
    return re.sub(r'value="[^"]*"', "", page.decode())


def test_a_folder_is_listed_and_nothing_above_it_is_reached(visitor: Client) -> None:
    """Its entries can be opened and downloaded; paths that lead out of it find nothing."""
    address = f"/s/{shared(folder=True).token}"
    inside = f"?path={quote(HOSTILE)}"

    assert "&lt;img src=x" in visitor.get(address).content.decode()
    assert 200 == visitor.get(f"{address}{inside}").status_code
    assert 200 == visitor.get(f"{address}/download{inside}").status_code
    for path in ("..", "../..", "/", "//x", "%01", "\x01zz", "a" * 5000, "\x00"):
        assert 404 == visitor.get(address, {"path": path}).status_code, path


@pytest.mark.parametrize("token", ["x", "A" * 43, "..", "%00", "a" * 3000])
def test_a_forged_link_finds_nothing(token: str, visitor: Client) -> None:
    """Whatever stands where the token stands gives the same page as an address that is none."""
    assert 404 == visitor.get(f"/s/{token}").status_code
    assert 404 == visitor.get(f"/s/{token}/download").status_code


def test_the_reader_chooses_the_language(visitor: Client) -> None:
    """The browser's wish counts, the switch counts more, and it is remembered."""
    assert "网盘已就绪" in visitor.get("/", headers={"accept-language": "zh-TW,zh;q=0.5"}).content.decode()
    assert "The drive is running" in visitor.get("/", headers={"accept-language": "fr"}).content.decode()
    assert "网盘已就绪" in visitor.get("/?lang=zh").content.decode()
    assert "网盘已就绪" in visitor.get("/").content.decode()


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", ["zh-cn", "zh", "en"]),
        ("en;q=0.1, zh;q=0.9", ["zh", "en"]),
        ("zh;q=0, en", ["en"]),
        ("zh;q=x,,;", []),
        ("", []),
    ],
)
def test_languages_are_taken_in_the_order_of_their_weight(header: str, tags: list[str]) -> None:
    """Accept-Language is read as RFC 9110 says; what makes no sense is left out."""
    assert tags == [tag for tag in _accepted(header) if tag != ";"]
