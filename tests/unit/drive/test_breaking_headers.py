"""
An attacker with an ordinary account, or none: headers that cost more than they should, or count less.
"""

import time

import pytest

from lading.drive.actor import EVERYTHING, SYSTEM
from lading.drive.api.conditions import tags
from lading.drive.dav.conditions import matches
from lading.drive.people import tokens
from support.drive_api import Answer, Caller, answer, environ
from unit.drive.tree_ground import deal, person, write

SPACES = '"a"' + " " * 60_000 + "x"


@pytest.mark.parametrize(
    "header", [SPACES, " " * 60_000 + '"', '"' * 60_001, 'W/"' * 20_000, '"a",' * 15_000]
)
def test_a_long_header_is_read_in_one_go(header):
    """
    What somebody writes into a header costs time in proportion to its length (it was a minute of CPU).
    """
    began = time.process_time()

    tags(header)
    matches(header, '"x"')

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("header", "found"),
    [('"a"', ['"a"']), ('W/"a", "b"', ['"a"', '"b"']), (' "a" ,"b"', ['"a"', '"b"']), ("*", []), ("", [])],
)
def test_entity_tags_are_found(header, found):
    """
    Tags are taken from a list, without their weakness.
    """
    assert found == tags(header)


@pytest.fixture
def shared():
    """The path of a link that may be downloaded once."""
    alice = person("alice")
    made = write(alice, deal(alice), "a.txt", content="0123456789").seen
    ask = Caller(tokens.make_token(SYSTEM, "t", EVERYTHING, None, of=alice.principal)[1])
    url = ask("POST", f"/nodes/{made.row.id}/links", {"role": "download", "limit": 1}).json["url"]
    return f"/s/{url.rpartition('/')[2]}/download"


def visit(path: str, ticket: str = "", **headers: str) -> Answer:
    asked = environ("GET", "", "", b"", {}, {name.replace("_", "-"): text for name, text in headers.items()})
    return answer({**asked, "PATH_INFO": path, "HTTP_COOKIE": f"lading_ticket={ticket}"})


def ticket_of(said: Answer) -> str:
    return said.headers["set-cookie"].partition("lading_ticket=")[2].partition(";")[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=1-", "If_Range": '"other"'},
        {"Range": "bytes=1-", "If_Range": "Sun, 22 Nov 2026 10:00:00 GMT"},
        {"Range": "bytes=0-"},
        {"Range": "bytes=-10"},
        {"Range": "bytes=1-2,0-9"},
        {"Range": "lines=1-2"},
        {},
    ],
)
def test_no_header_gets_a_whole_content_uncounted(shared, headers):
    """
    With the ticket of a counted download, ranges of it are free and the whole is not, whatever is asked for.
    """
    ticket = ticket_of(visit(shared))

    assert 206 == visit(shared, ticket, Range="bytes=1-").status
    assert 410 == visit(shared, ticket, **headers).status


def test_a_ticket_grows_old(shared):
    """
    Using a ticket gives no younger one: after an hour what is left of a download is over.
    """
    ticket = ticket_of(visit(shared))

    assert ticket == ticket_of(visit(shared, ticket, Range="bytes=1-"))
