"""
The rights of a file that was made elsewhere.

A rename keeps the rights of the folder a file came from.  So an empty file is made in the new folder, and what the
server gave it is set on the file, before that is moved there.
"""

from __future__ import annotations

from lading.connectors.smb import packets
from lading.connectors.smb.descriptor import (
    ALLOW,
    INHERITABLE,
    PROTECTED,
    Entry,
    Rights,
    control_of,
    decoded,
    encoded,
)
from lading.connectors.smb.rights import FULL
from lading.connectors.smb.trouble import error_of
from lading.connectors.smb.wire import Handle, Wire, beside
from lading.model.errors import DriveError, NotFound, Unguarded
from lading.model.paths import Path
from lading.model.text import Text

_ROOM = 65_536
_UNSUPPORTED = frozenset({0xC00000BB, 0xC0000010, 0xC0000003})
_INHERITS = 0x0100
"""SE_DACL_AUTO_INHERIT_REQ: keep the marks of what is inherited ([MS-DTYP] 2.4.6)."""


def adopt(wire: Wire, handle: Handle, path: Path) -> None:
    """
    Give *handle* the rights of a new file at *path*.

    Raises:
        NotFound: the folder of *path* is not there.
        Unguarded: the rights could not be set; a system without any has nothing to set.
    """
    line = handle.line
    name = wire.name(beside(path), line)
    access = packets.READ_ATTRIBUTES | packets.READ_CONTROL | packets.DELETE
    options = packets.NOT_DIRECTORY | packets.THE_LINK_ITSELF
    answers = wire.once(
        path,
        packets.create(name, access, disposition=packets.NEW, options=options),
        packets.set_disposition(gone=True),
        packets.query(packets.INFO_SECURITY, 0, more=packets.DACL, size=_ROOM),
        line=line,
    )
    if not answers[0].ok:
        error = error_of(answers[0].status, path, making=True)
        raise NotFound(path, error.details) if answers[0].status == 0xC0000103 else error
    if answers[2].status in _UNSUPPORTED:
        return
    if not answers[2].ok:
        raise _unguarded(error_of(answers[2].status, path), path)
    descriptor = packets.answered(answers[2].body)
    control = control_of(descriptor)
    marked = control if control & PROTECTED else control | _INHERITS
    set_rights(wire, handle, path, descriptor[:2] + marked.to_bytes(2, "little") + descriptor[4:])


def shut(wire: Wire, folder: Path) -> None:
    """
    Let nobody but its owner into *folder* and what will be made in it.

    Raises:
        Unguarded: that could not be done; a system without rights has nothing to set.
    """
    line = wire.line()
    access = packets.READ_ATTRIBUTES | packets.READ_CONTROL | packets.WRITE_DAC
    opening = packets.create(wire.name(folder, line), access)
    question = packets.query(
        packets.INFO_SECURITY, 0, more=packets.OWNER | packets.GROUP | packets.DACL, size=_ROOM
    )
    answers = wire.once(folder, opening, question, line=line)
    if answers[0].ok and answers[1].status in _UNSUPPORTED:
        return
    failed = next((answer.status for answer in answers[:2] if not answer.ok), 0)
    if failed:
        raise _unguarded(error_of(failed, folder), folder)
    try:
        rights = decoded(packets.answered(answers[1].body))
        entries = (Entry(ALLOW, INHERITABLE, FULL, rights.owner),)
        raw = encoded(Rights(rights.owner, entries, protected=True))
    except ValueError as problem:
        raise Unguarded(folder, str(problem)) from problem
    if rights.protected and rights.entries == entries:
        return
    setting = packets.set_info(0, raw, kind=packets.INFO_SECURITY, more=packets.DACL)
    answer = wire.once(folder, opening, setting, line=line)[1]
    if not answer.ok:
        raise _unguarded(error_of(answer.status, folder), folder)


def set_rights(wire: Wire, handle: Handle, path: Path, descriptor: bytes) -> None:
    """
    Set the list of who may do what to that of *descriptor*.

    Raises:
        Unguarded: it could not be set.
    """
    asked = packets.set_info(0, descriptor, kind=packets.INFO_SECURITY, more=packets.DACL, file=handle.number)
    answer = wire.call(path, asked, line=handle.line)[0]
    if not answer.ok:
        raise _unguarded(error_of(answer.status, path), path)


def _unguarded(problem: DriveError, path: Path) -> Unguarded:
    said = Text(
        f"its rights could not be set ({problem.details.en})", f"其权限未能设置（{problem.details.zh}）"
    )
    return Unguarded(path, said)
