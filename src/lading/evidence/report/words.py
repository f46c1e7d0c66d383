"""
Values as a person reads them: text from drives made harmless, sizes, times.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from markupsafe import Markup

from lading.evidence.report.facts import Count
from lading.evidence.report.plot import duration
from lading.model.paths import shown_name
from lading.model.text import Text

LONGEST = 240
"""Characters of a path or message that the page shows; the lists beside it have all of it."""


def harmless(value: object, longest: int = LONGEST) -> str:
    """*value* as one line of at most *longest* characters with nothing invisible in it."""
    text = str(value)
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]} … {text[-half:]}"
    # Slashes are left alone: paths come here as a person reads them.
    spelled = "/".join(shown_name(name) for name in text.split("/"))
    # The Arabic letter mark turns the direction of writing too.
    return spelled.replace("\u061c", "\\u061c")


def both(text: Text) -> Markup:
    """*text* in both languages, of which the page shows one."""
    return _spans(*(harmless(it) for it in text))


def label(text: Text, /, **facts: object) -> Markup:
    """A *text* of ours, never cut, with its places filled from *facts*."""
    return _spans(*(it.format(**facts) for it in text))


def _spans(en: str, zh: str) -> Markup:
    if en == zh:
        return Markup("{}").format(en)
    return Markup('<span lang="en">{}</span><span lang="zh-Hans">{}</span>').format(en, zh)


def sized(size: float) -> str:
    """*size* bytes in a unit that fits: `512 B`, `1.5 KiB`."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            return f"{size:,.0f} B" if unit == "B" else f"{size:,.{1 if size < 100 else 0}f} {unit}"
        size /= 1024
    raise AssertionError


def rated(value: float) -> str:
    """*value* per second."""
    return f"{value:,.0f}/s" if value >= 10 or value == 0 else f"{value:,.2g}/s"


def moment(seconds: float, zone: tzinfo) -> str:
    """*seconds* since 1970 as date, time and offset in *zone*."""
    text = datetime.fromtimestamp(seconds, zone).isoformat(" ", "seconds")
    return f"{text[:19]} {text[19:]}".replace("+00:00", "UTC")


def lasting(seconds: float) -> Markup:
    """*seconds* in both languages."""
    en = duration(seconds)
    zh = en
    for unit, word in (("min", "分"), ("d", "天"), ("h", "小时"), ("s", "秒")):
        zh = zh.replace(f" {unit}", f" {word}")
    return both(Text(en, zh))


def about(path: object, message: Text) -> Text:
    """*message* without the *path* at its beginning: it stands above it already."""
    start = str(path)
    return Text(*(it.removeprefix(start).lstrip(" :：") if start else it for it in message))


def share(part: int, whole: int) -> str:
    """*part* of *whole* in per cent, never rounded to 0 or 100 when it is neither."""
    if not whole or not part:
        return "0 %"
    if part == whole:
        return "100 %"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def exact(count: Count) -> str:
    """The bytes of *count* to the last one."""
    return f"{count.bytes:,} B"
