"""
What goes along with the files of a pass: what is scanned for it, who is who, and what is planned when all content is there.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from typing import Any

from lading.connectors.crew import Crew
from lading.manifest.tables import Feature, features_of
from lading.model.errors import BadRequest, WorkerLost
from lading.model.losses import Feature as Lost
from lading.model.text import Text
from lading.stages.transfer.hanging import Hanging
from lading.stages.transfer.late import plan_late
from lading.stages.transfer.order import Order
from lading.stages.transfer.people import target_of, write_people
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.sharing import plan_links
from lading.stages.transfer.state import Job, Pass

Plans = tuple[tuple[str, Callable[[], list[list[str]]]], ...]
_NOT_ALL = Text(
    "the account is told only some of the grants; what limits the others would be lost. Use one that manages all, or a contract that waives grants",
    "所用账号只能看到部分授权，其余限制会丢失。请使用管理全部内容的账号，或使用豁免授权项的约定",
)


def scanned(rules: Rules) -> tuple[Feature, ...]:
    """The features that both drives are asked for."""
    return features_of((*rules.features, Feature.PEOPLE)) if rules.features else ()


def hanging_of(it: Pass, sides: Sides, order: Order, rules: Rules, job: Job) -> Hanging | None:
    """
    What goes along with the files of the pass, once both drives have been scanned; keeps who is who.

    Raises:
        BadRequest: OLD does not tell all its grants, so that nobody would know what they are limited by.
    """
    contract = order.contract
    if not rules.features or order.who is None:
        return None
    access = sides.old_profile.access
    waived = contract is not None and Lost.GRANTS in contract.waived
    if Feature.GRANTS in rules.features and access and not access.complete and not waived:
        raise BadRequest(sides.old_profile.address, _NOT_ALL)
    endless = contract is not None and contract.terms.get("expiry") == "report"
    write_people(it.folder, order.who(sides.old, sides.new), endless=endless)
    number = it.number or len(job.passes()) + 1
    return Hanging(
        rules.features,
        job.landed_before(number, "grants"),
        rules.overwrite,
        rules.archive is not None,
        target_of(it.folder, sides.old, sides.old_profile, sides.new_profile),
    )


def later(it: Pass, sides: Callable[[], Sides], rules: Rules, job: Job, crew: Crew) -> Plans:
    """Plans of what is done after all content: what gives people something, then links."""
    before = job.landed_before(it.number, "links")
    plans: dict[Feature, Callable[[], list[list[str]]]] = {
        Feature.GRANTS: lambda: _by_worker(crew, plan_late, sides(), it),
        Feature.LINKS: lambda: _by_worker(crew, plan_links, sides(), it, before),
    }
    return tuple((feature.value, plan) for feature, plan in plans.items() if feature in rules.features)


def _by_worker(crew: Crew, work: Callable[..., list[list[str]]], *given: Any) -> list[list[str]]:
    try:
        return crew.submit(work, *given).result()
    except BrokenExecutor:
        raise WorkerLost("", Text("while planning", "制定计划期间")) from None
