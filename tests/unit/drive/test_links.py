"""
Links: what they show to whom, how they end, and that nothing of their secrets is kept.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test import override_settings

from lading.drive.actor import EVERYTHING, SYSTEM, Actor, Scope
from lading.drive.audit.spool import let_go
from lading.drive.errors import Frozen, Gone, Unfit, Walled
from lading.drive.links import (
    Made,
    OpenLink,
    below,
    list_links,
    listing,
    make_link,
    my_links,
    open_link,
    revoke_link,
    take,
)
from lading.drive.links.making import LinkRow
from lading.drive.models import (
    Account,
    Event,
    Grant,
    Link,
    Principal,
    Space,
    Throttle,
    Version,
    Wall,
    WallSide,
)
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.store import Stored
from lading.drive.tree.change import delete, make_folder
from lading.drive.tree.find import at
from lading.drive.tree.row import Seen
from lading.drive.tree.saving import save
from lading.drive.tree.spaces import make_space
from lading.drive.tree.trash import restore
from lading.drive.writing import writing
from lading.model.errors import Forbidden, LoginFailed, NotFound, Throttled, WrongKind

HOUR = 3600 * 10**9
DIGESTS = ["a" * 64, "b" * 64]


class Office:
    """
    A space with `Deal/offer.docx` in two versions, `Deal/inner/deep.docx` and `other.docx`, which Anna manages.
    """

    def __init__(self) -> None:
        self.anna = self.person("anna")
        boss = self.person("boss")
        Account.objects.create(principal=boss, login="boss", admin="system", created=1)
        system = Actor(boss.id, "boss", admin="system")
        self.space = make_space(system, "Mergers", admins=[self.anna.id])
        self.folder("Deal")
        self.folder("Deal", "inner")
        for number, digest in enumerate(DIGESTS):
            self.save("offer.docx", "Deal", digest=digest, size=10 + number)
        self.save("deep.docx", "Deal", "inner")
        self.save("other.docx")

    def person(self, key: str, kind: str = "person") -> Principal:
        return Principal.objects.create(kind=kind, key=key, name=key, created=1)

    def folder(self, *path: str) -> Seen:
        return make_folder(self.sight(), self.at(*path[:-1]), path[-1])

    def save(self, name: str, *folder: str, digest: str = "c" * 64, size: int = 1) -> None:
        save(self.sight(), self.at(*folder), name, Stored(digest, size))

    def sight(self, who: Principal | None = None, *, without: Scope | None = None) -> Sight:
        person = who or self.anna
        return sight(Actor(person.id, person.key, scopes=EVERYTHING - {without}))

    def at(self, *path: str) -> Seen:
        return at(self.sight(), self.space, path)

    def grant(self, who: Principal, role: Role, *path: str, deny: bool = False) -> None:
        Grant.objects.update_or_create(
            node_id=self.at(*path).row.id, principal=who, deny=deny, defaults={"role": role, "created": 1}
        )
        changed()

    def make(self, *path: str, **terms: object) -> Made:
        return make_link(self.sight(), self.at(*(path or ("Deal", "offer.docx"))), **terms)  # type: ignore[arg-type]

    def wall(self) -> Space:
        other = Space.objects.create(key="other", name="Other", created=1)
        wall = Wall.objects.create(name="w", created=1)
        for side, space in enumerate((self.space, other.id)):
            WallSide.objects.create(wall=wall, side=side, space_id=space)
        changed()
        return other


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture(autouse=True)
def quick_hasher() -> Iterator[None]:
    """How long a hash takes is no claim of these tests."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def changed() -> None:
    with writing(SYSTEM) as work:
        work.rights_changed()


def names(link: OpenLink, *path: str) -> list[tuple[str, ...]]:
    return [seen.path for seen in listing(link, below(link, path))]


def test_a_link_opens_a_file_for_whoever_holds_it(office: Office):
    """
    The bearer gets the newest content, by its name alone; the audit tells of making, opening and download.
    """
    made = office.make()
    link = open_link(made.token, address="127.0.0.9")
    taken = take(link, link.node)

    assert ("offer.docx",) == link.node.path
    assert (2, 11, DIGESTS[1]) == taken[:3]
    assert {"link.made"} == set(Event.objects.filter(kind__startswith="link.").values_list("kind", flat=True))
    assert LinkRow(
        made.link.key, office.at("Deal", "offer.docx").row.id, Role.DOWNLOAD, False, False, None, None, 1, None,
        office.anna.id, "anna", made.link.created, None,
    ) == list_links(office.sight(), office.at("Deal", "offer.docx"))[0]  # fmt: skip


