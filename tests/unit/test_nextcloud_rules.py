"""What Nextcloud tells of names, shares and rules, in the words of the vocabulary."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from lading.connectors.names import mapped, problems
from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.marks import CloudLocks
from lading.connectors.nextcloud.options import is_app_password
from lading.connectors.nextcloud.rules import features_of, names_of, profile_of, quirks_of
from lading.connectors.nextcloud.rulings import Rule, Standing, ruled, standing_of
from lading.connectors.nextcloud.shares import bits_of, denied_role, expiry, grant_of, link_of, role_of
from lading.connectors.nextcloud.tree import Garbled, Response, responses
from lading.connectors.nextcloud.versions import CloudVersions
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.access import ANYBODY, Effect, Grant, Lock, Principal, PrincipalKind, Role
from lading.model.entry import Entry, Kind

PATH = ("合同",)
STAFF = Principal(PrincipalKind.GROUP, "group:staff")


def server(**capabilities: Any) -> Cloud:
    """A server that says so much of itself, and is never asked anything."""
    cloud = Cloud(None, "https://cloud.example")  # type: ignore[arg-type]
    cloud.capabilities = capabilities
    return cloud


def share(**told: Any) -> dict[str, Any]:
    """A share as the API tells it."""
    plain = {"id": "7", "share_type": 0, "share_with": "li", "permissions": 1, "item_type": "folder"}
    return {**plain, "uid_owner": "wang", **told}


def test_names_follow_the_capabilities() -> None:
    """What the server forbids (characters, names, stems, endings) is refused before it is asked, and mapped."""
    rules = names_of(
        server(
            files={
                "forbidden_filename_characters": ["\\", "/", ":", "?"],
                "forbidden_filenames": [".htaccess", "desktop.ini"],
                "forbidden_filename_basenames": ["con", "aux"],
                "forbidden_filename_extensions": [".part", ".filepart", " ", "."],
            }
        )
    )
    refused = [
        "a:b",
        "why?",
        "back\\slash",
        ".htaccess",
        ".HTACCESS",
        "Desktop.ini",
        "con.txt",
        "AUX",
        "x.part",
        "X.FILEPART",
        "trailing ",
        "trailing.",
        " ",
        "e\u0301",
        "融" * 84,
    ]

    assert [] == [name for name in refused if not problems(name, rules)]
    assert [] == [name for name in refused if problems(mapped(name, rules), rules)]
    assert [] == [
        name for name in ("a;b", ".htaccess2", "part", "x.parts", "concert", "é") if problems(name, rules)
    ]
    assert len(refused) == len({mapped(name, rules) for name in refused})


def test_older_servers_name_files_alone() -> None:
    """Before version 30 a server told forbidden names only; a colon is allowed there."""
    rules = names_of(server(files={"blacklisted_files": [".htaccess", "secret.cfg"]}))

    assert not problems("a:b", rules)
    assert problems("Secret.CFG", rules)
    assert problems("x.part", rules)


@pytest.mark.parametrize(
    ("bits", "folder", "role"),
    [
        (0, True, Role.NONE),
        (1, True, Role.DOWNLOAD),
        (3, True, Role.DOWNLOAD),
        (4, True, Role.NONE),
        (5, True, Role.UPLOAD),
        (7, True, Role.UPLOAD),
        (15, True, Role.EDIT),
        (31, True, Role.MANAGE),
        (17, True, Role.DOWNLOAD),
        (30, True, Role.NONE),
        (3, False, Role.EDIT),
        (19, False, Role.MANAGE),
        (17, False, Role.DOWNLOAD),
    ],
)
def test_bits_are_never_more_than_they_say(bits: int, folder: bool, role: Role) -> None:
    """The role is the highest that the bits hold whole."""
    assert role is role_of(bits, folder=folder)


@pytest.mark.parametrize("folder", [True, False])
def test_roles_and_bits_agree(folder: bool) -> None:
    """A role that can be given comes back as itself."""
    for role in (Role.DOWNLOAD, Role.EDIT, Role.MANAGE):
        assert role is role_of(bits_of(role, folder=folder), folder=folder)


def test_a_denial_takes_from_the_lowest_role() -> None:
    """Whoever may not read has nothing, whoever may not delete can still add."""
    assert [Role.PASS, Role.UPLOAD, Role.EDIT, Role.EDIT, Role.MANAGE] == list(
        map(denied_role, (1 | 8, 4, 2, 8, 16))
    )


def test_shares_become_grants() -> None:
    """People and groups keep their kind; who has no account here is a guest of the one who shared."""
    told = [
        share(permissions=15),
        share(share_type=1, share_with="staff", share_with_displayname="Staff"),
        share(share_type=4, share_with="li@bank.example", expiration="2031-05-05 00:00:00"),
        share(share_type=6, share_with="li@other.example"),
    ]
    grants = [grant_of(one, PATH) for one in told]

    assert ["li", "group:staff", "mail:li@bank.example", "remote:li@other.example"] == [
        grant.principal.id for grant in grants
    ]
    assert [PrincipalKind.PERSON, PrincipalKind.GROUP, PrincipalKind.GUEST, PrincipalKind.GUEST] == [
        grant.principal.kind for grant in grants
    ]
    assert [None, None, "wang", "wang"] == [grant.principal.owner for grant in grants]
    assert frozenset({"read", "update", "create", "delete"}) == grants[0].rights
    assert 1_935_705_600 * 10**9 == grants[2].expires


@pytest.mark.parametrize("key", ["value", "enabled"])
def test_a_share_without_download_gives_previews(key: str) -> None:
    """The attribute that bars downloads is told, in the spelling of each version of the server."""
    barred = json.dumps([{"scope": "permissions", "key": "download", key: False}])
    grant = grant_of(share(permissions=15, attributes=barred), PATH)

    assert Role.PREVIEW is grant.role
    assert "view-only" in grant.rights
    assert Role.EDIT is grant_of(share(permissions=15, attributes="no JSON"), PATH).role


def test_links_tell_their_limits() -> None:
    """Password, expiry, who made it and when; hidden downloads are no downloads, a drop box holds no role."""
    told = share(
        share_type=3,
        share_with="$hash",
        permissions=17,
        stime=1_700_000_000,
        expiration="2031-05-05 00:00:00",
    )
    link = link_of(told, PATH)
    dropped = link_of(share(share_type=3, share_with=None, permissions=4), PATH)
    hidden = link_of(share(share_type=3, share_with=None, hide_download=1), PATH)

    assert (True, Role.DOWNLOAD, "wang") == (link.has_password, link.role, link.by)
    assert (1_700_000_000 * 10**9, expiry("2031-05-05 00:00:00")) == (link.created, link.expires)
    assert (Role.NONE, frozenset({"create"}), False) == (dropped.role, dropped.rights, dropped.has_password)
    assert Role.PREVIEW is hidden.role


def acl(*rules: tuple[str, str, int, int], name: str = "acl-list") -> str:
    """The property with *rules*: kind, id, mask, permissions."""
    rows = "".join(
        f"<nc:acl><nc:acl-mapping-type>{kind}</nc:acl-mapping-type><nc:acl-mapping-id>{id_}</nc:acl-mapping-id>"
        f"<nc:acl-mask>{mask}</nc:acl-mask><nc:acl-permissions>{bits}</nc:acl-permissions></nc:acl>"
        for kind, id_, mask, bits in rules
    )
    return f'<nc:{name} xmlns:nc="http://nextcloud.org/ns">{rows}</nc:{name}>'


def test_rules_are_read() -> None:
    """A rule names its principal by kind; nested elements are not mistaken for others."""
    nodes = [fromstring(acl(("group", "staff", 3, 0), ("user", "li", 31, 1)))]
    told = Response(b"/x/", {node.tag: node for node in nodes})

    assert Standing((Rule("group:staff", 3, 0), Rule("li", 31, 1)), ()) == standing_of(told)


def test_a_rule_that_takes_is_a_denial() -> None:
    """Bits that are taken away are told in the drive's words, and as the lowest role they take from."""
    grants = list(
        ruled(PATH, Standing((Rule("group:staff", 3, 0), Rule("li", 8, 0), Rule("boss", 31, 31)), ()), {})
    )

    assert [
        Grant(PATH, STAFF, frozenset({"read", "update"}), Effect.DENY, source="rule", role=Role.PASS),
        Grant(
            PATH,
            Principal(PrincipalKind.PERSON, "li"),
            frozenset({"delete"}),
            Effect.DENY,
            source="rule",
            role=Role.EDIT,
        ),
    ] == grants


