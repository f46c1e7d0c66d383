"""
The three separated admin roles: who gives and takes them.

One account has at most one.  The system admin appoints the first security admin and the first
audit admin; from then on only a security admin gives and takes, never from or to themselves, and the
last admin of a role keeps it.  The drive itself may do it all: a command on its own machine.
"""

from __future__ import annotations

from lading.drive.actor import Actor
from lading.drive.errors import Unfit
from lading.drive.models import Account
from lading.drive.people.powers import confirm_admin, is_drive, need_admin
from lading.drive.writing import Writing, writing
from lading.model.errors import Forbidden, NotFound
from lading.model.text import Text

ROLES = ("system", "security", "audit")


def give_admin_role(actor: Actor, principal: int, role: str) -> None:
    """
    Give *role* (`system`, `security`, `audit`) to the account of a person; `""` takes away what they have.

    Raises:
        Forbidden: the actor may not, the other has a role already, or is a guest or oneself.
        NotFound: there is no active person with an account.
        Unfit: there is no such role.
    """
    if role == "":
        take_admin_role(actor, principal)
        return
    if role not in ROLES:
        raise Unfit("role", Text("it is system, security or audit", "应为 system、security 或 audit"))
    with writing(actor) as work:
        work.rights_changed()  # first: from here on no other change of roles runs beside this one
        _may_give(actor, role)
        account = _account(actor, principal)
        if account.admin:
            raise _forbidden("they have a role already; take it away first", "对方已有管理角色，请先撤销")
        Account.objects.filter(id=account.id).update(admin=role)
        _tell(work, "role.given", principal, role)


def take_admin_role(actor: Actor, principal: int) -> None:
    """
    Take the admin role of *principal* away.

    Raises:
        Forbidden: the actor is no security admin, or takes their own, or the last of its kind.
        NotFound: there is no active person with an account, or no role.
    """
    with writing(actor) as work:
        work.rights_changed()
        confirm_admin(actor, "security")
        account = _account(actor, principal)
        if not account.admin:
            raise NotFound("role", Text("they have no admin role", "对方没有管理角色"))
        if len(admins(account.admin)) < 2:
            raise _forbidden("they are the last one of this role", "对方是该角色的最后一人")
        Account.objects.filter(id=account.id).update(admin="")
        _tell(work, "role.taken", principal, account.admin)


def admins(role: str) -> list[int]:
    """The principals of active persons who have *role*."""
    rows = Account.objects.filter(admin=role, principal__active=True, principal__kind="person")
    return list(rows.order_by("principal_id").values_list("principal_id", flat=True))


def _may_give(actor: Actor, role: str) -> None:
    if is_drive(actor):
        return
    need_admin(actor, "system", "security")
    confirm_admin(actor, actor.admin)
    first = role != "system" and not admins(role)
    if actor.admin == "system" and not first:
        raise _forbidden("only a security admin gives this role now", "现在只有安全管理员可以授予此角色")


def _account(actor: Actor, principal: int) -> Account:
    if principal == actor.principal:
        raise _forbidden("nobody gives or takes their own role", "不得授予或撤销自己的角色")
    account = Account.objects.filter(
        principal_id=principal, principal__active=True, principal__kind="person"
    ).first()
    if account is None:
        raise NotFound(
            "account", Text("there is no active person with an account", "没有在职且有账号的此人员")
        )
    return account


def _tell(work: Writing, kind: str, principal: int, role: str) -> None:
    work.event(kind, of=principal, role=role)


def _forbidden(en: str, zh: str) -> Forbidden:
    return Forbidden("role", Text(en, zh))
