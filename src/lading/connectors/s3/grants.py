"""
Who may do what in a bucket, as far as the bucket itself says: its ACL, its policy, the ACLs of objects.

What identity policies, access points and organisations allow or forbid is told to nobody who asks a bucket; so
what is told is never complete, and says so.  Nothing is set: rights of other drives have no counterpart here.

Roles follow the "Actions, resources, and condition keys for Amazon S3" of the Service Authorization Reference and the
table of ACL permissions in the User Guide ("Access control list overview").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lading.connectors.names import check_names
from lading.connectors.s3.answers import child, children, document, texts
from lading.connectors.s3.keys import file_key
from lading.connectors.s3.signing import Query
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Role
from lading.model.errors import Unable
from lading.model.paths import ROOT, Path
from lading.model.text import Text

_SETS_NOTHING = Text("a bucket takes no grants of single people", "存储桶不支持为个人授权")
_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": Principal(PrincipalKind.EVERYBODY, "*", "AllUsers"),
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": Principal(
        PrincipalKind.GROUP, "AuthenticatedUsers", "AuthenticatedUsers"
    ),
    "http://acs.amazonaws.com/groups/s3/LogDelivery": Principal(
        PrincipalKind.GROUP, "LogDelivery", "LogDelivery"
    ),
}
_READ = frozenset({"s3:getobject"})
_EDIT = _READ | {"s3:putobject", "s3:deleteobject"}
_LIST = frozenset({"s3:listbucket"})
_ACTIONS: tuple[tuple[Role, frozenset[str]], ...] = (
    (Role.EDIT, _EDIT | _LIST),
    (Role.DOWNLOAD, _READ),
    (Role.PASS, _LIST),
)
"""Roles with the actions each needs, highest first; who may do everything manages."""


class S3Grants:
    """Grants as the bucket and its objects tell them; the *root* and what lies below it is asked."""

    def __init__(self, wire: Wire, *, object_lists: bool) -> None:
        self._wire, self._object_lists = wire, object_lists

    def list(self, path: Path) -> tuple[Grant, ...]:
        """What stands on the root: ACL and policy of the bucket; on an object: its own ACL."""
        check_names(path)
        if not path:
            return (*self._acl(None, path), *self._policy())
        answer = self._wire.call(self._wire.head(self._wire.prefix + file_key(path), path))
        if answer.status == 404:
            # A folder has no list of its own; that it is there is demanded.
            from_marker = self._wire.prefix + file_key(path) + "/"
            query: Query = (("list-type", "2"), ("prefix", from_marker), ("max-keys", "1"))
            root = document(self._wire.demand(Ask("GET", None, path, query)).body, path)
            if child(root, "Contents") is None:
                raise error_of(answer, path)
            return ()
        return (*self._acl(self._wire.prefix + file_key(path), path),) if self._object_lists else ()

    def all(self) -> Iterator[Grant] | None:
        """Those of the root where objects have no lists of their own; else each has to be asked."""
        return None if self._object_lists else iter(self.list(ROOT))

    def set(self, grant: Grant) -> None:
        """Not possible."""
        raise Unable(grant.path, _SETS_NOTHING)

    def unset(self, grant: Grant) -> None:
        """Not possible."""
        raise Unable(grant.path, _SETS_NOTHING)

    def _acl(self, key: str | None, path: Path) -> Iterator[Grant]:
        answer = self._wire.call(Ask("GET", key, path, (("acl", ""),)))
        if answer.status in (403, 404, 405, 501):
            return
        if answer.status != 200:
            raise error_of(answer, path)
        root = document(answer.body, path)
        lists = child(root, "AccessControlList")
        for grant in children(lists, "Grant") if lists is not None else ():
            grantee = child(grant, "Grantee")
            who = _grantee(texts(grantee) if grantee is not None else {})
            permission = texts(grant).get("Permission", "")
            if who is not None and permission:
                role = _acl_role(permission, of_object=key is not None)
                yield Grant(path, who, frozenset({f"acl:{permission}"}), source="acl", role=role)

    def _policy(self) -> Iterator[Grant]:
        answer = self._wire.call(Ask("GET", None, ROOT, (("policy", ""),)))
        if answer.status == 200:
            yield from policy_grants(answer.body, self._wire.options.bucket, self._wire.prefix)
        elif answer.status not in (403, 404, 405, 501):
            raise error_of(answer, ROOT)


def _grantee(facts: dict[str, str]) -> Principal | None:
    if uri := facts.get("URI"):
        return _GROUPS.get(uri, Principal(PrincipalKind.GROUP, uri, uri.rpartition("/")[2]))
    if who := facts.get("ID") or facts.get("EmailAddress"):
        return Principal(PrincipalKind.PERSON, who, facts.get("DisplayName", ""))
    return None


def _acl_role(permission: str, *, of_object: bool) -> Role:
    """
    The highest role that an ACL's *permission* holds whole.

    On a bucket READ lists, WRITE makes and removes objects, and none lets their content be read.
    """
    if of_object:
        return Role.DOWNLOAD if permission in ("READ", "FULL_CONTROL") else Role.NONE
    return Role.PASS if permission in ("READ", "FULL_CONTROL") else Role.NONE


def policy_grants(text: bytes, bucket: str, prefix: str) -> Iterator[Grant]:
    """
    The statements of a bucket policy as grants on the root.

    A statement that has conditions, or is about some keys only, is told with the role NONE and all its words: nobody
    is said to have what they may not have.  A denial keeps its words and takes from MANAGE on where it is limited.
    """
    try:
        statements = json.loads(text).get("Statement", [])
    except (ValueError, AttributeError):
        return
    for number, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        if isinstance(statement, dict):
            yield from _statement(statement, f"policy:{statement.get('Sid') or number}", bucket, prefix)


def _statement(it: dict[str, Any], source: str, bucket: str, prefix: str) -> Iterator[Grant]:
    actions = frozenset(action.lower() for action in _many(it.get("Action")))
    limited = (
        bool(it.get("Condition")) or not actions or not _covers(_many(it.get("Resource")), bucket, prefix)
    )
    words = {f"policy:{word}" for word in (*_many(it.get("Action")), *_many(it.get("NotAction")))}
    words |= {f"resource:{word}" for word in _many(it.get("Resource"))} if limited else set()
    words |= {f"condition:{json.dumps(it['Condition'], sort_keys=True)}"} if it.get("Condition") else set()
    effect = Effect.DENY if it.get("Effect") == "Deny" else Effect.ALLOW
    role = _denied(actions, limited=limited) if effect is Effect.DENY else _allowed(actions, limited=limited)
    for who in _principals(it):
        yield Grant(ROOT, who, frozenset(words), effect=effect, source=source, role=role)


def _allowed(actions: frozenset[str], *, limited: bool) -> Role:
    if limited:
        return Role.NONE
    if actions & {"s3:*", "*"}:
        return Role.MANAGE
    return next((role for role, needed in _ACTIONS if all(_has(actions, one) for one in needed)), Role.NONE)


def _denied(actions: frozenset[str], *, limited: bool) -> Role:
    """The lowest role that a denial takes something from: a limited one may take less, and is told as the least."""
    if limited:
        return Role.MANAGE
    for role, needed in reversed(_ACTIONS):
        if any(_has(actions, one) for one in needed):
            return role
    return Role.MANAGE


def _has(actions: Iterable[str], wanted: str) -> bool:
    return any(
        action == wanted or (action.endswith("*") and wanted.startswith(action[:-1])) for action in actions
    )


def _covers(resources: list[str], bucket: str, prefix: str) -> bool:
    """Whether *resources* take in every object below *prefix*."""
    for resource in resources:
        place = resource.rpartition(":")[2]
        if place in ("*", f"{bucket}*", f"{bucket}/*"):
            return True
        if place.endswith("*") and f"{bucket}/{prefix}".startswith(place[:-1]):
            return True
        if place == bucket and len(resources) == 1:
            return True
    return False


def _principals(it: dict[str, Any]) -> Iterator[Principal]:
    told = it.get("Principal", {"NotPrincipal": it.get("NotPrincipal")})
    if told == "*" or (isinstance(told, dict) and "*" in _many(told.get("AWS"))):
        yield Principal(PrincipalKind.EVERYBODY, "*")
        return
    for kind, names in told.items() if isinstance(told, dict) else ():
        for name in _many(names):
            yield _named(kind, name)


def _named(kind: str, name: str) -> Principal:
    person = kind == "CanonicalUser" or ":user/" in name
    short = name.rpartition("/")[2] if "/" in name else name.rpartition(":")[2] or name
    return Principal(PrincipalKind.PERSON if person else PrincipalKind.GROUP, name, short)


def _many(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(one) for one in value] if isinstance(value, list) else []
