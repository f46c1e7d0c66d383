"""
Lengths of time as people read them, whatever their language.
"""

from __future__ import annotations


def spoken(seconds: float) -> str:
    """*seconds* in the unit that fits."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86_400:.1f} d"