def test_a_rule_that_gives_back_begins_the_list_anew() -> None:
    """Where a denial from above ends, what holds there is told whole: the groups, and the denials that stay."""
    standing = Standing((Rule("group:staff", 1, 1),), (Rule("group:staff", 3, 0), Rule("li", 1, 0)))
    grants = list(ruled(PATH, standing, {"group:staff": 31}))

    assert [
        (Effect.RESET, ANYBODY.id, Role.NONE),
        (Effect.ALLOW, "group:staff", Role.MANAGE),
        (Effect.DENY, "group:staff", Role.EDIT),
        (Effect.DENY, "li", Role.PASS),
    ] == [(grant.effect, grant.principal.id, grant.role) for grant in grants]


def test_a_login_page_is_no_answer() -> None:
    """Document types, cut answers and other documents are refused."""
    for body in (
        b"<!DOCTYPE html><html/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><d:multistatus xmlns:d="DAV:"/>',
        b'<d:multistatus xmlns:d="DAV:"><d:response>',
        b"<html/>",
        b"",
    ):
        with pytest.raises(Garbled):
            responses(body)


def test_features_follow_the_capabilities() -> None:
    """Without the app nothing is promised; public upload and labels are promised where they are on."""
    sharing = {"api_enabled": True, "resharing": False, "public": {"enabled": True, "upload": False}}
    less = features_of(server(files={"versioning": False}, files_sharing={"api_enabled": False}))
    more = features_of(server(files={"versioning": True, "version_labeling": True}, files_sharing=sharing))

    assert (frozenset(), frozenset(), frozenset()) == (less.versions, less.effects, less.link_roles)
    assert frozenset({"order", "label"}) == more.versions
    assert frozenset({Role.DOWNLOAD}) == more.link_roles
    assert Role.MANAGE not in more.roles


