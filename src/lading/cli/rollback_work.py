"""
What the commands of `lading rollback` share: finding the switch, holding it, recording what was done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.cli.meter import Meter
from lading.cli.output import progress_bar
from lading.connectors.crew import Crew, drive_for
from lading.evidence.ledger import Ledger
from lading.manifest.engine import load_engine
from lading.manifest.files import locked
from lading.model.access import Principal
from lading.model.errors import NotMarked
from lading.model.identity import GROUPS, IdentityMap
from lading.model.text import Text
from lading.stages.cutover.clients import Clients, expire
from lading.stages.cutover.journaling import Means, Sealed, write_entry
from lading.stages.cutover.marking import READING
from lading.stages.cutover.messages import messages, noted
from lading.stages.cutover.performing import WRITING
from lading.stages.cutover.proving import Proof, prove
from lading.stages.cutover.rights import Ask
from lading.stages.cutover.running import Plan, Run, make_plan, run
from lading.stages.cutover.state import Home, Mark, lines_of, mark_in, marked_below, write_lines
from lading.stages.transfer.order import workers

_WORK = Text("a rollback", "回退")


class Ended(NamedTuple):
    """A rollback that came to its end, and the proof."""

    run: Run
    proof: Proof
    clients: Clients | None = None
    """Whether clients of OLD were told to compare anew; None: OLD is not whole, nobody is to work there."""


def found(state: LocalPath, job: str | None) -> Mark:
    """
    The switch below *state*: the only one, or that of *job*.

    Raises:
        NotMarked: there is none, or several.
    """
    homes = [it for it in marked_below(state) if job is None or it.folder.parent.name == job]
    if not homes:
        raise NotMarked(str(state), Text("no switch is marked here", "此处尚未标记切换"))
    if len(homes) > 1:
        listed = ", ".join(it.folder.parent.name for it in homes)
        said = Text(
            f"several switches are marked: {listed}; give --job", f"标记了多个切换：{listed}；请用 --job 指定"
        )
        raise NotMarked(str(state), said)
    return mark_in(homes[0])


@contextmanager
def at_work(home: Home, *, quiet: bool, asked: int | None) -> Iterator[tuple[Crew, Meter]]:
    """Hold the rollback of *home* for us alone, with workers and a bar."""
    home.folder.mkdir(parents=True, exist_ok=True)
    meter = Meter()
    load_engine()
    with (
        locked(str(home.folder), _WORK),
        Crew(workers(asked), publish=meter.add) as crew,
        progress_bar(quiet=quiet) as show,
    ):
        meter.show = show
        yield crew, meter


def record(mark: Mark, kind: str, facts: Mapping[str, Any], actor: str) -> None:
    """Note in the ledger of the job what was done."""
    Ledger(mark.home.ledger).append(kind, facts, actor=actor, at=datetime.now(UTC))


def journaled(mark: Mark, crew: Crew, meter: Meter, *, whole: bool, actor: str) -> Sealed:
    """Append an entry to the journal, and note it."""
    entry = write_entry(mark, Means(crew, meter.show, time.time, whole))
    facts = {"entry": entry.number, "sha256": entry.facts["sha256"], "changes": entry.facts["changes"]}
    record(mark, "rollback.journaled", facts, actor)
    return entry


def planned(mark: Mark, crew: Crew, ask: Ask) -> Plan:
    """What would be done."""
    return make_plan(mark, crew, ask=ask)


def carried(mark: Mark, crew: Crew, meter: Meter, *, ask: Ask, actor: str) -> Ended:
    """
    Carry out and prove.

    Raises:
        LadingError: something stands in the way.
    """
    record(mark, "rollback.started", {"rights": ask.value}, actor)
    done = run(mark, crew, ask=ask, publish=meter.show)
    proof = prove(mark, crew, not_carried=[it.deed.path for it in done.failed], publish=meter.show)
    return Ended(done, proof)


def told_clients(mark: Mark, ended: Ended) -> Ended:
    """Make clients of OLD compare anew, now that it is known to be whole."""
    if not ended.proof.holds:
        return ended
    return ended._replace(clients=expire(drive_for(mark.old, WRITING), mark.home))


def finished(ended: Ended) -> dict[str, Any]:
    """What the ledger and the state folder hold of a rollback that came to its end."""
    done, proof = ended.run, ended.proof
    clients = None if ended.clients is None else ended.clients._asdict()
    return {
        "run": done.plan.to_json(),
        "proof": proof.to_json(),
        "failed": len(done.failed),
        "clients": clients,
    }


def write_messages(mark: Mark) -> None:
    """Add to the file of messages what the authors of conflicts are to be told, of cut-off runs as well; each once."""
    earlier = list(lines_of(mark.home.messages))
    told = {line.get("id") for line in earlier}
    new = [it for it in noted(lines_of(mark.home.carried)).values() if it.id not in told]
    write_lines(mark.home.messages, [*earlier, *messages(drive_for(mark.old, READING), mark.people, new)])


def whose(people: IdentityMap) -> dict[str, str]:
    """
    Who of OLD somebody of NEW is, as `kind:id` by `kind:id`.

    A group that has other people in OLD than in NEW is left out: a grant to it would reach too many, a denial too few.
    """
    back: dict[str, list[str]] = {}
    for match in people:
        if match.new is None or (match.old.kind in GROUPS and (match.fewer != 0 or match.wider != 0)):
            continue
        back.setdefault(_name(match.new), []).append(_name(match.old))
    return {new: old[0] for new, old in back.items() if len(old) == 1}


def _name(it: Principal) -> str:
    return f"{it.kind.value}:{it.id}"
