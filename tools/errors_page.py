"""
Write `docs/manual/errors.md` from the error classes: every exit code and code, in English and in Chinese.

Usage: tools/errors_page.py [--write].  Without `--write` it only compares, and
ends with 1 if the page on disk is not the one that the classes give.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

from lading.model.errors import (
    DIFFERENT,
    DRILL_FAILED,
    FAILED_OBJECTS,
    GAINED,
    LEFT_BEHIND,
    NOT_READY,
    ON_BOTH_SIDES,
    RISKY,
    TRIAL_LEFT,
    UNANNOUNCED,
    UNANSWERED,
    UNDECIDED,
    Advice,
    LadingError,
    known,
)
from lading.model.text import Language, Text

PAGE = Path(__file__).resolve().parent.parent / "docs" / "manual" / "errors.md"

TITLE = "# Exit codes and errors · 退出码与错误\n"
MADE = "<!-- Made by `make pages` from src/lading/{model,drive,site}/errors.py; edit there. -->\n"
INTRO = {
    Language.EN: (
        "## English\n\n"
        "Every command ends with one of these exit codes. An error is one sentence, its code in square brackets, and what to do;"
        " with `--json` it is a document with `error.code`, `error.message`, `error.remedy` and `error.advice`. Codes never change their meaning.\n\n"
        "*Advice* is what a script should do: `retry` the same command later, `skip_item` (the one object cannot be done, all others can),"
        " `stop_drive` (the whole drive refuses), `ask` a person. Failures of single objects do not end a command: they are listed with these same codes.\n\n"
        "| exit code | code | what happened | what to do | advice |\n| --- | --- | --- | --- | --- |\n"
    ),
    Language.ZH: (
        "\n## 中文\n\n"
        "每个命令都以下列退出码之一结束。错误由一句话、方括号中的代码和处理办法组成；使用 `--json` 时为一份文档，含"
        " `error.code`、`error.message`、`error.remedy` 与 `error.advice`。代码的含义不会改变。\n\n"
        "“建议”供脚本使用：`retry` 稍后重试同一命令；`skip_item` 仅该对象无法处理，其余不受影响；`stop_drive` 整个网盘拒绝；`ask` 需由人决定。"
        "单个对象的失败不会中止命令，而是以相同代码列入清单。\n\n"
        "| 退出码 | 代码 | 情况 | 处理办法 | 建议 |\n| --- | --- | --- | --- | --- |\n"
    ),
}
NO_ERROR = (
    (0, Text("done, and nothing is wrong", "已完成，且一切正常"), Text("", "")),
    (
        DIFFERENT,
        Text(
            "`compare`, `verify`: the two sides differ; `access diff`: access was lost only; `identity`: somebody is not mapped; `fidelity`: something is lost or unknown; `drive check`: something is wrong",
            "`compare`、`verify`：两侧存在差异；`access diff`：仅有失去的权限；`identity`：尚有未对应者；`fidelity`：有损失或情况不明；`drive check`：发现问题",
        ),
        Text("Look at the list.", "请查看清单。"),
    ),
    (
        FAILED_OBJECTS,
        Text(
            "`copy`: the pass ended, the account closes, and some objects failed; `drive people load`: some lines were refused; `canary plant`, `canary remove`: something was refused or left",
            "`copy`：本轮结束且账目结平，但有对象失败；`drive people load`：有行被拒绝；`canary plant`、`canary remove`：有被拒绝或保留的内容",
        ),
        Text(
            "Look at `failures.jsonl` or the lines, mend what they say, run again.",
            "请查看 `failures.jsonl` 或所列各行，按其说明处理后重新运行。",
        ),
    ),
    (
        GAINED,
        Text("`access diff`: somebody gained access", "`access diff`：有人获得了新增权限"),
        Text(
            "Take back what the causes name, or list it in --tolerate.",
            "请收回所列原因中的权限，或在 --tolerate 中列明接受。",
        ),
    ),
    (
        ON_BOTH_SIDES,
        Text(
            "`access diff`: somebody stands on both sides of a wall", "`access diff`：有人同时位于隔离墙两侧"
        ),
        Text("Take one of the two grants back.", "请收回两项授权之一。"),
    ),
    (
        UNANNOUNCED,
        Text(
            "`copy --contract`: something was lost that the fidelity contract does not announce",
            "`copy --contract`：出现了保真约定未列明的损失",
        ),
        Text(
            "Look at `features` in the account: mend the cause and run again, or have a new contract signed.",
            "请查看账目中的 `features`：消除原因后重新运行，或重新签署约定。",
        ),
    ),
    (
        UNANSWERED,
        Text(
            "`canary check`: a canary is lost, changed or cannot be asked",
            "`canary check`：有金丝雀丢失、已改变或无法查询",
        ),
        Text(
            "Find out what harmed it before the next pass; what it proves may have happened to other files.",
            "请在下一轮之前查明原因；它所代表的问题可能也发生在其他文件上。",
        ),
    ),
    (
        NOT_READY,
        Text("`assess`: not ready, there are blockers", "`assess`：未就绪，存在阻断项"),
        Text(
            "Have their owners act, or waive what may be waived, and assess again.",
            "请各负责人处理，或豁免可豁免者，然后重新评估。",
        ),
    ),
    (
        RISKY,
        Text("`assess`: ready, with risks", "`assess`：可以开始，但有风险"),
        Text("Look at each risk, and decide.", "请逐项查看风险并作出决定。"),
    ),
    (
        DRILL_FAILED,
        Text("`drill`: the backup would not come back as it should", "`drill`：备份无法如期恢复"),
        Text(
            "Look at the reasons in the result; mend the cause, back up, and drill again.",
            "请查看结果中的原因；消除后重新备份并再次演练。",
        ),
    ),
    (
        LEFT_BEHIND,
        Text(
            "`drill`: it passed, and something could not be removed from the scratch place",
            "`drill`：已通过，但临时位置有内容无法清除",
        ),
        Text("Run the drill again, or remove it by hand.", "请再次运行演练，或手动清除。"),
    ),
    (
        TRIAL_LEFT,
        Text(
            "`forecast`: told, and something could not be removed from the folder of the trial",
            "`forecast`：已给出预测，但试复制文件夹中有内容无法清除",
        ),
        Text("Run the forecast again, or remove it by hand.", "请再次运行预测，或手动清除。"),
    ),
    (
        UNDECIDED,
        Text(
            "`rollback`: rights that changed in NEW wait for a decision",
            "`rollback`：NEW 中变更的权限等待决定",
        ),
        Text(
            "Write carry or keep into the file of decisions and run again.",
            "请在决定文件中填写 carry 或 keep，然后重新运行。",
        ),
    ),
)
PIPE = (
    141,
    Text("the reader of the output went away, as `head` does", "输出的读取方已退出（例如 `head`）"),
    Text("", ""),
)

# Where errors are defined beside the model: only what is imported is known.
ALSO = ("lading.drive.errors", "lading.drive.dav.errors", "lading.site.errors")

# Errors whose sentence is only what the drive or the request said.
ONLY_DETAIL = {
    "bad_request": Text("the command was asked for something that makes no sense", "命令的要求不合理"),
    "drive_error": Text("a drive failed or refused, and said why", "网盘出错或拒绝，并说明了原因"),
}


def page() -> str:
    """The whole page."""
    for module in ALSO:
        import_module(module)
    return TITLE + MADE + "\n" + "".join(INTRO[language] + _table(language) for language in INTRO)


def _table(language: Language) -> str:
    rows = [(code, "", what.to(language), then.to(language), "") for code, what, then in (*NO_ERROR, PIPE)]
    rows += [_row(kind, language) for kind in known().values() if kind is not LadingError]
    return "".join(
        f"| {code} | {f'`{name}`' if name else ''} | {what} | {then} | {advice} |\n"
        for code, name, what, then, advice in sorted(rows)
    )


def _row(kind: type[LadingError], language: Language) -> tuple[int, str, str, str, str]:
    assert kind.advice in Advice
    says = ONLY_DETAIL.get(kind.code, kind.says)
    return kind.exit_code, kind.code, _open(says, language), _open(kind.remedy, language), kind.advice


def _open(text: Text, language: Language) -> str:
    """*text* with dots in the places that are filled when it happens."""
    words = text.zh if language is Language.ZH else text.en
    return words.format_map(defaultdict(lambda: "…")).replace("(…)", "").replace("（…）", "").strip()


def main() -> int:
    """Compare or write, as the command line says."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/manual/errors.md does not say what the error classes say: run `make pages`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
