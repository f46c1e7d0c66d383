"""
Breaking the glass: a system admin reads a space for a stated reason and time.

Nothing is hidden about it: the event is part of the space's own feed, so its managers see
who, when, why and how long.  No wall is broken with it.
"""

from __future__ import annotations

from lading.drive.actor import Actor
from lading.drive.errors import Unfit
from lading.drive.models import BreakGlass, Space
from lading.drive.people.powers import confirm_admin, is_drive, need_admin
from lading.drive.rights.walls import check_walls
from lading.drive.writing import writing
from lading.model.errors import Forbidden, NotFound
from lading.model.text import Text

SHORTEST_REASON = 10
LONGEST_REASON = 1000
LONGEST_MINUTES = 240
_MINUTE = 60 * 10**9


def break_glass(actor: Actor, space: int, reason: str, minutes: int) -> BreakGlass:
    """
    Let *actor* read *space* for *minutes* from now.

    Raises:
        Forbidden: not a system admin, or the drive itself, which is nobody who reads.
        Unfit: the reason has fewer than 10 or more than 1,000 characters, or the time is not 1 to 240 minutes.
        NotFound: there is no such space.
        Walled: *actor* stands on the other side of a wall.
    """
    said = " ".join(reason.split())
    if is_drive(actor) or actor.principal is None:
        raise Forbidden("glass", Text("a person must answer for it", "须由具体人员承担责任"))
    need_admin(actor, "system")
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON or any(not sign.isprintable() for sign in said):
        raise Unfit(
            "reason",
            Text(
                f"it needs {SHORTEST_REASON} to {LONGEST_REASON} characters",
                f"须为 {SHORTEST_REASON} 至 {LONGEST_REASON} 个字符",
            ),
        )
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise Unfit("minutes", Text(f"1 to {LONGEST_MINUTES}", f"须为 1 至 {LONGEST_MINUTES}"))
    with writing(actor, space, thawed=True) as work:
        confirm_admin(actor, "system")
        until = work.now + minutes * _MINUTE
        row = BreakGlass.objects.create(
            principal_id=actor.principal, space_id=space, reason=said, created=work.now, expires=until
        )
        check_walls(work, principals=[actor.principal])
        root = Space.objects.values_list("root_id", flat=True).get(id=space)
        work.event("glass.broken", space=space, node=root, glass=row.id, reason=said, minutes=minutes)
        work.rights_changed()
    return row


def mend_glass(actor: Actor, glass: int) -> None:
    """
    End it before its time: by who broke it, or by a security admin.

    Raises:
        NotFound: there is none under way that the actor may end.
    """
    row = BreakGlass.objects.filter(id=glass).first()
    if row is None or not (
        row.principal_id == actor.principal or actor.admin == "security" or is_drive(actor)
    ):
        raise NotFound("glass", Text("there is none under way", "没有进行中的紧急访问"))
    with writing(actor, row.space_id, thawed=True) as work:
        if not BreakGlass.objects.filter(id=glass, expires__gt=work.now).update(expires=work.now):
            raise NotFound("glass", Text("there is none under way", "没有进行中的紧急访问"))
        work.event("glass.mended", space=row.space_id, glass=glass)
        work.rights_changed()
