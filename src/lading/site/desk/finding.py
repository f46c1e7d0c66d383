"""Find what a person named on the command line: a space, a node in it, a principal."""

from __future__ import annotations

from django.db import connection

from lading.drive.models import Principal, Space
from lading.drive.tree.find import locate
from lading.model.errors import BadRequest, NotFound
from lading.model.paths import ROOT, decode, encode, shown_name
from lading.model.text import Text


def space(named: str) -> Space:
    """
    The space whose key or name is *named*.

    Raises:
        NotFound: there is none.
        BadRequest: several have that name.
    """
    living = Space.objects.filter(deleted=None)
    found = list(
        living.filter(key=named) or living.filter(name=encode((named,)) if named else "").order_by("id")
    )
    if not found:
        raise NotFound(named, Text("there is no such space", "没有此空间"))
    if len(found) > 1:
        keys = ", ".join(one.key for one in found)
        raise BadRequest(
            shown_name(named),
            Text(
                f"several spaces have this name; name one by its key: {keys}",
                f"有多个同名空间；请用标识指定：{keys}",
            ),
        )
    return found[0]


def node(within: Space, path: str) -> int:
    """
    The id of the file or folder at *path* in the space *within*; `/` is the space itself.

    A name that no keyboard has is typed as `lading.model.paths.encode` writes it.

    Raises:
        NotFound: there is none.
    """
    with connection.cursor() as cursor:
        row = locate(cursor, within.id, decode(path.strip("/")) or ROOT)
    if row is None:
        raise NotFound(path, Text("there is no such file or folder", "没有此文件或文件夹"))
    return row.id


def principal(key: str) -> int:
    """
    The id of the principal *key*.

    Raises:
        NotFound: there is none.
    """
    found = Principal.objects.filter(key=key).values_list("id", flat=True).first()
    if found is None:
        raise NotFound(key, Text("there is no such person or group", "没有此人员或群组"))
    return int(found)
