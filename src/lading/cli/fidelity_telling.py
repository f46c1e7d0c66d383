"""
A fidelity contract for the person at the terminal: one table, then each loss with its worst examples.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from lading.cli.output import say, speak
from lading.model.fidelity import Account, Contract, Example, Line
from lading.model.losses import CODES, FEATURES, TOLD_BY, UNKNOWN, Outcome
from lading.model.paths import decode, shown, shown_name
from lading.model.text import Text

OUTCOMES = {
    Outcome.EXACT: Text("exact", "一致"),
    Outcome.TRANSLATED: Text("translated", "转换"),
    Outcome.LOSSY: Text("lossy", "有损"),
    Outcome.DROPPED: Text("dropped", "丢弃"),
}
_TITLE = Text("What becomes of {old} in {new}", "{old} 迁移到 {new} 的结果")
_FEATURE = Text("feature", "内容")
_FOUND = Text("found", "数量")
_UNKNOWN = Text("UNKNOWN", "不明")
_NOT_KNOWN = Text("UNKNOWN, {why}: {features}", "不明（{why}）：{features}")
_WAIVED = Text("unknown and waived, {why}: {features}", "不明但已豁免（{why}）：{features}")
_COLON = Text(": ", "：")
_EXAMPLE = Text("e.g.", "例如")
_NOTHING = Text("Everything arrives as it was.", "全部内容原样保留。")
_DIGEST = Text("digest {digest}", "摘要 {digest}")
_OPEN = Text(
    "It cannot be signed: see UNKNOWN above. Scan with these, or accept the gap with --waive {names}.",
    "无法签署，见上方“不明”各项。请扫描这些内容，或用 --waive {names} 接受缺口。",
)


def tell(contract: Contract) -> None:
    """Print *contract*."""
    say(_TITLE, old=contract.old["place"], new=contract.new["place"])
    _console().print(_table(contract))
    lines = [(account, line) for account in contract.accounts for line in account.lines]
    order = list(Outcome)
    for account, line in sorted(lines, key=lambda it: -order.index(it[1].outcome)):
        _tell_line(account, line)
    if not lines:
        say(_NOTHING)
    _tell_unknown(contract)
    say(_DIGEST, digest=contract.digest)
    if contract.open:
        say(_OPEN, names=",".join(dict.fromkeys(TOLD_BY.get(it, it) for it in contract.open)))


def _console() -> Console:
    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False)


def _table(contract: Contract) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(speak(_FEATURE))
    for head in (_FOUND, *OUTCOMES.values()):
        table.add_column(speak(head), justify="right")
    for account in contract.accounts:
        name = speak(FEATURES[account.feature])
        counts = _counts(account)
        if account.unknown and not account.found:
            table.add_row(name, speak(_UNKNOWN), *("" for _ in OUTCOMES))
        else:
            mark = "?" if account.unknown else ""
            table.add_row(name, f"{account.found:,}{mark}", *(f"{it:,}" if it else "·" for it in counts))
    return table


def _counts(account: Account) -> Iterable[int]:
    return account.exact, account.translated, account.lossy, account.dropped


def _tell_line(account: Account, line: Line) -> None:
    loss = CODES[line.code]
    word, feature = speak(OUTCOMES[line.outcome]), speak(FEATURES[account.feature])
    sys.stdout.write(
        f"{word:>10}  {line.count:,} × {feature}{speak(_COLON)}{speak(loss.says)} [{line.code}]\n"
    )
    if loss.then.en:
        sys.stdout.write(f"{'':>12}→ {speak(loss.then)}\n")
    if line.outcome is not Outcome.TRANSLATED:
        for example in line.examples:
            sys.stdout.write(f"{'':>12}{speak(_EXAMPLE)} {_shown(example)}\n")


def _shown(example: Example) -> str:
    what = shown_name(example.what)
    return what if example.path is None else f"{shown(decode(example.path))} · {what}"


def _tell_unknown(contract: Contract) -> None:
    """One line for each reason, what nobody has accepted first."""
    found: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for account in contract.accounts:
        if account.unknown:
            place = account.feature in contract.waived, account.unknown
            found[place].append(speak(FEATURES[account.feature]))
    for (waived, why), features in sorted(found.items()):
        listed = speak(Text(", ", "、")).join(features)
        say(_WAIVED if waived else _NOT_KNOWN, why=speak(UNKNOWN[why]), features=listed)
