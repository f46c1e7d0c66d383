"""
One set of canaries: what it was made with, and the page that explains it to people.

The page stands in the folder of the kit and ends with a line that tells all facts, so that a kit is
recognised on any drive, and everything in it can be computed anew, without any state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lading.connectors.names import mapped, problems
from lading.connectors.profile import NameRules, NameUnit
from lading.model.access import Role
from lading.model.paths import Path, decode, encode, shown

FORMAT = 1
README = "README.txt"
_FOLDER = "Lading 金丝雀 canary {campaign}"
_CAMPAIGN = re.compile(r"[A-Za-z0-9-]{1,24}")

SECOND = 1_000_000_000
MINUTE, DAY = 60 * SECOND, 86_400 * SECOND
GUEST_DAYS = 90

# Anybody who may write into the folder may write such a page: it must not cost more than a kit does.
_MOST = {
    "begun": 2**63, "guest_end": 2**63, "grain": 2**63, "length": 10_000, "levels": 100, "versions": 1_000,
}  # fmt: skip

_PAGE = """\
请勿删除、移动或修改此文件夹。 Please do not delete, move or change this folder.

此文件夹由 Lading 在网盘升级期间放置。其中是一组“金丝雀”：已知的、最难迁移的文件、名称、版本、权限与链接。
每一轮迁移之后都会检查它们是否完好到达，从而尽早发现丢失。其中没有任何业务数据，也没有任何程序会运行。
升级结束后，由管理员用 `lading canary remove` 移除。如有疑问，请联系 IT 部门。

Lading has placed this folder here for the time of the upgrade of this drive. It holds a set of canaries: known files,
names, versions, rights and links of the kinds that are hardest to move. After each pass of the transfer it is checked
that they have arrived, so that a loss is seen early. There is no business data in it and nothing in it runs.
At the end the administrators remove it with `lading canary remove`. If you have a question, ask your IT department.

升级编号 campaign: {campaign}
所在网盘 drive: {address}
位置 place: {place}

{facts}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """
    What a set of canaries is made with.

    *address* is that of OLD, without any secret, *base* the folder of the kit on it, *begun* when it was first planted
    (nanoseconds since 1970 UTC, whole seconds).  *length*, *unit*, *levels* and *grain* are what OLD holds of names, of folders in
    each other and of times; *versions* how many contents of a file it keeps of those it is given (0: it takes none), with the facts *kept* of each.
    *person* and *guest* are ids on the drive that is looked at, `""` for nobody.  *codes* are the canaries that were planted.
    """

    campaign: str
    address: str
    base: Path
    begun: int
    length: int = 255
    unit: NameUnit = NameUnit.BYTES
    levels: int = 30
    grain: int = 1
    versions: int = 0
    kept: frozenset[str] = frozenset()
    role: Role = Role.DOWNLOAD
    link_role: Role = Role.DOWNLOAD
    person: str = ""
    guest: str = ""
    guest_end: int = 0
    codes: tuple[str, ...] = ()

    @property
    def link_end(self) -> int:
        """When the links that shall have expired end: soon, because some drives refuse an end that has passed."""
        return self.begun + 10 * MINUTE

    def facts(self) -> dict[str, Any]:
        """The kit as JSON values."""
        facts = asdict(self)
        facts.update(
            format=FORMAT,
            base=encode(self.base),
            kept=sorted(self.kept),
            role=self.role.name.lower(),
            link_role=self.link_role.name.lower(),
            codes=list(self.codes),
        )
        return facts

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Kit:
        """
        The kit that `facts` told.

        Raises:
            ValueError, KeyError, TypeError: it is none, or of another format.
        """
        given = dict(facts)
        if given.pop("format") != FORMAT or not is_campaign(given["campaign"]):
            raise ValueError("the facts of no kit")
        given.update(
            base=decode(given["base"]),
            unit=NameUnit(given["unit"]),
            kept=frozenset(given["kept"]),
            role=Role[given["role"].upper()],
            link_role=Role[given["link_role"].upper()],
            codes=tuple(given["codes"]),
        )
        if not all(type(given[name]) is int and 0 <= given[name] <= most for name, most in _MOST.items()):
            raise ValueError("a number is none, or out of all bounds")
        if not all(isinstance(given[name], str) for name in ("address", "person", "guest")):
            raise ValueError("a text is none")
        return cls(**given)


def is_campaign(text: object) -> bool:
    """Whether *text* can name a campaign: up to 24 letters, digits and dashes."""
    return isinstance(text, str) and _CAMPAIGN.fullmatch(text) is not None


def folder_name(campaign: str, rules: NameRules) -> str:
    """The name of the folder of a kit on a drive with *rules*."""
    name = _FOLDER.format(campaign=campaign)
    return mapped(name, rules) if problems(name, rules) else name


def is_kit_folder(name: str) -> bool:
    """Whether *name* may be that of a kit's folder, also where it had to be mapped."""
    return name.startswith("Lading")


def page(kit: Kit) -> bytes:
    """The page that explains *kit* to people, in Chinese and English, with its facts in the last line."""
    facts = json.dumps(kit.facts(), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    told = _PAGE.format(campaign=kit.campaign, address=kit.address, place=shown(kit.base), facts=facts)
    return told.encode("utf-8", "backslashreplace")


def kit_of(text: bytes) -> Kit | None:
    """The kit that the page *text* tells of; None if it is no such page."""
    try:
        return Kit.from_facts(json.loads(text.rstrip().rpartition(b"\n")[2]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def known_as(kit: Kit, *, person: str | None, guest: str | None) -> Kit:
    """*kit* on a drive that knows the same people by other ids; None: by the same."""
    return replace(
        kit,
        person=kit.person if person is None else person,
        guest=kit.guest if guest is None else guest,
    )
