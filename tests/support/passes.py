"""
Passes of `lading copy` inside the test: real parts, in this process, one thing after the other.

Left out are the worker processes; stories run those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ANYTHING
from lading.connectors.crew import close_drives
from lading.connectors.memory import MemoryStore
from lading.connectors.registry import CONNECTORS
from lading.connectors.wrap.faults import Fault
from lading.manifest.read import Manifest
from lading.model.entry import Kind
from lading.model.fidelity import Contract
from lading.model.identity import By, IdentityMap
from lading.model.paths import ROOT, Path
from lading.stages.planning.contract import identities, side
from lading.stages.planning.matching import How
from lading.stages.transfer.copying import Copying
from lading.stages.transfer.order import Order
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Job, job_at
from support.memory_drives import STORES


class InlineCrew:
    """Does what is submitted at once, here."""

    size = 1

    def submit(self, work: Callable[..., Any], *given: Any, **named: Any) -> Future[Any]:
        """The result or the error of *work*, as a crew would give it."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given, **named))
        except BaseException as error:
            done.set_exception(error)
        return done

    def dismiss(self) -> None:
        """Nothing is at work."""

    def stop(self, *, at_once: bool = False) -> None:
        """Nothing is at work."""


class Who(NamedTuple):
    """Who is who, as the command finds it."""

    how: How

    def __call__(self, old: Manifest, new: Manifest) -> IdentityMap:
        return identities(side(old), side(new), self.how)


class Passes:
    """A job between *old* and *new*, run pass after pass."""

    def __init__(self, old: Address, new: Address, state: LocalPath) -> None:
        self.old, self.new, self._state = old, new, state

    @property
    def job(self) -> Job:
        """The job in its state folder."""
        return job_at(self._state, self.old, self.new)

    def run(
        self,
        *,
        old: tuple[Fault, ...] = (),
        new: tuple[Fault, ...] = (),
        contract: Contract | None = None,
        by: tuple[By, ...] = (By.ID,),
        **rules: Any,
    ) -> dict[str, Any]:
        """One pass, with *old* and *new* going wrong like this; its account.  People are found *by* their ids."""
        close_drives()
        order = Order(rules=Rules(**rules), who=Who(How(order=by)), contract=contract)
        copying = Copying(order, self.job, InlineCrew(), Tally())  # type: ignore[arg-type]
        copying._old_policy = replace(copying._old_policy, faults=old, attempts=1)
        copying._new_policy = replace(copying._new_policy, faults=new, attempts=1)
        try:
            account = copying.run().account
        finally:
            close_drives()
        check_closed(account)
        return account

    def lines(self, name: str) -> list[dict[str, Any]]:
        """A list of the last pass, e.g. `failures`."""
        text = (self.job.passes()[-1].folder / f"{name}.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run passes in this process."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setitem(CONNECTORS, "memory", "support.memory_drives")


def memory_passes(state: LocalPath, old: MemoryStore, new: MemoryStore) -> Passes:
    """A job between two stores."""
    STORES.update(old=old, new=new)
    return Passes(Address("memory", "old"), Address("memory", "new"), state)


def put(drive: Drive, files: dict[str, bytes]) -> None:
    """Write *files* by their paths, folders on the way included."""
    for text, content in files.items():
        path = tuple(text.split("/"))
        for depth in range(1, len(path)):
            drive.make_folder(path[:depth])
        drive.write(path, [content], expect=ANYTHING, modified=1_700_000_000_000_000_000)


def tree(drive: Drive, folder: Path = ROOT) -> dict[Path, bytes | None]:
    """Everything on *drive*: content by path, None for a folder."""
    found: dict[Path, bytes | None] = {}
    for entry in drive.list(folder).entries:
        if entry.kind is Kind.FOLDER:
            found |= {entry.path: None, **tree(drive, entry.path)}
        else:
            with drive.read(entry.path) as reader:
                found[entry.path] = b"".join(iter(lambda: reader.read(1 << 20), b""))
    return found


def buckets(account: dict[str, Any]) -> dict[str, int]:
    """Objects in each bucket that is not empty."""
    return {name: it["objects"] for name, it in account["buckets"].items() if it["objects"]}


def check_closed(account: dict[str, Any]) -> None:
    """Nothing is in two buckets or in none, over all and in each space."""
    for part in (account, *account["spaces"]):
        for unit in ("objects", "bytes"):
            assert part["found"][unit] == sum(it[unit] for it in part["buckets"].values())
    for unit in ("objects", "bytes"):
        assert account["found"][unit] == sum(it["found"][unit] for it in account["spaces"])
