"""
`lading ledger check`: does the chain of records hold?

Exit codes: 0 it holds; 41 it does not; 2 it is not clear which ledger is meant;
21 there is none; 27 it may not be read.
"""

from __future__ import annotations

import os

import click

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.evidence.chain import Checked
from lading.evidence.ledger import NAME, verify
from lading.evidence.states import find_state
from lading.model.errors import BadRequest
from lading.model.text import Text

HEAD = Text(
    "The digest of a record noted earlier, which must still be there: shows that the end was not cut off.",
    "早先记下的某条记录的摘要，它必须仍在其中：用于证明末尾未被截断。",
)
HOLDS = Text(
    "The chain holds: {records} records, the last one is {head}.",
    "记录链完好：共 {records} 条记录，最后一条为 {head}。",
)
SINCE = Text(
    "The expected record is number {seq}; {since} followed it.",
    "预期的记录是第 {seq} 条，其后还有 {since} 条。",
)
UNPROVEN = Text(
    "Keep this digest elsewhere and give it with --head next time: only then a cut-off end is noticed.",
    "请将此摘要另行保存，下次以 --head 给出：只有这样才能发现末尾被截断。",
)


@click.group(help=speak(Text("Check the chain of records.", "检查记录链。")))
def command() -> None:
    """The group of commands about the ledger."""


@command.command(help=speak(Text("Check every record of a ledger.", "检查记录链中的每一条记录。")))
@click.argument("place", metavar="FILE|STATE", default=".lading")
@click.option("--head", metavar="DIGEST", help=speak(HEAD))
@json_option
def check(place: str, head: str | None, as_json: bool) -> int:
    """Check the ledger in the file or state folder *place*."""
    if head is not None and (len(head) != 64 or set(head.lower()) - set("0123456789abcdef")):
        raise BadRequest("--head", Text("a digest is 64 hexadecimal digits", "摘要应为 64 位十六进制数"))
    path = os.path.join(find_state(place), NAME) if os.path.isdir(place) else place
    checked = verify(path, head=head)
    if as_json:
        answer("ledger check", {"ledger": path, **_facts(checked, head)})
        return 0
    say(HOLDS, records=checked.records, head=checked.head)
    if head is None:
        say(UNPROVEN)
    else:
        seq = checked.seen[head.lower()]
        say(SINCE, seq=seq, since=checked.records - seq)
    return 0


def _facts(checked: Checked, head: str | None) -> dict[str, object]:
    expected = None if head is None else {"digest": head.lower(), "seq": checked.seen[head.lower()]}
    return {"records": checked.records, "head": checked.head, "expected": expected}
