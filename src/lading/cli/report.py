"""
`lading report`: what happened, as a page and as JSON.

Exit codes: 0 the report is written, whatever its verdict is; 41 it is written
and says that the records were changed; 2 it is not clear which job is meant, or
its state is damaged; 21 there is none; 27, 30, 31, 32, 37 something cannot be
read or written.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from lading.cli.options import json_option
from lading.cli.output import answer, person, say, speak
from lading.evidence.report.page import Style
from lading.evidence.report.write import PAGE, Written, write_report
from lading.evidence.states import find_state
from lading.model.text import Text, language_of

OUTPUT = Text("The folder to write into (default: STATE/report).", "写入的文件夹（默认：STATE/report）。")


@click.command(
    help=speak(
        Text(
            "Write what happened as one page for people and as JSON.\n\nSTATE is the folder where copy and verify keep their state, by default .lading.",
            "将迁移经过写成一个网页和一份 JSON。\n\nSTATE 是复制和校验保存状态的文件夹，默认为 .lading。",
        )
    )
)
@click.argument("state", default=".lading")
@click.option("-o", "--output", metavar="DIR", help=speak(OUTPUT))
@json_option
def command(state: str, output: str | None, as_json: bool) -> int:
    """Write the report about the job in *state*."""
    place = find_state(state)
    now = datetime.now().astimezone()
    style = Style(language_of(), now.tzinfo or UTC, now)
    written = write_report(place, output or os.path.join(place, "report"), style, actor=person())
    if written.problem:
        raise written.problem
    if as_json:
        answer("report", _facts(written))
    else:
        say(written.verdict.headline)
        say(Text("{path}", "{path}"), path=os.path.join(written.folder, PAGE))
    return 0


def _facts(written: Written) -> dict[str, object]:
    return {"folder": written.folder, "files": list(written.files), "report": written.document}
