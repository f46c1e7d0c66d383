"""
The facet `grants`: the lists of NTFS, read and set.

A server does not pass on what is set on a folder: whoever sets it does (Windows does so in the dialog).  So a
change is followed through everything below that takes from above.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from lading.connectors.able import refused_grant
from lading.connectors.api import Page
from lading.connectors.profile import Profile
from lading.connectors.smb import packets, sids
from lading.connectors.smb.denials import OWN_BELOW, denied_mask, refused_denial
from lading.connectors.smb.descriptor import (
    ALLOW,
    DENY,
    INHERITABLE,
    INHERITED,
    NOT_HERE,
    Entry,
    Rights,
    decoded,
    encoded,
    handed_down,
)
from lading.connectors.smb.facts import is_folder
from lading.connectors.smb.people import People
from lading.connectors.smb.rights import GIVEN, grants_of
from lading.connectors.smb.trouble import error_of
from lading.connectors.smb.wire import Wire, check_not_ours
from lading.model.access import Effect, Grant, Reach
from lading.model.entry import Entry as Listed
from lading.model.errors import BadAnswer, Forbidden, NotFound, Unable, WrongKind
from lading.model.paths import Path, shown
from lading.model.text import Text

_ROOM = 65_536
_WANTED = packets.OWNER | packets.GROUP | packets.DACL
_READS = packets.READ_CONTROL | packets.READ_ATTRIBUTES
_FLAGS = {Reach.ALL: INHERITABLE, Reach.HERE: 0, Reach.BELOW: INHERITABLE | NOT_HERE}

ListAll = Callable[[Path, str | None], Page]


class SmbGrants:
    """Who may do what; *pages* lists a folder."""

    def __init__(self, wire: Wire, people: People, profile: Callable[[], Profile], pages: ListAll) -> None:
        self._wire = wire
        self._people = people
        self._profile = profile
        self._pages = pages

    def list(self, path: Path) -> tuple[Grant, ...]:
        """
        What holds on *path* and does not come from above; the root tells what comes from above, too.

        Raises:
            NotFound, Forbidden: as they say.
            BadAnswer: the list has entries whose meaning depends on conditions.
        """
        check_not_ours(path)
        rights, folder = self._read(path)
        above = self._read(path[:-1])[0] if path else None
        return tuple(grants_of(path, rights, above, folder=folder, named=self._people.named))

    def all(self) -> None:
        """Every entry has a list of its own: it has to be asked entry by entry."""
        return

    def set(self, grant: Grant) -> None:
        """
        Give *grant*, and pass it on; see `Grants.set`.

        Raises:
            Unable: such a grant cannot be held, or there is no list that it could stand in.
        """
        check_not_ours(grant.path)
        denies = grant.effect is Effect.DENY
        if not denies and (said := refused_grant(grant, self._profile().features)):
            raise Unable(grant.path, said)
        if grant.effect is not Effect.RESET and not sids.is_sid(grant.principal.id):
            raise NotFound(grant.principal.id, Text("no security identifier", "不是有效的 SID"))
        rights, folder = self._read(grant.path)
        if rights.entries is None:
            said = Text("it has no list: everybody may do everything", "没有访问列表：所有人拥有全部权限")
            raise Unable(grant.path, said)
        if denies:
            self._demand_that_it_holds(grant, folder=folder)
        changed = _closed_off(rights) if grant.effect is Effect.RESET else _with(rights, grant, folder=folder)
        self._write(grant.path, changed, folder=folder)

    def _demand_that_it_holds(self, grant: Grant, *, folder: bool) -> None:
        """
        Refuse a denial that no list says, or that something below would not heed.

        Raises:
            Unable: it is so.
        """
        if said := refused_denial(grant, folder=folder):
            raise Unable(grant.path, said)
        own = self._allowing_below(grant.path) if folder and grant.reach is not Reach.HERE else None
        if own is not None:
            raise Unable(grant.path, Text(*(said.format(path=shown(own)) for said in OWN_BELOW)))

    def _allowing_below(self, path: Path) -> Path | None:
        """The first entry below *path*, as far as it takes from above, whose list allows something itself."""
        for entry in self._below(path):
            rights, folder = self._read(entry.path)
            if rights.protected:
                continue
            if rights.entries is None or any(
                it.kind == ALLOW and not it.flags & INHERITED for it in rights.entries
            ):
                return entry.path
            if folder and (found := self._allowing_below(entry.path)) is not None:
                return found
        return None

    def _below(self, path: Path) -> Iterator[Listed]:
        """The files and folders directly in *path*."""
        cursor: str | None = None
        while True:
            page = self._pages(path, cursor)
            yield from (entry for entry in page.entries if entry.is_file or entry.is_folder)
            cursor = page.cursor
            if cursor is None:
                return

    def unset(self, grant: Grant) -> None:
        """Take *grant* away, also below; what is not there is no error."""
        check_not_ours(grant.path)
        with contextlib.suppress(NotFound):
            rights, folder = self._read(grant.path)
            if grant.effect is Effect.RESET:
                if rights.protected and grant.path:
                    self._write(grant.path, self._opened(rights, grant.path, folder=folder), folder=folder)
            elif rights.entries is not None:
                changed = _without(rights, grant.principal.id, grant.effect)
                if changed != rights:
                    self._write(grant.path, changed, folder=folder)

    def _opened(self, rights: Rights, path: Path, *, folder: bool) -> Rights:
        """*rights* with what the folder above hands down."""
        return _refreshed(rights._replace(protected=False), self._read(path[:-1])[0], folder=folder)

    def _read(self, path: Path) -> tuple[Rights, bool]:
        line = self._wire.line()
        opening = packets.create(self._wire.name(path, line), _READS)
        question = packets.query(packets.INFO_SECURITY, 0, more=_WANTED, size=_ROOM)
        answers = self._wire.once(path, opening, question, line=line)
        for answer in answers[:2]:
            if not answer.ok:
                error = error_of(answer.status, path)
                raise NotFound(path, error.details) if isinstance(error, WrongKind) else error
        _, facts = packets.created(answers[0].body)
        try:
            return decoded(packets.answered(answers[1].body)), is_folder(facts)
        except ValueError as problem:
            raise BadAnswer(path, str(problem)) from problem

    def _write(self, path: Path, rights: Rights, *, folder: bool) -> None:
        """
        Set *rights* on *path*, and pass on what it hands down.

        What lies below comes first, as long as we may see it: *rights* may be the end of that.
        """
        try:
            raw = encoded(rights)
        except ValueError as problem:
            raise Unable(path, str(problem)) from problem
        passed_on = not folder
        if folder:
            with contextlib.suppress(Forbidden):
                self._pass_on(path, rights)
                passed_on = True
        self._put(path, raw)
        if not passed_on:
            self._pass_on(path, rights)

    def _put(self, path: Path, raw: bytes) -> None:
        line = self._wire.line()
        opening = packets.create(self._wire.name(path, line), packets.WRITE_DAC | packets.READ_ATTRIBUTES)
        setting = packets.set_info(0, raw, kind=packets.INFO_SECURITY, more=packets.DACL)
        for answer in self._wire.once(path, opening, setting, line=line)[:2]:
            if not answer.ok:
                raise error_of(answer.status, path)

    def _pass_on(self, path: Path, above: Rights) -> None:
        for entry in self._below(path):
            self._take(entry.path, above, folder=entry.is_folder)

    def _take(self, path: Path, above: Rights, *, folder: bool) -> None:
        """Have *path* hold what *above* hands down; what stands for itself takes nothing."""
        rights, _ = self._read(path)
        if rights.protected or rights.entries is None:
            return
        refreshed = _refreshed(rights, above, folder=folder)
        if refreshed != rights:
            self._write(path, refreshed, folder=folder)
        elif folder:
            # An earlier try may have ended further down.
            self._pass_on(path, rights)


def _with(rights: Rights, grant: Grant, *, folder: bool) -> Rights:
    """*rights* with *grant*, which takes the place of those to the same."""
    flags = _FLAGS[grant.reach] if folder else 0
    if not folder and grant.reach is Reach.BELOW:
        raise Unable(grant.path, Text("nothing lies below a file", "文件之下没有内容"))
    if grant.effect is Effect.DENY:
        mask = denied_mask(grant.role, folder=folder)
        assert mask is not None
        added = Entry(DENY, flags, mask, grant.principal.id)
    else:
        added = Entry(ALLOW, flags, GIVEN[grant.role], grant.principal.id)
    rest = _without(rights, grant.principal.id, grant.effect)
    return rest._replace(entries=_ordered((*(rest.entries or ()), added)))


def _without(rights: Rights, sid: str, effect: Effect) -> Rights:
    """*rights* without what its own entries allow or deny *sid*."""
    kind = {Effect.ALLOW: ALLOW, Effect.DENY: DENY}.get(effect)
    kept = (
        entry
        for entry in rights.entries or ()
        if entry.flags & INHERITED or entry.kind != kind or entry.sid != sid
    )
    return rights._replace(entries=tuple(kept))


def _closed_off(rights: Rights) -> Rights:
    """*rights* that take nothing from above: only their own entries."""
    kept = tuple(entry for entry in rights.entries or () if not entry.flags & INHERITED)
    return rights._replace(entries=kept, protected=True)


def _refreshed(rights: Rights, above: Rights, *, folder: bool) -> Rights:
    """*rights* with its own entries, and what *above* hands down in the place of what it handed down before."""
    own = tuple(entry for entry in rights.entries or () if not entry.flags & INHERITED)
    inherited = handed_down(above, folder=folder, owner=rights.owner, group=rights.group)
    return rights._replace(entries=_ordered((*own, *inherited)))


def _ordered(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The order that Windows keeps: own before inherited; of the own ones denials before allowances."""
    own = [entry for entry in entries if not entry.flags & INHERITED]
    return (
        *(entry for entry in own if entry.kind != ALLOW),
        *(entry for entry in own if entry.kind == ALLOW),
        *(entry for entry in entries if entry.flags & INHERITED),
    )
