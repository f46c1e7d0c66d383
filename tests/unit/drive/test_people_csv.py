"""
People from CSV: what can be taken is taken, what cannot is named with its reason, in both languages.
"""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.actor import SYSTEM, Actor
from lading.drive.errors import Unfit
from lading.drive.models import (
    Account,
    Event,
    Grant,
    Membership,
    Node,
    Principal,
    Space,
    Wall,
    WallSide,
)
from lading.drive.people import planning, table
from lading.drive.people.closure import closure
from lading.drive.people.loading import Report, load_csv
from lading.drive.people.planning import State
from lading.drive.people.tokens import actor_for_token, make_token
from lading.drive.writing import epoch
from lading.model.errors import Forbidden, LoginFailed

FIRM = """kind,key,name,mail,department,groups,owner,until,login
department,pf,项目融资部 Project Finance,,,,,,
department,pf-1,一组 Team 1,,pf,,,,
group,deal,三峡项目,,,all,,,
group,all,All deals,,,,,,
person,p1,李伟 Li Wei,li.wei@example.com,pf-1,deal,,,li.wei
person,p2,"Zhang, Min",,pf|pf-1,,,,
guest,g1,Jane Counsel,jane@law.example,,deal,p1,2099-12-31,
"""
HEAD = "kind,key,name,department,groups,owner,until,login,active\n"


def load(text: str | bytes, **options: bool) -> Report:
    return load_csv(SYSTEM, text, **options)


def refused(report: Report) -> dict[int, str]:
    return {line.line: line.reason.en for line in report.refused}


def state() -> tuple[list[object], ...]:
    tables = (Principal, Membership, Account, Event)
    return tuple(list(one.objects.order_by("pk").values_list()) for one in tables)


def keys(principal: str) -> set[str]:
    ids = closure(Principal.objects.get(key=principal).id)
    return set(Principal.objects.filter(id__in=ids).values_list("key", flat=True))


def test_a_file_makes_the_whole_directory() -> None:
    """
    Departments below departments, groups in groups, people in both, guests with owners, accounts without password.
    """
    report = load(FIRM)

    assert (7, 0, 0, 0, ()) == (report.added, report.changed, report.left, report.same, report.refused)
    assert {"p1", "pf-1", "pf", "deal", "all", "everybody"} == keys("p1")
    assert {"g1", "deal", "all"} == keys("g1")
    assert "Zhang, Min" == Principal.objects.get(key="p2").name
    assert [("li.wei", "p1", False)] == [
        (one.login, one.principal.key, one.has_usable_password()) for one in Account.objects.all()
    ]


def test_loading_twice_changes_nothing() -> None:
    """
    No row, no event, and nothing anybody remembers is forgotten.
    """
    load(FIRM)
    before, at = state(), epoch()

    assert 7 == load(FIRM).same
    assert before == state()
    assert at == epoch()


def test_a_changed_line_changes_just_that() -> None:
    """
    A person moves to another department; what stands in no column stays.
    """
    load(FIRM)
    report = load("kind,key,department\nperson,p1,pf\n")

    assert (0, 1, 0) == (report.added, report.changed, report.same)
    assert {"p1", "pf", "deal", "all", "everybody"} == keys("p1")
    assert "李伟 Li Wei" == Principal.objects.get(key="p1").name


