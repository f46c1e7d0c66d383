"""
What all connections of a bad network share: the port, the rules, the bandwidth, the counts, the dark.

Lives in one event loop; nothing here is for other threads.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Coroutine
from dataclasses import fields
from typing import Any

from lading.testkit.badnet.rules import Counts, Fate, Rules, fate
from lading.testkit.badnet.wire import Streams, Wire, reset

HOST = "127.0.0.1"


class Line:
    """What all connections share: the port, the rules, the bandwidth, the counts.  Lives in one event loop."""

    def __init__(self, target: tuple[str, int], rules: Rules, seed: int) -> None:
        self.rules = rules
        self.on = True
        self.port = 0
        self.stop = asyncio.Event()
        self._target = target
        self._seed = seed
        self._tally: Counter[str] = Counter()
        self._keeper: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.Task[None]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._dawn: asyncio.Task[None] | None = None
        self._free_at = 0.0
        self._dark_at = rules.dark_after

    @property
    def counts(self) -> Counts:
        return Counts(**{field.name: self._tally[field.name] for field in fields(Counts)})

    @property
    def live_rules(self) -> Rules:
        return self.rules if self.on else Rules()

    async def open(self, port: int) -> None:
        # This socket never listens: it keeps the port ours while nobody listens in the dark.
        self._keeper = _bound(port)
        self.port = int(self._keeper.getsockname()[1])
        await self.light_up()

    async def close(self) -> None:
        for chore in self._chores:
            chore.cancel()
        await self._end_everything()
        if self._keeper:
            self._keeper.close()

    async def switch(self, on: bool) -> None:
        self.on = on

    async def use(self, rules: Rules) -> None:
        self.rules = rules
        self._dark_at = None if rules.dark_after is None else self._carried + rules.dark_after

    async def light_up(self) -> None:
        self._forget_dawn()
        await self._listen()

    async def go_dark(self, seconds: float | None) -> None:
        self._forget_dawn()
        self._tally["darknesses"] += 1
        await self._end_everything()
        if seconds is not None:
            self._dawn = self._spawn(self._listen_after(seconds))

    def _forget_dawn(self) -> None:
        """Call off the end of an earlier darkness, which would cut a later one short."""
        if self._dawn:
            self._dawn.cancel()
            self._dawn = None

    async def _listen_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._listen()

    async def _listen(self) -> None:
        if self._server is None:
            # The backlog must hold a whole pool of clients that come back at once.
            self._server = await asyncio.start_server(self._accept, sock=_bound(self.port), backlog=512)

    async def _end_everything(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for wire in self._wires:
            wire.cancel()
        await asyncio.gather(*self._wires, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        chore = asyncio.create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)
        return chore

    @property
    def _carried(self) -> int:
        return self._tally["bytes_up"] + self._tally["bytes_down"]

    def count(self, what: str, by: int = 1) -> None:
        self._tally[what] += by
        if self._dark_at is not None and self.rules.dark_after and self._carried >= self._dark_at:
            self._dark_at = self._carried + self.rules.dark_after
            if self.on and self._server:
                self._spawn(self.go_dark(self.rules.dark_for))

    async def wait_for_room(self, size: int) -> None:
        """Wait until the line has carried *size* bytes more, behind all that others asked for before."""
        if rate := self.live_rules.bytes_per_second:
            now = asyncio.get_running_loop().time()
            self._free_at = max(now, self._free_at) + size / rate
            await asyncio.sleep(self._free_at - now)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self._tally["connections"]
        self.count("connections")
        task = asyncio.current_task()
        assert task is not None
        self._wires.add(task)
        try:
            await self._serve(fate(self.live_rules, self._seed, number), number, (reader, writer))
        except asyncio.CancelledError:
            pass  # the darkness has come, which is an end like any other
        finally:
            self._wires.discard(task)
            reset(writer)

    async def _serve(self, fate: Fate, number: int, client: Streams) -> None:
        if fate.refused:
            self.count("refused")
            return
        try:
            server = await asyncio.open_connection(*self._target)
        except OSError:
            self.count("unreachable")
            return
        await Wire(self, fate, f"{self._seed}/{number}").carry(client, server)


def _bound(port: int) -> socket.socket:
    plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        plug.bind((HOST, port))
    except OSError:
        plug.close()
        raise
    return plug