def test_neither_token_nor_password_is_kept_anywhere(office: Office, home: Path):
    """
    No table, no spool and no file of the home holds the token, the address or the password.
    """
    made = office.make(password="open sesame")
    open_link(made.token, password="open sesame", address="127.0.0.9")
    with pytest.raises(LoginFailed):
        open_link(made.token, password="wrong sesame")
    let_go()

    rows = [list(Link.objects.values()), list(Event.objects.values()), list(Throttle.objects.values())]
    spool = "".join(file.read_text() for file in (home / "audit" / "spool").iterdir())
    assert "link.opened" in spool
    for secret in (made.token, "open sesame", "wrong sesame"):
        assert secret not in json.dumps(rows, default=str) + spool


def test_a_wrong_or_forged_token_is_not_found(office: Office):
    """
    A token that was never made, has another form, or is the digest or key of a link opens nothing.
    """
    made = office.make()
    digest = Link.objects.get().digest
    for token in ("", "x", made.token[:-1], "A" * 43, digest, made.link.key, "é" * 43, f"{made.token}\n"):
        with pytest.raises(NotFound, match="no such link"):
            open_link(token)


def test_a_preview_gives_no_bytes(office: Office):
    """
    A link that shows previews opens, and refuses the download.
    """
    link = open_link(office.make(role=Role.PREVIEW).token)

    assert Role.PREVIEW == link.node.role
    with pytest.raises(Forbidden):
        take(link, link.node)


def test_a_pinned_link_stays_with_its_version(office: Office):
    """
    A link pinned to version 1 gives it after later saves, tells nothing of them, and ends when it is removed.
    """
    made = office.make(version=1)
    office.save("offer.docx", "Deal", digest="d" * 64, size=99)
    link = open_link(made.token)

    assert (1, 10, DIGESTS[0]) == take(link, link.node)[:3]
    assert (1, 10, DIGESTS[0]) == (link.node.row.number, link.node.row.size, link.node.row.digest)
    Version.objects.filter(number=1, digest=DIGESTS[0]).delete()
    with pytest.raises(Gone):
        open_link(made.token)


def test_a_link_that_is_not_pinned_follows_the_newest(office: Office):
    """
    After another save the same link gives the new content.
    """
    made = office.make()
    office.save("offer.docx", "Deal", digest="d" * 64, size=99)

    link = open_link(made.token)
    assert "d" * 64 == take(link, link.node).digest


def test_a_folder_link_shows_what_lies_below_and_nothing_beside(office: Office):
    """
    Listing and download work below the folder; what lies beside or above cannot be reached by any path.
    """
    link = open_link(office.make("Deal").token)

    assert [("Deal", "inner"), ("Deal", "offer.docx")] == names(link)
    assert [("Deal", "inner", "deep.docx")] == names(link, "inner")
    assert "c" * 64 == take(link, below(link, ("inner", "deep.docx"))).digest
    for path in (
        ("..", "other.docx"),
        ("other.docx",),
        ("..",),
        (".",),
        ("inner", "..", "..", "other.docx"),
        ("a/b",),
    ):
        with pytest.raises(NotFound):
            below(link, path)
    with pytest.raises(WrongKind):
        take(link, link.node)


def test_a_link_to_a_folder_deep_down_does_not_tell_what_is_above(office: Office):
    """
    Paths of a link begin with the name of its own folder.
    """
    link = open_link(office.make("Deal", "inner").token)

    assert ("inner",) == link.node.path
    assert [("inner", "deep.docx")] == names(link)
    with pytest.raises(NotFound, match=r"^/offer\.docx"):
        below(link, ("offer.docx",))


def test_a_link_never_gives_more_than_its_maker_has_now(office: Office):
    """
    As the maker loses rights, so does the link, at once: on a part, down to preview, and altogether.
    """
    made = office.make("Deal")
    office.grant(office.anna, Role.PREVIEW, "Deal", "inner", deny=True)
    assert [("Deal", "offer.docx")] == names(open_link(made.token))

    Grant.objects.filter(deny=True).delete()
    Grant.objects.update(role=Role.PREVIEW)
    changed()
    link = open_link(made.token)
    with pytest.raises(Forbidden):
        take(link, below(link, ("offer.docx",)))

    Principal.objects.filter(key="anna").update(active=False)
    changed()
    with pytest.raises(Gone):
        open_link(made.token)