def test_departments_change_places_in_one_file() -> None:
    """
    What was above comes below: only the end counts, not the order of lines.
    """
    load("kind,key,department\ndepartment,a,\ndepartment,b,a\n")
    report = load("kind,key,department\ndepartment,a,b\ndepartment,b,\n")

    assert (2, ()) == (report.changed, report.refused)
    assert "b" == Principal.objects.get(key="a").parent.key


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        ("person,p,,no-such,,,,,", {2: "there is no department no-such"}),
        ("person,p,,,no-such,,,,", {2: "there is no group no-such"}),
        ("group,g,,,,,,,\nperson,p,,g,,,,,", {3: "there is no department g"}),
        ("person,p,,,,,,,\nperson,p,Twin,,,,,,", {3: "the same key as line 2"}),
        ("department,a,,b,,,,,\ndepartment,b,,a,,,,,", dict.fromkeys((2, 3), "it would belong to itself")),
        ("department,a,,a,,,,,", {2: "it would belong to itself"}),
        ("group,a,,,b,,,,\ngroup,b,,,a,,,,\nperson,p,,,a,,,,", {4: "there is no group a"}),
        ("robot,p,,,,,,,", {2: "robot: there is no such kind"}),
        ("person,,,,,,,,", {2: "a key has 1 to 200 visible characters"}),
        ("person,everybody,,,,,,,", {2: "everybody: this key is reserved"}),
        ("person,p\x00q,,,,,,,", {2: "visible characters"}),
        ("person,p,\u202egnp.exe,,,,,,", {2: "no control characters"}),
        ("person,p,x", {2: "3 cells under 9 columns"}),
        ('person,p,"open,,,,,,\nperson,q,,,,,,,', {2: "quotation marks"}),
        ("guest,g,,,,,,,", {2: "a new guest needs an owner and an end"}),
        ("guest,g,,,,p,2099-02-30,,", {2: "2099-02-30: it is a day like 2026-12-31"}),
        ("guest,g,,,,nobody,2099-02-03,,", {2: "the owner nobody is no active person"}),
        ("group,h,,,,,,,\nguest,g,,,,h,2099-02-03,,", {3: "the owner h is no active person"}),
        ("person,p,,,,,,,no\nguest,g,,,,p,2099-02-03,,", {3: "the owner p is no active person"}),
        ("person,p,,,,,2099-01-01,,", {2: "until: not for a person"}),
        ("person,p,,,,,,a:b,", {2: "a login has"}),
        ("person,p,,,,,,same,\nperson,q,,,,,,SAME,", {3: "the login belongs to somebody else"}),
        ("person,p,,,,,,,maybe", {2: "maybe: it is yes or no"}),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_reason(lines: str, reasons: dict[int, str]) -> None:
    """
    Its number, its reason in both languages; and the other lines are there.
    """
    report = load(f"{HEAD}{lines}\nperson,good,,,,,,,\n")

    found = refused(report)
    for line, reason in reasons.items():
        assert reason in found[line]
    assert all(line.reason.zh and line.reason.zh != line.reason.en for line in report.refused)
    assert Principal.objects.filter(key="good").exists()
    assert report.added == Principal.objects.exclude(key="everybody").count()


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "just some text", "kind,name\nperson,x", "kind,key,key\n", "kind,key,salary\n", "\0", '"kind,key', b"kind,key,name\nperson,p,M\xfcller\n", b"\xff\xfek", b"\x89PNG\r\n\x1a\n\0\0"],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_whole(text: str | bytes) -> None:
    """
    Wrong columns, no columns, no encoding we know: nothing is changed.
    """
    before = state()
    with pytest.raises(Unfit):
        load(text)
    assert before == state()


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)  # fmt: skip
def test_the_files_spreadsheets_write_are_read(encoding: str, told: str) -> None:
    """
    UTF-8 with and without its mark, GBK, UTF-16; Chinese headings; semicolons and tabs; any end of line; Excel's dates.
    """
    lines = [
        "类型;编号;姓名;部门;负责人;截止日期",
        "部门;d1;电力与新能源组;;;",
        "员工;p1;张敏;d1;;",
        "访客;g1;王律师;;p1;2099/1/5",
    ]
    for end, separator in (("\r\n", ";"), ("\r", "\t"), ("\n", ",")):
        report = load(end.join(lines).replace(";", separator).encode(encoding))
        assert ((), told) == (report.refused, report.encoding)
    assert "电力与新能源组" == Principal.objects.get(key="d1").name
    assert {"p1", "d1", "everybody"} == keys("p1")


def test_who_is_missing_stays_unless_asked() -> None:
    """
    Then they leave: tokens dead, guests without owner; a refused line still names its person.
    """
    load(FIRM)
    p1 = Principal.objects.get(key="p1").id
    _, text = make_token(SYSTEM, "t", ["read"], None, of=p1)  # type: ignore[list-item]
    rest = "kind,key,department\nperson,p2,no-such\nguest,g1,\n"
    assert 0 == load(rest).left
    actor_for_token(text)
    report = load(rest, missing_leave=True)

    assert 1 == report.left
    with pytest.raises(LoginFailed):
        actor_for_token(text)
    assert frozenset() == closure(p1)
    assert frozenset() == closure(Principal.objects.get(key="g1").id)
    assert Principal.objects.get(key="p2").active


def test_nobody_leaves_where_a_key_could_not_be_read() -> None:
    """
    A damaged line may be anybody's.
    """
    load(FIRM)
    report = load("kind,key\nperson,p1\ntorn\n", missing_leave=True)

    assert 0 == report.left
    assert "nobody was deactivated" in refused(report)[0]


def test_who_left_does_not_come_back_by_an_old_file() -> None:
    """
    Only a column that says so brings somebody back; and one that says no lets them go.
    """
    load(FIRM)
    assert 1 == load("kind,key,active\nperson,p2,no\n").left
    load(FIRM)
    assert not Principal.objects.get(key="p2").active
    load("kind,key,active\nperson,p2,是\n")
    assert Principal.objects.get(key="p2").active


def test_an_admin_does_not_leave_by_a_file() -> None:
    """
    Their role is taken away first, by a security admin.
    """
    load(FIRM)
    Account.objects.update(admin="security")
    for text, options in (
        ("kind,key,active\nperson,p1,no\n", {}),
        ("kind,key\nperson,p2\n", {"missing_leave": True}),
    ):
        assert "take the admin role away first" in str(refused(load(text, **options)))
    assert Principal.objects.get(key="p1").active


