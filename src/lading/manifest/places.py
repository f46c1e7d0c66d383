"""
Find the place in NEW for each of few objects of OLD, in memory.

`mapping` does the same out of core for any number of objects, and tells what is meant.  Here nothing has
landed yet: no name is kept because it was there first.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lading.connectors.names import path_problems
from lading.connectors.profile import Form, NameRules
from lading.manifest.mapping import (
    NAME_TAKEN,
    PATH_TOO_LONG,
    Losers,
    losers_of,
    mixes_up,
    refusals,
    row_of,
    suspicious,
)
from lading.model.paths import decode, encode


class Mapped(NamedTuple):
    """Where in NEW an object goes that cannot keep its path (encoded), and why its own name is the reason; "" if it is not."""

    target: str
    why: str


class Places(NamedTuple):
    """By encoded path: what gets another path in NEW, and why NEW cannot hold an object under any."""

    mapped: Mapping[str, Mapped]
    refused: Mapping[str, str]


def places_of(paths: Sequence[str], normals: Sequence[str], rules: NameRules) -> Places:
    """
    The places in a drive with *rules* of the encoded *paths*; *normals* are their normal forms.

    Those are looked at only where the drive mixes names up (`mapping.mixes_up`).
    """
    losers = losers_of(_alike(paths, normals), rules) if mixes_up(rules) else {}
    rows = [row_of(decode(path), rules, losers) for path in _suspects(paths, rules, losers)]
    mapped = {path: Mapped(target, why) for path, target, why in rows if path != target}
    long = {path: PATH_TOO_LONG for path, target, _ in rows if path_problems(decode(target), rules)}
    refused = {**dict.fromkeys(_taken(paths, mapped), NAME_TAKEN), **long}
    return Places(mapped, {**refused, **_below(paths, refused)})


def _alike(paths: Sequence[str], normals: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The paths whose normal form another one has; none has landed."""
    if len(set(normals)) < len(normals):
        times = Counter(normals)
        yield from ((path, False) for path, normal in zip(paths, normals, strict=True) if times[normal] > 1)


def _suspects(paths: Sequence[str], rules: NameRules, losers: Losers) -> list[str]:
    """All paths whose place in NEW may be another, or that may be too long or deep."""
    found: set[str] = set()
    # A few searches over all of them tell the usual case: there is nothing of the kind.  Where a name begins behind a slash
    # alone, each of them takes a tenth of the time.
    text = "/" + "/".join(paths)
    if any(re.search(it, text) for it in refusals(rules, begin="/")):
        found.update(filter(re.compile(suspicious(rules)).search, paths))
    if rules.form is Form.COMPOSED and not unicodedata.is_normalized("NFC", text):
        found.update(path for path in paths if not unicodedata.is_normalized("NFC", path))
    if losers:
        lost = {encode((*folder, name)) for folder, name in losers}
        found.update(path for path in paths if not lost.isdisjoint(_ways(path)))
    if rules.depth is not None:
        found.update(path for path in paths if path.count("/") >= rules.depth)
    if rules.path_length is not None:
        found.update(path for path in paths if len(path) >= rules.path_length // 4)
    return [path for path in paths if path in found] if found else []


def _taken(paths: Sequence[str], mapped: Mapping[str, Mapped]) -> Iterator[str]:
    """What would get the name that another object has, or gets."""
    times = Counter(it.target for it in mapped.values())
    kept = times.keys() & {path for path in paths if path not in mapped} if mapped else ()
    yield from (path for path, it in mapped.items() if times[it.target] > 1 or it.target in kept)


def _below(paths: Sequence[str], refused: Mapping[str, str]) -> dict[str, str]:
    """What lies below refused folders, lest it land in the folders of others."""
    if not refused:
        return {}
    above = {
        path: [refused[way] for way in _ways(path) if way in refused] for path in paths if path not in refused
    }
    return {path: min(reasons) for path, reasons in above.items() if reasons}


def _ways(path: str) -> Iterator[str]:
    """*path* and the folders above it, without the root."""
    while path:
        yield path
        path = path.rpartition("/")[0]
