"""
The drive as WsgiDAV sees it: a provider and its resources, for one request.

Inside WsgiDAV a path is the percent-encoded address below the mount point
(`address.inner`), so no name can mean anything to it but itself.  Rights, locks
and preconditions are asked of the drive; errors of Lading pass through it.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element

from wsgidav.dav_error import (
    HTTP_CONFLICT,
    HTTP_FORBIDDEN,
    DAVError,
    PRECONDITION_CODE_ProtectedProperty,
)
from wsgidav.dav_provider import DAVCollection, DAVNonCollection, DAVProvider
from wsgidav.util import etree

from lading.drive.dav import locks, properties
from lading.drive.dav.address import outer
from lading.drive.dav.locks import Change
from lading.drive.dav.markup import LIVE
from lading.drive.dav.put import parent_of
from lading.drive.dav.request import Request
from lading.drive.dav.statuses import status_of
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.tree.change import delete, make_folder, touch
from lading.drive.tree.copying import copy
from lading.drive.tree.expect import ABSENT, ANYTHING, Expect
from lading.drive.tree.moving import move
from lading.drive.tree.row import FILE, FOLDER, Seen
from lading.drive.writing import together
from lading.model.errors import Forbidden, LadingError, NotFound, WrongKind
from lading.model.paths import Path
from lading.model.text import Language, Text

REQUEST = "lading.request"
CREATED = "lading.created"
_ROOT = Text("the list of spaces is not a folder to change", "空间列表不可更改")
_WINDOWS_TIME = "{urn:schemas-microsoft-com:}Win32LastModifiedTime"
_SECONDS = re.compile(r"-?[0-9]{1,18}")
_TIMES = ("{DAV:}getlastmodified", "{DAV:}lastmodified", _WINDOWS_TIME)


class Refusal(DAVError):  # type: ignore[misc]
    """An error of ours inside an answer about properties, in words for a person."""

    def __init__(self, problem: LadingError) -> None:
        super().__init__(status_of(problem), problem.message(Language.EN), src_exception=problem)

    def get_user_info(self) -> str:
        """What happened and what to do, in both languages."""
        problem = self.src_exception
        return "\n".join(f"{problem.message(it)} {problem.next_step(it)}" for it in Language)


class Door(DAVProvider):  # type: ignore[misc]
    """All of the door for one request."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.set_share_path("/")
        self.request = request
        # WsgiDAV offers what needs locks only if there is a manager; ours is asked elsewhere.
        self.lock_manager = self

    def check_write_permission(self, **_: Any) -> None:
        """Part of WsgiDAV's interface of lock managers; see `verbs.Verbs`."""

    def get_resource_inst(self, path: str, environ: dict[str, Any]) -> Folder | File | None:
        """The resource at *path*, None where there is none for this viewer."""
        names = outer(path)
        if not names:
            return Folder(path, environ, names, None)
        seen = self.request.look(names)
        if seen is None:
            return None
        return (Folder if seen.row.kind == FOLDER else File)(path, environ, names, seen)


