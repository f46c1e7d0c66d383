"""
How `lading access` speaks of roles, grants, causes and links.
"""

from __future__ import annotations

from datetime import datetime

from lading.cli.output import speak
from lading.manifest.access.causes import Why
from lading.manifest.access.decide import Item
from lading.manifest.access.diff import Cause
from lading.manifest.access.links import Aspect, Change, Opening
from lading.manifest.access.people import Directory
from lading.manifest.access.tables import key_of
from lading.manifest.access.veil import Veil
from lading.model.access import Effect, PrincipalKind, Role
from lading.model.paths import shown_name
from lading.model.text import Text

ROLE = {
    Role.NONE: Text("nothing", "无权限"),
    Role.PASS: Text("pass", "通过"),
    Role.PREVIEW: Text("preview", "预览"),
    Role.DOWNLOAD: Text("download", "下载"),
    Role.UPLOAD: Text("upload", "上传"),
    Role.EDIT: Text("edit", "编辑"),
    Role.MANAGE: Text("manage", "管理"),
}
KIND = {
    PrincipalKind.PERSON: Text("{name}", "{name}"),
    PrincipalKind.GUEST: Text("guest {name}", "来宾 {name}"),
    PrincipalKind.GROUP: Text("group {name}", "群组 {name}"),
    PrincipalKind.DEPARTMENT: Text("department {name}", "部门 {name}"),
    PrincipalKind.EVERYBODY: Text("everybody", "所有人"),
}
GRANT = {
    Effect.ALLOW: Text("{whom} may {role} on {path}", "在 {path} 上授予{whom}“{role}”"),
    Effect.DENY: Text("{whom} is denied {role} on {path}", "在 {path} 上拒绝{whom}“{role}”"),
    Effect.BREAK: Text("a break of inheritance on {path}", "{path} 上中断继承授权"),
    Effect.RESET: Text("a list of its own on {path}", "{path} 上使用独立的权限列表"),
}
_UNTIL = Text("{grant} until {time}", "{grant}（至 {time}）")
CAUSE = {
    Why.ENTRY: Text("{giver} in {here}; {there} has no such entry", "{here} 中{giver}；{there} 中没有该项"),
    Why.PERSON: Text("{giver} in {here}; {there} has no such person", "{here} 中{giver}；{there} 中没有此人"),
    Why.INACTIVE: Text(
        "{giver} in {here}; in {there} the person is inactive, at an end, or a guest whom nobody owns",
        "{here} 中{giver}；在 {there} 中此人已停用、已到期，或为无人负责的来宾",
    ),
    Why.DENIAL: Text("{giver} in {here}; in {there} {other}", "{here} 中{giver}；{there} 中{other}"),
    Why.BREAK: Text(
        "{giver} in {here}; {there} has {other}, which ends it",
        "{here} 中{giver}；{there} 中{other}，使其不再生效",
    ),
    Why.MEMBER: Text(
        "{giver} in {here}; in {there} the person is not one of {whom}",
        "{here} 中{giver}；在 {there} 中此人不属于{whom}",
    ),
    Why.ROLE: Text("{giver} in {here}; in {there} {other}", "{here} 中{giver}；{there} 中{other}"),
    Why.EXPIRED: Text("{giver} in {here}; in {there} it has expired", "{here} 中{giver}；{there} 中已到期"),
    Why.REACH: Text(
        "{giver} in {here}; in {there} it does not reach the entry",
        "{here} 中{giver}；{there} 中其范围不含该项",
    ),
    Why.RANK: Text(
        "{giver} in {here}; in {there} a rule of lower rank decides",
        "{here} 中{giver}；{there} 中由优先的规则决定",
    ),
    Why.PASSAGE: Text(
        "{giver} in {here}; in {there} a folder above cannot be passed",
        "{here} 中{giver}；{there} 中无法通过其上级文件夹",
    ),
    Why.CAP: Text(
        "{giver} in {here}; {there} gives no more to principals of this kind",
        "{here} 中{giver}；{there} 对此类对象设有上限",
    ),
    Why.GRANT: Text("{giver} in {here}; {there} has no such grant", "{here} 中{giver}；{there} 中没有该授权"),
    Why.NAMES: Text(
        "names of folders above something seen in {here} only", "仅在 {here} 中可见内容的上级文件夹名称"
    ),
}
ASPECT = {
    Aspect.NEW: Text("no link like it in {there}", "{there} 中没有相应的链接"),
    Aspect.ROLE: Text("a higher role", "角色更高"),
    Aspect.LONGER: Text("open longer", "有效期更长"),
    Aspect.PASSWORD: Text("no password any more", "不再需要密码"),
    Aspect.LIMIT: Text("more downloads", "可下载次数更多"),
    Aspect.VERSION: Text("no longer pinned to a version", "不再固定于某一版本"),
    Aspect.INSIDE: Text("no longer for people inside only", "不再仅限内部人员"),
    Aspect.ENTRIES: Text("opens entries that were not there", "可打开原先没有的内容"),
}


