"""
What is left to send of an answer: bytes, and perhaps a piece of a file behind them.
"""

from __future__ import annotations

import logging
import os
import socket

from lading.site.serving.answer import Region

_log = logging.getLogger("lading.serving")

_TURN = 4 << 20
"""Bytes of a file sent at once before others have their turn."""


class Outgoing:
    """*data* and then *region*, which is closed by `close`; whoever has the connection calls `send` until all is sent."""

    def __init__(self, data: bytes, region: Region | None = None) -> None:
        self._data: memoryview | None = memoryview(data)
        self.region = region
        self._at = region.start if region else 0

    def send(self, plug: socket.socket) -> bool:
        """
        Send a turn's worth on *plug*, which does not block; whether that was all.

        Raises:
            BlockingIOError: the socket takes no more for now.
            OSError: the connection is lost, or the file ended too early.
        """
        while self._data is not None:
            more = socket.MSG_MORE if self.region else 0
            self._data = self._data[plug.send(self._data, more) :] or None
        return self.region is None or self._send_region(plug.fileno(), self.region)

    def close(self) -> None:
        """Let go of the file."""
        if self.region is not None:
            self.region.body.close()

    def _send_region(self, plug: int, region: Region) -> bool:
        end = region.start + region.length
        until = min(end, self._at + _TURN)
        while self._at < until:
            sent = os.sendfile(plug, region.descriptor, self._at, until - self._at)
            if not sent:
                _log.error("a content ended before its announced length")
                raise ConnectionAbortedError
            self._at += sent
        return self._at == end
