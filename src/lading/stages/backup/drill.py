"""
The result of a drill, as it is written down, and whether it still counts.

`docs/formats/drill.md` says what each field means.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from lading.model.errors import BadState
from lading.model.text import Language, Text

FORMAT = 1
_DAY = 86_400
_DAMAGED = Text("it is no result of a drill that this Lading reads", "不是本版本 Lading 可读取的演练结果")


class Code(StrEnum):
    """Why a drill fails."""

    DAMAGED = "damaged"
    LACKS_FOLDER = "lacks_folder"
    LACKS_CRITICAL = "lacks_critical"
    NOT_KEPT = "not_kept"
    TWO_MOMENTS = "two_moments"
    CRITICAL_MOMENT = "critical_moment"
    FUTURE = "future"
    NOT_RESTORED = "not_restored"
    DIFFERS = "differs"
    NOT_COMPARED = "not_compared"
    TABLE_DIFFERS = "table_differs"
    LIVE_DIFFERS = "live_differs"


SAYS: Mapping[Code, Text] = {
    Code.DAMAGED: Text("the vault is damaged: {detail}", "保管库已损坏：{detail}"),
    Code.LACKS_FOLDER: Text(
        "the backup lacks this folder, which was there at its moment", "备份中缺少此文件夹，而备份时它已存在"
    ),
    Code.LACKS_CRITICAL: Text(
        "it is named as critical and no file of the backup fits", "被列为关键，但备份中没有符合的文件"
    ),
    Code.NOT_KEPT: Text(
        "its content could not be read when the snapshot was taken", "制作快照时其内容无法读取"
    ),
    Code.TWO_MOMENTS: Text(
        "the drive changed while it was backed up: the snapshot mixes moments",
        "备份期间网盘有变化：快照混合了不同时刻",
    ),
    Code.CRITICAL_MOMENT: Text(
        "this critical file was changed after the snapshot was begun, which mixes moments",
        "此关键文件在快照开始之后有改动，而该快照混合了不同时刻",
    ),
    Code.FUTURE: Text("the snapshot says that it was taken in the future", "快照标明的时间在未来"),
    Code.NOT_RESTORED: Text("it was not restored ({detail})", "未能恢复（{detail}）"),
    Code.DIFFERS: Text("the restored one differs ({detail})", "恢复结果不一致（{detail}）"),
    Code.NOT_COMPARED: Text(
        "the contents of {detail} restored files could not be compared",
        "有 {detail} 个恢复的文件无法比较内容",
    ),
    Code.TABLE_DIFFERS: Text("{detail}: what hangs on it differs", "{detail}：附带信息不一致"),
    Code.LIVE_DIFFERS: Text(
        "the drive has other content under the same size and time", "网盘上大小与时间相同，但内容不同"
    ),
}


class Reason(NamedTuple):
    """Why a drill failed: *code*, the object (as shown), and more."""

    code: Code
    subject: str
    detail: str | Text = ""

    def message(self, language: Language) -> str:
        """The reason as a sentence."""
        return SAYS[self.code].to(language, detail=self._detail.to(language))

    def facts(self) -> dict[str, Any]:
        """As it is written down."""
        said = {language.value: self.message(language) for language in Language}
        detail = self._detail.en
        return {"code": self.code.value, "subject": self.subject, "detail": detail, "message": said}

    @property
    def _detail(self) -> Text:
        return self.detail if isinstance(self.detail, Text) else Text(self.detail, self.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What a gate asks of a drill: not older than *age* days, of a snapshot not older than *backup* days, RPO and RTO in hours (None: any).

    *share* is the most that may be bad by the sample, *critical* says whether critical files must have been named.
    """

    age: float = 30.0
    backup: float = 7.0
    rpo: float | None = None
    rto: float | None = None
    share: float = 0.001
    critical: bool = False


_FAILED = Text(
    "the last drill failed: {count} reasons, the first is {first}",
    "最近一次演练未通过：共 {count} 项原因，首项为 {first}",
)
_OLD = Text(
    "the last drill is {days:.1f} days old; at most {most:g} are allowed",
    "最近一次演练距今 {days:.1f} 天，至多允许 {most:g} 天",
)
_OLD_BACKUP = Text(
    "the snapshot that was drilled is {days:.1f} days old; at most {most:g} are allowed",
    "所演练的快照距今 {days:.1f} 天，至多允许 {most:g} 天",
)
_FUTURE = Text("the drill says that it ended in the future", "演练标明的结束时间在未来")
_RPO = Text(
    "RPO was {hours:.1f} hours; at most {most:g} are allowed",
    "RPO 为 {hours:.1f} 小时，至多允许 {most:g} 小时",
)
_RTO = Text(
    "a full restore may take {hours:.1f} hours by the forecast; at most {most:g} are allowed",
    "据预测完整恢复可能需要 {hours:.1f} 小时，至多允许 {most:g} 小时",
)
_SHARE = Text(
    "by the sample up to {share:.3%} of the files may be bad; at most {most:.3%} is allowed",
    "据抽样至多有 {share:.3%} 的文件可能有误，至多允许 {most:.3%}",
)
_NO_CRITICAL = Text("the drill restored no file that is named as critical", "演练未恢复任何被列为关键的文件")


def fresh(result: Mapping[str, Any], now: float, rules: Rules) -> tuple[Text, ...]:
    """
    Why *result* (as `read_result` gives it) does not satisfy *rules* at *now* (seconds since 1970 UTC); nothing if it does.

    Every rule is looked at, even after one has failed.
    """
    return tuple(_against(result, now, rules))


def _against(result: Mapping[str, Any], now: float, rules: Rules) -> Iterable[Text]:
    reasons = result["reasons"]
    if reasons or not result["passed"]:
        yield _said(_FAILED, count=len(reasons), first=reasons[0]["code"] if reasons else "-")
    age = (now - result["ended"]) / _DAY
    if age < 0:
        yield _FUTURE
    if age > rules.age:
        yield _said(_OLD, days=age, most=rules.age)
    backup = (now - result["snapshot"]["taken"]) / _DAY
    if backup > rules.backup:
        yield _said(_OLD_BACKUP, days=backup, most=rules.backup)
    if rules.rpo is not None and result["rpo"]["seconds"] / 3600 > rules.rpo:
        yield _said(_RPO, hours=result["rpo"]["seconds"] / 3600, most=rules.rpo)
    forecast = result["forecast"]
    if rules.rto is not None and (forecast is None or forecast["most"] / 3600 > rules.rto):
        yield _said(_RTO, hours=forecast["most"] / 3600 if forecast else float("inf"), most=rules.rto)
    if result["confidence"]["share"] > rules.share:
        yield _said(_SHARE, share=result["confidence"]["share"], most=rules.share)
    if rules.critical and not result["critical"]:
        yield _NO_CRITICAL


def _said(text: Text, **facts: object) -> Text:
    return Text(*(text.to(language, **facts) for language in (Language.EN, Language.ZH)))


_FIELDS = frozenset(
    ("passed", "reasons", "started", "ended", "snapshot", "rpo", "rto", "forecast", "confidence", "critical")
)


def read_result(file: str) -> dict[str, Any]:
    """
    The result in *file*.

    Raises:
        BadState: it is none, or of another format.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            told = json.load(stream)
        if told["format"] != FORMAT or not set(told) >= _FIELDS:
            raise ValueError(FORMAT)
    except OSError as problem:
        raise BadState(file, problem.strerror or "") from None
    except (ValueError, KeyError, TypeError):
        raise BadState(file, _DAMAGED) from None
    assert isinstance(told, dict)
    return told
