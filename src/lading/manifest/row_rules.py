"""
How rows of tables are matched between two drives, as rows of data.

The expressions are SQL over the columns of a table; where an id of a principal
or a time stands in them, a place is left for how it is to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lading.model.access import PrincipalKind

Name = tuple[PrincipalKind, str]
"""Kind and id of a principal."""
Who = Mapping[Name, Name]
"""Principals of the first drive, and who they are in the second."""


class Rule(NamedTuple):
    """
    How the rows of a table are matched: by *key*, and then by what they say.

    All are expressions of SQL, in which `{person:x}`, `{group:x}`, `{any:x}`, `{principal}` and `{itself}` (the row's own) stand
    for a translated id and `{time:x}` for a time on the coarser clock.  What a row says is by name; what the first side does
    not know (null) is no difference.
    """

    key: tuple[str, ...]
    says: Mapping[str, str] = {}
    ordered: str = ""
    """What tells the order of rows under one path, where there is one."""


_EXPIRES = "coalesce({time:expires}, 'never')"
_ENDS = "coalesce({time:until}, 'never')"

RULES: Mapping[str, Rule] = {
    # How people sign in is each drive's own affair, and so is a name that the first side does not tell.
    "principals": Rule(
        ("{itself}",),
        {
            "name": "nullif(name, '')",
            "mail": "nullif(lower(mail), '')",
            "active": "active::varchar",
            "parent": "case when kind = 'department' then coalesce({group:parent}, '') end",
            "owner": "{person:owner}",
            "until": f"case when kind = 'guest' then {_ENDS} end",
        },
    ),
    "members": Rule(('{group:"group"}', "{any:member}")),
    "grants": Rule(
        ("path", "effect", "{principal}", "reach", "rank::varchar"),
        {"role": "role::varchar", "expires": _EXPIRES},
    ),
    "links": Rule(
        ("path",),
        {
            "role": "role::varchar",
            "expires": _EXPIRES,
            "password": "has_password::varchar",
            # What is left counts, not what was allowed at first.
            "limit": "coalesce((\"limit\"::hugeint - used)::varchar, 'any')",
            "version": "(version is not null)::varchar",
            "inside": "inside::varchar",
        },
    ),
    "versions": Rule(
        ("path", "content"),
        {
            "author": "{person:author}",
            "saved": "{time:saved}",
            "modified": "{time:modified}",
            "size": "size::varchar",
            "label": "label",
        },
        ordered="ordinal",
    ),
    "locks": Rule(
        ("path", "{person:owner}"),
        {"exclusive": "exclusive::varchar", "deep": "deep::varchar", "expires": _EXPIRES},
    ),
    "labels": Rule(("path", "label"), {"by": '{person:"by"}'}),
    "comments": Rule(("path", "{person:author}", '"text"'), {"at": '{time:"at"}'}),
    "settings": Rule(("path", "name"), {"value": "value"}),
}
"""How each table is compared."""


_PEOPLE = (PrincipalKind.PERSON, PrincipalKind.GUEST)
_GROUPS = (PrincipalKind.GROUP, PrincipalKind.DEPARTMENT)


def translations(who: Who) -> dict[str, dict[str, str]]:
    """
    Ids of the first drive and what they become: as persons, as groups, as anybody, and as kind and id.

    Where an id stands alone and names several kinds (numbers of POSIX), it means the one that fits its place.
    """
    found: dict[str, dict[str, str]] = {"person": {}, "group": {}, "any": {}, "principal": {}}
    order = (*_PEOPLE, *_GROUPS, PrincipalKind.EVERYBODY)
    for (kind, identity), (new_kind, new) in sorted(who.items(), key=lambda pair: order.index(pair[0][0])):
        found["principal"][f"{kind}:{identity}"] = f"{new_kind}:{new}"
        found["any"].setdefault(identity, new)
        if kind in _PEOPLE:
            found["person"].setdefault(identity, new)
        elif kind in _GROUPS:
            found["group"].setdefault(identity, new)
    return found


def ids_of(kind: str) -> str:
    """The table that holds what ids of *kind* become."""
    return f"{kind}_ids"


class _Translated:
    """Ids of one *kind* in expressions: `{person:author}`; as they are where *wanted* is False."""

    def __init__(self, kind: str, wanted: bool) -> None:
        self._kind = kind
        self._wanted = wanted

    def __format__(self, column: str) -> str:
        if not self._wanted:
            return column
        # Whoever has no counterpart is like nobody on the other side, also not like a namesake of the same id.
        table = ids_of(self._kind)
        found = f"(select becomes from {table} where {table}.id = {column})"
        return f"case when {column} = '' then '' else coalesce({found}, chr(0) || {column}) end"


class _Time:
    """Times in expressions, rounded down to *grain* nanoseconds."""

    def __init__(self, grain: int) -> None:
        self._grain = grain

    def __format__(self, column: str) -> str:
        value, grain = f"{column}::hugeint", self._grain
        return f"({value} - (({value} % {grain}) + {grain}) % {grain})::varchar"


def words(*, translate: bool, grain: int) -> dict[str, Any]:
    """
    What stands in the places of expressions, for `str.format`: ids are translated or not, times lie on *grain* nanoseconds.

    Translated ids are looked up in the tables `ids_of` each of the names in `translations`, with the columns `id` and `becomes`.
    """
    ids = {kind: _Translated(kind, translate) for kind in ("person", "group", "any")}
    whom = {
        "principal": _whom("principal_kind", "principal", translate),
        # Named with their table: the ids that are looked up have a column of that name, too.
        "itself": _whom("source.kind", "source.id", translate),
    }
    return {**ids, **whom, "time": _Time(grain)}


def _whom(kind: str, identity: str, translate: bool) -> str:
    """The principal that two columns name; everybody is everybody, whatever they are called."""
    both = f"{kind} || ':' || {identity}"
    return f"case {kind} when 'everybody' then '' else {_Translated('principal', translate):({both})} end"
