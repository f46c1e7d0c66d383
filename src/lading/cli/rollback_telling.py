"""
What `lading rollback` tells, in sentences or as JSON.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from lading.cli.durations import spoken
from lading.cli.output import answer, right, say, speak
from lading.cli.rollback_work import Ended
from lading.model.errors import FAILED_OBJECTS, UNDECIDED, NotWhole
from lading.model.paths import shown
from lading.model.text import Text
from lading.stages.cutover.clients import instruction
from lading.stages.cutover.deeds import Because, Deed, Do
from lading.stages.cutover.estimating import Estimate, Measured
from lading.stages.cutover.journaling import Sealed, entries
from lading.stages.cutover.running import Plan, estimates
from lading.stages.cutover.state import Mark, last_of

SHOWN = 200
"""Actions that are listed one by one; all of them stand in the JSON."""

ACTIONS = {
    Do.FOLDER: Text("make folder", "新建文件夹"),
    Do.RENAME: Text("rename", "改名"),
    Do.VERSION: Text("new version", "新版本"),
    Do.ADD: Text("add", "新增"),
    Do.BESIDE: Text("keep both", "双方保留"),
    Do.COPY: Text("copy", "复制"),
    Do.SETTLED: Text("there already", "已经存在"),
    Do.TELL: Text("only told", "仅告知"),
    Do.FAIL: Text("not carried", "未带回"),
}
REASONS = {
    Because.EDITED: Text("edited in NEW", "在 NEW 中修改"),
    Because.MADE: Text("made in NEW", "在 NEW 中新建"),
    Because.RENAMED: Text("renamed in NEW", "在 NEW 中改名"),
    Because.DELETED: Text("deleted in NEW, stays in OLD", "在 NEW 中删除，OLD 中保留"),
    Because.DELETED_LATER: Text("changed in NEW, then deleted there", "在 NEW 中修改后又删除"),
    Because.BOTH_EDITED: Text("edited on both sides", "双方均有修改"),
    Because.NAME_TAKEN: Text("OLD has another of that name", "OLD 中已有同名对象"),
    Because.BOTH_RENAMED: Text(
        "renamed on both sides, keeps its name in OLD", "双方均改名，保留 OLD 中的名称"
    ),
    Because.GONE_FROM_OLD: Text("no longer in OLD", "OLD 中已不存在"),
    Because.ALONG: Text("came along with a folder", "随文件夹一起"),
    Because.THERE: Text("OLD has it already", "OLD 中已有"),
    Because.UNREAD: Text("its content could not be read in NEW", "在 NEW 中无法读取其内容"),
    Because.UNGUARDED: Text(
        "restricted in NEW, and OLD cannot restrict it: kept in the state folder",
        "在 NEW 中受限而 OLD 无法设置限制：保存在状态文件夹中",
    ),
}
_ROW = Text("{word}  {objects:>10,}  {size:>16,} B  {why}", "{word}  {objects:>10,}  {size:>16,} B  {why}")
_DEED = Text("  {word}  {path} -> {target} ({why})", "  {word}  {path} -> {target}（{why}）")
_RIGHTS = Text(
    "Rights and links changed in NEW: {changed:,}; to be carried: {to_carry:,}; waiting for a decision: {open:,}.",
    "NEW 中变更的权限与链接：{changed:,} 项；将带回 {to_carry:,} 项；等待决定 {open:,} 项。",
)
_DECIDE = Text("Decide them in {file}, then run again.", "请在 {file} 中逐项决定，然后重新运行。")
_CLIENTS = Text(
    "Files that sync clients of OLD may find changed under them: {count:,}. {what}",
    "旧网盘同步客户端可能遇到冲突的文件：{count:,} 个。{what}",
)
_TIMES = {
    Measured.RUN: Text(
        "Writing takes up to about {write}, reading OLD whole afterwards about {read}: by what earlier runs measured.",
        "写入最多约需 {write}，之后完整读取旧网盘约需 {read}：依据此前运行的实测。",
    ),
    Measured.COPY: Text(
        "Writing takes up to about {write}, reading OLD whole afterwards about {read}: by the rate of the copy from OLD to NEW, the other"
        " way round.",
        "写入最多约需 {write}，之后完整读取旧网盘约需 {read}：依据从旧网盘复制到新网盘的实测速率（方向相反）。",
    ),
}
_NO_TIME = Text(
    "How long it takes is not known: nothing was measured yet. To be written: {objects:,} objects, {size:,} bytes; OLD ({found:,} bytes) is"
    " read whole afterwards.",
    "所需时间未知：尚无实测。待写入 {objects:,} 个对象、{size:,} 字节；之后会完整读取旧网盘（{found:,} 字节）。",
)
_KINDS = {
    "": Text("link", "链接"),
    "deny": Text("denial", "拒绝"),
    "break": Text("break of inheritance", "中断继承"),
}
_GRANT = Text("right", "权限")
_HELD_BACK = {
    "by_hand": Text("to be done by hand", "须人工处理"),
    "nobody": Text("OLD does not know who they are", "旧网盘中无法确认其身份"),
    "unable": Text("OLD cannot hold it", "旧网盘不支持"),
    "no_entry": Text("what it hangs on is not in OLD", "其所属对象不在旧网盘中"),
}
_CHANGES = {
    "given": Text("given in NEW", "在 NEW 中授予"),
    "taken": Text("taken in NEW", "在 NEW 中收回"),
    "altered": Text("altered in NEW", "在 NEW 中更改"),
}
_NOT_CARRIED = Text(
    "  {what} not carried: {path}, {change}{whose} ({why})",
    "  未带回的{what}：{path}，{change}{whose}（{why}）",
)
_LINKS = Text(
    "Links have new URLs in OLD; hand them out: they stand, with passwords, in {file}.",
    "链接在旧网盘中使用新的网址，请转交相关人员：网址与密码见 {file}。",
)
_REFUSED = Text(" It was not done here [{code}].", "此处未能执行 [{code}]。")


def tell_mark(it: Mark, *, as_json: bool) -> int:
    """Tell that the switch was written down."""
    if as_json:
        answer("rollback mark", {"state": str(it.home.folder), **_mark(it)})
        return 0
    found = it.facts["found"]
    say(
        Text(
            "The switch is marked: OLD {old:,} objects, NEW {new:,} objects. What changes in NEW from now on is later work.",
            "切换已标记：OLD {old:,} 个对象，NEW {new:,} 个对象。此后 NEW 中的变更即为切换后的工作。",
        ),
        old=found["old"]["objects"],
        new=found["new"]["objects"],
    )
    _tell_until(it)
    return 0


def tell_entry(entry: Sealed, *, as_json: bool) -> int:
    """Tell what was journaled."""
    facts = entry.facts
    code = FAILED_OBJECTS if facts["unread"] else 0
    if as_json:
        named = {name: facts[name] for name in ("changes", "bytes", "unread", "sha256")}
        answer("rollback journal", {"entry": entry.number, **named}, exit_code=code)
        return code
    say(
        Text(
            "Entry {number}: {changes:,} changes, {size:,} bytes kept, {unread:,} not readable.",
            "第 {number} 条：变更 {changes:,} 项，保存 {size:,} 字节，无法读取 {unread:,} 项。",
        ),
        number=entry.number,
        changes=facts["changes"],
        size=facts["bytes"],
        unread=len(facts["unread"]),
    )
    return code


def tell_plan(plan: Plan, it: Mark, *, as_json: bool) -> int:
    """Tell what would be done."""
    if as_json:
        answer(
            "rollback",
            {
                "plan": {
                    **plan.to_json(),
                    "deeds": [_deed(deed) for deed in plan.deeds],
                    "estimate": {one.work.value: one.to_json() for one in estimates(it, plan)},
                },
                "clients": _both_of(instruction(it.old.kind)),
                **_mark(it),
            },
        )
        return 0
    _tell_actions(plan)
    told = [deed for deed in plan.deeds if deed.do is not Do.SETTLED]
    for deed in told[:SHOWN]:
        say(
            _DEED,
            word=speak(ACTIONS[deed.do]),
            path=shown(deed.path),
            target=shown(deed.target),
            why=speak(REASONS[deed.because]),
        )
    if len(told) > SHOWN:
        say(
            Text("  … and {count:,} more; --json lists all", "  …… 另有 {count:,} 项；--json 可列出全部"),
            count=len(told) - SHOWN,
        )
    _tell_times(*estimates(it, plan))
    _tell_rights(plan, it)
    _tell_held_back(plan.to_json()["rights"]["held_back"])
    say(_CLIENTS, count=plan.client_conflicts, what=speak(instruction(it.old.kind)))
    _tell_until(it)
    return 0


def tell_ended(ended: Ended, it: Mark, *, as_json: bool) -> int:
    """
    Tell what was done, and whether OLD is whole.

    Raises:
        NotWhole: it is not.
    """
    done, proof = ended.run, ended.proof
    code = (
        FAILED_OBJECTS if done.failed or any(done.rights.values()) else UNDECIDED if done.plan.open() else 0
    )
    if not proof.holds:
        listed = ", ".join(proof.lost[:10])
        raise NotWhole(str(it.home.last), Text(f"not found: {listed}", f"未找到：{listed}"))
    if as_json:
        answer("rollback", _ended(ended, it), exit_code=code)
        return code
    _tell_actions(done.plan)
    for one in done.failed[:SHOWN]:
        say(
            Text("  not carried: {path} [{code}]", "  未带回：{path} [{code}]"),
            path=shown(one.deed.path),
            code=one.code,
        )
    _tell_rights(done.plan, it)
    _tell_held_back(_not_carried(ended))
    if it.home.links.exists():
        say(_LINKS, file=it.home.links)
    say(
        Text(
            "OLD is whole: of {switch:,} files at the switch and {later:,} later contents none is lost.",
            "旧网盘完整：切换时的 {switch:,} 个文件与之后的 {later:,} 份内容无一丢失。",
        ),
        switch=sum(proof.switch.values()),
        later=sum(proof.later.values()),
    )
    clients = ended.clients
    refused = speak(_REFUSED, code=clients.code) if clients and clients.code not in ("", "unable") else ""
    what = speak(instruction(it.old.kind, clients)) + refused
    say(_CLIENTS, count=done.plan.client_conflicts, what=what)
    return code


def _not_carried(ended: Ended) -> list[dict[str, str]]:
    """Changes of rights that were to be carried and were not."""
    codes, plan = ended.run.rights, ended.run.plan
    return [point.to_json(code) for point in plan.points if (code := codes.get(point.id))]


def _tell_held_back(rows: list[dict[str, str]]) -> None:
    for row in rows[:SHOWN]:
        why = _HELD_BACK.get(row["code"], Text(f"[{row['code']}]", f"[{row['code']}]"))
        say(
            _NOT_CARRIED,
            what=speak(_KINDS.get(row["effect"], _GRANT)),
            path=row["path"],
            change=speak(_CHANGES[row["change"]]),
            whose=f" · {row['whose']}" if row["whose"] else "",
            why=speak(why),
        )


def _tell_times(write: Estimate, read: Estimate) -> None:
    if write.seconds is None or read.seconds is None:
        say(_NO_TIME, objects=write.objects, size=write.bytes, found=read.bytes)
    else:
        both = {write.measured, read.measured} == {Measured.RUN}
        say(
            _TIMES[Measured.RUN if both else Measured.COPY],
            write=spoken(write.seconds),
            read=spoken(read.seconds),
        )


def _ended(ended: Ended, it: Mark) -> dict[str, Any]:
    done, clients = ended.run, ended.clients
    return {
        "not_carried": _not_carried(ended),
        "links": str(it.home.links) if it.home.links.exists() else None,
        "clients": {
            **({} if clients is None else clients._asdict()),
            "next": _both_of(instruction(it.old.kind, clients)),
        },
        "changed": done.changed,
        "plan": done.plan.to_json(),
        "failed": [{**_deed(one.deed), "code": one.code, "detail": list(one.detail)} for one in done.failed],
        "rights": done.rights,
        "proof": ended.proof.to_json(),
    }


def tell_status(it: Mark, *, as_json: bool) -> int:
    """Tell how things stand."""
    journal = entries(it.home)
    last = last_of(it.home)
    if as_json:
        answer("rollback status", {**_mark(it), "journal": len(journal), "last": last})
        return 0
    say(Text("Switch: {at}, marked by {by}; OLD {old}, NEW {new}", "切换：{at}，由 {by} 标记；OLD {old}，NEW {new}"),
        at=it.at.isoformat(timespec="seconds"), by=it.facts["by"], old=it.old, new=it.new)  # fmt: skip
    if journal:
        at = datetime.fromtimestamp(journal[-1].facts["at"], UTC).isoformat(timespec="seconds")
        say(
            Text("Journal: {count:,} entries, the last at {at}", "日志：{count:,} 条，最近一条于 {at}"),
            count=len(journal),
            at=at,
        )
    else:
        say(Text("Journal: empty", "日志：空"))
    _tell_last(last)
    _tell_until(it)
    return 0


def _tell_last(last: dict[str, Any]) -> None:
    states = {
        "never_run": Text(
            "Last run: none. Next: `lading rollback --plan`.",
            "上次运行：无。下一步：`lading rollback --plan`。",
        ),
        "running": Text(
            "Last run: cut off. Next: `lading rollback`, it goes on where it was.",
            "上次运行：被中断。下一步：`lading rollback`，会从中断处继续。",
        ),
        "finished": Text("Last run: finished, OLD is whole.", "上次运行：已完成，旧网盘完整。"),
        "not_whole": Text(
            "Last run: OLD is not whole; do not let people work there yet.",
            "上次运行：旧网盘不完整；请暂不要让人员使用。",
        ),
        "stopped": Text(
            "Last run: stopped ({message}). Next: {following}",
            "上次运行：已停止（{message}）。下一步：{following}",
        ),
    }
    facts = {}
    if last["state"] == "stopped":
        facts = {
            "message": speak(Text(*_both(last["message"]))),
            "following": speak(Text(*_both(last["next"]))),
        }
    say(states[last["state"]], **facts)


def _both_of(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _both(text: dict[str, str]) -> tuple[str, str]:
    """Both languages of what was written down; braces in it are no places."""
    return tuple(text[it].replace("{", "{{").replace("}", "}}") for it in ("en", "zh"))  # type: ignore[return-value]


def tell_closed(it: Mark, *, as_json: bool) -> int:
    """Tell where the point of no return is now."""
    if as_json:
        answer("rollback close", _mark(it))
        return 0
    _tell_until(it)
    return 0


def _tell_until(it: Mark) -> None:
    if closed := it.facts.get("closed"):
        on = datetime.fromtimestamp(closed["at"], UTC).date().isoformat()
        say(
            Text(
                "The point of no return was passed on {on}, by {by}.",
                "已于 {on} 越过不可回退点，由 {by} 执行。",
            ),
            on=on,
            by=", ".join(closed["by"]),
        )
    elif it.until:
        say(Text("Rolling back is possible until {day}.", "可回退至 {day}。"), day=it.until)
    else:
        say(Text("No point of no return is set.", "尚未设定不可回退点。"))


def _tell_actions(plan: Plan) -> None:
    for row in plan.to_json()["actions"]:
        word, why = speak(ACTIONS[Do(row["action"])]), speak(REASONS[Because(row["reason"])])
        sys.stdout.write(
            speak(_ROW, word=right(word, 14), objects=row["objects"], size=row["bytes"], why=why) + "\n"
        )


def _tell_rights(plan: Plan, it: Mark) -> None:
    facts = plan.to_json()["rights"]
    if facts["changed"]:
        say(_RIGHTS, **facts)
    if facts["open"]:
        say(_DECIDE, file=it.home.decisions)


def _mark(it: Mark) -> dict[str, Any]:
    named = {
        name: it.facts.get(name) for name in ("marked", "by", "until", "closed", "found", "fingerprints")
    }
    return {"job": it.home.folder.parent.name, "old": str(it.old), "new": str(it.new), **named}


def _deed(deed: Deed) -> dict[str, Any]:
    return {
        "action": deed.do.value,
        "reason": deed.because.value,
        "path": shown(deed.path),
        "target": shown(deed.target),
        "source": None if deed.source is None else shown(deed.source),
        "contents": len(deed.contents),
        "bytes": deed.bytes,
        "code": deed.detail,
    }
