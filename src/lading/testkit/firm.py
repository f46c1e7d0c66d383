"""
The people of the generated project-finance firm (项目融资): departments, groups, staff, outside guests.

Plain values, and the same as the CSV that the drive loads.  One seed always gives the same
firm.  Every name is invented; outsiders appear by their role.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from lading.testkit.world.deals import DEALS, Deal

COLUMNS = ("kind", "key", "name", "mail", "department", "groups", "owner", "until", "login")
RIVALS = (DEALS[1], DEALS[2])
"""Two deals whose teams share nobody, fit to stand on both sides of a wall."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department and the key of the one above, `""` for the firm itself."""

    key: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group and the keys of the groups it belongs to."""

    key: str
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff; *login* and *key* are different on purpose, as in most firms."""

    key: str
    name: str
    mail: str
    login: str
    departments: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """An outsider; *until* is the last day (ISO), *owner* the key of the person who answers for them."""

    key: str
    name: str
    mail: str
    owner: str
    until: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Firm:
    """All of them; each list is in the order of the CSV."""

    departments: tuple[Department, ...]
    groups: tuple[Group, ...]
    people: tuple[Person, ...]
    guests: tuple[Guest, ...]

    def csv(self) -> str:
        """The firm as a table with the columns `COLUMNS`, several keys in a cell joined by `|`."""
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(self._rows())
        return out.getvalue()

    def team(self, deal: Deal) -> tuple[Person, ...]:
        """The staff who work on *deal*."""
        return tuple(person for person in self.people if team_key(deal) in person.groups)

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for unit in self.departments:
            yield "department", unit.key, unit.name, "", unit.parent, "", "", "", ""
        for group in self.groups:
            yield "group", group.key, group.name, "", "", "|".join(group.groups), "", "", ""
        for one in self.people:
            yield (
                "person",
                one.key,
                one.name,
                one.mail,
                *map("|".join, (one.departments, one.groups)),
                "",
                "",
                one.login,
            )
        for guest in self.guests:
            groups = "|".join(guest.groups)
            yield "guest", guest.key, guest.name, guest.mail, "", groups, guest.owner, guest.until, guest.mail


def team_key(deal: Deal) -> str:
    """The key of the group of everybody who works on *deal*."""
    return f"team-{deal.code.lower()}"


def adviser_key(deal: Deal) -> str:
    """The key of the group of the outsiders of *deal*."""
    return f"advisers-{deal.code.lower()}"


def build_firm(*, seed: int = 1, people: int = 200) -> Firm:
    """
    A firm of *people* staff (at least one for each department, about 25) and three guests for each deal.

    Two of the guests ended years ago.
    """
    if people < len(_DEPARTMENTS):
        raise ValueError(f"at least {len(_DEPARTMENTS)} people are needed")
    dice = random.Random(seed)
    homes = _homes(dice, people)
    teams = _teams(dice, homes)
    staff = tuple(_person(dice, number, homes[number], teams) for number in range(people))
    return Firm(_DEPARTMENTS, _groups(), staff, tuple(_guests(staff)))


def _homes(dice: random.Random, people: int) -> list[str]:
    keys = [unit.key for unit in _DEPARTMENTS]
    weights = [_WEIGHTS.get(key, 1) for key in keys]
    return [*keys, *dice.choices(keys, weights, k=people - len(keys))]


