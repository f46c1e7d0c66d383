"""
What lists of NTFS say in the words of the vocabulary: never more than what the server gives.

The oracle evaluates a list as [MS-DTYP] 2.5.3.2 describes it, bit by bit and in order; the roles are worked out as
`AccessRules` says, without the resolver.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.smb import sids
from lading.connectors.smb.descriptor import (
    ALLOW,
    DENY,
    FOR_FILES,
    FOR_FOLDERS,
    INHERITABLE,
    INHERITED,
    NOT_HERE,
    ONCE,
    Entry,
    Rights,
    decoded,
    encoded,
    handed_down,
    specific,
)
from lading.connectors.smb.people import People
from lading.connectors.smb.rights import (
    FULL,
    GIVEN,
    MODIFY,
    READ_AND_RUN,
    WORDS,
    allowed_role,
    denied_role,
    grants_of,
    words_of,
)
from lading.model.access import Effect, Grant, Reach, Role

DOMAIN = "S-1-5-21-1-2-3"
ALICE, BOB, STAFF, DEAL = (f"{DOMAIN}-{number}" for number in (1101, 1102, 1201, 1202))
TOKENS = {
    ALICE: {ALICE, STAFF, DEAL, sids.EVERYONE, sids.AUTHENTICATED},
    BOB: {BOB, STAFF, sids.EVERYONE, sids.AUTHENTICATED},
}
WHO = (ALICE, BOB, STAFF, DEAL, sids.EVERYONE, sids.CREATOR_OWNER)
MASKS = (
    FULL,
    MODIFY,
    READ_AND_RUN,
    0x120089,
    0x116,
    0x1,
    0x2,
    0x4,
    0x6,
    0x20,
    0x40,
    0x10000,
    0x40000,
    0x1F01DF,
)
NAMED = People(()).named

FLAGS = (
    0,
    INHERITABLE,
    INHERITABLE,
    INHERITABLE | NOT_HERE,
    INHERITABLE | ONCE,
    FOR_FILES,
    FOR_FOLDERS,
    FOR_FILES | NOT_HERE,
)
many = settings(max_examples=500, deadline=None)
masks = st.one_of(
    st.sampled_from(MASKS), st.sampled_from(MASKS), st.integers(0, FULL).map(lambda bits: bits & FULL)
)
entries = st.builds(
    Entry, st.sampled_from((ALLOW, DENY)), st.sampled_from(FLAGS), masks, st.sampled_from(WHO), st.just(b"")
)
lists = st.lists(entries, max_size=6).map(tuple)


def effective(rights: Rights, person: str) -> int:
    """The rights of *person*, bit by bit: the first entry that names them and the bit decides."""
    if rights.entries is None:
        return FULL
    found = decided = 0
    for entry in rights.entries:
        if entry.flags & NOT_HERE or entry.sid not in TOKENS[person]:
            continue
        if entry.kind == ALLOW:
            found |= entry.mask & ~decided
        decided |= entry.mask
    return found


def role_told(told: list[list[Grant]], person: str) -> Role:
    """The role that *person* has on the last of the entries, of which each is below the one before."""
    standing: list[Grant] = []
    for depth, grants in enumerate(told):
        last = depth == len(told) - 1
        if any(grant.effect is Effect.RESET for grant in grants):
            standing = []
        reaches = (Reach.ALL, Reach.HERE) if last else (Reach.ALL, Reach.BELOW)
        standing += [grant for grant in grants if grant.reach in reaches and grant.effect is not Effect.RESET]
    mine = [grant for grant in standing if grant.principal.id in TOKENS[person]]
    allowed = max((grant.role for grant in mine if grant.effect is Effect.ALLOW), default=Role.NONE)
    denied = min((grant.role for grant in mine if grant.effect is Effect.DENY and grant.role), default=None)
    return allowed if denied is None or allowed < denied else Role(denied - 1)


def tree(chain: list[tuple[tuple[Entry, ...], bool]], *, file: bool) -> Iterator[tuple[Rights, bool]]:
    """Rights from the root down: each has entries of its own, and takes what is above unless it is protected."""
    above: Rights | None = None
    for depth, (own, protected) in enumerate(chain):
        folder = not (file and depth == len(chain) - 1)
        if not folder:
            own = tuple(entry._replace(flags=0) for entry in own)
        inherited = (
            () if above is None or protected else handed_down(above, folder=folder, owner=ALICE, group=STAFF)
        )
        above = Rights(ALICE, own + inherited, protected and depth > 0, STAFF)
        yield above, folder


def told_of(levels: list[tuple[Rights, bool]]) -> list[list[Grant]]:
    """What is told of each level."""
    found, above = [], None
    for depth, (rights, folder) in enumerate(levels):
        path = tuple(map(str, range(depth)))
        found.append(list(grants_of(path, rights, above, folder=folder, named=NAMED)))
        above = rights
    return found


def needed(role: Role) -> int:
    """What nobody can do without who has *role*: read, add and write, delete, change the list."""
    return (
        (0x1 if role >= Role.DOWNLOAD else 0)
        | (0x6 if role >= Role.UPLOAD else 0)
        | (0x10000 if role >= Role.EDIT else 0)
        | (0x40000 if role >= Role.MANAGE else 0)
    )


@many
@given(st.lists(st.tuples(lists, st.booleans()), min_size=1, max_size=4), st.booleans())
def test_never_wider(chain: list[tuple[tuple[Entry, ...], bool]], file: bool) -> None:
    """Nobody is told a role whose rights the server does not give, at any depth, whatever is inherited."""
    levels = list(tree(chain, file=file and len(chain) > 1))
    for person in TOKENS:
        role = role_told(told_of(levels), person)

        assert needed(role) & ~effective(levels[-1][0], person) == 0


def test_never_wider_with_any_two_entries() -> None:
    """The same for every pair of entries on one file: kinds, rights and principals in both orders."""
    each = [
        Entry(kind, 0, mask, sid)
        for kind in (ALLOW, DENY)
        for mask in MASKS
        for sid in (ALICE, STAFF, sids.EVERYONE)
    ]
    for pair in itertools.product(each, repeat=2):
        rights = Rights(BOB, pair, False, STAFF)
        role = role_told(told_of([(rights, False)]), ALICE)

        assert needed(role) & ~effective(rights, ALICE) == 0, pair


@pytest.mark.parametrize("file", [True, False])
def test_never_wider_however_deep_an_entry_reaches(file: bool) -> None:
    """The same for one entry with any flags on the root, down to the third level below."""
    for flags, mask, sid, depth in itertools.product(range(16), (FULL, READ_AND_RUN), WHO, range(1, 5)):
        own = ((Entry(ALLOW, flags, mask, sid),), False)
        levels = list(tree([own, *[((), False)] * (depth - 1)], file=file and depth > 1))
        role = role_told(told_of(levels), ALICE)

        assert needed(role) & ~effective(levels[-1][0], ALICE) == 0


@many
@given(lists, lists, st.booleans())
def test_moved_here_with_other_rights(above: tuple[Entry, ...], own: tuple[Entry, ...], file: bool) -> None:
    """Entries marked as inherited that the folder does not hand down today are told, and nothing from above is."""
    stale = tuple(entry._replace(flags=entry.flags & INHERITABLE | INHERITED) for entry in own)
    levels = [(Rights(ALICE, above, False, STAFF), True), (Rights(BOB, stale, False, STAFF), not file)]
    for person in TOKENS:
        role = role_told(told_of(levels), person)

        assert needed(role) & ~effective(levels[-1][0], person) == 0


@pytest.mark.parametrize("role", GIVEN)
@pytest.mark.parametrize("folder", [True, False])
def test_roles_are_told_as_they_are_given(role: Role, folder: bool) -> None:
    """The rights by which a role is given are told as just that role, with the word of Windows for them."""
    assert role is allowed_role(GIVEN[role], folder=folder)
    assert (Effect.ALLOW, role, tuple(words_of(GIVEN[role]))) in WORDS


@pytest.mark.parametrize(
    ("mask", "folder", "role"),
    [
        (FULL, True, Role.PASS),
        (FULL, False, Role.PREVIEW),
        (0x1, True, Role.PREVIEW),
        (0x6, False, Role.UPLOAD),
        (0x10000, True, Role.EDIT),
        (0x40, True, Role.EDIT),
        (0x80000, False, Role.MANAGE),
        (0x20, False, Role.NONE),
    ],
)
def test_denials_are_told_as_the_lowest_role_they_hit(mask: int, folder: bool, role: Role) -> None:
    """A denial of a single right takes the lowest role that needs it; one that hits no role is not told."""
    assert role is denied_role(mask, folder=folder)
    told = list(grants_of((), Rights(BOB, (Entry(DENY, 0, mask, ALICE),)), None, folder=folder, named=NAMED))
    assert [role] * bool(role) == [grant.role for grant in told]


def test_a_folder_of_everyday_life() -> None:
    """Inherited rights are told above only; own ones on the entry; a protected list as the end of what is above."""
    root = Rights(BOB, (Entry(ALLOW, INHERITABLE, MODIFY, STAFF),))
    passed = handed_down(root, folder=True, owner=ALICE, group=STAFF)
    plain = Rights(ALICE, passed, False, STAFF)
    shared = Rights(ALICE, (Entry(ALLOW, INHERITABLE, READ_AND_RUN, DEAL), *passed), False, STAFF)
    closed = Rights(ALICE, (Entry(ALLOW, INHERITABLE, FULL, ALICE),), True, STAFF)

    assert [("allow", STAFF, Reach.ALL, Role.EDIT)] == _brief(root, None)
    assert [] == _brief(plain, root)
    assert [("allow", DEAL, Reach.ALL, Role.DOWNLOAD)] == _brief(shared, root)
    assert [("reset", "", Reach.ALL, Role.NONE), ("allow", ALICE, Reach.ALL, Role.MANAGE)] == _brief(
        closed, root
    )


def test_no_list_means_everybody() -> None:
    """A file without any list may be changed by everybody; with an empty one by nobody."""
    root = Rights(BOB, (Entry(ALLOW, INHERITABLE, MODIFY, STAFF),))

    assert [("reset", "", Reach.ALL, Role.NONE), ("allow", sids.EVERYONE, Reach.HERE, Role.MANAGE)] == _brief(
        Rights(BOB, None), root
    )
    assert [("reset", "", Reach.ALL, Role.NONE)] == _brief(Rights(BOB, ()), root)


def test_what_is_for_some_below_is_told_on_them() -> None:
    """An entry for files only is told on each file, and on folders as what comes later."""
    root = Rights(BOB, (Entry(ALLOW, FOR_FILES | NOT_HERE, READ_AND_RUN, STAFF),))
    folder = Rights(ALICE, handed_down(root, folder=True, owner=ALICE, group=STAFF), False, STAFF)
    file = Rights(ALICE, handed_down(folder, folder=False, owner=ALICE, group=STAFF), False, STAFF)

    assert [("allow", STAFF, Reach.LATER, Role.DOWNLOAD)] == _brief(root, None)
    assert [("allow", STAFF, Reach.LATER, Role.DOWNLOAD)] == _brief(folder, root)
    assert [("allow", STAFF, Reach.ALL, Role.DOWNLOAD)] == _brief(file, folder, folder_itself=False)


def test_creators_are_named() -> None:
    """What the creator of a file gets is told on the file, to the one who made it."""
    root = Rights(BOB, (Entry(ALLOW, INHERITABLE | NOT_HERE, FULL, sids.CREATOR_OWNER),))
    file = Rights(ALICE, handed_down(root, folder=False, owner=ALICE, group=STAFF), False, STAFF)

    assert [("allow", sids.CREATOR_OWNER, Reach.LATER, Role.MANAGE)] == _brief(root, None)
    assert [("allow", ALICE, Reach.ALL, Role.MANAGE)] == _brief(file, root, folder_itself=False)


@pytest.mark.parametrize(
    ("flags", "folder", "expected"),
    [
        (0, True, []),
        (INHERITABLE, False, [INHERITED]),
        (INHERITABLE, True, [INHERITABLE | INHERITED]),
        (INHERITABLE | NOT_HERE, True, [INHERITABLE | INHERITED]),
        (INHERITABLE | ONCE, True, [INHERITED]),
        (FOR_FOLDERS, False, []),
        (FOR_FILES, True, [FOR_FILES | NOT_HERE | INHERITED]),
        (FOR_FILES | ONCE, True, []),
    ],
)
def test_what_is_handed_down(flags: int, folder: bool, expected: list[int]) -> None:
    """Flags decide what files and folders take from above, and what they hand on."""
    above = Rights(BOB, (Entry(ALLOW, flags, READ_AND_RUN, STAFF),))

    assert expected == [entry.flags for entry in handed_down(above, folder=folder, owner=ALICE, group=STAFF)]


@given(lists, st.booleans())
def test_lists_are_written_as_they_are_read(own: tuple[Entry, ...], protected: bool) -> None:
    """A list that is written and read again is the same."""
    again = decoded(encoded(Rights("", own, protected)))

    assert (own, protected) == (again.entries, again.protected)


@given(st.binary(max_size=200))
def test_broken_descriptors_are_refused(raw: bytes) -> None:
    """Whatever a server sends, it is a list or a refusal."""
    try:
        decoded(raw)
    except ValueError:
        return
    assert raw[0] == 1


def test_conditions_are_refused() -> None:
    """An entry whose meaning depends on conditions is never told as if it had none."""
    raw = bytearray(encoded(Rights("", (Entry(ALLOW, 0, FULL, ALICE),))))
    raw[28] = 9

    with pytest.raises(ValueError, match="conditions"):
        decoded(bytes(raw))


def test_generic_rights() -> None:
    """Generic rights are those that they stand for on files."""
    assert [FULL, 0x120089, 0x120116, 0x1200A0] == [specific(1 << bit) for bit in (28, 31, 30, 29)]


@given(st.integers(0, (1 << 48) - 1), st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=15))
def test_identifiers(authority: int, parts: list[int]) -> None:
    """The text and the bytes of an identifier are the same one."""
    sid = "-".join(["S-1", str(authority), *map(str, parts)])

    assert sid == sids.decoded(sids.encoded(sid))[0]


@pytest.mark.parametrize(
    "text", ["", "S-1", "S-1-5", "alice", "S-2-5-1", "S-1-5--1", "S-1-5-99999999999", "s-1-5-1"]
)
def test_no_identifiers(text: str) -> None:
    """What is no identifier is none."""
    assert not sids.is_sid(text)


def _brief(
    rights: Rights, above: Rights | None, *, folder_itself: bool = True
) -> list[tuple[str, str, Reach, Role]]:
    path = () if above is None else ("x",)
    told = grants_of(path, rights, above, folder=folder_itself, named=NAMED)
    return [(grant.effect.value, grant.principal.id, grant.reach, grant.role) for grant in told]