def test_revocation_takes_effect_at_once(office: Office):
    """
    A revoked link neither opens nor gives what was open already; the second revocation changes nothing.
    """
    made = office.make()
    link = open_link(made.token)
    revoke_link(office.sight(), made.link.key)
    revoke_link(office.sight(), made.link.key)

    with pytest.raises(Gone, match="revoked"):
        open_link(made.token)
    with pytest.raises(Gone, match="revoked"):
        take(link, link.node)
    assert 1 == Event.objects.filter(kind="link.revoked").count()


def test_an_expired_link_is_gone(office: Office):
    """
    From its expiry on, a link neither opens nor gives bytes.
    """
    made = office.make(expires=time.time_ns() + HOUR)
    link = open_link(made.token)
    Link.objects.update(expires=time.time_ns() - 1)

    with pytest.raises(Gone, match="expired"):
        open_link(made.token)
    with pytest.raises(Gone, match="expired"):
        take(link, link.node)


def test_fifty_at_once_get_no_more_than_the_limit(office: Office):
    """
    Of 50 visitors who download at the same moment, exactly as many succeed as the limit says.
    """
    link = open_link(office.make(limit=7).token)
    gate, outcomes = threading.Barrier(50), []

    def visit() -> None:
        gate.wait()
        try:
            take(link, link.node)
            outcomes.append("taken")
        except Gone:
            outcomes.append("gone")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=visit) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {"taken": 7, "gone": 43} == Counter(outcomes)
    assert 7 == Link.objects.get().used


def test_the_rest_of_a_counted_download_is_not_counted_again(office: Office):
    """
    With the ticket, a range behind the first byte of the same content is free; anything else is not.
    """
    made = office.make("Deal", limit=1)
    link = open_link(made.token)
    offer = below(link, ("offer.docx",))
    ticket = take(link, offer).ticket

    again = open_link(made.token, ticket=ticket)
    assert 0 == again.left
    assert DIGESTS[1] == take(again, offer, start=5, ticket=ticket).digest
    for file, start, paper in (
        (offer, 0, ticket),
        (offer, 5, ""),
        (offer, 5, ticket[:-1]),
        (below(link, ("inner", "deep.docx")), 5, ticket),
    ):
        with pytest.raises(Gone):
            take(again, file, start=start, ticket=paper)
    with pytest.raises(Gone):
        open_link(made.token)
    with pytest.raises(Gone):
        open_link(made.token, ticket=f"{ticket}x")


def test_a_password_is_asked_for_and_proved_for_an_hour(office: Office):
    """
    Without it, with a wrong one or another link's proof, the link stays shut; its own proof opens it.
    """
    made, other = office.make(password="六位以上的密码"), office.make(password="another one")
    elsewhere = open_link(other.token, password="another one").proof
    for given in ({}, {"password": "wrong one"}, {"proved": elsewhere}, {"proved": "x"}):
        with pytest.raises(LoginFailed) as refused:
            open_link(made.token, **given)
        assert "password" == refused.value.facts["asks"]

    proof = open_link(made.token, password="六位以上的密码").proof
    assert open_link(made.token, proved=proof).key == made.link.key
    assert ["link.refused"] == list(Event.objects.filter(kind="link.refused").values_list("kind", flat=True))
    Link.objects.filter(key=made.link.key).update(password="!")
    with pytest.raises(LoginFailed):
        open_link(made.token, proved=proof)


def test_guessing_a_password_is_slowed_down(office: Office):
    """
    After some wrong passwords nobody is heard for a while, not even with the right one.
    """
    made = office.make(password="open sesame")
    with pytest.raises(Throttled):
        for n in range(20):
            with pytest.raises(LoginFailed):
                open_link(made.token, password=f"wrong {n}")

    with pytest.raises(Throttled):
        open_link(made.token, password="open sesame")


def test_an_inside_link_opens_to_people_of_the_firm_alone(office: Office):
    """
    Not to strangers, guests and who has left; to any active person, whom the audit then names.
    """
    made = office.make(inside=True)
    bert, guest = office.person("bert"), office.person("guest", "guest")
    Principal.objects.filter(key="guest").update(owner=office.anna, until=time.time_ns() + HOUR)

    with pytest.raises(LoginFailed) as refused:
        open_link(made.token)
    assert "sign-in" == refused.value.facts["asks"]
    with pytest.raises(Forbidden):
        open_link(made.token, actor=Actor(guest.id, "guest"))
    assert "bert" == open_link(made.token, actor=Actor(bert.id, "bert")).bearer.name

    Principal.objects.filter(key="bert").update(active=False)
    changed()
    with pytest.raises(Forbidden):
        open_link(made.token, actor=Actor(bert.id, "bert"))


