"""Addresses, people, times and links of SMB, without a server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.address import Address, parse
from lading.connectors.smb import facts, packets
from lading.connectors.smb import open as open_smb
from lading.connectors.smb.options import Place, options_of, place_of
from lading.connectors.smb.packets import Facts
from lading.connectors.smb.people import BadPeople, from_csv
from lading.connectors.smb.trouble import error_of
from lading.connectors.smb.wire import is_ours
from lading.model.access import PrincipalKind
from lading.model.entry import Kind
from lading.model.errors import (
    BadAddress,
    Changed,
    DriveError,
    Forbidden,
    NameRefused,
    NoSpace,
    NotFound,
    Unavailable,
    Unreadable,
)

LOGIN = {"user": "svc", "password": "env:P"}
SID = "S-1-5-21-1-2-3"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("smb:files.example.com/deals", Place("files.example.com", 445, "deals", ())),
        ("smb://files/deals/项目 融资/2024/", Place("files", 445, "deals", ("项目 融资", "2024"))),
        (r"smb:\\files\deals$\x", Place("files", 445, "deals$", ("x",))),
        ("smb:10.0.0.1:1445/deals/100%", Place("10.0.0.1", 1445, "deals", ("100%",))),
        ("smb:[fd00::1]:1445/deals", Place("fd00::1", 1445, "deals", ())),
    ],
)
def test_addresses(text: str, place: Place) -> None:
    """Server, port, share and folder are told apart, in each way in which people write them."""
    assert place == place_of(parse(text, LOGIN))


@pytest.mark.parametrize(
    "text",
    [
        "smb:",
        "smb:files",
        "smb:files/",
        "smb:files:0/x",
        "smb:files:99999/x",
        "smb:files/x/../y",
        "smb:a:b:c/x",
    ],
)
def test_no_addresses(text: str) -> None:
    """What names no server and share is refused."""
    with pytest.raises(BadAddress):
        place_of(parse(text, LOGIN))


@pytest.mark.parametrize("text", ["smb:anna:hidden@files/x", "smb://anna:hidden@files/x", "smb:anna@files/x"])
def test_logins_in_addresses(text: str) -> None:
    """A login in the address is refused, and a password in it is not repeated."""
    with pytest.raises(BadAddress) as caught:
        place_of(parse(text, LOGIN))

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"user": "svc"},
        {"password": "env:P"},
        {**LOGIN, "colour": "red"},
        {**LOGIN, "encrypt": "maybe"},
        {**LOGIN, "timeout": "soon"},
        {**LOGIN, "people": "/no/such/file"},
    ],
)
def test_options_that_make_no_sense(options: dict[str, str]) -> None:
    """An option that is not known or lacks its partner is an error of the address."""
    with pytest.raises(BadAddress):
        options_of(Address("smb", "files/x", options))


def test_options() -> None:
    """Signing is required unless it is given up; a domain stands before the user; Kerberos needs no password."""
    plain = options_of(Address("smb", "files/x", {**LOGIN, "domain": "FIRM", "role": "target"}))
    ticket = options_of(Address("smb", "files/x", {"login": "kerberos", "signing": "optional"}))

    assert ("FIRM\\svc", True, False, True) == (plain.user, plain.sign, plain.encrypt, plain.may_write)
    assert (None, None, False, False) == (ticket.user, ticket.password, ticket.sign, ticket.may_write)


def test_people(tmp_path: Path) -> None:
    """A list of people names who stands on files, and who belongs to whom; others stay as they are."""
    file = tmp_path / "people.csv"
    file.write_text(
        f"kind,id,name,mail,groups\nperson,{SID}-1101,王芳,w@example.com,{SID}-1201 {SID}-9\n"
        f"group,{SID}-1201,Deals,,{SID}-1202\ngroup,{SID}-1202,All,,\n",
        encoding="utf-8-sig",
    )
    people = from_csv(str(file))

    assert {f"{SID}-1101", f"{SID}-1201", f"{SID}-1202", "S-1-1-0"} == {one.id for one in people.principals()}
    assert [f"{SID}-1101"] == [one.id for one in people.members(f"{SID}-1201")]
    assert [f"{SID}-1201"] == [one.id for one in people.members(f"{SID}-1202")]
    assert "王芳" == people.named(f"{SID}-1101").name
    assert (PrincipalKind.GROUP, f"{SID}-1303") == (
        people.named(f"{SID}-1303").kind,
        people.named(f"{SID}-1303").name,
    )
    assert "Domain Admins" == people.named(f"{SID}-512").name
    with pytest.raises(NotFound):
        people.members(f"{SID}-1101")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("id,name\nx,y\n", "columns"),
        (f"kind,id\nrobot,{SID}-1\n", "people.csv:2: kind"),
        ("kind,id\nperson,anna\n", "people.csv:2: “anna”"),
        (f"kind,id\nperson,{SID}-1\ngroup,{SID}-1\n", "twice"),
    ],
)
def test_broken_lists_of_people(tmp_path: Path, lines: str, said: str) -> None:
    """A line that cannot be understood is named."""
    file = tmp_path / "people.csv"
    file.write_text(lines, encoding="utf-8")
    with pytest.raises(BadPeople, match=said):
        from_csv(str(file))


@given(st.integers(facts.EARLIEST, facts.LATEST))
def test_times(modified: int) -> None:
    """A time comes back on a grain of 100 ns, rounded down, from 1601 on."""
    kept = modified - modified % 100

    assert kept == facts.nanoseconds(facts.steps(modified))
    assert facts.steps(modified) >= 1


@pytest.mark.parametrize(
    ("tag", "attributes", "kind"),
    [
        (0, 0x20, Kind.FILE),
        (0xA000000C, 0x420, Kind.SYMLINK),
        (0xA0000003, 0x410, Kind.SYMLINK),
        (0x8000000A, 0x410, Kind.SYMLINK),
        (0x80000013, 0x420, Kind.FILE),
        (0x9000701A, 0x410, Kind.FOLDER),
        (0, 0x10, Kind.FOLDER),
    ],
)
def test_links_are_told_as_such(tag: int, attributes: int, kind: Kind) -> None:
    """Symlinks, junctions and links of DFS are links; deduplicated files and folders of a cloud are what they are."""
    assert kind is facts.entry_of(("x",), Facts(1, 2, 3, 4, attributes, 5, tag)).kind


def test_listing_as_the_server_sends_it() -> None:
    """Names of any length, sizes beyond 4 GiB and reparse tags are read from the bytes of a listing."""
    told = [("a", 0x20, 5 << 30, 0), ("融" * 100, 0x410, 0, 0xA000000C), ("b", 0x10, 0, 7)]
    data = b""
    for number, (name, attributes, size, tag) in enumerate(told):
        raw = name.encode("utf-16-le")
        line = struct.pack(
            "<QQQQQQIIIB25sHQ", 1, 2, 3, 4, size, 0, attributes, len(raw), tag, 0, b"", 0, number + 1
        )
        body = bytes(4) + line + raw
        body += bytes(-(len(body) + 4) % 8)
        step = 0 if number == len(told) - 1 else len(body) + 4
        data += struct.pack("<I", step) + body
    found = list(packets.listed(data))

    assert [name for name, *_ in told] == [one.name for one in found]
    assert [5 << 30, 0, 0] == [one.facts.size for one in found]
    assert [0, 0xA000000C, 0] == [one.facts.tag for one in found]
    assert [1, 2, 3] == [one.facts.id for one in found]


@pytest.mark.parametrize(
    ("status", "making", "error"),
    [
        (0xC0000034, False, NotFound),
        (0xC0000033, False, NotFound),
        (0xC0000033, True, NameRefused),
        (0xC0000022, False, Forbidden),
        (0xC0000043, False, Unreadable),
        (0xC0000043, True, Changed),
        (0xC000007F, True, NoSpace),
        (0xC00000C9, False, Unavailable),
        (0xC0000128, False, Unavailable),
        (0xC0DE0000, False, DriveError),
    ],
)
def test_what_a_status_means(status: int, making: bool, error: type[DriveError]) -> None:
    """Each status is the error that says what to do next; one that nobody knows is told by its number."""
    found = error_of(status, ("x",), making=making)

    assert error is type(found)
    assert error is not DriveError or f"{status:#010x}" in found.detail


def test_names_of_unfinished_files() -> None:
    """Only the very names that Lading gives are hidden, in whatever case the server tells them."""
    assert is_ours(".lading-parts")
    assert is_ours(".LADING-PARTS~0123456789ABCDEF")
    assert not is_ours(".lading-parts~0123")
    assert not is_ours(".lading-parts2")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(4), b"\0\0\0\x08SSH-2.0-", bytes(200)]
)
def test_servers_of_another_kind(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """Whatever answers on the port and is no file server is told as one that does not answer."""
    monkeypatch.setenv("P", "secret")

    def reply(plug: socket.socket) -> None:
        with contextlib.suppress(OSError):
            line, _ = plug.accept()
            with line:
                line.recv(1000)
                line.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as plug:
        server = threading.Thread(target=reply, args=(plug,))
        server.start()
        with pytest.raises(DriveError) as caught:
            open_smb(Address("smb", f"127.0.0.1:{plug.getsockname()[1]}/x", {**LOGIN, "timeout": "5"}))
        server.join()

    assert isinstance(caught.value, Unavailable)
