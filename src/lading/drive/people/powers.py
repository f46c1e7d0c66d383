"""
Which admin powers an actor has.

The three roles are separated: the system admin runs the drive and its directory, the security
admin decides about roles, walls and holds, the audit admin reads what happened.
"""

from __future__ import annotations

from lading.drive.actor import SYSTEM, Actor, Scope
from lading.drive.models import Account
from lading.model.errors import Forbidden
from lading.model.text import Text

_ROLES = {
    "system": Text("a system admin", "系统管理员"),
    "security": Text("a security admin", "安全管理员"),
    "audit": Text("an audit admin", "审计管理员"),
}


def is_drive(actor: Actor) -> bool:
    """Whether this is the drive itself: a command on its own machine."""
    return actor.principal is None and actor.name == SYSTEM.name


def is_admin(actor: Actor, *roles: str) -> bool:
    """Whether *actor* is the drive itself or uses one of *roles* with a token that may."""
    return is_drive(actor) or (actor.admin in roles and Scope.ADMIN in actor.scopes)


def need_admin(actor: Actor, *roles: str) -> None:
    """
    Raises:
        Forbidden: *actor* has none of *roles*.
    """
    if not is_admin(actor, *roles):
        en = " or ".join(_ROLES[role].en for role in roles)
        zh = "或".join(_ROLES[role].zh for role in roles)
        raise Forbidden("Lading", Text(f"this takes {en}", f"此操作需要{zh}"))


def confirm_admin(actor: Actor, *roles: str) -> None:
    """
    `need_admin`, with the role as it stands in the transaction under way.

    Raises:
        Forbidden: the role is not there, or not any more.
    """
    need_admin(actor, *roles)
    if actor.principal is not None:
        mine = Account.objects.filter(principal_id=actor.principal, principal__active=True)
        if not mine.filter(admin__in=roles).exists():
            need_admin(Actor(actor.principal, actor.name), *roles)