def test_a_space_under_a_wall_is_not_shared_outside(office: Office):
    """
    No link outside can be made, and those made before show nothing; inside they open on their own side alone.
    """
    before, inside = office.make(), office.make(inside=True)
    bert, carl = office.person("bert"), office.person("carl")
    other = office.wall()
    root = make_root(other)
    Grant.objects.create(node_id=root, principal=carl, role=Role.EDIT, created=1)
    office.grant(bert, Role.PREVIEW)

    with pytest.raises(Walled):
        office.make()
    with pytest.raises(Gone):
        open_link(before.token)
    assert open_link(inside.token, actor=Actor(bert.id, "bert"))
    for who in (carl, office.person("dora")):
        with pytest.raises(Gone):
            open_link(inside.token, actor=Actor(who.id, who.key))


def make_root(space: Space) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO drive_node (space_id, name, kind, trail, breaks, number, size, digest, saved, created)"
            " VALUES (%s, '', 1, '', %s, 0, 0, '', 1, 1) RETURNING id",
            [space.id, False],
        )
        root = cursor.fetchone()[0]
    Space.objects.filter(id=space.id).update(root=root)
    return root


def test_only_who_manages_may_share(office: Office):
    """
    EDIT is not enough and MANAGE without the scope is not; who sees nothing is told that nothing is there.
    """
    node = office.at("Deal", "offer.docx")
    bert = office.person("bert")
    with pytest.raises(NotFound):
        make_link(office.sight(bert), node)
    office.grant(bert, Role.EDIT)
    for viewer in (office.sight(bert), office.sight(without=Scope.SHARE)):
        with pytest.raises(Forbidden):
            make_link(viewer, node)
        with pytest.raises(Forbidden):
            list_links(viewer, node)


def test_who_may_revoke(office: Office):
    """
    Its maker, who manages the node now, and a security admin; for others there is no such link.
    """
    keys = [office.make().link.key for _ in range(3)]
    bert, carl, dora = (office.person(key) for key in ("bert", "carl", "dora"))
    office.grant(bert, Role.EDIT)
    office.grant(carl, Role.MANAGE, "Deal")
    Grant.objects.filter(principal=office.anna).delete()
    changed()

    for who in (bert, dora):
        with pytest.raises(NotFound):
            revoke_link(office.sight(who), keys[0])
    with pytest.raises(NotFound):
        revoke_link(office.sight(without=Scope.SHARE), keys[0])
    revoke_link(office.sight(), keys[0])
    revoke_link(office.sight(carl), keys[1])
    revoke_link(sight(Actor(dora.id, "dora", admin="security")), keys[2])
    assert 3 == Link.objects.exclude(revoked=None).count()


def test_a_frozen_space_takes_no_new_link_but_ends_old_ones(office: Office):
    """
    A freeze refuses to make links; revoking works all the same.
    """
    made = office.make()
    Space.objects.filter(id=office.space).update(frozen="moving")

    with pytest.raises(Frozen):
        office.make()
    revoke_link(office.sight(), made.link.key)
    with pytest.raises(Gone):
        open_link(made.token)


def test_a_link_sleeps_while_its_file_is_in_the_trash(office: Office):
    """
    In the trash it shows nothing; after the restoration it opens again.
    """
    made = office.make()
    trash = delete(office.sight(), office.at("Deal", "offer.docx"))
    with pytest.raises(Gone):
        open_link(made.token)
    assert [] == my_links(office.sight())

    restore(office.sight(), trash)
    assert open_link(made.token)
    assert [made.link.key] == [row.key for row in my_links(office.sight())]


@pytest.mark.parametrize(
    "terms",
    [
        {"role": Role.EDIT},
        {"role": Role.PASS},
        {"expires": 5},
        {"expires": 2**70},
        {"limit": 0},
        {"limit": 2**40},
        {"password": "short"},
        {"password": "x" * 600},
        {"password": "\0" * 10},
    ],
    ids=str,
)
def test_terms_that_cannot_be_are_refused(office: Office, terms: dict[str, object]):
    """
    Roles that let strangers write, times gone by, limits of nothing and passwords nobody types are refused.
    """
    with pytest.raises(Unfit):
        office.make(**terms)
    assert not Link.objects.exists()


def test_a_version_that_is_not_there_cannot_be_pinned(office: Office):
    """
    Nor can a folder be pinned.
    """
    with pytest.raises(NotFound):
        office.make(version=3)
    with pytest.raises(WrongKind):
        office.make("Deal", version=1)
