"""
The life of a worker process: the loop with the drive behind it.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import time
from importlib import import_module
from typing import Any

from lading.site import logs
from lading.site.home import start_django
from lading.site.lifeline import Lifeline, born
from lading.site.serving.loop import Loop

PATIENCE = 60.0
"""Seconds that requests under way have to finish after the server was asked to end."""
_ASK_AGAIN = 0.5
_SWITCH = 0.001
"""Seconds after which a busy thread lets the loop have its turn."""


def work(home: str, plug: socket.socket, lifeline: Lifeline, threads: int) -> None:
    """Answer requests on *plug* for the drive in *home* until SIGTERM or SIGINT, or until the main process is gone."""
    born()
    lifeline.follow(_end)
    start_django(home)
    logs.set_up()
    site: Any = import_module("lading.site.wsgi")
    _settle()
    loop = Loop(plug, site, threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.end(PATIENCE))
    loop.run()
    logging.shutdown()
    # A thread that still waits for its client must not keep the process.
    os._exit(0)


def _settle() -> None:
    # What is loaded now stays: looking through it for garbage took a twentieth of the time of small saves.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(_SWITCH)


def _end() -> None:
    """End this process politely; asked again, since who has just started may not hear the first time."""
    for _ in range(int(PATIENCE / _ASK_AGAIN)):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_ASK_AGAIN)
    os._exit(1)
