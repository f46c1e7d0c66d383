"""
See to it that somebody can still manage.

A place that had a manager never loses the last one by a grant, a denial or a break.  Only allowances
without an end count, held by people who are active now: one that expires would leave the place alone later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from lading.drive.models import Grant, Node
from lading.drive.rights.decide import past
from lading.drive.rights.members import below, counted, fetch
from lading.drive.rights.places import Place
from lading.drive.rights.roles import Role
from lading.model.errors import Forbidden
from lading.model.paths import decode
from lading.model.text import Text

_PEOPLE = "SELECT id FROM drive_principal WHERE id IN ({ids}) AND kind = 'person'"


@contextmanager
def manager_stays(place: Place, now: int, *, deep: bool) -> Iterator[None]:
    """
    Let the body change the rights of *place*; with *deep* it may also hit broken folders below.

    Raises:
        Forbidden: a place that had a manager would have none.
    """
    chains = [place.chain, *(_broken(place) if deep else ())]
    had = [chain for chain in chains if has_manager(chain, now)]
    yield
    if not all(has_manager(chain, now) for chain in had):
        raise Forbidden(
            decode(place.path), Text("its last manager would be gone", "最后一位管理者将失去权限")
        )


def has_manager(chain: list[int], now: int) -> bool:
    """Whether an active person has MANAGE for good on the last node of *chain*, ids from the root down."""
    grants = list(Grant.objects.filter(node__in=chain).exclude(expires__lte=now))
    counting = _counting(chain)
    managing = {
        grant.principal_id
        for grant in grants
        if not grant.deny
        and grant.role >= Role.MANAGE
        and grant.expires is None
        and grant.node_id in counting
    }
    denied = {grant.principal_id for grant in grants if grant.deny}
    people = _people(below(managing)) if managing else set()
    return any(not ids & denied for ids in counted(people, now).values())


def _counting(chain: list[int]) -> set[int]:
    """The nodes whose allowances reach the end of *chain*."""
    breaks = set(Node.objects.filter(id__in=chain, breaks=True).values_list("id", flat=True))
    start = max((at for at, node in enumerate(chain) if node in breaks), default=0)
    return set(chain[start:])


def _people(principals: Iterable[int]) -> set[int]:
    ids = list(principals)
    return {row[0] for row in fetch(_PEOPLE, ids)} if ids else set()


def _broken(place: Place) -> list[list[int]]:
    found = Node.objects.filter(
        space=place.space, breaks=True, trail__gte=place.below, trail__lt=past(place.below)
    )
    return [
        [*(int(key) for key in trail.split("/")[:-1]), node]
        for node, trail in found.values_list("id", "trail")
    ]
