"""
Windows access lists become grants that nobody gains by.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.ntfs import (
    CONTAINER_INHERIT,
    EVERYBODY,
    INHERIT_ONLY,
    INHERITED,
    NO_PROPAGATE,
    OBJECT_INHERIT,
    Ace,
    Acl,
    denied_role,
    flags_of,
    grants_of,
    levels,
    mask_of,
    names_everybody,
    role_of,
    untold,
    words_of,
)
from lading.manifest.access.decide import Item, added, holds, role_in
from lading.manifest.access.decide import levels as roles_in
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Reach, Role
from support.ntfs_oracle import BOTH, handed_down, role_by

MODIFY, READ, FULL = mask_of("Modify"), mask_of("ReadAndExecute"), mask_of("FullControl")
PEOPLE = {
    "ann": {"ann", "Legal", "Everyone"},
    "bob": {"bob", "Legal", "Interns", "Everyone"},
    "eve": {"eve", "Interns", "Everyone"},
    "zoe": {"zoe", "Everyone"},
}
TRUSTEES = sorted(set().union(*PEOPLE.values()))
TREE = (((), True), (("d",), True), (("d", "e"), True), (("d", "e", "f"), False), (("d", "g"), False))


def who(trustee: str) -> Principal:
    if names_everybody(trustee):
        return EVERYBODY
    return Principal(PrincipalKind.PERSON if trustee in PEOPLE else PrincipalKind.GROUP, trustee)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("FullControl", 0x1F01FF),
        ("Modify, Synchronize", 0x1301BF),
        ("ReadAndExecute, Synchronize", 0x1200A9),
        ("-1610612736", 0x1200A9),
        ("268435456", 0x1F01FF),
        ("-536805376", 0x1301BF),
        ("(RX,W)", 0x201BF),
        ("M", 0x301BF),
        ("DENY_NOTHING", None),
        ("", 0),
    ],
)
def test_rights_as_windows_writes_them(text: str, mask: int | None) -> None:
    """Names, numbers with generic bits and letters of icacls say the same bits; an unknown word is refused."""
    if mask is None:
        with pytest.raises(ValueError, match=text):
            mask_of(text)
    else:
        assert mask == mask_of(text)


@pytest.mark.parametrize(
    ("text", "role", "denied"),
    [
        ("FullControl", Role.MANAGE, Role.PREVIEW),
        ("Modify", Role.EDIT, Role.PREVIEW),
        ("ReadAndExecute, Write", Role.UPLOAD, Role.PREVIEW),
        ("ReadAndExecute", Role.DOWNLOAD, Role.PREVIEW),
        ("Write", Role.NONE, Role.UPLOAD),
        ("Delete", Role.NONE, Role.EDIT),
        ("DeleteSubdirectoriesAndFiles", Role.NONE, Role.EDIT),
        ("ChangePermissions", Role.NONE, Role.MANAGE),
        ("Traverse", Role.NONE, Role.NONE),
        ("WriteAttributes", Role.NONE, Role.NONE),
    ],
)
def test_roles(text: str, role: Role, denied: Role) -> None:
    """An allowance is the role it holds whole, a denial the lowest role it takes something from."""
    assert (role, denied) == (role_of(mask_of(text)), denied_role(mask_of(text)))


def test_words_come_back() -> None:
    """What is told of a list are the words an administrator knows."""
    for text in ("FullControl", "Modify", "ReadAndExecute", "Read", "Write"):
        assert frozenset({text}) == words_of(mask_of(f"{text}, Synchronize"))
    assert frozenset({"ReadAndExecute", "Write"}) == words_of(mask_of("(RX,W)"))
    assert frozenset({"FullControl"}) == words_of(0x10000000)
    for mask in (0x1, 0x40, 0x301BF | 0x40000, 0x2000000 | 1):
        assert mask == _mask(words_of(mask))


def _mask(words: frozenset[str]) -> int:
    return mask_of(" ".join(words)) & ~0x100000


def test_flags() -> None:
    """Both columns of flags are read, and an unknown word is refused."""
    assert BOTH | INHERIT_ONLY == flags_of("ContainerInherit, ObjectInherit", "InheritOnly")
    assert 0 == flags_of("None", "None")
    with pytest.raises(ValueError, match="Sideways"):
        flags_of("Sideways", "None")


def test_an_own_list_adds_to_what_is_inherited() -> None:
    """What an entry only inherits is not told again; its own lines are, with their reach."""
    above = Acl((Ace(True, "Legal", MODIFY),))
    own = Acl((Ace(True, "ann", READ, 0), Ace(True, "Legal", MODIFY, BOTH | INHERITED)))
    expected = Grant(("d",), who("ann"), frozenset({"ReadAndExecute"}), reach=Reach.HERE, role=Role.DOWNLOAD)

    assert (expected,) == grants_of(("d",), own, who, above=above)
    assert () == grants_of(("d",), Acl(own.aces[1:]), who, above=above)


def test_a_protected_list_is_its_own() -> None:
    """Where inheritance is switched off, a reset stands before the list."""
    above = Acl((Ace(True, "Legal", MODIFY),))
    found = grants_of(("d",), Acl((Ace(True, "ann", FULL),), protected=True), who, above=above)

    assert [(Effect.RESET, Role.NONE), (Effect.ALLOW, Role.MANAGE)] == [(it.effect, it.role) for it in found]


def test_own_allowance_before_inherited_denial() -> None:
    """Somebody allowed by name stays so below a denial to their group, as in Windows; the others of the group do not."""
    above = Acl((Ace(False, "Interns", FULL), Ace(True, "Everyone", READ)))
    own = Acl((Ace(True, "eve", MODIFY), *(ace._replace(flags=ace.flags | INHERITED) for ace in above.aces)))
    tree = {(): above, ("d",): own}

    assert Role.EDIT == _told(tree, "eve", ("d",)) == role_by(own, PEOPLE["eve"])
    assert Role.NONE == _told(tree, "bob", ("d",)) == role_by(own, PEOPLE["bob"])
    assert Role.DOWNLOAD == _told(tree, "zoe", ("d",)) == role_by(own, PEOPLE["zoe"])


def test_what_says_nothing_is_counted() -> None:
    """A denial that is about attributes alone is no grant, and is counted."""
    aces = (Ace(False, "ann", mask_of("WriteAttributes")), Ace(True, "ann", READ))

    assert 1 == untold(aces)
    assert [Effect.ALLOW] == [it.effect for it in grants_of((), Acl(aces), who)]


def test_who_will_make_something_is_nobody_yet() -> None:
    """CREATOR OWNER is about what is made later."""
    own = Acl((Ace(True, "CREATOR OWNER", FULL, BOTH | INHERIT_ONLY),))

    assert [Reach.LATER] == [it.reach for it in grants_of((), own, who)]


def test_runs() -> None:
    """A denial after an allowance begins a new run, and only that."""
    deny, allow = Ace(False, "a", 1), Ace(True, "a", 1)

    assert [[deny, deny, allow, allow], [deny, allow]] == levels([deny, deny, allow, allow, deny, allow])


_MASKS = st.sampled_from(
    [FULL, MODIFY, READ, mask_of("Write"), mask_of("Delete"), mask_of("RX,W"), 0x1, 0x40000]
)
_FLAGS = st.sampled_from(
    [BOTH, BOTH, BOTH, 0, CONTAINER_INHERIT, OBJECT_INHERIT, BOTH | INHERIT_ONLY, BOTH | NO_PROPAGATE]
)
_ACES = st.builds(Ace, st.sampled_from([True, True, False]), st.sampled_from(TRUSTEES), _MASKS, _FLAGS)
_OWN = st.lists(_ACES, max_size=4).map(lambda aces: sorted(aces, key=lambda ace: ace.allow))
_STALE = st.sampled_from([False, False, False, True])


@st.composite
def trees(draw: st.DrawFn) -> dict[tuple[str, ...], Acl]:
    """Lists of a small tree, handed down as Windows does; here and there one that was moved in with its old list."""
    tree: dict[tuple[str, ...], Acl] = {}
    for path, folder in TREE:
        own = tuple(ace if folder else ace._replace(flags=0) for ace in draw(_OWN))
        protected = draw(_STALE)
        above = tree[path[:-1]].aces if path and not protected else ()
        if draw(_STALE):
            above = tuple(draw(_OWN))
        tree[path] = Acl((*own, *handed_down(above, folder)), protected)
    return tree


def _told(tree: dict[tuple[str, ...], Acl], person: str, path: tuple[str, ...]) -> Role:
    """What the grants come to for *person*, by the code that compares two drives."""
    state = ()
    for depth in range(len(path) + 1):
        here = path[:depth]
        above = tree[here[:-1]] if here else None
        found = grants_of(here, tree[here], who, above=above, folder=dict(TREE)[here])
        items = [_item(grant, person) for grant in found]
        here_only = [item for item in items if holds(item, below=depth < len(path))]
        state = added(state, here_only)
    return role_in(roles_in(state, passage=False), 1)


def _item(grant: Grant, person: str) -> Item:
    named = {"Everyone"} if grant.principal == EVERYBODY else {grant.principal.id}
    return Item(
        0, "", grant.effect, "", grant.principal.id, grant.role, grant.rank, grant.reach, None, "", "",
        int(bool(named & PEOPLE[person])), True,
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(trees())
def test_nobody_gains(tree: dict[tuple[str, ...], Acl]) -> None:
    """Whatever stands in the lists, nobody is told to have more than Windows gives them."""
    for path, _ in TREE:
        for person in PEOPLE:
            assert role_by(tree[path], PEOPLE[person]) >= _told(tree, person, path)


@settings(max_examples=200, deadline=None)
@given(trees())
def test_plain_lists_are_told_exactly(tree: dict[tuple[str, ...], Acl]) -> None:
    """Without denials, each with the rights of one role, everybody has in the grants what Windows gives them."""
    roles = (FULL, MODIFY, READ)
    plain = {
        path: Acl(tuple(ace for ace in acl.aces if ace.allow and ace.mask in roles and ace.flags & BOTH != 1), acl.protected)
        for path, acl in tree.items()
    }  # fmt: skip
    for path, _ in TREE:
        for person in PEOPLE:
            assert role_by(plain[path], PEOPLE[person]) == _told(plain, person, path)
