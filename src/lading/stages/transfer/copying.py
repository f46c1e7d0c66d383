"""
Copy one drive into another: the way in for everybody who calls this stage.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path as LocalPath
from typing import Any

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import Crew, drive_for
from lading.connectors.wrap.policy import Policy
from lading.evidence.chain import Broken, records
from lading.evidence.ledger import Ledger, broken_at
from lading.manifest.read import open_manifest
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.model.errors import BadRequest, BadState, CallsUsedUp, DriveError, NotFound, WorkerLost
from lading.model.failpoints import failpoint
from lading.model.paths import ROOT
from lading.model.text import Text
from lading.stages.transfer.account import Times, close_account
from lading.stages.transfer.along import hanging_of, later, scanned
from lading.stages.transfer.decide import ACTIVE
from lading.stages.transfer.ends import Ends
from lading.stages.transfer.flow import VERSION, Steps, run_pass
from lading.stages.transfer.order import Finished, Order, Planned
from lading.stages.transfer.plan import Sides, make_plan
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.remains import forget_secrets, seal_links
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Job, Pass, Stages, read_json, read_stages, write_json
from lading.stages.transfer.trouble import state_errors
from lading.stages.transfer.worker import Task

DRY = 0
"""The number of the pass that a dry run uses and throws away."""
_NOTHING = Address("generated", "entries=0")


class Copying:
    """
    One run of a job: its drives, its workers, its pass.

    Make it while the lock of the job is held, then call `run` or `dry_run` once.
    """

    def __init__(self, order: Order, job: Job, crew: Crew, tally: Tally) -> None:
        self._order, self._job, self._crew, self._tally = order, job, crew, tally
        self._old = replace(job.old, owner=job.id)
        self._new = replace(job.new, owner=job.id)
        self._old_policy = Policy(read_only=True, only=order.only, **self._limits("old", order.old_limits))
        self._new_policy = Policy(**self._limits("new", order.new_limits))

    def dry_run(self) -> Planned:
        """
        Scan and plan, and write nothing to NEW.

        Raises:
            LadingError: whatever a run would raise up to there.
        """
        with state_errors(self._job.folder):
            return self._dry_run()

    def _dry_run(self) -> Planned:
        it = self._job.pass_of(DRY)
        self._only_look()
        shutil.rmtree(it.folder, ignore_errors=True)
        try:
            it.prepare()
            self._scan(self._old, self._old_policy, it.old)
            existed = self._new_exists()
            self._scan(self._new if existed else _NOTHING, self._new_policy, it.new)
            sides = self._sides(it, existed=existed)
            plan = make_plan(
                sides,
                self._order.rules,
                it.plan,
                hanging_of(it, sides, self._order, self._rules(it), self._job),
            )
            return Planned(plan, existed)
        finally:
            shutil.rmtree(it.folder, ignore_errors=True)

    def run(self) -> Finished:
        """
        Run a pass to its end, or take up the one that was cut off.

        Raises:
            BadRequest: the unfinished pass was begun under other rules.
            LadingError: what stopped it; running again goes on where it was.
        """
        with state_errors(self._job.folder):
            return self._run()

    def _run(self) -> Finished:
        self._look()
        it, resumed = self._begin()
        if not resumed:
            self._sweep()
        self._tally.write_to(it.folder / "rates.jsonl")
        with ThreadPoolExecutor(2, thread_name_prefix="scan") as pool:
            try:
                spent = run_pass(it, self._crew, self._steps(it, pool))
            except BaseException as problem:
                # The pool would wait for all that its scans have the workers do.  Where the calls of the
                # month are used up, all of them end by themselves, and note what they did: it cost calls.
                self._crew.stop(at_once=not isinstance(problem, CallsUsedUp))
                raise
        # What is not there any more cannot be in the way of the next pass; this one has ended either way.
        with suppress(DriveError):
            self._sweep()
        return Finished(it, read_json(it.account), resumed, spent)

    def _steps(self, it: Pass, pool: ThreadPoolExecutor) -> Steps:
        """What the flow does; both scans are begun at once."""
        old = pool.submit(self._scan, self._old, self._old_policy, it.old, "scan.old.done")
        new = pool.submit(self._scan, self._new, self._new_policy, it.new, "scan.new.done")
        return Steps(
            scan_old=old.result,
            scan_new=new.result,
            plan=lambda: self._plan(it),
            task=lambda key: self._task(it, key),
            settle=self._settle,
            account=lambda: self._account(it),
            record=lambda: self._record(it),
            later=later(it, lambda: self._sides(it), self._rules(it), self._job, self._crew),
        )

    # Before the flow

    def _begin(self) -> tuple[Pass, bool]:
        """The pass to work on, and whether it was begun before."""
        passes = self._job.passes()
        last = passes[-1] if passes else None
        if last is not None and not last.ended.exists() and not self._order.new_pass:
            self._take_up(last)
            return last, True
        it = self._job.pass_of(self._next_number())
        it.prepare()
        self._write_down(it)
        self._append("copy.started", {"pass": it.number, **self._places()})
        return it, False

    def _write_down(self, it: Pass) -> None:
        rules = self._order.rules.to_json()
        facts = {"format": 1, "flow": VERSION, "pass": it.number, "started": time.time(), "rules": rules}
        write_json(it.folder / "pass.json", facts)

    def _next_number(self) -> int:
        passes = self._job.passes()
        return passes[-1].number + 1 if passes else 1

    def _take_up(self, it: Pass) -> None:
        begun = it.folder / "pass.json"
        if not begun.exists():
            # Cut off between making the folder and writing down the rules.
            self._write_down(it)
        rules = self._rules(it)
        self._check_version(it)
        if rules != self._order.rules:
            self._change_rules(it)
        it.prepare()
        self._append("copy.resumed", {"pass": it.number})

    def _check_version(self, it: Pass) -> None:
        """Let a pass that another version of Lading began go on if that has planned nothing yet."""
        begun = it.folder / "pass.json"
        facts = read_json(begun)
        if facts.get("flow") == VERSION:
            return
        if it.planned.exists():
            raise BadRequest(
                str(it.folder),
                Text(
                    f"pass {it.number} is unfinished and was begun by another version of Lading; start a new one with --new-pass",
                    f"第 {it.number} 轮尚未完成且由其他版本的 Lading 开始；请用 --new-pass 开始新的一轮",
                ),
            )
        write_json(begun, {**facts, "flow": VERSION})

    def _change_rules(self, it: Pass) -> None:
        """Let a pass that has planned nothing yet (the fuse stopped it, say) go on under the rules of today."""
        if it.planned.exists():
            raise BadRequest(
                str(it.folder),
                Text(
                    f"pass {it.number} is unfinished and was begun under other rules; use those, or --new-pass",
                    f"第 {it.number} 轮尚未完成且以其他规则开始；请使用原规则，或用 --new-pass",
                ),
            )
        begun = it.folder / "pass.json"
        write_json(begun, {**read_json(begun), "rules": self._order.rules.to_json()})

    def _look(self) -> None:
        """Look whether both drives are there before a pass is begun; this makes NEW if it is not."""
        for address, policy in ((self._old, self._old_policy), (self._new, self._new_policy)):
            drive_for(address, policy).stat(ROOT)

    def _sweep(self) -> None:
        """Free NEW from the leftovers of passes that were given up."""
        partials = drive_for(self._new, self._new_policy).partials
        if partials is not None:
            partials.sweep(())

    def _only_look(self) -> None:
        """From now on nothing of ours writes to NEW, not even to find out its profile."""
        options = {name: value for name, value in self._new.options.items() if name not in ("create", "role")}
        self._new = replace(self._new, options=options)
        self._new_policy = replace(self._new_policy, read_only=True)

    def _new_exists(self) -> bool:
        try:
            drive_for(self._new, self._new_policy).stat(ROOT)
        except NotFound:
            return False
        return True

    # The steps

    def _scan(self, address: Address, policy: Policy, folder: LocalPath, point: str = "") -> None:
        # Whoever finds what was renamed by its id needs its time before anything is read.
        brief = not drive_for(address, policy).profile.stable_ids
        scan(address, policy, folder, crew=self._crew, features=scanned(self._order.rules), brief=brief)
        failpoint(point)

    def _plan(self, it: Pass) -> Stages:
        """
        The plan that stands, or a new one.

        Raises:
            BadState: it is lost, and something was done by it.
        """
        # Under the numbers of another plan what was done would be told of other objects.
        if not it.planned.exists() and not it.touched():
            self._make_plan(it)
        self._expect(it)
        return read_stages(it.planned)

    def _make_plan(self, it: Pass) -> None:
        # What an earlier sitting planned halfway, perhaps under other rules, must not be counted.
        shutil.rmtree(it.plan, ignore_errors=True)
        it.prepare()
        try:
            sides = self._sides(it)
            hanging = hanging_of(it, sides, self._order, self._rules(it), self._job)
            plan = self._crew.submit(make_plan, sides, self._rules(it), it.plan, hanging).result()
        except BrokenExecutor:
            raise WorkerLost("", Text("while planning", "制定计划期间")) from None
        write_json(it.planned, plan.to_json())

    def _expect(self, it: Pass) -> None:
        """Tell how much there is to do."""
        actions = read_json(it.planned).get("actions", {})
        todo = [actions[action] for action in ACTIVE if action in actions]
        self._tally.expect("copy", sum(it["objects"] for it in todo), sum(it["bytes"] for it in todo))

    def _task(self, it: Pass, key: str) -> Task:
        return Task(
            key,
            it.folder,
            self._old,
            self._old_policy,
            self._new,
            self._new_policy,
            overwrite=self._rules(it).overwrite,
            threads=self._threads,
            in_order=key in self._in_order(it),
            archive=self._rules(it).archive,
        )

    def _settle(self) -> None:
        settle = drive_for(self._new, self._new_policy).settle
        if settle is not None:
            settle.settle()
        failpoint("pass.settled")

    def _account(self, it: Pass) -> None:
        if it.account.exists():
            # It may stand in the ledger already, and its times are part of it.
            return
        started = read_json(it.folder / "pass.json")["started"]
        now = time.time()
        times = Times(started, now, datetime.fromtimestamp(now, UTC).date().isoformat())
        rules = self._rules(it)
        if Feature.LINKS in rules.features:
            seal_links(self._job.folder, it)
            failpoint("links.sealed")
        ends = Ends(self._job, rules, self._order.contract) if rules.features else None
        close_account(self._sides(it), rules, it, times, self._job.landed_after(it.number), ends)

    def _record(self, it: Pass) -> None:
        """Note the account in the ledger, once."""
        failpoint("ledger.before_finish")
        account = it.account.read_bytes()
        digest = hashlib.sha256(account).hexdigest()
        if not self._recorded(digest):
            facts = read_json(it.account)
            self._append(
                "copy.finished",
                {
                    "pass": it.number,
                    "account": digest,
                    "found": facts["found"],
                    "buckets": facts["buckets"],
                    "fingerprints": facts["fingerprints"],
                    **{name: facts[name] for name in ("features", "sealed", "contract") if name in facts},
                },
            )
        forget_secrets(it)
        failpoint("ledger.after_finish")
        write_json(it.ended, {"account": digest})

    # What the steps need

    def _sides(self, it: Pass, *, existed: bool = True) -> Sides:
        old, new = (
            drive_for(self._old, self._old_policy),
            drive_for(self._new if existed else _NOTHING, self._new_policy),
        )
        return Sides(
            open_manifest(it.old, check=False),
            open_manifest(it.new, check=False),
            old.profile,
            new.profile,
            new.moves is not None,
            self._job.landed_before(self._next_number() if it.number == DRY else it.number),
        )

    def _rules(self, it: Pass) -> Rules:
        if it.number == DRY:
            return self._order.rules
        begun = it.folder / "pass.json"
        try:
            return Rules.from_json(read_json(begun)["rules"])
        except (KeyError, TypeError) as problem:
            raise BadState(str(begun), repr(problem)) from None

    def _in_order(self, it: Pass) -> set[str]:
        stages = read_json(it.planned)["stages"]
        return {
            key for stage in stages if stage["stage"] in ("moves", "delete-folders") for key in stage["parts"]
        }

    @cached_property
    def _threads(self) -> int:
        """Threads of each worker: round trips are waited for together, local calls are not."""
        drives: list[Drive] = [drive_for(self._old, self._old_policy), drive_for(self._new, self._new_policy)]
        if all(drive.profile.local for drive in drives):
            return 1
        at_once = min(drive.profile.concurrency for drive in drives if not drive.profile.local)
        return max(1, -(-at_once // self._crew.size))

    def _limits(self, side: str, limits: str) -> dict[str, Any]:
        if not limits:
            return {}
        return {"limits": limits, "limits_state": str(self._job.folder / f"limits-{side}")}

    def _places(self) -> dict[str, str]:
        return {"old": str(self._job.old), "new": str(self._job.new)}

    def _append(self, kind: str, facts: dict[str, Any]) -> None:
        Ledger(self._job.ledger).append(kind, facts, actor=self._order.actor, at=datetime.now(UTC))

    def _recorded(self, digest: str) -> bool:
        path = self._job.ledger
        try:
            with open(path, "rb") as stream:
                return any(
                    it.kind == "copy.finished" and it.facts["account"] == digest for it in records(stream)
                )
        except FileNotFoundError:
            return False
        except Broken as broken:
            raise broken_at(str(path), broken.line, broken.reason) from None