def _teams(dice: random.Random, homes: list[str]) -> dict[int, tuple[str, ...]]:
    """The groups of each member of the staff, by number; nobody is in the teams of both rivals."""
    found: dict[int, list[str]] = {}
    workers = [number for number, home in enumerate(homes) if home.split("-")[0] in _WORKERS]
    busy: dict[str, set[int]] = {}
    for deal in DEALS:
        other = RIVALS[1 - RIVALS.index(deal)] if deal in RIVALS else None
        barred = busy.get(team_key(other), set()) if other else set()
        free = [number for number in workers if number not in barred]
        busy[team_key(deal)] = set(dice.sample(free, min(len(free) // 2, dice.randint(8, 14))))
        for number in sorted(busy[team_key(deal)]):
            found.setdefault(number, []).append(team_key(deal))
    for number in range(len(_DEPARTMENTS)):
        found.setdefault(number, []).append("heads")
    for number in range(0, len(_DEPARTMENTS), 4):
        found[number].append("ic")
    return {number: tuple(groups) for number, groups in found.items()}


def _person(dice: random.Random, number: int, home: str, teams: dict[int, tuple[str, ...]]) -> Person:
    key = f"E{number + 1:04}"
    name, latin = _name(dice, number)
    login = f"{latin}{number + 1}"
    # A few work for two departments at once.
    second = ("branch-hk",) if number % 37 == 36 and home != "branch-hk" else ()
    return Person(key, name, f"{login}@firm.example", login, (home, *second), teams.get(number, ()))


def _name(dice: random.Random, number: int) -> tuple[str, str]:
    if number % 40 in _UNUSUAL:
        return _UNUSUAL[number % 40]
    (last, last_latin), (given, given_latin) = dice.choice(_SURNAMES), dice.choice(_GIVEN)
    english = f"{last_latin} {given_latin}"
    return f"{last}{given} {english}", f"{given_latin}.{last_latin}".lower().replace(" ", "")


def _groups() -> tuple[Group, ...]:
    teams = [Group(team_key(deal), f"{deal.zh}项目组 {deal.en} team", ("deal-teams",)) for deal in DEALS]
    outside = [Group(adviser_key(deal), f"{deal.zh}外部顾问 {deal.en} advisers") for deal in DEALS]
    return (
        Group("deal-teams", "全部项目组 All deal teams", ("project-work",)),
        Group("project-work", "项目业务 Project work"),
        Group("heads", "部门负责人 Heads of departments"),
        Group("ic", "投资决策委员会 Investment committee"),
        *teams,
        *outside,
    )


def _guests(staff: tuple[Person, ...]) -> Iterator[Guest]:
    for number, deal in enumerate(DEALS):
        team = [person for person in staff if team_key(deal) in person.groups] or list(staff)
        for place, (role, word) in enumerate(_ADVISERS):
            mail = f"{word}.{deal.code.lower()}@adviser.example"
            ended = number < 2 and place == 0
            until = "2020-06-30" if ended else f"2098-{number + 1:02}-28"
            owner = team[place % len(team)].key
            yield Guest(f"G-{deal.code}-{word}", role, mail, owner, until, (adviser_key(deal),))


_DEPARTMENTS = tuple(
    Department(key, name, parent)
    for key, name, parent in (
        ("firm", "启航项目融资公司 Qihang Project Finance", ""),
        ("front", "投融资中心 Investment and Finance", "firm"),
        ("pf", "项目融资部 Project Finance", "front"),
        ("pf-power", "电力与新能源组 Power and Renewables", "pf"),
        ("pf-power-wind", "风电小组 Wind", "pf-power"),
        ("pf-power-solar", "光伏小组 Solar", "pf-power"),
        ("pf-transport", "交通与市政组 Transport and Municipal", "pf"),
        ("pf-gas", "油气与化工组 Gas and Chemicals", "pf"),
        ("pf-digital", "数字基础设施组 Digital Infrastructure", "pf"),
        ("syndication", "银团部 Syndication", "front"),
        ("model", "财务模型组 Modelling", "front"),
        ("risk", "风险与法务中心 Risk and Legal", "firm"),
        ("credit", "信用审批部 Credit", "risk"),
        ("legal", "法务合规部 Legal and Compliance", "risk"),
        ("legal-documents", "融资文件组 Documentation", "legal"),
        ("esg", "环境与社会风险部 Environmental and Social Risk", "risk"),
        ("operations", "运营中心 Operations", "firm"),
        ("agency", "代理行与提款部 Agency and Drawdown", "operations"),
        ("portfolio", "投后管理部 Portfolio", "operations"),
        ("accounts", "财务部 Accounts", "operations"),
        ("it", "信息技术部 IT", "operations"),
        ("office", "人力与行政部 People and Office", "operations"),
        ("internal-audit", "内部审计部 Internal Audit", "firm"),
        ("branch-sh", "上海分部 Shanghai Branch", "firm"),
        ("branch-hk", "香港分部 Hong Kong Branch", "firm"),
    )
)
_WEIGHTS = {
    **dict.fromkeys(("pf-power-wind", "pf-power-solar", "pf-transport", "pf-gas", "pf-digital"), 12),
    **dict.fromkeys(("legal-documents", "credit", "agency", "portfolio", "syndication", "model"), 8),
    **dict.fromkeys(("branch-sh", "branch-hk", "accounts", "it"), 5),
}
_WORKERS = frozenset({"pf", "legal", "credit", "agency", "model", "syndication"})
_ADVISERS = (
    ("贷款人律师 Lenders' counsel", "counsel"),
    ("技术顾问 Technical adviser", "technical"),
    ("保险顾问 Insurance adviser, London", "insurance"),
)
# Names that break careless tables: commas, quotation marks, rare characters, one single name.
_UNUSUAL = {
    7: ("O'Brien, Seán", "sean.obrien"),
    15: ('欧阳"阿福"志远 Ouyang Zhiyuan', "zhiyuan.ouyang"),
    23: ("𠮷田 Yoshida", "yoshida"),
    31: ("Müller-Lüdenscheidt, Anna", "anna.mueller"),
}
_SURNAMES = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"), ("黄", "Huang"),
    ("赵", "Zhao"), ("吴", "Wu"), ("周", "Zhou"), ("徐", "Xu"), ("孙", "Sun"), ("马", "Ma"), ("朱", "Zhu"),
    ("胡", "Hu"), ("郭", "Guo"), ("何", "He"), ("林", "Lin"), ("欧阳", "Ouyang"), ("司马", "Sima"),
)  # fmt: skip
_GIVEN = (
    ("伟", "Wei"), ("敏", "Min"), ("静", "Jing"), ("磊", "Lei"), ("洋", "Yang"), ("艳", "Yan"), ("勇", "Yong"),
    ("军", "Jun"), ("杰", "Jie"), ("娟", "Juan"), ("涛", "Tao"), ("明", "Ming"), ("超", "Chao"), ("秀英", "Xiuying"),
    ("志强", "Zhiqiang"), ("海燕", "Haiyan"), ("雪梅", "Xuemei"), ("建国", "Jianguo"), ("子涵", "Zihan"), ("一诺", "Yinuo"),
)  # fmt: skip
