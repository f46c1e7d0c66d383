"""The bad network as a context manager, running in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from lading.testkit.badnet.line import Line
from lading.testkit.badnet.rules import Counts, Rules

_PATIENCE = 10.0


class BadNetwork:
    """
    A proxy in a thread of its own, open between `__enter__` and `__exit__`.

    Its members may be used from any thread while it is open.  *port* 0 takes any free port.
    """

    def __init__(
        self, target: tuple[str, int], rules: Rules | None = None, *, seed: int = 0, port: int = 0
    ) -> None:
        self._line = Line(target, rules or Rules(), seed)
        self._wanted_port = port
        self._thread = threading.Thread(target=asyncio.run, args=(self._live(),), name="badnet", daemon=True)
        self._started: Future[asyncio.AbstractEventLoop] = Future()

    def __enter__(self) -> Self:
        """
        Start to listen.

        Raises:
            OSError: the wanted port is taken.
        """
        self._thread.start()
        self._loop = self._started.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._line.stop.set)
        self._thread.join(_PATIENCE)

    @property
    def port(self) -> int:
        """The port to connect to; it stays the same through every darkness."""
        return self._line.port

    @property
    def counts(self) -> Counts:
        """What happened so far."""
        return self._line.counts

    def switch(self, on: bool) -> None:
        """Let the rules hold or not, also for connections that stand; a darkness under way goes on."""
        self._call(self._line.switch(on))

    def use(self, rules: Rules) -> None:
        """Let other rules hold: delays and bandwidth at once, drops and truncations for new connections."""
        self._call(self._line.use(rules))

    def go_dark(self, seconds: float | None = None) -> None:
        """Reset all connections and refuse new ones for *seconds*, or until `light_up`."""
        self._call(self._line.go_dark(seconds))

    def light_up(self) -> None:
        """End the darkness; without one nothing happens."""
        self._call(self._line.light_up())

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _live(self) -> None:
        try:
            await self._line.open(self._wanted_port)
        except OSError as error:
            self._started.set_exception(error)
            return
        self._started.set_result(asyncio.get_running_loop())
        await self._line.stop.wait()
        await self._line.close()
