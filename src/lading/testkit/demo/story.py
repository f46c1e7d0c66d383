"""
The acts of the demonstration, one after another.

Each act tells what it does, does it, and raises `DemoFailed` if something did not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lading.testkit import worlds
from lading.testkit.badnet import HOST, MIB, Counts, Rules
from lading.testkit.demo import truth, words
from lading.testkit.demo.arrival import TOKEN, NewDrive
from lading.testkit.demo.scene import (
    PASSWORD,
    Commands,
    DemoFailed,
    Network,
    account_of,
    fresh,
    job_in,
    wait_for_quiet,
)
from lading.testkit.demo.teller import Teller, amount
from lading.testkit.servers import WsgiDavServer

RULES = Rules(
    refuse_chance=0.05,
    drop_per_mib=0.08,
    truncate_per_mib=0.08,
    latency=0.001,
    jitter=0.004,
    dark_after=64 * MIB,
    dark_for=0.5,
)
KILL_BETWEEN = (0.2, 0.8)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person may choose: all chances follow from *seed*."""

    folder: Path
    seed: int
    files: int = 1200
    rules: Rules = RULES


class Story:
    """One demonstration; `tell` plays it from beginning to end."""

    def __init__(self, wish: Wish, teller: Teller) -> None:
        self._wish, self._teller = wish, teller
        self._old = wish.folder / "old"
        self._new = wish.folder / "new"
        self._state = wish.folder / "state"
        self._report = wish.folder / "report"
        self._networks = 0
        self._port = 0

    def tell(self) -> None:
        """
        Play all acts.

        Raises:
            DemoFailed: something did not hold.
        """
        fresh(self._wish.folder)
        world = self._build()
        with WsgiDavServer(self._old.resolve()) as server:
            self._commands = Commands(self._teller, {PASSWORD: server.password})
            self._server = server
            with NewDrive(self._new, self._commands) as self._drive:
                self._arrive()
                before = self._copy_and_kill(world)
                self._resume(world, before)
                world = self._work_and_copy(world)
                self._verify()
                self._compare(world)
                self._look_at_drive()
        self._look_at_records()
        self._show_accounts()

    # The acts

    def _build(self) -> worlds.World:
        self._teller.heading(words.FIRM)
        world = worlds.build(self._old, seed=self._wish.seed, files=self._wish.files, hostile=worlds.SERVABLE)
        self._teller.line(
            words.FIRM_FACTS,
            deals=len(world.deals),
            files=len(world.files),
            folders=len(world.folders),
            size=amount(world.bytes),
            hostile=len(world.planted),
        )
        if world.refused:
            self._teller.line(words.REFUSED, count=len(world.refused))
        return world

    def _arrive(self) -> None:
        self._teller.heading(words.ARRIVAL)
        self._drive.set_up()
        self._commands.know({TOKEN: self._drive.token})
        self._teller.line(words.ARRIVAL_FACTS, address=self._drive.address, dav=self._drive.dav)

    def _copy_and_kill(self, world: worlds.World) -> truth.Arrived:
        rules = self._wish.rules
        share = Random(f"{self._wish.seed}/kill").uniform(*KILL_BETWEEN)
        enough = share * len(world.files)
        self._teller.heading(words.NETWORK)
        with self._network() as network:
            self._teller.line(words.SERVER_FACTS, url=self._server.url)
            self._teller.line(
                words.NETWORK_FACTS,
                url=self._url,
                latency=rules.latency * 1000,
                most=(rules.latency + rules.jitter) * 1000,
                drop=rules.drop_per_mib,
                truncate=rules.truncate_per_mib,
                refuse=rules.refuse_chance,
                dark=amount(rules.dark_after or 0),
                dark_for=rules.dark_for,
            )
            self._teller.heading(words.COPY, share=share)
            begun = self._teller.seconds
            self._commands.run_and_kill(self._copy(), lambda: self._drive.count() >= enough)
            seconds = self._teller.seconds - begun
            wait_for_quiet(job_in(self._state))
        before = truth.arrived(world, self._drive.holding())
        self._teller.line(
            words.KILLED,
            seconds=seconds,
            files=len(before.files),
            all=len(world.files),
            share=len(before.files) / len(world.files),
            size=amount(before.bytes),
        )
        if before.broken:
            raise DemoFailed(words.BROKEN, paths=_some(before.broken))
        self._teller.line(words.WHOLE, unfinished=before.unfinished, size=amount(before.unfinished_bytes))
        self._tell_counts(network.counts)
        return before

    def _resume(self, world: worlds.World, before: truth.Arrived) -> None:
        self._teller.heading(words.RESUME)
        with self._network() as network:
            self._commands.run(*self._copy())
        if again := truth.written_again(before, self._drive.holding()):
            raise DemoFailed(words.REWRITTEN, paths=_some(again))
        carried = network.counts.bytes_down
        missing = world.bytes - before.bytes - before.unfinished_bytes
        self._teller.line(
            words.RESUMED, kept=len(before.files), missing=amount(missing), carried=amount(carried)
        )
        self._teller.line(words.AGAIN, again=amount(max(0, carried - missing)))
        self._tell_counts(network.counts)
        self._check_account(1, world)
        if not (network.counts.dropped or network.counts.truncated or network.counts.refused):
            raise DemoFailed(words.NOT_TROUBLED, counts=network.counts)

    def _work_and_copy(self, world: worlds.World) -> worlds.World:
        self._teller.heading(words.WEEK)
        changes = worlds.change(world, seed=self._wish.seed)
        self._teller.line(
            words.WEEK_FACTS,
            edited=len(changes.edited),
            added=len(changes.added),
            deleted=len(changes.deleted),
            renamed=len(changes.renamed),
            folders=len(changes.moved_folders),
            carried=len(changes.carried),
        )
        with self._network() as network:
            self._commands.run(*self._copy(), "--delete")
        self._tell_counts(network.counts)
        self._check_account(2, changes.world)
        self._check_second(changes)
        return changes.world

    def _verify(self) -> None:
        self._teller.heading(words.VERIFY)
        with self._network() as network:
            self._commands.run("verify", *self._drives())
        self._tell_counts(network.counts)

    def _compare(self, world: worlds.World) -> None:
        self._teller.heading(words.TRUTH)
        wrong = truth.differences(world, self._drive.holding())
        if wrong:
            raise DemoFailed(words.DIFFER, count=len(wrong), first=wrong[0])
        self._teller.line(words.TRUTH_FACTS, files=len(world.files), folders=len(world.folders))

    def _look_at_drive(self) -> None:
        self._teller.heading(words.DRIVE)
        self._commands.run("drive", "check", str(self._new), "--read-data")
        self._commands.run("drive", "audit", "verify", str(self._new))

    def _look_at_records(self) -> None:
        self._teller.heading(words.RECORDS)
        self._commands.run("ledger", "check", str(self._state))
        self._commands.run("report", str(self._state), "--output", str(self._report))
        if not (self._report / "index.html").is_file():
            raise DemoFailed(words.NO_REPORT, path=self._report / "index.html")

    def _show_accounts(self) -> None:
        say = self._teller.say
        accounts = [account_of(self._state, number) for number in (1, 2)]
        heads = [head for number in (1, 2) for head in (say(words.OBJECTS, number=number), say(words.BYTES))]
        rows = [["", *heads], [say(words.FOUND), *_cells(account["found"] for account in accounts)]]
        for name, label in words.BUCKETS.items():
            rows.append([say(label), *_cells(account["buckets"][name] for account in accounts)])
        self._teller.heading(words.ACCOUNT)
        self._teller.table(rows)
        self._teller.line(words.REPORT, path=self._report / "index.html")
        self._teller.line(words.AGAIN_THERE, home=self._new)

    # What the acts share

    def _drives(self) -> list[str]:
        old = ["--old-opt", f"user={self._server.user}", "--old-opt", f"password=env:{PASSWORD}"]
        new = ["--new-opt", f"token=env:{TOKEN}"]
        return [self._url, self._drive.place, *old, *new, "--state", str(self._state)]

    def _copy(self) -> list[str]:
        return ["copy", *self._drives()]

    @property
    def _url(self) -> str:
        return f"http://{HOST}:{self._port}/"

    @contextmanager
    def _network(self) -> Iterator[Network]:
        """A network with chances of its own for each act, always on the same port."""
        self._networks += 1
        seed = self._wish.seed * 100 + self._networks
        with Network(self._server.port, self._wish.rules, seed=seed, port=self._port) as network:
            self._port = network.port
            yield network

    def _tell_counts(self, counts: Counts) -> None:
        facts = {name: getattr(counts, name) for name in Counts.__slots__}
        self._teller.line(words.WHAT_NETWORK_DID, **facts, down=amount(counts.bytes_down))

    def _check_account(self, number: int, world: worlds.World) -> None:
        """Add it up ourselves, and compare with what the generator knows."""
        account = account_of(self._state, number)
        objects = sum(row["objects"] for row in account["buckets"].values())
        size = sum(row["bytes"] for row in account["buckets"].values())
        true = (len(world.files) + len(world.folders), world.bytes)
        found = (account["found"]["objects"], account["found"]["bytes"])
        if not true == found == (objects, size):
            why = f"{true} true, {found} found, {(objects, size)} accounted for"
            raise DemoFailed(words.OPEN_ACCOUNT, number=number, detail=why)
        if account["buckets"]["failed"]["objects"]:
            raise DemoFailed(words.OPEN_ACCOUNT, number=number, detail=account["buckets"]["failed"])

    def _check_second(self, changes: worlds.Changes) -> None:
        """Nothing has been moved but what was edited, added, or renamed and could not be followed."""
        touched = {*changes.edited, *changes.added}
        elsewhere = {path for _, path in (*changes.renamed, *changes.carried)}
        files = changes.world.files
        least = sum(file.size for file in files if file.path in touched)
        most = least + sum(file.size for file in files if file.path in elsewhere)
        buckets: dict[str, dict[str, int]] = account_of(self._state, 2)["buckets"]
        moved, renamed, same = (buckets[name]["bytes"] for name in ("moved", "renamed", "same"))
        if moved < least or moved + renamed != most:
            raise DemoFailed(words.NOT_MOVED, moved=moved, renamed=renamed, least=least, most=most)
        self._teller.line(words.SECOND_FACTS, moved=amount(moved), renamed=amount(renamed), same=amount(same))


def _cells(counts: Iterable[dict[str, int]]) -> list[str]:
    return [f"{count[what]:,}" for count in counts for what in ("objects", "bytes")]


def _some(paths: tuple[str, ...] | list[str]) -> str:
    return ", ".join(ascii(path) for path in paths[:_SHOWN]) + (" …" if len(paths) > _SHOWN else "")
