"""
The parts of the WebDAV door that only decide: addresses, preconditions, times, markup.
"""

import contextlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.drive.dav.address import destination, inner, outer, path_of
from lading.drive.dav.conditions import Verdict, if_header, judge, matches
from lading.drive.dav.errors import Elsewhere
from lading.drive.dav.markup import HEAD, Item, Wish, response
from lading.drive.dav.propfind import wish_of
from lading.drive.dav.statuses import clean, error_document, status_of
from lading.drive.dav.times import http_date
from lading.drive.errors import Frozen, Unfit
from lading.drive.tree.row import FILE, Row
from lading.model.errors import Forbidden, NotFound, known
from lading.model.paths import name_from


@pytest.fixture(autouse=True)
def home():
    """Nothing here asks a database."""


HOSTS = frozenset({"drive.example"})
hostile = (
    st.binary(min_size=1, max_size=80)
    .map(name_from)
    .filter(lambda name: "/" not in name and "\0" not in name and name not in (".", ".."))
)


@given(st.lists(hostile, max_size=5).map(tuple))
def test_every_name_has_an_address_that_leads_back_to_it(path):
    """
    Slashes and zero bytes aside, any bytes survive the way through an address, in ASCII.
    """
    assert path == outer(inner(path))
    assert inner(path, folder=True).isascii()


@pytest.mark.parametrize("raw", ["/a/../b", "/..", "/a/./b", "/a\0b", "/é/.."])
def test_what_could_mean_another_place_is_refused(raw):
    """
    Dots and zero bytes never reach the tree; the server has decoded %2e and %00 already.
    """
    with pytest.raises(Unfit):
        path_of(raw.encode().decode("latin-1"))


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("/dav/Deals/a%20b%3F%23%25.txt", ("Deals", "a b?#%.txt")),
        ("http://drive.example/dav/Deals/%E7%94%B5", ("Deals", "电")),
        ("https://DRIVE.example/dav/Deals/%ff/", ("Deals", "\udcff")),
        ("/dav/", ()),
    ],
)
def test_a_destination_is_taken_byte_by_byte(header, path):
    """
    A name with a question mark, a hash or a byte that is not UTF-8 stays that name.
    """
    assert path == destination(header, HOSTS, "/dav")


@pytest.mark.parametrize("header", ["http://other.example/dav/Deals/a", "/davs/a", "/a", "ftp://x/dav/a"])
def test_a_destination_elsewhere_is_refused(header):
    """
    Another server and another door are 502, not a copy to who knows where.
    """
    with pytest.raises(Elsewhere) as caught:
        destination(header, HOSTS, "/dav")
    assert 502 == status_of(caught.value)


@pytest.mark.parametrize("header", ["/dav/Deals/a?b", "/dav/Deals/a#b", "/dav/Deals/%2e%2e/Other/a"])
def test_a_destination_that_is_not_plain_is_refused(header):
    """
    Queries, fragments and ways up are refused.
    """
    with pytest.raises(Unfit):
        destination(header, HOSTS, "/dav")


@pytest.mark.parametrize(
    ("headers", "tag", "reading", "verdict"),
    [
        ({}, '"1"', True, Verdict.GO),
        ({"HTTP_IF_MATCH": '"1"'}, '"1"', False, Verdict.GO),
        ({"HTTP_IF_MATCH": '"0", "1"'}, '"1"', False, Verdict.GO),
        ({"HTTP_IF_MATCH": 'W/"1"'}, '"1"', False, Verdict.FAILED),
        ({"HTTP_IF_MATCH": "*"}, None, False, Verdict.FAILED),
        ({"HTTP_IF_MATCH": "*"}, '"1"', False, Verdict.GO),
        ({"HTTP_IF_MATCH": "nonsense"}, '"1"', False, Verdict.FAILED),
        ({"HTTP_IF_NONE_MATCH": "*"}, '"1"', False, Verdict.FAILED),
        ({"HTTP_IF_NONE_MATCH": "*"}, None, False, Verdict.GO),
        ({"HTTP_IF_NONE_MATCH": 'W/"1"'}, '"1"', True, Verdict.UNCHANGED),
        ({"HTTP_IF_NONE_MATCH": '"2"'}, '"1"', True, Verdict.GO),
        ({"HTTP_IF_MODIFIED_SINCE": http_date(5 * 10**9)}, '"1"', True, Verdict.UNCHANGED),
        ({"HTTP_IF_MODIFIED_SINCE": http_date(4 * 10**9)}, '"1"', True, Verdict.GO),
        ({"HTTP_IF_MODIFIED_SINCE": http_date(5 * 10**9)}, '"1"', False, Verdict.GO),
        ({"HTTP_IF_UNMODIFIED_SINCE": http_date(4 * 10**9)}, '"1"', False, Verdict.FAILED),
        ({"HTTP_IF_MODIFIED_SINCE": "not a date"}, '"1"', True, Verdict.GO),
        (
            {"HTTP_IF_NONE_MATCH": '"2"', "HTTP_IF_MODIFIED_SINCE": http_date(9 * 10**9)},
            '"1"',
            True,
            Verdict.GO,
        ),
    ],
)
def test_preconditions_follow_rfc_9110(headers, tag, reading, verdict):
    """
    Tags before times; weak tags do for reading only; a header that is no date says nothing.
    """
    assert verdict is judge(headers, tag, 5 * 10**9, reading=reading)


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ("(<t1>)", True),
        ("(<t2>)", False),
        ("(<t2>) (<t1>)", True),
        ("(<t1> <t2>)", False),
        ('(<t1> ["e"])', True),
        ('(["x"])', False),
        ('(Not ["x"])', True),
        ("(Not <DAV:no-lock>)", True),
        ("(<DAV:no-lock>) (Not <DAV:no-lock>)", True),
        ("<http://drive.example/dav/a> (<t9>)", True),
        ("<http://drive.example/dav/a> (<t1>)", False),
    ],
)
def test_an_if_header_holds_if_one_of_its_lists_does(header, holds):
    """
    Lists are alternatives, conditions in a list all count, a tag names another resource.
    """

    def state(tag):
        return ('"e"', frozenset({"t1"})) if tag is None else (None, frozenset({"t9"}))

    assert holds is if_header(header).holds(state)


