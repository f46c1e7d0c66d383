"""
Who may do what: mode bits and POSIX ACLs, read as grants.

Each rule is an allowance with a rank, since the first rule that names somebody decides: owner 0, named
users 1, groups 2, others 3.  A rule without rights is an allowance of nothing, which keeps those it names from the rules
after it.  The role is what the bits hold whole: on a folder `rwx` is EDIT, `rx` DOWNLOAD, `x` PASS; on a file `rw` is EDIT, `r` DOWNLOAD.
That the owner can change the rights of an entry is not told as MANAGE: everybody who ever saved a file would
come to manage it in the next drive.

The binary form of an ACL is that of the kernel header
`include/uapi/linux/posix_acl_xattr.h`: a little-endian version (32 bits, 2),
then entries of tag (16), permissions (16) and id (32); the tags are those of
`include/uapi/linux/posix_acl.h`.  Rights are read, never set, except that a
file made elsewhere gets what its folder hands down.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, NoReturn

from lading.connectors.facets import Told
from lading.connectors.folder.people import EVERYBODY, People
from lading.connectors.folder.system import by_descriptor
from lading.connectors.folder.tree import Tree, joined
from lading.connectors.folder.trouble import translated
from lading.model.access import Effect, Grant, Principal, Reach, Role
from lading.model.errors import BadAnswer, NameRefused, Unable
from lading.model.paths import ROOT, Path
from lading.model.text import Text

ACCESS = "system.posix_acl_access"
DEFAULT = "system.posix_acl_default"
_VERSION = 2
_HEADER = struct.Struct("<I")
_ENTRY = struct.Struct("<HHI")
_NOBODY = 0xFFFFFFFF
_REMEMBERED = 1_000
"""Lists that are kept in memory."""

USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20

# The order in which rules are tried; the mask is no rule of its own.
_RANK = {USER_OBJ: 0, USER: 1, GROUP_OBJ: 2, GROUP: 2, OTHER: 3}
_READ, _WRITE, _ENTER = 4, 2, 1
_NEVER_SET = Text("rights of files are read here, never set", "此处仅读取文件权限，从不设置")

# Of a file, reading is all that a download takes; of a folder `r` alone is no role.
WORDS = (
    (Effect.ALLOW, Role.PASS, ("x",)),
    (Effect.ALLOW, Role.DOWNLOAD, ("r",)),
    (Effect.ALLOW, Role.DOWNLOAD, ("r", "x")),
    (Effect.ALLOW, Role.EDIT, ("r", "w")),
    (Effect.ALLOW, Role.EDIT, ("r", "w", "x")),
)
"""Sets of rights that are just a role."""


class Rule(NamedTuple):
    """One line of an ACL: *permissions* are the bits 4 (read), 2 (write), 1 (execute or enter)."""

    tag: int
    permissions: int
    id: int = _NOBODY


class Owned(NamedTuple):
    """Numbers of the user and the group that own an entry, and whether it is a folder."""

    user: int
    group: int
    folder: bool


def decoded(raw: bytes) -> tuple[Rule, ...]:
    """
    The rules in the attribute *raw*.

    Raises:
        ValueError: it has another version or a broken length.
    """
    if len(raw) < _HEADER.size or _HEADER.unpack_from(raw) != (_VERSION,):
        raise ValueError("an ACL of unknown version")
    if (len(raw) - _HEADER.size) % _ENTRY.size:
        raise ValueError("an ACL of broken length")
    return tuple(Rule(*fields) for fields in _ENTRY.iter_unpack(raw[_HEADER.size :]))


def encoded(rules: tuple[Rule, ...]) -> bytes:
    """The attribute that holds *rules*; the inverse of `decoded`."""
    return _HEADER.pack(_VERSION) + b"".join(_ENTRY.pack(*rule) for rule in rules)


def of_mode(mode: int) -> tuple[Rule, ...]:
    """The rules that the mode bits alone say."""
    return (Rule(USER_OBJ, mode >> 6 & 7), Rule(GROUP_OBJ, mode >> 3 & 7), Rule(OTHER, mode & 7))


def handed_down(default: tuple[Rule, ...], mode: int) -> tuple[Rule, ...]:
    """
    The access rules of a file created with *mode* in a folder with the *default* rules.

    As acl(5) says under OBJECT CREATION AND DEFAULT ACLs: what *mode* does not ask for is taken
    from the owner, the mask (without one: the group) and the others.
    """
    masked = MASK if any(rule.tag == MASK for rule in default) else GROUP_OBJ
    asked = {USER_OBJ: mode >> 6 & 7, masked: mode >> 3 & 7, OTHER: mode & 7}
    return tuple(rule._replace(permissions=rule.permissions & asked.get(rule.tag, 7)) for rule in default)


def grants_of(
    path: Path, rules: tuple[Rule, ...], owned: Owned, source: str, people: People
) -> Iterator[Grant]:
    """What *rules* give on *path*, one grant for each; those of a default ACL reach what is made later."""
    mask = next((rule.permissions for rule in rules if rule.tag == MASK), 7)
    reach = Reach.LATER if source == "default acl" else Reach.HERE
    for rule in rules:
        rank, principal = _RANK.get(rule.tag), _principal(rule, owned, people)
        if rank is None or principal is None:
            continue
        bits = rule.permissions & (mask if rule.tag in (USER, GROUP_OBJ, GROUP) else 7)
        role = role_of(bits, folder=owned.folder)
        yield Grant(path, principal, _rights(bits), reach=reach, source=source, role=role, rank=rank)


def role_of(bits: int, *, folder: bool) -> Role:
    """The highest role that the permission *bits* hold whole."""
    if folder:
        if not bits & _ENTER:
            return Role.NONE
        if not bits & _READ:
            return Role.PASS
    elif not bits & _READ:
        return Role.NONE
    return Role.EDIT if bits & _WRITE else Role.DOWNLOAD


class PosixGrants:
    """The grants facet of a folder drive; *people* gives the names."""

    def __init__(self, tree: Tree, people: Callable[[], People]) -> None:
        self._tree = tree
        self._people = people
        self._known: dict[tuple[object, ...], tuple[Grant, ...]] = {}

    def list(self, path: Path) -> tuple[Grant, ...]:
        """
        The grants on *path*; those of a default ACL reach what is made later.  A symlink has none.

        Raises:
            NotFound, Forbidden: as they say.
            BadAnswer: the ACL is of a kind that is not known.
        """
        try:
            descriptor = self._tree.look(path)
            try:
                listed = self._listed(os.fstat(descriptor), by_descriptor(descriptor))
                return tuple(_at(path, grant) for grant in listed)
            finally:
                os.close(descriptor)
        except OSError as problem:
            raise translated(problem, path) from problem
        except ValueError as problem:
            raise BadAnswer(path, str(problem)) from problem

    def within(self, folder: Path, names: Sequence[str]) -> Sequence[Told]:
        """As `list` for each of *names* in *folder*, which is opened once."""
        try:
            descriptor = self._tree.folder(folder)
        except OSError as problem:
            raise translated(problem, folder) from problem
        try:
            here = by_descriptor(descriptor).encode() + b"/"
            return [self._named_in(descriptor, here, folder, name) for name in names]
        finally:
            os.close(descriptor)

    def _named_in(self, descriptor: int, here: bytes, folder: Path, name: str) -> Told:
        try:
            raw = joined((name,))
            facts = os.stat(raw, dir_fd=descriptor, follow_symlinks=False)
            return self._listed(facts, here + raw, follow=False)
        except OSError as problem:
            return translated(problem, (*folder, name))
        except NameRefused as problem:
            return problem
        except ValueError as problem:
            return BadAnswer((*folder, name), str(problem))

    def _listed(self, facts: os.stat_result, place: str | bytes, *, follow: bool = True) -> tuple[Grant, ...]:
        """What is granted at *place* with these *facts*, without its path; the few lists that most entries share are read once."""
        if stat.S_ISLNK(facts.st_mode):
            return ()
        owned = Owned(facts.st_uid, facts.st_gid, stat.S_ISDIR(facts.st_mode))
        access = _attribute(place, ACCESS, follow=follow)
        default = _attribute(place, DEFAULT, follow=follow) if owned.folder else None
        mark = (facts.st_mode, *owned, access, default)
        if (known := self._known.get(mark)) is None:
            known = tuple(_granted(facts.st_mode, owned, access, default, self._people()))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[mark] = known
        return known

    def all(self) -> None:
        """Every entry has a list of its own: it has to be asked entry by entry."""
        return

    def set(self, grant: Grant) -> NoReturn:
        """Refuse: rights on files are read, never set."""
        raise Unable(grant.path, _NEVER_SET)

    def unset(self, grant: Grant) -> NoReturn:
        """Refuse."""
        raise Unable(grant.path, _NEVER_SET)


def hand_down(parent: int, descriptor: int) -> None:
    """
    Give the new file *descriptor* the group and ACL it would have if it were made in *parent*.

    What the file system or the account cannot do is left as it is: the content counts for more.
    """
    above = os.fstat(parent)
    group = above.st_gid if above.st_mode & stat.S_ISGID else os.getegid()
    facts = os.fstat(descriptor)
    if facts.st_gid != group:
        with contextlib.suppress(OSError):
            os.fchown(descriptor, -1, group)
    if (default := _attribute(by_descriptor(parent), DEFAULT)) is not None:
        with contextlib.suppress(OSError, ValueError):
            os.setxattr(descriptor, ACCESS, encoded(handed_down(decoded(default), 0o666)))


def stop_handing_down(name: bytes, parent: int) -> None:
    """Take the default ACL from the new folder *name* in *parent*, where it inherited one."""
    with contextlib.suppress(OSError):
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.removexattr(folder, DEFAULT)
        finally:
            os.close(folder)


def _granted(
    mode: int, owned: Owned, access: bytes | None, default: bytes | None, people: People
) -> Iterator[Grant]:
    if access is None:
        yield from grants_of(ROOT, of_mode(mode), owned, "mode", people)
    else:
        yield from grants_of(ROOT, decoded(access), owned, "acl", people)
    if default is not None:
        yield from grants_of(ROOT, decoded(default), owned, "default acl", people)


def _at(path: Path, it: Grant) -> Grant:
    """*it* on *path*."""
    return Grant(path, it.principal, it.rights, it.effect, it.reach, it.source, it.role, it.rank, it.expires)


def _attribute(place: str | bytes, name: str, *, follow: bool = True) -> bytes | None:
    """The attribute *name* at *place*; a descriptor that only looks at a file cannot be asked itself."""
    try:
        return os.getxattr(place, name, follow_symlinks=follow)
    except OSError as problem:
        if problem.errno in (errno.ENODATA, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOENT):
            return None
        raise


def _principal(rule: Rule, owned: Owned, people: People) -> Principal | None:
    if rule.tag in (USER_OBJ, USER):
        return people.person(owned.user if rule.tag == USER_OBJ else rule.id)
    if rule.tag in (GROUP_OBJ, GROUP):
        return people.group(owned.group if rule.tag == GROUP_OBJ else rule.id)
    return EVERYBODY if rule.tag == OTHER else None


def _rights(bits: int) -> frozenset[str]:
    return frozenset(letter for letter, bit in (("r", _READ), ("w", _WRITE), ("x", _ENTER)) if bits & bit)
