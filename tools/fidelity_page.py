"""
Write the list of losses in `docs/manual/fidelity.md` and its Chinese twin from `lading.model.losses`.

Usage: tools/fidelity_page.py [--write].  Without `--write` it only compares, and
ends with 1 if a page on disk does not hold the list that the model gives.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lading.model.losses import CODES, FEATURES, Outcome
from lading.model.text import Language, Text

MANUAL = Path(__file__).resolve().parent.parent / "docs" / "manual"
PAGES = {Language.EN: MANUAL / "fidelity.md", Language.ZH: MANUAL / "fidelity.zh-CN.md"}
BEGIN = "<!-- Made by `make pages` from src/lading/model/losses.py; edit there. -->\n"
END = "<!-- End of what is made. -->\n"
HEAD = Text(
    "| feature | code | outcome | what happens | what to do |", "| 内容 | 代码 | 结果 | 情况 | 处理办法 |"
)
OUTCOMES = {
    Outcome.TRANSLATED: Text("translated", "转换"),
    Outcome.LOSSY: Text("lossy", "有损"),
    Outcome.DROPPED: Text("dropped", "丢弃"),
}


def page(language: Language) -> str:
    """The page in *language* with the list as it is now."""
    text = PAGES[language].read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + _table(language) + END + after


def _table(language: Language) -> str:
    rows = [HEAD.to(language), "| --- | --- | --- | --- | --- |"]
    for code, loss in CODES.items():
        words = (FEATURES[loss.feature], OUTCOMES[loss.outcome], loss.says, loss.then)
        feature, outcome, says, then = (text.to(language) for text in words)
        rows.append(f"| {feature} | `{code}` | {outcome} | {says} | {then} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    """Compare or write, as the command line says."""
    stale = [language for language, file in PAGES.items() if page(language) != file.read_text("utf-8")]
    if "--write" in sys.argv[1:]:
        for language in stale:
            PAGES[language].write_text(page(language), encoding="utf-8")
        return 0
    for language in stale:
        sys.stderr.write(f"{PAGES[language].name} does not say what the losses say: run `make pages`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