def test_all_tokens_of_an_if_header_are_submitted():
    """
    RFC 4918, 10.4.1: also those in lists of other resources, and those after Not.
    """
    assert {"a", "b", "c"} == if_header('</x> (<a>) (Not <b>) </y> (<c> ["e"])').tokens


@pytest.mark.parametrize("header", ["", "()", "(", "nonsense", "(<t>", "(<t>) x", '("e")', "(Not)"])
def test_a_broken_if_header_is_refused(header):
    """
    What cannot be understood is never taken for what holds.
    """
    with pytest.raises(Unfit):
        if_header(header)


@given(st.text(max_size=60))
def test_any_if_header_is_understood_or_refused(header):
    """
    No text makes the parser fail in another way.
    """
    with contextlib.suppress(Unfit):
        if_header(header)


@given(st.text(max_size=40), st.one_of(st.none(), st.just('"1-1"')))
def test_a_tag_matches_only_as_a_tag(header, tag):
    """
    Without quotes nothing but the star matches.
    """
    assert (tag is not None and (header.strip() == "*" or '"1-1"' in header)) or not matches(header, tag)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (4294967296 * 10**9, "Sun, 07 Feb 2106 06:28:16 GMT"),
        (1_700_000_000_999_999_999, "Tue, 14 Nov 2023 22:13:20 GMT"),
    ],
)
def test_times_are_written_as_http_does(moment, text):
    """
    Whole seconds, rounded down, also before 1970 and after 2106.
    """
    assert text == http_date(moment)


@given(hostile)
def test_a_listing_with_any_name_is_well_formed(name):
    """
    The display name holds no character that XML forbids; the href leads to the exact name.
    """
    row = Row(1, 1, 1, name, FILE, "1/", False, 1, 5, "", 0, 0, 0, None)
    item = Item("/dav" + inner(("Deals", name)), name, row, {}, (), {}, None, 0)
    text = response(item, Wish(None))

    parsed = ElementTree.fromstring(HEAD + text + "</D:multistatus>")
    assert ("Deals", name) == outer(parsed.findtext(".//{DAV:}href").removeprefix("/dav"))
    assert clean(name).replace("\r\n", "\n").replace("\r", "\n") == parsed.findtext(".//{DAV:}displayname")


@pytest.mark.parametrize(
    "body",
    [
        b"<propfind/>",
        b"nonsense",
        b'<propfind xmlns="DAV:"><allprop/><prop/></propfind>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><propfind xmlns="DAV:"><prop><x>&a;</x></prop></propfind>',
        b'<propertyupdate xmlns="DAV:"><prop/></propertyupdate>',
        b'<propfind xmlns="DAV:"><propname/><allprop/></propfind>',
    ],
)
def test_a_body_that_asks_for_nothing_sensible_is_refused(body):
    """
    Broken XML, entities and contradictions are 400.
    """
    with pytest.raises(Unfit) as caught:
        wish_of(body)
    assert 400 == status_of(caught.value)


def test_an_error_tells_both_languages_and_its_code():
    """
    A client that shows `message` shows something a person understands.
    """
    body = error_document(Frozen.code, "只读 & <so>").decode()

    assert "<s:exception>frozen</s:exception>" in body
    assert "只读 &amp; &lt;so&gt;" in body


def test_every_error_has_a_status():
    """
    Refusals are 4xx or 507; 403 and 404 keep apart what is known from what is hidden.
    """
    assert (403, 404) == (status_of(Forbidden()), status_of(NotFound()))
    drive = ("frozen", "locked", "held", "walled", "gone", "unfit", "no_space", "name_refused", "too_deep")
    assert all(400 <= status_of(known()[code]()) < 500 or code == "no_space" for code in drive)