class _Resource:
    """What files and folders have in common."""

    environ: dict[str, Any]
    names: Path
    seen: Seen | None

    def _place_it(self, environ: dict[str, Any], names: Path, seen: Seen | None) -> None:
        self.names, self.seen = names, seen
        self._request: Request = environ[REQUEST]
        self._wanted: list[tuple[str, Element | None]] = []
        self._done = False
        self._failed: Exception | None = None

    def get_href(self) -> str:
        return self._request.href(self.names, folder=self.seen is None or self.seen.row.kind == FOLDER)

    get_ref_url = get_href

    def support_etag(self) -> bool:
        return False

    def _there(self) -> Seen:
        if self.seen is None:
            raise Forbidden(self.names, _ROOT)
        return self.seen

    def handle_delete(self) -> bool:
        request, seen = self._request, self._there()
        need(seen.role, Role.EDIT, seen.path)
        place = request.place(self.names)
        locks.demand_free(
            request.sight.actor, request.condition.tokens, request.now, Change(place, member=True, tree=True)
        )
        delete(request.sight, seen)
        locks.gone(request.sight.actor, place, request.now)
        return True

    def handle_copy(self, _: str, *, depth_infinity: bool) -> bool:
        seen, parent, expect = self._target()
        request, name = self._request, self._request.destination[-1]
        with together():
            self._clear(seen, expect)
            if seen.row.kind == FOLDER and not depth_infinity:
                self._copy_alone(seen, parent)
            else:
                copy(request.sight, seen, parent, name, expect=expect)
        return True

    def handle_move(self, _: str) -> bool:
        seen, parent, expect = self._target()
        request = self._request
        with together():
            self._clear(seen, expect)
            move(request.sight, seen, parent, request.destination[-1], expect=expect)
            locks.gone(request.sight.actor, request.place(self.names), request.now)
        return True

    def _clear(self, seen: Seen, expect: Expect) -> None:
        """
        Put away what cannot be replaced by another file: a folder, or a file for a folder.

        A lock on the address itself stays, and what comes there is under it (RFC 4918, 7.6).
        """
        request = self._request
        there = request.look(request.destination)
        if there is None or expect is not ANYTHING:
            return
        locks.gone(request.sight.actor, request.place(request.destination), request.now, itself=False)
        if FOLDER in (there.row.kind, seen.row.kind):
            delete(request.sight, there)

    def _target(self) -> tuple[Seen, Seen, Expect]:
        seen, request = self._there(), self._request
        goal = request.destination
        if self.names[: len(goal)] == goal:
            raise WrongKind(goal, Text("it holds the source", "它包含源对象"))
        parent = parent_of(request, goal)
        there = request.look(goal)
        request.environ[CREATED] = there is None
        overwrite = request.header("OVERWRITE").strip().upper() != "F"
        return seen, parent, ANYTHING if overwrite else ABSENT

    def _copy_alone(self, seen: Seen, parent: Seen) -> None:
        request = self._request
        made = make_folder(request.sight, parent, request.destination[-1], modified=seen.row.modified)
        if dead := properties.shown(seen):
            properties.change(request.sight.actor, made, list(dead.items()))

    def set_property_value(self, name: str, value: Element | None, *, dry_run: bool = False) -> None:
        """WsgiDAV asks for every property twice: whether it could be set, then to set it; all are set at once."""
        seen = self._there()
        if dry_run:
            if name in _TIMES and value is not None:
                _moment(name, value)
            elif name in LIVE:
                raise DAVError(HTTP_FORBIDDEN, err_condition=PRECONDITION_CODE_ProtectedProperty)
            self._wanted.append((name, value))
            return
        if not self._done:
            self._done = True
            try:
                self._write(seen)
            except LadingError as problem:
                self._failed = Refusal(problem)
        if self._failed is not None:
            raise self._failed

    def _write(self, seen: Seen) -> None:
        request, dead = self._request, []
        for name, value in self._wanted:
            if name in _TIMES and value is not None:
                touch(request.sight, seen, _moment(name, value))
            if name not in ("{DAV:}getlastmodified", "{DAV:}lastmodified"):
                dead.append((name, None if value is None else _text(value)))
        if dead:
            properties.change(request.sight.actor, seen, dead)


class Folder(_Resource, DAVCollection):  # type: ignore[misc]
    """A folder, the root of a space, or (with nothing *seen*) the list of spaces."""

    def __init__(self, path: str, environ: dict[str, Any], names: Path, seen: Seen | None) -> None:
        DAVCollection.__init__(self, path, environ)
        self._place_it(environ, names, seen)

    def get_member_names(self) -> list[str]:
        raise NotFound(self.names)  # listings are answered by `propfind`

    def create_collection(self, _: str) -> None:
        request = self._request
        request.judge(None)
        parent = parent_of(request, request.path)
        need(parent.role, Role.UPLOAD, request.path[1:])
        change = Change(request.place(request.path), member=True)
        locks.demand_free(request.sight.actor, request.condition.tokens, request.now, change)
        make_folder(request.sight, parent, request.path[-1])


class File(_Resource, DAVNonCollection):  # type: ignore[misc]
    """A file."""

    def __init__(self, path: str, environ: dict[str, Any], names: Path, seen: Seen | None) -> None:
        DAVNonCollection.__init__(self, path, environ)
        self._place_it(environ, names, seen)

    def get_content_length(self) -> int:
        return self._there().row.size

    def get_content(self) -> None:
        raise DAVError(HTTP_CONFLICT)  # contents are given by `get`

    def get_etag(self) -> None:
        return None

    def support_ranges(self) -> bool:
        return self._there().row.kind == FILE


def _moment(name: str, value: Element) -> int:
    said = (value.text or "").strip()
    try:
        if name == "{DAV:}lastmodified" and _SECONDS.fullmatch(said):
            return int(said) * 10**9
        return int(parsedate_to_datetime(said).timestamp()) * 10**9
    except (ValueError, TypeError, OverflowError):
        raise DAVError(HTTP_CONFLICT, "this is no time") from None


def _text(value: Element) -> str:
    value.tail = None
    return str(etree.tostring(value, encoding="unicode"))