def test_app_passwords_are_known_by_their_form() -> None:
    """Both forms that Nextcloud makes are known; anything else is taken for the password of the account."""
    assert is_app_password("aB3dE-fG5hI-jK7lM-nO9pQ-rS1tU")
    assert is_app_password("a1B2" * 18)
    assert not is_app_password("correct horse battery staple")


def test_locks_are_read_with_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock tells its holder and when it ends; a timeout of 0 is none, an unlocked file has no lock."""
    rows = "".join(
        f"<d:response><d:href>/remote.php/dav/files/wang/{name}</d:href><d:propstat><d:prop><d:resourcetype/>"
        f"<nc:lock>{on}</nc:lock><nc:lock-owner>li</nc:lock-owner><nc:lock-time>1700000000</nc:lock-time>"
        f"<nc:lock-timeout>{lasts}</nc:lock-timeout></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
        "</d:response>"
        for name, on, lasts in (("a", 1, 1800), ("b", 1, 0), ("c", "", 0))
    )
    body = f'<d:multistatus xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns">{rows}</d:multistatus>'
    cloud = server()
    cloud.user = "wang"
    answers = {0: [], 1: responses(body.encode())}
    monkeypatch.setattr(cloud, "ask", lambda *_asked, depth, **_more: answers[depth])
    wire = FilesWire(cloud, (), quirks_of(cloud), frozenset())

    assert [
        Lock(("a",), "li", expires=1_700_001_800 * 10**9),
        Lock(("b",), "li"),
    ] == list(CloudLocks(wire).all())


def test_owncloud_keeps_versions_at_its_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The older relative is known by its capabilities; the present content, which it does not list, is told all the same."""
    row = (
        '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/remote.php/dav/meta/7/v/1700000000</d:href>'
        "<d:propstat><d:prop><d:getcontentlength>3</d:getcontentlength></d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
    )
    cloud = server(core={"status": {"productname": "ownCloud"}}, files={"versioning": True})
    asked = []

    def ask(_method: str, url: str, *_more: object, **_given: object) -> list[Response]:
        asked.append(url)
        return responses(row.encode())

    monkeypatch.setattr(cloud, "ask", ask)
    wire = FilesWire(cloud, (), quirks_of(cloud), frozenset())
    entry = Entry(("a",), Kind.FILE, 5, 1_700_000_100 * 10**9, "7")
    monkeypatch.setattr(wire, "stat", lambda _path: entry)
    profile = profile_of("x", cloud, wire.quirks, dear=False)
    versions = CloudVersions(wire, None, profile).list(("a",))  # type: ignore[arg-type]

    assert [("1700000000", 3), ("1700000100", 5)] == [(one.id, one.size) for one in versions]
    assert ["https://cloud.example/remote.php/dav/meta/7/v"] == asked
