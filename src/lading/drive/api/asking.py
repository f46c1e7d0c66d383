"""
What most routes ask first: who looks, and at what.

A space that is hidden, deleted or was never there gives the same answer as a missing entry in it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from lading.drive.api.auth import actor_of
from lading.drive.api.values import way
from lading.drive.models import Principal
from lading.drive.people.directory import known
from lading.drive.rights.need import missing
from lading.drive.rights.sight import Sight, sight
from lading.drive.tree import find
from lading.drive.tree.find import SpaceRow
from lading.drive.tree.row import Seen
from lading.drive.tree.saving import NOBODY
from lading.model.errors import NotFound, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text

_NO_SPACE = Text("there is no such space", "没有此空间")
_AUTHORS = (Principal.Kind.PERSON, Principal.Kind.GUEST)
_ids: dict[tuple[str, str], int] = {}
_KEPT = 100_000


def sight_of(request: HttpRequest) -> Sight:
    """What the actor of *request* sees."""
    return sight(actor_of(request))


def space_id(key: str) -> int | None:
    """The id of the space with *key*, whoever may see it; a key never changes its space."""
    name = (str(settings.LADING_DRIVE["home"]), key)
    known = _ids.get(name)
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM drive_space WHERE key = %s", [key])
            found = cursor.fetchone()
        if found is None:
            return None
        if len(_ids) > _KEPT:
            _ids.clear()
        known = int(found[0])
        if not connection.in_atomic_block:  # what this transaction made may be taken back
            _ids[name] = known
    return known


def seen_at(look: Sight, key: str, path: Path) -> Seen:
    """
    The entry at *path* of the space with *key*.

    Raises:
        NotFound: there is none, or it is hidden.
    """
    number = space_id(key)
    if number is None:
        raise missing(path)
    return find.at(look, number, path)


def space_of(look: Sight, key: str) -> SpaceRow:
    """
    The space with *key*.

    Raises:
        NotFound: there is none, or it is hidden.
    """
    number = space_id(key)
    if number is None:
        raise no_space()
    return find.space(look, number)


def no_space() -> NotFound:
    """What is said of a space that is hidden or not there."""
    return NotFound("", _NO_SPACE)


def target(look: Sight, key: str, text: str) -> tuple[Seen, str]:
    """
    The folder and the name that the path *text* means, where something is to be put.

    Raises:
        NotFound: there is no such folder.
        WrongKind: it is the root, which is no place for another.
    """
    path = way(text)
    if path == ROOT:
        raise WrongKind(path, Text("it is the root of a space", "它是空间的根目录"))
    return seen_at(look, key, path[:-1]), path[-1]


def principal_id(request: HttpRequest, key: str) -> int:
    """
    The id of the principal with *key*, whom the actor may know.

    Raises:
        NotFound: there is none, or not for them.
    """
    return known(actor_of(request), key).id


def author_id(key: str | None) -> int | None:
    """
    The id of the person or guest that is named as an author; one that nobody has if there is none.

    None stays None; an empty key names nobody.  Whether there is somebody of this name is told by `save`, to
    who may name authors at all.
    """
    if not key:
        return None if key is None else NOBODY
    people = Principal.objects.filter(key=key, kind__in=_AUTHORS)
    return people.values_list("id", flat=True).first() or 0