def test_nobody_lets_themselves_in_by_a_file() -> None:
    """
    A system admin's own places are another admin's business; the rest of the file is taken.
    """
    load(FIRM)
    me = Principal.objects.get(key="p2")
    report = load_csv(
        Actor(me.id, "p2", "system"),
        "kind,key,name,groups\nperson,p2,Min,deal\ngroup,new,,\nperson,p1,,new\n",
    )

    assert {2} == refused(report).keys()
    assert "new" in keys("p1")
    with pytest.raises(Forbidden):
        load_csv(Actor(me.id, "p2", "security"), FIRM)


def walled_spaces(*principals: str) -> None:
    wall = Wall.objects.create(name="w", created=1)
    for side, key in enumerate(principals):
        space = Space.objects.create(key=f"s{side}", name="s", created=1)
        root = Node.objects.create(space=space, name="", kind=1, saved=1, created=1)
        Grant.objects.create(node=root, principal=Principal.objects.get(key=key), role=3, created=1)
        WallSide.objects.create(wall=wall, side=side, space=space)


def test_lines_that_break_a_wall_are_refused_alone() -> None:
    """
    Directly, by a department that moves, by a group inside a group; the others are taken.
    """
    load("kind,key,department,groups\ndepartment,a,,\ndepartment,b,,\ngroup,red,,\ngroup,blue,,\n"
         "person,p1,a,red\nperson,p2,a,\nperson,p3,b,\n")  # fmt: skip
    walled_spaces("red", "blue")
    report = load("kind,key,department,groups\nperson,p1,b,red|blue\nperson,p2,b,blue\n")
    assert {2: "a wall forbids this"} == refused(report)
    assert ({"p1", "a", "red", "everybody"}, {"p2", "b", "blue", "everybody"}) == (keys("p1"), keys("p2"))

    report = load("kind,key,department,groups\ndepartment,a,b,\ndepartment,b,,blue\nperson,p3,b,\n")
    assert "a wall forbids this" in refused(report).values()
    assert {"red", "blue"} > keys("p1") & {"red", "blue"}
    assert {"red", "blue"} > keys("p2") & {"red", "blue"}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 25))
def test_whatever_a_file_says_no_circle_is_left(seed: int, size: int) -> None:
    """
    On random units the accepted lines never close a circle, and each refused line would have, or names a refused one.
    """
    dice = random.Random(seed)
    names = [f"u{number}" for number in range(size)]
    kinds = {name: dice.choice(["department", "group"]) for name in names}
    lines = ["kind,key,department,groups"]
    for name in names:
        parent = dice.choice(["", *names]) if kinds[name] == "department" else ""
        groups = "|".join(dice.sample(names, min(size, dice.randint(0, 2))))
        lines.append(f"{kinds[name]},{name},{parent},{groups}")
    found = planning.plan(table.read("\n".join(lines)).entries, State({}, {}, {}))

    ups: dict[str, set[str]] = {row.key: {row.parent} - {None} for row in found.added}  # type: ignore[misc]
    for member, group in found.joins:
        ups[member].add(group)
    assert all(above <= ups.keys() for above in ups.values())
    assert not any(key in reachable(ups, key) for key in ups)
    assert size == len(found.added) + len(found.refused)


def reachable(ups: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(ups[start])
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(ups[key])
    return found


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.binary()))
def test_any_text_is_a_table_or_is_refused(content: str | bytes) -> None:
    """
    Nothing that somebody uploads gives anything but entries, refused lines or a clear refusal.
    """
    heading = "kind,key,name\n"
    for whole in (content, heading + content if isinstance(content, str) else heading.encode() + content):
        try:
            said = table.read(whole)
        except Unfit:
            continue
        planning.plan(said.entries, State({}, {}, {}))


def test_many_lines_of_one_circle_end() -> None:
    """
    Hostile files are refused in one go: neither recursion nor a round per line.
    """
    size = 20_000
    text = "kind,key,department\n" + "\n".join(
        f"department,c{number},c{(number + 1) % size}" for number in range(size)
    )
    found = planning.plan(table.read(text).entries, State({}, {}, {}))

    assert (0, size) == (len(found.added), len(found.refused))


def test_departments_lie_at_most_fifty_deep() -> None:
    """
    The fifty-first level is refused, and so is all that counts on it.
    """
    lines = [f"department,d{number},{f'd{number - 1}' if number else ''}" for number in range(60)]
    report = load("kind,key,department\n" + "\n".join(lines))

    assert (planning.DEEPEST, 60 - planning.DEEPEST) == (report.added, len(report.refused))
    assert "more than 50 levels" == refused(report)[52]
