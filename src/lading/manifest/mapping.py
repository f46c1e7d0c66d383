"""
Find the place in NEW for each object of OLD.

Most objects keep their path.  What NEW cannot hold, or could not tell from
a neighbour, gets a mapped name; the list of mapped names makes it reversible.
Works on the tables `o` (OLD) and `l` (landed) of a plan and leaves behind the
table `m` (path, target, why) of everything whose path in NEW is another, and
`refused` (path, reason) of what NEW cannot hold under any name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from lading.connectors.names import folded, mapped, path_problems, problems
from lading.connectors.profile import Case, Form, NameRules, NameUnit
from lading.manifest.engine import duckdb
from lading.model.paths import Path, decode, encode

PATH_TOO_LONG = "path_too_long"
NAME_TAKEN = "name_taken"
"""Why NEW cannot hold an object under any name."""

_BATCH = 20_000
_FOLDED = "[\u00df\u017f\u1e9e\u212a\ufb00-\ufb06]"
"""All characters beyond ASCII that are letters of ASCII when case is folded: `.htacce\u00df` is reserved, too."""

Losers = dict[tuple[Path, str], str]


def map_names(db: duckdb.DuckDBPyConnection, rules: NameRules) -> None:
    """Make the tables `m` and `refused`."""
    db.execute("CREATE TEMP TABLE m (path VARCHAR, target VARCHAR, why VARCHAR)")
    db.execute("CREATE TEMP TABLE refused (path VARCHAR, reason VARCHAR)")
    losers = _losers(db, rules)
    for batch in _suspects(db, rules, losers):
        rows = [row_of(path, rules, losers) for path in batch]
        changed = [row for row in rows if row[0] != row[1]]
        if changed:
            db.executemany("INSERT INTO m VALUES (?, ?, ?)", changed)
        long = [
            (encode(path), PATH_TOO_LONG)
            for path, row in zip(batch, rows, strict=True)
            if path_problems(decode(row[1]), rules)
        ]
        if long:
            db.executemany("INSERT INTO refused VALUES (?, ?)", long)
    _refuse_taken(db)


def target_of(path: Path, rules: NameRules, losers: Losers) -> Path:
    """The place of *path* in NEW."""
    return tuple(
        losers.get((path[:depth], name)) or (mapped(name, rules) if problems(name, rules) else name)
        for depth, name in enumerate(path)
    )


def row_of(path: Path, rules: NameRules, losers: Losers) -> tuple[str, str, str]:
    """The row of *path* in `m`; its target is the path itself where NEW can hold it."""
    target = target_of(path, rules, losers)
    why = problems(path[-1], rules) if path else ()
    if not why and (path[:-1], path[-1]) in losers:
        why = ("the drive cannot tell it from its neighbour",)
    return encode(path), encode(target), "; ".join(why)


def suspicious(rules: NameRules) -> str:
    """
    A regular expression (RE2) that finds at least each encoded path with a name *rules* refuse, its form (NFC) aside.

    It may find more; `problems` has the last word.
    """
    return "|".join(refusals(rules))


def refusals(rules: NameRules, *, begin: str = "(^|/)") -> list[str]:
    """What `suspicious` is put together from; *begin* is what a name begins behind."""
    refused = "".join(
        re.escape(character) for character in sorted(rules.characters) if character not in "/\0"
    )
    # SOH stands in the encoded form for a slash, NUL or a byte that is not UTF-8.
    parts = [f"[\x01{refused}]"]
    if not rules.controls:
        parts.append("[\x01-\x1f\x7f]")
    if rules.endings:
        parts.append("[" + "".join(re.escape(it) for it in sorted(rules.endings)) + "](/|$)")
    if words := sorted(rules.reserved | rules.reserved_stems):
        parts.append(f"(?i:{begin}(" + "|".join(map(re.escape, words)) + r") *([./]|$))")
    if endings := sorted(rules.reserved_endings):
        parts.append("(?i:(" + "|".join(map(re.escape, endings)) + ")(/|$))")
    if words or endings:
        parts.append(_FOLDED if "".join(words + endings).isascii() else "[^\x01-\x7f]")
    # A character is at most four bytes and two UTF-16 units.
    widest = {NameUnit.BYTES: 4, NameUnit.UTF16: 2, NameUnit.HALVES: 2, NameUnit.CHARACTERS: 1}[rules.unit]
    # RE2 counts repetitions only up to 1,000.
    longest = min(1000, max(1, rules.length // widest))
    parts.append(f"{begin}[^/]{{{longest},}}")
    return parts


def mixes_up(rules: NameRules) -> bool:
    """Whether one thing may answer to several names in a drive with *rules*."""
    return rules.case is not Case.SENSITIVE or rules.form is not Form.EXACT


def losers_of(alike: Iterable[tuple[str, bool]], rules: NameRules) -> Losers:
    """
    Names that NEW could not tell from a neighbour's, with the name each gets instead.

    *alike* are the encoded paths whose normal form another one has, and whether they landed under their own name.
    """
    neighbours: dict[tuple[Path, str], list[tuple[bool, str]]] = defaultdict(list)
    for text, landed in alike:
        path = decode(text)
        neighbours[path[:-1], folded(path[-1], rules)].append((not landed, path[-1]))
    # Who landed under its own name keeps it; else the first in byte order does.
    return {
        (folder, name): mapped(name, rules)
        for (folder, _), names in neighbours.items()
        for _, name in sorted(names)[1:]
    }


def _losers(db: duckdb.DuckDBPyConnection, rules: NameRules) -> Losers:
    if not mixes_up(rules):
        return {}
    query = """
        SELECT path, path IN (SELECT old_path FROM l WHERE new_path = old_path) FROM o
        WHERE normal IN (SELECT normal FROM o GROUP BY normal HAVING count(*) > 1)
    """
    return losers_of(db.execute(query).fetchall(), rules)


def _suspects(db: duckdb.DuckDBPyConnection, rules: NameRules, losers: Losers) -> Iterable[list[Path]]:
    """Batches of all paths whose place in NEW may be another, or that may be too long or deep."""
    db.execute("CREATE TEMP TABLE lost (path VARCHAR)")
    if losers:
        db.executemany("INSERT INTO lost VALUES (?)", [(encode((*folder, name)),) for folder, name in losers])
    where = ["regexp_matches(path, ?)"]
    if losers:
        where.append(
            "EXISTS (SELECT 1 FROM lost WHERE o.path = lost.path OR starts_with(o.path, lost.path || '/'))"
        )
    if rules.form is Form.COMPOSED:
        where.append("path <> nfc_normalize(path)")
    if rules.depth is not None:
        where.append(f"length(path) - length(replace(path, '/', '')) >= {rules.depth}")
    if rules.path_length is not None:
        where.append(f"length(path) >= {rules.path_length // 4}")
    query = "SELECT path FROM o WHERE " + " OR ".join(where)
    texts = [text for (text,) in db.execute(query, [suspicious(rules)]).fetchall()]
    for start in range(0, len(texts), _BATCH):
        yield [decode(text) for text in texts[start : start + _BATCH]]


def _refuse_taken(db: duckdb.DuckDBPyConnection) -> None:
    """
    Refuse a mapped name that another object has: nothing is ever put over another.

    What lies below a refused folder is refused with it, lest it land in the other one's folder.
    """
    db.execute(f"""
        INSERT INTO refused
        SELECT path, '{NAME_TAKEN}' FROM m ANTI JOIN refused USING (path)
        WHERE target IN (SELECT target FROM m GROUP BY target HAVING count(*) > 1)
           OR target IN (SELECT path FROM o WHERE path NOT IN (SELECT path FROM m))
    """)
    if db.execute("SELECT 1 FROM refused LIMIT 1").fetchall():
        db.execute("""
            INSERT INTO refused
            SELECT o.path, min(above.reason) FROM o JOIN refused AS above ON starts_with(o.path, above.path || '/')
            WHERE o.path NOT IN (SELECT path FROM refused) GROUP BY o.path
        """)
