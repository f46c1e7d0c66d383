"""
The calls a drive has, by name, and which of them change it.

Wrappers decide by these rows; a test holds them against the interface, so a
call added there and forgotten here fails the build.
"""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """One call of a drive or of a facet (`moves.move`); *changes* says that it alters what the drive holds."""

    name: str
    changes: bool = False


PROFILE = Call("profile")
LIST = Call("list")
STAT = Call("stat")
READ = Call("read")
WRITE = Call("write", changes=True)
MAKE_FOLDER = Call("make_folder", changes=True)
REMOVE = Call("remove", changes=True)

LIST_BRIEFLY = Call("brief.list")
READ_RANGES = Call("ranges.read")
WRITE_BACK = Call("read_back.write", changes=True)
APPEND_BACK = Call("read_back.append", changes=True)
MOVE = Call("moves.move", changes=True)
OFFSET = Call("partials.offset")
APPEND = Call("partials.append", changes=True)
READ_PARTIAL = Call("partials.read")
FINISH = Call("partials.finish", changes=True)
SWEEP = Call("partials.sweep", changes=True)
SETTLE = Call("settle.settle")
LIST_VERSIONS = Call("versions.list")
ALL_VERSIONS = Call("versions.all")
READ_VERSION = Call("versions.read")
ADD_VERSION = Call("versions.add", changes=True)
LIST_GRANTS = Call("grants.list")
ALL_GRANTS = Call("grants.all")
SET_GRANT = Call("grants.set", changes=True)
UNSET_GRANT = Call("grants.unset", changes=True)
LIST_LINKS = Call("links.list")
ALL_LINKS = Call("links.all")
MAKE_LINK = Call("links.make", changes=True)
REVOKE_LINK = Call("links.revoke", changes=True)
PRINCIPALS = Call("people.principals")
MEMBERS = Call("people.members")
MEMBERSHIPS = Call("people.memberships")
ALL_LOCKS = Call("locks.all")
ALL_LABELS = Call("labels.all")
ALL_COMMENTS = Call("comments.all")
LIST_SETTINGS = Call("settings.list")
ALL_SETTINGS = Call("settings.all")
ROOM = Call("capacity.room")
CHANGES_CURSOR = Call("changes.cursor")
CHANGES_SINCE = Call("changes.since")
EXPIRE = Call("changes.expire", changes=True)
FREEZE = Call("freeze.freeze", changes=True)
THAW = Call("freeze.thaw", changes=True)
FROZEN = Call("freeze.frozen")
RETAIN = Call("retention.keep", changes=True)
RETAINED = Call("retention.until")
BATCH = Call("batch.write", changes=True)
BATCH_READ = Call("batch.read")
WRITTEN = Call("written.all")

CALLS: dict[str, Call] = {call.name: call for call in list(globals().values()) if isinstance(call, Call)}
