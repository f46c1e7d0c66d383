"""
Lengths of time: as people read them, whatever their language; and how long we run.
"""

from __future__ import annotations

import os
import time


def spoken(seconds: float) -> str:
    """*seconds* in the unit that fits."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86_400:.1f} d"


def since_start() -> float:
    """Seconds since this process began, which it took to load the program; 0 where the system does not tell."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as stream:
            told = stream.read().rpartition(")")[2].split()
        # The 22nd field of proc(5), of which the name in brackets is the second.
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(told[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