def role(of: int) -> str:
    """A role in words."""
    return speak(ROLE[Role(of)])


def people(count: int) -> str:
    """How many people."""
    return _counted(count, Text("1 person", "1 人"), Text("{count:,} people", "{count:,} 人"))


def entries(count: int) -> str:
    """How many entries."""
    return _counted(count, Text("1 entry", "1 项"), Text("{count:,} entries", "{count:,} 项"))


def pairs(count: int) -> str:
    """How many pairs of a person and an entry."""
    return _counted(count, Text("1 pair", "1 组"), Text("{count:,} pairs", "{count:,} 组"))


def _counted(count: int, one: Text, many: Text) -> str:
    return speak(one if count == 1 else many, count=count)


def time_of(moment: int | None) -> str:
    """A time in nanoseconds, for a person; an empty text for none."""
    if moment is None:
        return ""
    try:
        return datetime.fromtimestamp(moment // 10**9).astimezone().isoformat(timespec="minutes")
    except (OverflowError, OSError, ValueError):
        return f"{moment // 10**9} s"


def principal(key: str, directory: Directory, veil: Veil) -> str:
    """A principal by name and id, or by what the veil leaves of it."""
    one = directory.known.get(key)
    if one is None:
        return speak(KIND[PrincipalKind.EVERYBODY])
    name = one.id if one.name in ("", one.id) or key in veil.groups else f"{one.name} ({one.id})"
    return speak(KIND[PrincipalKind(one.kind)], name=veil.principal(key, name))


def grant(item: Item, directory: Directory, veil: Veil) -> str:
    """A grant as a part of a sentence."""
    whom = principal(key_of(item.kind, item.principal), directory, veil)
    said = speak(GRANT[item.effect], whom=whom, role=role(item.role), path=veil.path(item.path))
    return said if item.expires is None else speak(_UNTIL, grant=said, time=time_of(item.expires))


def cause(it: Cause, directories: tuple[Directory, Directory], veil: Veil) -> str:
    """A cause as a sentence."""
    here, there = (1, 0) if it.gain else (0, 1)
    giver = grant(it.giver, directories[here], veil) if it.giver else ""
    other = grant(it.other, directories[there], veil) if it.other else ""
    whom = principal(key_of(it.other.kind, it.other.principal), directories[there], veil) if it.other else ""
    return speak(CAUSE[it.why], giver=giver, other=other, whom=whom, here="AB"[here], there="AB"[there])


def link(it: Opening, veil: Veil) -> str:
    """A link by its entry."""
    name = "" if veil.hides(it.path) else shown_name(it.id)
    return speak(
        Text("link {name} on {path}: {role}", "{path} 上的链接 {name}：{role}"),
        name=name,
        path=veil.path(it.path),
        role=role(it.role),
    )


def change(it: Change, veil: Veil) -> str:
    """What has become of a link."""
    one = it.new or it.old
    assert one is not None
    aspects, there = (it.more, "A") if it.gain else (it.less, "B")
    if it.gain or it.new is None:
        how = speak(Text(", ", "、")).join(speak(ASPECT[aspect], there=there) for aspect in aspects)
    else:
        how = speak(Text("it opens less", "可打开的范围缩小"))
    return f"{link(one, veil)} – {how}"
