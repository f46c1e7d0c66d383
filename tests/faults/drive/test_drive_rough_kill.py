"""
The whole served drive under SIGKILL, again and again on one home, while clients of every door are at work.

`LADING_ROUGH_ROUNDS` says how often (once without it).
"""

from __future__ import annotations

import http.client
import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from support.rough_drive import RoughDrive, digest
from support.served_drive import until

ROUNDS = int(os.environ.get("LADING_ROUGH_ROUNDS", "1"))
CLIENTS = 4
BATCH = 20
LOST = (OSError, http.client.HTTPException)

Content = bytes
Names = dict[str, list[Content]]
"""The versions of each file by its path, oldest first."""


@dataclass
class Client:
    """
    Somebody who works in a folder of their own and knows what was answered.

    *wish* is what the folder would be if the request without an answer had been done; *answered* counts the others.
    """

    drive: RoughDrive
    number: int
    has: Names = field(default_factory=dict)
    wish: Names | None = None
    answered: int = 0
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)
        self.folder = f"client{self.number}"
        self.made = 0

    def work(self, over: threading.Event) -> None:
        """Do one thing after the other until the server is gone."""
        while not over.is_set():
            wish, request = self.dice.choice(
                (self.save, self.save_api, self.batch, self.sittings, self.move)
            )()
            self.wish = wish
            try:
                status = request()
            except LOST:
                return
            if status >= 300:
                self.refusals.append(f"{status} {request}")
            self.has, self.wish = wish, None
            self.answered += 1

    def save(self) -> tuple[Names, Callable[[], int]]:
        name, content = self.name(), self.content()
        return self.with_one(name, content), lambda: self.drive.put(name, content).status

    def save_api(self) -> tuple[Names, Callable[[], int]]:
        name, content = self.name(), self.content()
        path = f"content?path={name}"
        kind = {"Content_Type": "application/octet-stream"}
        where = f"api/v1/spaces/{self.drive.key}/{path}"
        return self.with_one(name, content), lambda: self.drive.ask("PUT", where, content, **kind).status

    def batch(self) -> tuple[Names, Callable[[], int]]:
        self.made += 1
        new = {f"{self.folder}/b{self.made}-{n}": b"%d %d" % (self.made, n) for n in range(BATCH)}

        def request() -> int:
            said = self.drive.batch(new)
            assert said.body.count(b"\n") == BATCH and b'"code"' not in said.body, said
            return said.status

        return self.has | {name: [content] for name, content in new.items()}, request

    def sittings(self) -> tuple[Names, Callable[[], int]]:
        name, content = self.name(), self.content()
        self.made += 1
        token = f"{self.folder}-{self.made}"
        kind = {"Content_Type": "application/json"}

        def request() -> int:
            half = len(content) // 2
            for start, piece in ((0, content[:half]), (half, content[half:])):
                self.drive.ask("PUT", f"api/v1/uploads/{token}?start={start}", piece)
            told = b'{"space": "%s", "path": "%s"}' % (self.drive.key.encode(), name.encode())
            return self.drive.ask("POST", f"api/v1/uploads/{token}/finish", told, **kind).status

        return self.with_one(name, content), request

    def move(self) -> tuple[Names, Callable[[], int]]:
        """Rename a file over WebDAV; one that is not there yet is saved first."""
        if not self.has:
            return self.save()
        self.made += 1
        old, new = self.dice.choice(sorted(self.has)), f"{self.folder}/moved{self.made}"
        wish = {new if name == old else name: versions for name, versions in self.has.items()}
        return (
            wish,
            lambda: self.drive.ask("MOVE", f"dav/Deals/{old}", Destination=f"/dav/Deals/{new}").status,
        )

    def name(self) -> str:
        """One of a few names, so that there are saves over saves."""
        return f"{self.folder}/file{self.dice.randrange(5)}"

    def content(self) -> Content:
        self.made += 1
        head = b"%d-%d " % (self.number, self.made)
        return head * self.dice.choice((1, 1, 1000, 200_000))

    def with_one(self, name: str, content: Content) -> Names:
        return self.has | {name: [*self.has.get(name, []), content]}

    def compare(self) -> None:
        """Demand that all answered is there and the unanswered is whole or not at all; know which from now on."""
        there = {f"{self.folder}/{name}" for name in self.drive.names(self.folder)}
        wish = self.has if self.wish is None else self.wish
        assert there in (set(self.has), set(wish)), there ^ set(self.has)
        found = self.has if there == set(self.has) else wish
        if set(self.has) == set(wish) and any(self.saved_anew(name) for name in wish):
            found = wish
        self.has, self.wish = found, None
        for name, contents in found.items():
            assert digest(contents[-1]) == digest(self.drive.get(name).body), name

    def saved_anew(self, name: str) -> bool:
        """Whether the unanswered request was to save *name*, and did."""
        wish = (self.wish or self.has)[name]
        return len(wish) > len(self.has[name]) and len(wish) == len(self.drive.versions(name))

    def compare_versions(self) -> None:
        """Demand every version of every file, in the order in which they were saved."""
        for name, contents in self.has.items():
            said = self.drive.versions(name)
            assert [(n, digest(one)) for n, one in enumerate(contents, 1)] == said, name


def test_kills_in_a_row_lose_nothing_that_was_answered(home: Path) -> None:
    """
    After each kill every answered version is there, the unanswered is whole or absent, and check and audit hold.
    """
    drive = RoughDrive(home)
    clients = [Client(drive, number) for number in range(CLIENTS)]
    with drive.serving():
        for client in clients:
            assert 201 == drive.ask("MKCOL", f"dav/Deals/{client.folder}").status
    for _ in range(ROUNDS):
        dice = random.Random()
        before = sum(client.answered for client in clients)
        with drive.serving():
            kill_under_load(drive, clients, dice.uniform(0.05, 0.8))
        # Beside no server: as the kill left it.
        drive.demand_sound()
        with drive.serving():
            for client in clients:
                client.compare()
        drive.demand_sound()
        assert [] == [said for client in clients for said in client.refusals]
        assert before < sum(client.answered for client in clients)
    with drive.serving():
        for client in clients:
            client.compare_versions()


def kill_under_load(drive: RoughDrive, clients: list[Client], moment: float) -> None:
    """Let *clients* work, and kill every process of the drive *moment* seconds after the first answers."""
    over = threading.Event()
    before = sum(client.answered for client in clients)
    threads = [threading.Thread(target=client.work, args=(over,)) for client in clients]
    for thread in threads:
        thread.start()
    until(lambda: before < sum(client.answered for client in clients))
    over.wait(moment)
    drive.kill()
    over.set()
    for thread in threads:
        thread.join()
