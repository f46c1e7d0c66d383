"""
The first look at a share, and what it can hold.

What a server says of its file system is not what it does: Samba promises 255 characters where the disk below takes 255
bytes, and both Samba and Windows name their file systems case-sensitive.  So names are tried out, mostly by asking
for what is not there.
"""

from __future__ import annotations

from lading.connectors.profile import Case, Features, NameRules, NameUnit, Profile
from lading.connectors.smb import packets
from lading.connectors.smb.facts import EARLIEST, GRAIN, LATEST
from lading.connectors.smb.options import Options
from lading.connectors.smb.rights import ACCESS, FEATURES
from lading.connectors.smb.trouble import NAME_INVALID, NAME_NOT_FOUND, error_of
from lading.connectors.smb.wire import Wire, beside
from lading.model.errors import DriveError, NotFound, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text

PERSISTENT_ACLS, NAMED_STREAMS = 0x8, 0x40000
_STEMS = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
_CHARACTERS = frozenset('/\0"*:<>?\\|') | frozenset(map(chr, range(1, 32)))
_LONGEST_PATH_IN_BYTES = 3000
"""Linux takes 4096 bytes, of which the folder behind the share needs some that nobody tells us."""
_LONGEST_PATH = 30_000
"""Windows takes 32,767 characters, of which the folder behind the share needs some."""
_SECOND = 1_000_000_000
_READ_ONLY = Text(
    "the share's own permissions let this account only read, whatever the lists of files say",
    "共享本身的权限只允许该账号读取，与文件的访问列表无关",
)
_NO_RIGHTS = Text(
    "the share's own permissions let this account change files and not their permissions",
    "共享本身的权限允许该账号修改文件，但不允许修改其权限",
)
_UNIX_TIMES = (-(1 << 31) * _SECOND, ((1 << 34) - (1 << 31) - 1) * _SECOND)
"""1901 to 2446, as ext4 keeps them."""


def met(wire: Wire, subject: str, options: Options) -> None:
    """
    Make sure that the root is a folder.

    Raises:
        NotFound, WrongKind, Forbidden, LoginFailed, Unavailable: as they say.
    """
    try:
        wire.line()
        try:
            facts = wire.look(ROOT)
        except NotFound:
            if not options.create:
                raise NotFound(ROOT, Text("the share has no such folder", "共享中没有该文件夹")) from None
            _make_root(wire)
            facts = wire.look(ROOT)
    except DriveError as problem:
        raise problem.about(subject) from problem
    if not facts.attributes & packets.A_DIRECTORY:
        raise WrongKind(subject, "not a folder")


def profile_of(wire: Wire, address: str, options: Options) -> Profile:
    """The facts; where it may be written to, case is tried out with a file that goes again."""
    attributes, longest = _system(wire)
    in_bytes = _counts_bytes(wire)
    names = NameRules(
        case=Case.SENSITIVE if options.may_write and _tells_case_apart(wire) else Case.FOLDED,
        characters=_CHARACTERS,
        endings=frozenset(". "),
        reserved_stems=_STEMS,
        length=longest,
        unit=NameUnit.BYTES if in_bytes else NameUnit.UTF16,
        path_length=_LONGEST_PATH_IN_BYTES if in_bytes else _LONGEST_PATH,
    )
    lists = bool(attributes & PERSISTENT_ACLS)
    return Profile(
        kind="smb",
        address=address,
        names=names,
        clock_grain=GRAIN,
        modified_range=_UNIX_TIMES if in_bytes else (EARLIEST, LATEST),
        concurrency=8,
        stable_ids=True,
        access=ACCESS if lists else None,
        features=FEATURES if lists else Features(),
    )


def keeps_rights(wire: Wire) -> bool:
    """Whether the file system says who may do what."""
    return bool(_system(wire)[0] & PERSISTENT_ACLS)


def notes_of(wire: Wire) -> tuple[Text, ...]:
    """
    What the permissions of the share itself keep this account from, whatever the lists of files say.

    The server tells them of the account that asks, and of nobody else.
    """
    place = wire.place
    answer = wire.call(ROOT, packets.connect_share(place.server, place.share))[0]
    if not answer.ok:
        return ()
    allowed = packets.most_access(answer.body)
    if not allowed & packets.WRITE_DATA:
        return (_READ_ONLY,)
    return () if allowed & packets.WRITE_DAC else (_NO_RIGHTS,)


def _make_root(wire: Wire) -> None:
    """Make the folder that the address names, and those above it that are missing."""
    line = wire.line()
    for count in range(1, len(wire.place.root) + 1):
        name = line.prefix + "\\".join(wire.place.root[:count])
        opening = packets.create(
            name, packets.READ_ATTRIBUTES, disposition=packets.OPEN_IF, options=packets.DIRECTORY
        )
        answer = wire.once(ROOT, opening)[0]
        if not answer.ok:
            raise error_of(answer.status, ROOT, making=True)


def _system(wire: Wire) -> tuple[int, int]:
    """What the file system can do, and the longest name that it claims to hold."""
    asked = packets.query(packets.INFO_SYSTEM, packets.SYSTEM_ATTRIBUTES)
    opening = packets.create(wire.name(ROOT), packets.READ_ATTRIBUTES)
    answers = wire.once(ROOT, opening, asked)
    if not answers[0].ok:
        raise error_of(answers[0].status, ROOT)
    if not answers[1].ok:
        return 0, 255
    told = packets.answered(answers[1].body)
    longest = int.from_bytes(told[4:8], "little")
    return int.from_bytes(told[:4], "little"), min(max(longest, 16), 255)


def _counts_bytes(wire: Wire) -> bool:
    """Whether 100 Chinese characters (300 bytes) are too long: then the limit counts bytes."""
    return _status_of(wire, ("融" * 100,)) != NAME_NOT_FOUND


def _tells_case_apart(wire: Wire) -> bool:
    path = beside(("x",))
    options = packets.NOT_DIRECTORY | packets.THE_LINK_ITSELF
    access = packets.DELETE | packets.READ_ATTRIBUTES
    handle, _ = wire.open(path, access, disposition=packets.NEW, options=options, then=(), making=True)
    try:
        return _status_of(wire, (path[-1].upper(),)) in (NAME_NOT_FOUND, NAME_INVALID)
    finally:
        wire.call(path, packets.set_disposition(handle.number, gone=True), line=handle.line)
        wire.close(handle)


def _status_of(wire: Wire, path: Path) -> int:
    opening = packets.create(wire.name(path), packets.READ_ATTRIBUTES)
    return wire.once(path, opening)[0].status
