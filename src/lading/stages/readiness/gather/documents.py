"""
Open some documents of the old drive and look into them; how many is said by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lading.connectors.api import Drive
from lading.manifest.engine import engine
from lading.manifest.read import Manifest
from lading.model.errors import DriveError
from lading.model.paths import Path, decode, encode, shown, space_of
from lading.model.progress import Progress, Publish, nobody_listens
from lading.stages.readiness.documents import ENDINGS, LARGEST, Seen, State, look_into
from lading.stages.readiness.facts.content import ContentFacts, Tally
from lading.stages.readiness.gather.content import EXAMPLES, PATTERNS, Looking

KINDS = ("encrypted", "damaged", "links_to_old")
BLOCK = 1 << 20


def with_documents(
    facts: ContentFacts,
    old: Manifest,
    drive: Drive,
    most: int,
    looking: Looking,
    addresses: Sequence[str],
    *,
    publish: Publish = nobody_listens,
    directory: str | None = None,
) -> ContentFacts:
    """
    *facts*, and what the *most* newest documents of *old* are like, read from *drive*.

    Documents that cannot be read are passed over: the manifest tells of them.
    """
    found: dict[str, dict[str, Tally]] = {kind: {} for kind in KINDS}
    opened = read = 0
    for path in _newest(old, most, directory):
        content = _read(drive, path)
        if content is None:
            continue
        opened, read = opened + 1, read + len(content)
        _count(found, path, len(content), look_into(path[-1], content, addresses), looking)
        publish(Progress("documents", opened, read, most))
    return replace(
        facts, found={**facts.found, **{kind: it for kind, it in found.items() if it}}, documents=opened
    )


def without_documents(facts: ContentFacts, why: str) -> ContentFacts:
    """*facts*, which say of documents that nobody opened any, and *why*."""
    return replace(facts, unknown={**facts.unknown, **dict.fromkeys(KINDS, why)})


def _newest(old: Manifest, most: int, directory: str | None) -> Iterator[Path]:
    pattern = r"(?i)\.(" + "|".join(ENDINGS) + ")$"
    with engine(directory) as db:
        old.relation(db).create_view("o")
        rows = db.execute(
            "select path from o where kind = 'file' and problem is null and size between 1 and ? "
            "and regexp_matches(path, ?) and not regexp_matches(lower(parse_filename(path)), ?) order by modified desc nulls last, path limit ?",
            [LARGEST, pattern, PATTERNS["unfinished"], most],
        ).fetchall()
    return (decode(path) for (path,) in rows)


def _read(drive: Drive, path: Path) -> bytes | None:
    parts, size = [], 0
    try:
        with drive.read(path) as reader:
            while (block := reader.read(BLOCK)) and size <= LARGEST:
                parts.append(block)
                size += len(block)
    except DriveError:
        return None
    return b"".join(parts)


def _count(
    found: Mapping[str, dict[str, Tally]], path: Path, size: int, seen: Seen, looking: Looking
) -> None:
    kinds = [seen.state.value] if seen.state in (State.ENCRYPTED, State.DAMAGED) else []
    wave, text = looking.waves.get(encode((space_of(path),)) if path else "", ""), encode(path)
    veiled = any(text == top or text.startswith(top + "/") for top in looking.hidden)
    for kind in [*kinds, "links_to_old"] if seen.links else kinds:
        one = found[kind].get(wave, Tally(0))
        named = one.examples if veiled or len(one.examples) >= EXAMPLES else (*one.examples, shown(path))
        found[kind][wave] = replace(
            one, count=one.count + 1, bytes=one.bytes + size, examples=named, hidden=one.hidden + veiled
        )
