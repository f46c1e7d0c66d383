"""
Every way in which something may not arrive as it was, as data.

A loss has a stable code, the feature it belongs to, what becomes of the thing, and both languages.  The
manual page docs/manual/fidelity.md is made from this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from lading.model.text import Text


class Outcome(StrEnum):
    """What becomes of a thing, from best to worst."""

    EXACT = "exact"
    TRANSLATED = "translated"
    """It arrives in other words, and means the same."""
    LOSSY = "lossy"
    """It arrives, and something of it does not; never more than it was."""
    DROPPED = "dropped"
    """It does not arrive."""


ORDER = tuple(Outcome)


class Feature(StrEnum):
    """What is accounted for, each by itself."""

    CONTENTS = "contents"
    FOLDERS = "folders"
    OTHERS = "others"
    NAMES = "names"
    FILE_TIMES = "file_times"
    FOLDER_TIMES = "folder_times"
    VERSIONS = "versions"
    VERSION_TIMES = "version_times"
    VERSION_AUTHORS = "version_authors"
    VERSION_LABELS = "version_labels"
    PEOPLE = "people"
    GUESTS = "guests"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"
    GRANTS = "grants"
    DENIALS = "denials"
    BREAKS = "breaks"
    LINKS = "links"
    LOCKS = "locks"
    LABELS = "labels"
    COMMENTS = "comments"
    SETTINGS = "settings"


FEATURES: Mapping[Feature, Text] = {
    Feature.CONTENTS: Text("files", "文件内容"),
    Feature.FOLDERS: Text("folders", "文件夹"),
    Feature.OTHERS: Text("symlinks, devices", "符号链接与设备"),
    Feature.NAMES: Text("names", "名称"),
    Feature.FILE_TIMES: Text("times of files", "文件时间"),
    Feature.FOLDER_TIMES: Text("times of folders", "文件夹时间"),
    Feature.VERSIONS: Text("earlier versions", "历史版本"),
    Feature.VERSION_TIMES: Text("times of versions", "版本时间"),
    Feature.VERSION_AUTHORS: Text("authors of versions", "版本作者"),
    Feature.VERSION_LABELS: Text("labels of versions", "版本标注"),
    Feature.PEOPLE: Text("people", "人员"),
    Feature.GUESTS: Text("guests", "外部来宾"),
    Feature.GROUPS: Text("groups, departments", "群组与部门"),
    Feature.MEMBERSHIPS: Text("memberships", "成员关系"),
    Feature.GRANTS: Text("grants", "授权"),
    Feature.DENIALS: Text("denials", "拒绝"),
    Feature.BREAKS: Text("breaks of inheritance", "中断继承"),
    Feature.LINKS: Text("links", "分享链接"),
    Feature.LOCKS: Text("locks", "锁定"),
    Feature.LABELS: Text("labels", "标签"),
    Feature.COMMENTS: Text("comments", "评论"),
    Feature.SETTINGS: Text("settings", "设置"),
}
"""What people read for each feature."""


class Loss(NamedTuple):
    """
    One way not to arrive as it was: *says* what, *then* what a person can do about it.

    What is *idle* gave nothing to anybody any more: nothing is lost by it, however often it happens.
    """

    feature: Feature
    outcome: Outcome
    says: Text
    then: Text = Text("", "")
    idle: bool = False


TOLD_BY: Mapping[Feature, str] = {
    Feature.VERSIONS: "versions",
    Feature.VERSION_TIMES: "versions",
    Feature.VERSION_AUTHORS: "versions",
    Feature.VERSION_LABELS: "versions",
    Feature.PEOPLE: "people",
    Feature.GUESTS: "people",
    Feature.GROUPS: "people",
    Feature.MEMBERSHIPS: "people",
    Feature.GRANTS: "grants",
    Feature.DENIALS: "grants",
    Feature.BREAKS: "grants",
    Feature.LINKS: "links",
    Feature.LOCKS: "locks",
    Feature.LABELS: "labels",
    Feature.COMMENTS: "comments",
    Feature.SETTINGS: "settings",
}
"""What a drive is asked for (`lading scan --with`) to know of a feature; the others stand in its entries."""

UNKNOWN: Mapping[str, Text] = {
    "not_scanned": Text("OLD was scanned without it", "扫描旧网盘时未包含此项"),
    "not_told": Text("OLD cannot tell it", "旧网盘无法提供此项"),
    "in_part": Text("some entries of OLD could not be asked", "旧网盘中部分条目未能取得"),
    "not_all": Text("the account is not told everything", "所用账号看不到全部内容"),
    "unlisted": Text("folders of OLD could not be listed", "旧网盘中有文件夹无法列出"),
    "new_not_scanned": Text("NEW was scanned without it", "扫描新网盘时未包含此项"),
    "new_not_told": Text("NEW cannot tell it", "新网盘无法提供此项"),
}
"""Why nothing, or not everything, is known of a feature, by code."""

_T, _L, _D = Outcome.TRANSLATED, Outcome.LOSSY, Outcome.DROPPED
_NO_ENTRY = Text("what it hangs on does not arrive itself", "所属条目本身不会迁移")
_MEND_NAMES = Text("Shorten or rename it in OLD.", "请在旧网盘中缩短或更名。")
_MAP = Text(
    "Correct the identity map: lading identity --write.", "请更正身份映射表：lading identity --write。"
)
_MAKE = Text(
    "Create the account in NEW, then make the contract again.", "请在新网盘中创建账号后重新生成约定。"
)
_CHOOSE = Text("Choose another NEW, or accept it.", "请另选新网盘，或接受该损失。")

CODES: Mapping[str, Loss] = {
    "content.too_large": Loss(
        Feature.CONTENTS,
        _D,
        Text("larger than NEW takes", "超过新网盘的大小限制"),
        Text("Raise the limit of NEW, or keep the file elsewhere.", "请提高新网盘限制，或另行保存该文件。"),
    ),
    "content.unreadable": Loss(
        Feature.CONTENTS,
        _D,
        Text("cannot be read in OLD", "在旧网盘中无法读取"),
        Text("Mend it in OLD, or waive it.", "请在旧网盘中修复，或豁免。"),
    ),
    "content.no_entry": Loss(
        Feature.CONTENTS, _D, Text("NEW cannot hold its path", "新网盘无法容纳其路径"), _MEND_NAMES
    ),
    "folder.unreadable": Loss(
        Feature.FOLDERS,
        _D,
        Text("cannot be listed in OLD: nobody knows what is in it", "在旧网盘中无法列出，内容不明"),
        Text("Make it readable for the account, and scan again.", "请为账号开放读取权限后重新扫描。"),
    ),
    "folder.no_entry": Loss(
        Feature.FOLDERS, _D, Text("NEW cannot hold its path", "新网盘无法容纳其路径"), _MEND_NAMES
    ),
    "other.symlink": Loss(
        Feature.OTHERS,
        _D,
        Text("a symlink, which is never followed", "符号链接，不会跟随"),
        Text("Copy what it points to, if it is needed.", "如有需要，请复制其指向的内容。"),
    ),
    "other.special": Loss(
        Feature.OTHERS, _D, Text("a device, pipe or socket without content", "设备、管道或套接字，没有内容")
    ),
    "name.mapped": Loss(
        Feature.NAMES,
        _T,
        Text("gets a name that NEW can hold; the list of mapped names leads back", "改用新网盘可容纳的名称，可由改名清单还原"),
    ),
    "name.refused": Loss(
        Feature.NAMES, _D, Text("no name of NEW fits: path too long, or taken", "新网盘没有可用名称：路径过长或已被占用"), _MEND_NAMES
    ),
    "file_time.rounded": Loss(
        Feature.FILE_TIMES, _L, Text("rounded down to the clock of NEW", "按新网盘的时间精度向下取整")
    ),
    "file_time.held": Loss(
        Feature.FILE_TIMES, _L, Text("beyond what NEW keeps; its first or last time instead", "超出新网盘的时间范围，改用其最早或最晚时间")
    ),
    "file_time.lost": Loss(Feature.FILE_TIMES, _D, Text("NEW keeps the time of the copy", "新网盘只保留复制时的时间")),
    "file_time.no_entry": Loss(Feature.FILE_TIMES, _D, _NO_ENTRY),
    "folder_time.rounded": Loss(
        Feature.FOLDER_TIMES, _L, Text("rounded down to the clock of NEW", "按新网盘的时间精度向下取整")
    ),
    "folder_time.held": Loss(
        Feature.FOLDER_TIMES, _L, Text("beyond what NEW keeps; its first or last time instead", "超出新网盘的时间范围，改用其最早或最晚时间")
    ),
    "folder_time.lost": Loss(
        Feature.FOLDER_TIMES, _D, Text("NEW keeps no times of folders", "新网盘不保留文件夹时间")
    ),
    "folder_time.no_entry": Loss(Feature.FOLDER_TIMES, _D, _NO_ENTRY),
    "version.none": Loss(
        Feature.VERSIONS,
        _D,
        Text("NEW takes no earlier versions", "新网盘不接收历史版本"),
        Text("Keep a vault of OLD for as long as the law asks.", "请按法定期限保留旧网盘的备份库。"),
    ),
    "version.limit": Loss(
        Feature.VERSIONS, _D, Text("beyond the number of versions that NEW keeps", "超过新网盘保留的版本数"), _CHOOSE
    ),
    "version.too_large": Loss(Feature.VERSIONS, _D, Text("larger than NEW takes", "超过新网盘的大小限制")),
    "version.order": Loss(Feature.VERSIONS, _L, Text("NEW does not keep the order of versions", "新网盘不保留版本顺序")),
    "version.missed": Loss(
        Feature.VERSIONS,
        _D,
        Text("a later content stands in NEW already, and NEW puts versions only on top", "新网盘中已有更新的内容，而版本只能依次追加"),
        Text("Carry versions from the first pass on.", "请从第一轮起就迁移历史版本。"),
    ),
    "version.no_entry": Loss(Feature.VERSIONS, _D, _NO_ENTRY),
    "version_time.saved": Loss(
        Feature.VERSION_TIMES, _L, Text("the time of saving becomes that of the transfer", "保存时间变为迁移时间")
    ),
    "version_time.modified": Loss(
        Feature.VERSION_TIMES, _L, Text("the time that the client gave is lost", "客户端提供的修改时间丢失")
    ),
    "version_time.rounded": Loss(
        Feature.VERSION_TIMES, _L, Text("rounded or held to the clock of NEW", "按新网盘的时间精度或范围调整")
    ),
    "version_time.gone": Loss(Feature.VERSION_TIMES, _D, Text("the version itself does not arrive", "版本本身不会迁移")),
    "version_author.lost": Loss(
        Feature.VERSION_AUTHORS, _D, Text("NEW writes the account of the transfer instead", "新网盘记为迁移所用账号")
    ),
    "version_author.nobody": Loss(
        Feature.VERSION_AUTHORS, _L, Text("the author is nobody of NEW; none is written", "作者在新网盘中没有对应人员，留空"), _MAP
    ),
    "version_author.gone": Loss(Feature.VERSION_AUTHORS, _D, Text("the version itself does not arrive", "版本本身不会迁移")),
    "version_label.lost": Loss(Feature.VERSION_LABELS, _D, Text("NEW has no labels of versions", "新网盘没有版本标注")),
    "version_label.gone": Loss(Feature.VERSION_LABELS, _D, Text("the version itself does not arrive", "版本本身不会迁移")),
    "person.missing": Loss(Feature.PEOPLE, _D, Text("nobody of NEW could be them", "新网盘中没有对应人员"), _MAKE),
    "person.ambiguous": Loss(
        Feature.PEOPLE, _D, Text("it is not certain who of NEW they are", "无法确定对应新网盘中的哪一位"), _MAP
    ),
    "person.left": Loss(Feature.PEOPLE, _D, Text("not active in OLD any more", "在旧网盘中已停用")),
    "person.unmapped": Loss(Feature.PEOPLE, _D, Text("left out by the map", "映射表中已排除")),
    "guest.outside": Loss(
        Feature.GUESTS,
        _D,
        Text("no guest of NEW is them", "新网盘中没有对应的来宾"),
        Text("Invite them to NEW under the same mail, with an owner and an end.", "请以相同邮箱邀请其加入新网盘，并指定负责人和截止日期。"),
    ),
    "guest.ambiguous": Loss(Feature.GUESTS, _D, Text("it is not certain which guest of NEW they are", "无法确定对应哪一位来宾"), _MAP),
    "guest.left": Loss(Feature.GUESTS, _D, Text("not active in OLD any more", "在旧网盘中已停用")),
    "guest.unmapped": Loss(Feature.GUESTS, _D, Text("left out by the map", "映射表中已排除")),
    "group.missing": Loss(
        Feature.GROUPS, _D, Text("no group or department of NEW is it", "新网盘中没有对应的群组或部门"), _MAKE
    ),
    "group.ambiguous": Loss(
        Feature.GROUPS, _D, Text("it is not certain which group of NEW it is", "无法确定对应哪一个群组"), _MAP
    ),
    "group.left": Loss(Feature.GROUPS, _D, Text("not active in OLD any more", "在旧网盘中已停用")),
    "group.unmapped": Loss(Feature.GROUPS, _D, Text("left out by the map", "映射表中已排除")),
    "group.kind": Loss(
        Feature.GROUPS, _T, Text("a group becomes a department, or the other way round", "群组变为部门，或部门变为群组")
    ),
    "group.wider": Loss(
        Feature.GROUPS,
        _L,
        Text("has more people in NEW; its grants are left out", "在新网盘中成员更多；其授权不迁移"),
        Text(
            "Make the members agree, or write “wider” into accept of the map.",
            "请使成员一致，或在映射表的 accept 中写入“wider”。",
        ),
    ),
    "group.fewer": Loss(
        Feature.GROUPS,
        _L,
        Text("lacks people in NEW, who lose what it gives", "在新网盘中缺少成员，这些人失去其权限"),
        Text("Make the members agree before the transfer.", "请在迁移前使成员一致。"),
    ),
    "member.nobody": Loss(
        Feature.MEMBERSHIPS, _D, Text("the group or the member is nobody of NEW", "群组或成员在新网盘中没有对应"), _MAP
    ),
    "member.absent": Loss(
        Feature.MEMBERSHIPS,
        _D,
        Text("they are not a member in NEW", "在新网盘中不是成员"),
        Text("Add them in the directory of NEW; memberships are not transferred.", "请在新网盘的通讯录中添加；成员关系不随迁移写入。"),
    ),
    "grant.unable": Loss(Feature.GRANTS, _D, Text("NEW takes no grants", "新网盘不接收授权"), _CHOOSE),
    "grant.no_entry": Loss(Feature.GRANTS, _D, _NO_ENTRY),
    "grant.kind": Loss(
        Feature.GRANTS, _D, Text("NEW gives nothing to principals of that kind", "新网盘不能授权给此类对象"), _CHOOSE
    ),
    "grant.nobody": Loss(
        Feature.GRANTS, _D, Text("who has it is nobody of NEW, or not for certain", "被授权者在新网盘中没有确定的对应"), _MAP
    ),
    "grant.left": Loss(Feature.GRANTS, _D, Text("who has it is not active in OLD any more", "被授权者在旧网盘中已停用")),
    "grant.outside": Loss(
        Feature.GRANTS,
        _D,
        Text("who has it is a guest, and no guest of NEW", "被授权者是来宾，且新网盘中没有该来宾"),
        Text("Invite them to NEW, then make the contract again.", "请邀请其加入新网盘后重新生成约定。"),
    ),
    "grant.wider": Loss(
        Feature.GRANTS,
        _D,
        Text("the group has more people in NEW", "该群组在新网盘中成员更多"),
        Text(
            "Make the members agree, or write “wider” into accept of the map.",
            "请使成员一致，或在映射表的 accept 中写入“wider”。",
        ),
    ),
    "grant.everybody": Loss(
        Feature.GRANTS, _D, Text("for everybody, which means guests too in NEW", "授权给所有人，而新网盘的“所有人”包括来宾")
    ),
    "grant.no_guests": Loss(
        Feature.GRANTS, _L, Text("for everybody, which means no guests in NEW", "授权给所有人，而新网盘的“所有人”不含来宾")
    ),
    "grant.nothing": Loss(
        Feature.GRANTS, _T, Text("gives nothing; nothing is set", "不给予任何权限，无需设置"), idle=True
    ),
    "grant.ended": Loss(Feature.GRANTS, _T, Text("ended before the scan", "在扫描之前已到期"), idle=True),
    "grant.pass": Loss(
        Feature.GRANTS, _T, Text("lets through a folder, which needs no grant in NEW", "仅允许穿过文件夹，新网盘无需此授权")
    ),
    "grant.no_role": Loss(
        Feature.GRANTS, _D, Text("NEW has no role that gives as little", "新网盘没有如此小的角色"), _CHOOSE
    ),
    "grant.role": Loss(Feature.GRANTS, _L, Text("the next lower role of NEW", "降为新网盘中较低的角色")),
    "grant.cap": Loss(
        Feature.GRANTS, _L, Text("lowered to the most that NEW lets such principals have", "降至新网盘对此类对象允许的上限")
    ),
    "grant.guests": Loss(
        Feature.GRANTS,
        _L,
        Text("lowered to what OLD lets the guests in it have", "降至旧网盘对其中来宾允许的上限"),
        Text("Take the guests out of the group.", "请将来宾移出该群组。"),
    ),
    "grant.words": Loss(
        Feature.GRANTS, _L, Text("rights between two roles; the lower one is given", "介于两个角色之间的权限，授予较低者")
    ),
    "grant.reach": Loss(
        Feature.GRANTS, _L, Text("holds on the entry alone, no longer below it", "仅对该条目生效，不再及于下级")
    ),
    "grant.no_reach": Loss(
        Feature.GRANTS, _D, Text("NEW can only let it reach further than it did", "新网盘只能使其范围更大"), _CHOOSE
    ),
    "grant.later": Loss(
        Feature.GRANTS, _D, Text("for what will be made later; NEW has no such grants", "仅对以后新建的内容生效，新网盘没有此类授权")
    ),
    "grant.expiry": Loss(
        Feature.GRANTS,
        _D,
        Text("it ends, and no grant of NEW can", "有到期时间，而新网盘的授权不能到期"),
        Text("Grant it by hand, or see --expiry report.", "请手工授权，或参见 --expiry report。"),
    ),
    "grant.expiry_by_hand": Loss(
        Feature.GRANTS,
        _L,
        Text("set without its end; somebody has to end it by hand", "设置时不带到期时间，须由人手工终止"),
        Text("Name somebody who ends these grants on their days.", "请指定专人按期终止这些授权。"),
    ),
    "grant.sooner": Loss(
        Feature.GRANTS,
        _L,
        Text("ends earlier, at the last moment before its end at which grants of NEW can", "提前到期：在原到期时间之前、新网盘的授权所能到期的最后时刻"),
    ),
    "grant.too_soon": Loss(
        Feature.GRANTS,
        _D,
        Text("it ends before the next moment at which a grant of NEW can", "在新网盘的授权最近一次可到期的时刻之前就已到期"),
        Text("Grant it by hand, if it is still needed.", "如仍需要，请手工授权。"),
    ),
    "grant.guest_end": Loss(
        Feature.GRANTS, _T, Text("ends when the guest ended in OLD", "在该来宾于旧网盘的截止时间到期")
    ),
    "grant.first_rule": Loss(
        Feature.GRANTS,
        _L,
        Text("lowered, because an earlier rule of OLD gives people in it less", "因旧网盘中靠前的规则给其中某些人更少，故降低"),
    ),
    "grant.first_rule_denied": Loss(
        Feature.GRANTS,
        _T,
        Text("beside a denial that does what an earlier rule of OLD did", "另设一条拒绝，代替旧网盘中靠前的规则"),
    ),
    "grant.merged": Loss(
        Feature.GRANTS, _T, Text("another grant to the same on the entry gives as much", "同一条目上对同一对象的另一授权已包含")
    ),
    "grant.second": Loss(
        Feature.GRANTS, _D, Text("NEW holds one grant to the same on an entry; the larger is kept", "新网盘每个条目对同一对象只存一条授权，保留较大者")
    ),
    "grant.denial_lost": Loss(
        Feature.GRANTS,
        _D,
        Text("a denial limits it that NEW cannot hold", "限制它的拒绝在新网盘中无法保存"),
        Text("Take these people out of what is granted, instead of denying them.", "请改为不将其纳入授权，而非另行拒绝。"),
    ),
    "grant.break_lost": Loss(
        Feature.GRANTS,
        _D,
        Text("a break of inheritance below it that NEW cannot hold", "其下有新网盘无法保存的中断继承"),
        Text("Move what is closed out of the folder, before the transfer.", "请在迁移前将受限内容移出该文件夹。"),
    ),
    "grant.passage": Loss(
        Feature.GRANTS,
        _D,
        Text("a folder above keeps some of them out; in NEW it would not", "上级文件夹将其中某些人挡在外面，而新网盘不会"),
        Text("Give it to the group of that folder instead.", "请改为授权给该文件夹的群组。"),
    ),
    "grant.out_of_reach": Loss(
        Feature.GRANTS, _T, Text("gives nothing: a folder above lets nobody through to it", "不起作用：上级文件夹不让其中任何人通过")
    ),
    "denial.ended": Loss(Feature.DENIALS, _T, Text("ended before the scan", "在扫描之前已到期"), idle=True),
    "denial.unable": Loss(
        Feature.DENIALS, _D, Text("NEW has no denials; see grant.denial_lost", "新网盘没有拒绝；参见 grant.denial_lost"), _CHOOSE
    ),
    "denial.no_entry": Loss(Feature.DENIALS, _D, _NO_ENTRY),
    "denial.nobody": Loss(
        Feature.DENIALS, _D, Text("who is denied is nobody of NEW, or not for certain", "被拒绝者在新网盘中没有确定的对应"), _MAP
    ),
    "denial.kind": Loss(
        Feature.DENIALS, _D, Text("NEW denies nothing to principals of that kind", "新网盘不能拒绝此类对象"), _CHOOSE
    ),
    "denial.no_role": Loss(
        Feature.DENIALS, _D, Text("NEW has no role that takes as much", "新网盘没有足以覆盖的角色"), _CHOOSE
    ),
    "denial.no_reach": Loss(
        Feature.DENIALS, _D, Text("NEW cannot let it reach as far", "新网盘无法使其达到同样范围"), _CHOOSE
    ),
    "denial.role": Loss(Feature.DENIALS, _L, Text("takes away more, down to the next role of NEW", "去除更多权限，直至新网盘中的下一角色")),
    "denial.words": Loss(
        Feature.DENIALS, _L, Text("takes rights between two roles; the whole role is denied", "针对介于两个角色之间的权限，改为拒绝整个角色")
    ),
    "denial.reach": Loss(Feature.DENIALS, _L, Text("takes away on the entry and all below it", "改为对该条目及全部下级生效")),
    "denial.longer": Loss(
        Feature.DENIALS, _L, Text("holds on to the next moment at which denials of NEW can end", "延至新网盘的拒绝下一个可到期的时刻")
    ),
    "denial.endless": Loss(Feature.DENIALS, _L, Text("holds on after its end", "到期后仍然生效")),
    "denial.fewer": Loss(
        Feature.DENIALS,
        _L,
        Text("the group lacks people in NEW; see grant.denial_lost", "该群组在新网盘中缺少成员；参见 grant.denial_lost"),
        Text("Make the members agree.", "请使成员一致。"),
    ),
    "denial.everybody": Loss(
        Feature.DENIALS, _L, Text("of everybody, which means no guests in NEW; see grant.denial_lost", "拒绝所有人，而新网盘的“所有人”不含来宾；参见 grant.denial_lost")
    ),
    "denial.merged": Loss(
        Feature.DENIALS, _L, Text("one with another of the same on the entry; the stricter holds", "与同一条目上对同一对象的另一拒绝合并，以较严者为准")
    ),
    "break.unable": Loss(
        Feature.BREAKS, _D, Text("NEW cannot end inheritance; see grant.break_lost", "新网盘不能中断继承；参见 grant.break_lost"), _CHOOSE
    ),
    "break.no_entry": Loss(Feature.BREAKS, _D, _NO_ENTRY),
    "break.denials": Loss(
        Feature.BREAKS, _L, Text("denials from above go on to hold", "来自上级的拒绝继续生效")
    ),
    "link.new": Loss(
        Feature.LINKS,
        _T,
        Text("made anew with the same limits; its URL is another", "以相同限制重新创建，网址改变"),
        Text("Send the new URL to whoever had the old one.", "请将新网址发给原有的使用者。"),
    ),
    "link.password": Loss(
        Feature.LINKS, _T, Text("gets a new password, in the sealed list for whoever made it", "使用新密码，列入交给创建者的密封清单")
    ),
    "link.rest": Loss(Feature.LINKS, _T, Text("its limit is the downloads that are left", "下载次数限制为剩余次数")),
    "link.spent": Loss(
        Feature.LINKS, _T, Text("its downloads are used up; it is not made", "下载次数已用完，不再创建"), idle=True
    ),
    "link.ended": Loss(Feature.LINKS, _T, Text("ended before the scan; it is not made", "在扫描之前已到期，不再创建"), idle=True),
    "link.unable": Loss(Feature.LINKS, _D, Text("NEW makes no links", "新网盘不能创建链接"), _CHOOSE),
    "link.no_entry": Loss(Feature.LINKS, _D, _NO_ENTRY),
    "link.no_role": Loss(Feature.LINKS, _D, Text("no link of NEW gives as little", "新网盘的链接没有如此小的权限"), _CHOOSE),
    "link.role": Loss(Feature.LINKS, _L, Text("gives the next lower role", "降为较低的角色")),
    "link.words": Loss(Feature.LINKS, _L, Text("rights between two roles; the lower one is given", "介于两个角色之间的权限，授予较低者")),
    "link.no_password": Loss(Feature.LINKS, _D, Text("it has a password, and no link of NEW can", "带密码，而新网盘的链接不支持密码"), _CHOOSE),
    "link.no_expiry": Loss(Feature.LINKS, _D, Text("it ends, and no link of NEW can", "有到期时间，而新网盘的链接不能到期"), _CHOOSE),
    "link.sooner": Loss(
        Feature.LINKS,
        _L,
        Text("ends earlier, at the last moment before its end at which links of NEW can", "提前到期：在原到期时间之前、新网盘的链接所能到期的最后时刻"),
    ),
    "link.too_soon": Loss(
        Feature.LINKS,
        _D,
        Text("it ends before the next moment at which a link of NEW can", "在新网盘的链接最近一次可到期的时刻之前就已到期"),
        Text("Make it by hand, if it is still needed.", "如仍需要，请手工创建。"),
    ),
    "link.no_limit": Loss(
        Feature.LINKS, _D, Text("it counts downloads, and no link of NEW does", "限制下载次数，而新网盘的链接不支持"), _CHOOSE
    ),
    "link.no_version": Loss(
        Feature.LINKS, _D, Text("it shows one version, and no link of NEW can", "固定于某个版本，而新网盘的链接不支持"), _CHOOSE
    ),
    "link.not_inside": Loss(
        Feature.LINKS, _D, Text("it asks for a signed-in person, and no link of NEW does", "要求登录，而新网盘的链接不支持"), _CHOOSE
    ),
    "link.maker": Loss(
        Feature.LINKS,
        _D,
        Text("who made it is nobody of NEW: nobody could be given its URL", "创建者在新网盘中没有对应，新网址无人可交"),
        _MAP,
    ),
    "lock.lost": Loss(
        Feature.LOCKS,
        _D,
        Text("locks are not carried", "锁定不会迁移"),
        Text("Ask the holders to save and close before the last pass.", "请在最后一轮之前要求持有者保存并关闭。"),
    ),
    "label.lost": Loss(Feature.LABELS, _D, Text("labels are not carried", "标签不会迁移")),
    "comment.lost": Loss(Feature.COMMENTS, _D, Text("comments are not carried", "评论不会迁移")),
    "setting.removal": Loss(
        Feature.SETTINGS,
        _D,
        Text("the mark of a removal, or a content of a file that is removed", "删除标记，或已删除文件的内容版本"),
        Text("Keep a vault of OLD, or bring back what is still needed, before the move.", "请在迁移前备份旧网盘，或恢复仍需要的文件。"),
    ),
    "setting.lost": Loss(
        Feature.SETTINGS,
        _D,
        Text("a switch of OLD, as a watermark or a ban on sharing, is not carried", "旧网盘的开关（如水印、禁止外发）不会迁移"),
        Text("Switch on in NEW what corresponds to it, before anybody works there.", "请在有人使用新网盘之前，开启其中相应的设置。"),
    ),
}  # fmt: skip
"""Every loss by its code."""


def worst(codes: tuple[str, ...]) -> Outcome:
    """What becomes of a thing that *codes* happen to; none: it is exact."""
    return max((CODES[code].outcome for code in codes), key=ORDER.index, default=Outcome.EXACT)
