"""
What a random sample says about all the files: an exact bound, stated truthfully.

With k bad files among m that were drawn at random out of N without putting
back, the number of bad ones among the m follows the hypergeometric
distribution.  The bound is the largest number D of bad files among the N under
which k or fewer would still be drawn with a probability above 1 - level (W. G.
Cochran, Sampling Techniques, 3rd edition 1977, chapter 3).  For k = 0 and large
N it comes to about 3/m at 95 %: the rule of three (J. A. Hanley and A.
Lippman-Hand, JAMA 249 (1983) 1743).
"""

from __future__ import annotations

from math import ceil, exp, fsum, lgamma
from typing import NamedTuple

from lading.model.text import Language, Text

LEVEL = 0.95


class Sample(NamedTuple):
    """
    A sample and what was found in it; all are numbers of files.

    *drawn* are the files drawn at random, *bad* those among them that differ; *read* and
    *read_bad* count the files chosen besides, too.
    """

    files: int
    drawn: int
    bad: int
    read: int
    read_bad: int


STATEMENT = Text(
    "{read:,} of {files:,} files were read ({drawn:,} drawn at random, {chosen:,} chosen: the largest and one of"
    " each space) and {found}; at {level} % confidence at most {most:,} files ({share} %) differ in content.",
    "已读取 {files:,} 个文件中的 {read:,} 个（随机抽取 {drawn:,} 个，另选 {chosen:,} 个：最大的文件及每个空间各一个），"
    "{found}；在 {level}% 的置信水平下，内容不一致的文件至多 {most:,} 个（{share}%）。",
)
NONE_BAD = Text("none of them differs", "均无差异")
SOME_BAD = Text("{bad:,} of them differ", "其中 {bad:,} 个存在差异")


def most_bad(files: int, drawn: int, bad: int, level: float = LEVEL) -> int:
    """The most bad files there can be among *files*, with confidence *level*, if *bad* of *drawn* are."""
    low, high = bad, files - drawn + bad
    while low < high:
        middle = (low + high + 1) // 2
        if chance(files, middle, drawn, bad) > 1 - level:
            low = middle
        else:
            high = middle - 1
    return low


def enough(files: int, tolerance: float, level: float = LEVEL) -> int:
    """How many of *files* must be drawn so that, if none of them is bad, with confidence *level* at most the share *tolerance* is."""
    allowed = int(tolerance * files)
    if allowed >= files:
        return 0
    low, high = 0, files
    while low < high:
        middle = (low + high) // 2
        if chance(files, allowed + 1, middle, 0) > 1 - level:
            low = middle + 1
        else:
            high = middle
    return low


def chance(files: int, wrong: int, drawn: int, bad: int) -> float:
    """The probability that at most *bad* of *drawn* files are among the *wrong* of all *files*."""
    least = max(0, drawn - (files - wrong))
    whole = _choices(files, drawn)
    return fsum(
        exp(_choices(wrong, it) + _choices(files - wrong, drawn - it) - whole)
        for it in range(least, min(bad, wrong, drawn) + 1)
    )


def stated(sample: Sample, level: float = LEVEL, statement: Text = STATEMENT) -> dict[str, object]:
    """The confidence that *sample* gives, as `verification.json` has it; *statement* says it, with the places of `STATEMENT`."""
    most = max(most_bad(sample.files, sample.drawn, sample.bad, level), sample.read_bad)
    share = most / sample.files if sample.files else 0.0
    found = SOME_BAD if sample.read_bad else NONE_BAD
    facts = {**sample._asdict(), "chosen": sample.read - sample.drawn, "most": most}
    return {
        "share": share,
        "level": level,
        "most": most,
        **sample._asdict(),
        "statement": {
            language.value: statement.to(
                language,
                **{**facts, "found": found.to(language, bad=sample.read_bad)},
                level=f"{level * 100:g}",
                # Rounded up: a bound must not look better than it is.
                share=f"{ceil(share * 100_000) / 1000:g}",
            )
            for language in Language
        },
    }


def _choices(among: int, taken: int) -> float:
    """The logarithm of the number of ways to take *taken* out of *among*."""
    return lgamma(among + 1) - lgamma(taken + 1) - lgamma(among - taken + 1)
