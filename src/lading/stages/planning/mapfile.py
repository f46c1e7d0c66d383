"""
The identity map as a CSV that people correct, and that is read back strictly.

UTF-8 with a mark in front, so that office programs read Chinese in it.  Only `kind`, `id`, `outcome`,
`new_kind`, `new_id` and `accept` mean something when it is read; the other columns are there for whoever
corrects it.  A cell that a spreadsheet would take for a formula stands behind an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lading.model.access import Principal, PrincipalKind
from lading.model.errors import BadMap
from lading.model.identity import Accept, Key, Match, Outcome, key_of, same_sort
from lading.model.text import Text
from lading.stages.planning.matching import Decided

COLUMNS = (
    "kind", "id", "name", "login", "mail", "outcome",
    "new_kind", "new_id", "new_name", "new_mail", "by", "accept", "note",
)  # fmt: skip
NEEDED = ("kind", "id", "outcome", "new_kind", "new_id", "accept")
LARGEST = 64 * 2**20
SHOWN = 20
"""Wrong lines that are told at once."""

_FORMULA = tuple("=+-@\t\r'")
_KINDS = {kind.value for kind in PrincipalKind if kind is not PrincipalKind.EVERYBODY}
_OUTCOMES = {outcome.value for outcome in Outcome}

LINE = Text("line {line}: {why}", "第 {line} 行：{why}")
MORE = Text("… and {count} more lines", "……另有 {count} 行")
NOT_UTF8 = Text("it is not UTF-8; save it as “CSV UTF-8”", "不是 UTF-8 编码；请另存为“CSV UTF-8”")
TOO_LARGE = Text("it is larger than {size} bytes", "超过 {size} 字节")
NO_CSV = Text("it is no CSV: {why}", "不是 CSV：{why}")
NO_COLUMN = Text("the heading lacks {names}", "表头缺少 {names}")
TWICE_COLUMN = Text("the heading has {names} twice", "表头中 {names} 重复")
CELLS = Text("it has {found} cells, the heading has {wanted}", "有 {found} 个单元格，而表头有 {wanted} 个")
BAD_KIND = Text(
    "{column} {kind!r} is none of person, guest, group, department",
    "{column} {kind!r} 不是 person、guest、group、department 之一",
)
BAD_OUTCOME = Text("outcome {word!r} is none of {words}", "outcome {word!r} 不是 {words} 之一")
BAD_ACCEPT = Text("accept {word!r} is none of {words}", "accept {word!r} 不是 {words} 之一")
UNKNOWN_OLD = Text("OLD has no {kind} {id!r}", "OLD 中没有 {kind} {id!r}")
UNKNOWN_NEW = Text("NEW has no {kind} {id!r}", "NEW 中没有 {kind} {id!r}")
AGAIN = Text("{kind} {id!r} stands in line {first} already", "{kind} {id!r} 已在第 {first} 行出现")
WRONG_KIND = Text("a {kind} cannot become a {new_kind}", "{kind} 不能映射为 {new_kind}")
INACTIVE = Text("{kind} {id!r} of NEW is not active", "NEW 中的 {kind} {id!r} 未启用")
TAKEN = Text(
    "{kind} {id!r} of NEW is given to line {first} too; if that is meant, write “shared” into accept on all these lines",
    "NEW 中的 {kind} {id!r} 已用于第 {first} 行；如确属有意，请在这些行的 accept 中都写入“shared”",
)
CONTRADICTS = Text(
    "outcome {outcome} goes with no new_id, and mapped needs one",
    "outcome 为 {outcome} 时不应有 new_id；mapped 则必须有",
)


class Line(NamedTuple):
    """One line of the map; *number* counts lines of the file from 1."""

    number: int
    old: Key
    outcome: Outcome
    new: Key | None
    accept: frozenset[Accept]


class Wrong(NamedTuple):
    """A line that cannot be used."""

    number: int
    why: Text


def written(matches: Iterable[Match], notes: Mapping[Key, str] | None = None) -> str:
    """The map of *matches* as CSV, worst first in the order given; *notes* go into the last column."""
    stream = io.StringIO()
    stream.write("\ufeff")
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for match in matches:
        table.writerow(map(_guarded, _cells(match, (notes or {}).get(key_of(match.old), ""))))
    return stream.getvalue()


def decisions(
    raw: bytes, place: str, old: Iterable[Principal], new: Iterable[Principal]
) -> dict[Key, Decided]:
    """
    What the map in *raw* decides, held against the principals of both sides.

    A line without `new_id` whose outcome is not `unmapped` decides nothing.

    Raises:
        BadMap: with the number and the reason of each line that cannot be used.
    """
    lines, wrong = _read(raw, place)
    there = {key_of(principal): principal for principal in new}
    wrong += _misfits(lines, {key_of(principal): principal for principal in old}, there)
    wrong += _doubled(lines)
    if wrong:
        raise BadMap(place, _told(sorted(wrong)))
    return {
        line.old: Decided(line.new, line.accept)
        for line in lines
        if line.new is not None or line.outcome is Outcome.UNMAPPED
    }


def _cells(match: Match, note: str) -> Sequence[str]:
    old, new = match.old, match.new
    theirs = (new.kind.value, new.id, new.name, new.mail) if new else ("", "", "", "")
    accepted = " ".join(sorted(match.accept))
    if match.candidates and not note:
        note = f"{match.why}: " + ", ".join(
            f"{it.kind} {it.id} {it.name} {it.mail}".strip() for it in match.candidates
        )
    mine = (old.kind.value, old.id, old.name, old.login, old.mail)
    return (*mine, match.outcome.value, *theirs, match.by.value if match.by else "", accepted, note)


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _read(raw: bytes, place: str) -> tuple[list[Line], list[Wrong]]:
    rows = _rows(raw, place)
    heading = [cell.strip() for cell in next(rows, (1, []))[1]]
    if missing := [name for name in NEEDED if name not in heading]:
        raise BadMap(place, _text(NO_COLUMN, names=", ".join(missing)))
    if doubled := sorted({name for name in heading if name and heading.count(name) > 1}):
        raise BadMap(place, _text(TWICE_COLUMN, names=", ".join(doubled)))
    lines: list[Line] = []
    wrong: list[Wrong] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            wrong.append(Wrong(number, _text(CELLS, found=len(cells), wanted=len(heading))))
            continue
        read = _line(number, dict(zip(heading, map(_unguarded, cells), strict=True)))
        lines.append(read) if isinstance(read, Line) else wrong.append(read)
    return lines, wrong


def _rows(raw: bytes, place: str) -> Iterator[tuple[int, list[str]]]:
    if len(raw) > LARGEST:
        raise BadMap(place, _text(TOO_LARGE, size=LARGEST))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadMap(place, NOT_UTF8) from None
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for cells in table:
            # A quoted cell may go over several lines: the first one is told.
            yield before + 1, cells
            before = table.line_num
    except csv.Error as problem:
        raise BadMap(place, _text(LINE, line=before + 1, why=NO_CSV.en.format(why=problem))) from None


def _line(number: int, cells: Mapping[str, str]) -> Line | Wrong:
    kind, new_kind, outcome = (cells[name].strip().lower() for name in ("kind", "new_kind", "outcome"))
    if kind not in _KINDS:
        return Wrong(number, _text(BAD_KIND, column="kind", kind=kind))
    if outcome not in _OUTCOMES:
        return Wrong(number, _text(BAD_OUTCOME, word=outcome, words=", ".join(sorted(_OUTCOMES))))
    words = cells["accept"].replace(",", " ").lower().split()
    known = {it.value for it in Accept}
    if unknown := [word for word in words if word not in known]:
        return Wrong(number, _text(BAD_ACCEPT, word=unknown[0], words=", ".join(sorted(known))))
    new_id = cells["new_id"]
    if (outcome == Outcome.MAPPED and not new_id) or (outcome == Outcome.UNMAPPED and new_id):
        return Wrong(number, _text(CONTRADICTS, outcome=outcome))
    if new_id and (new_kind or kind) not in _KINDS:
        return Wrong(number, _text(BAD_KIND, column="new_kind", kind=new_kind))
    new = Key(PrincipalKind(new_kind or kind), new_id) if new_id else None
    old = Key(PrincipalKind(kind), cells["id"])
    return Line(number, old, Outcome(outcome), new, frozenset(map(Accept, words)))


def _misfits(
    lines: Iterable[Line], old: Mapping[Key, Principal], new: Mapping[Key, Principal]
) -> Iterator[Wrong]:
    """Lines about somebody who is not there, or who cannot be them."""
    for line in lines:
        if line.old not in old:
            yield Wrong(line.number, _text(UNKNOWN_OLD, kind=line.old.kind.value, id=line.old.id))
        if line.new is None:
            continue
        theirs = {"kind": line.new.kind.value, "id": line.new.id}
        if not same_sort(line.old.kind, line.new.kind):
            yield Wrong(
                line.number, _text(WRONG_KIND, kind=line.old.kind.value, new_kind=line.new.kind.value)
            )
        elif line.new not in new:
            yield Wrong(line.number, _text(UNKNOWN_NEW, **theirs))
        elif not new[line.new].active and line.old in old and old[line.old].active:
            yield Wrong(line.number, _text(INACTIVE, **theirs))


def _doubled(lines: Sequence[Line]) -> Iterator[Wrong]:
    """Lines that speak of one principal again, on either side, without saying so."""
    first: dict[Key, int] = {}
    takers: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        if line.old in first:
            kind, id_ = line.old
            yield Wrong(line.number, _text(AGAIN, kind=kind.value, id=id_, first=first[line.old]))
            continue
        first[line.old] = line.number
        if line.new is not None:
            takers[line.new].append(line)
    for (kind, id_), given in takers.items():
        if len(given) > 1 and not all(Accept.SHARED in line.accept for line in given):
            for line in given[1:]:
                yield Wrong(line.number, _text(TAKEN, kind=kind.value, id=id_, first=given[0].number))


def _told(wrong: Sequence[Wrong]) -> Text:
    lines = [_text(LINE, line=it.number, why=it.why) for it in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        lines.append(_text(MORE, count=len(wrong) - SHOWN))
    # Each on a line of its own, below the sentence.
    return Text("".join(f"\n{line.en}" for line in lines), "".join(f"\n{line.zh}" for line in lines))


def _text(said: Text, **facts: object) -> Text:
    english = {name: fact.en if isinstance(fact, Text) else fact for name, fact in facts.items()}
    chinese = {name: fact.zh if isinstance(fact, Text) else fact for name, fact in facts.items()}
    return Text(said.en.format(**english), said.zh.format(**chinese))
