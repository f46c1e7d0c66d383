"""`lading assess`, called as a person calls it: verdict, waivers, reports, and who may read them."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.memory import MemoryDrive
from lading.manifest.tables import Feature
from lading.model.access import Grant, Principal, PrincipalKind, Role
from lading.stages.readiness.factfile import write_facts
from lading.stages.readiness.facts.rates import RateFacts
from lading.stages.readiness.findings import Owner
from support.command import Answer, inside, lading
from support.estate import passed_drill
from support.scanning import scan_of

CHROMIUM = shutil.which("chromium")
NOW = datetime.now(UTC)
SOON = (NOW + timedelta(days=20)).date()
ROLES = "\n".join(f'{role.value} = "Person {number}"' for number, role in enumerate(Owner))
PLAN = f"""
goal = "Replace the server"
scope = "all"
author = "Anna"
way_back = "the old drive stays"
backup = {NOW.date()}
provider = []
deal = []
[owners]
{ROLES}
[[approval]]
by = "Fang"
[[risk]]
what = "line breaks"
answer = "disk"
[[wave]]
name = "first"
spaces = ["Deal"]
starts = {SOON}T20:00:00Z
hours = 12
owner = "Fang"
people = 4
trained = 4
"""


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """OLD and NEW as folders with a few faults, a good plan, a passed drill and a measured rate."""
    deal = tmp_path / "old" / "Deal"
    deal.mkdir(parents=True)
    (tmp_path / "new").mkdir()
    for name in ("good.txt", "=HYPERLINK(1).pst", "id_rsa", "bad.pdf", "<script>alert(1)</script>.pst"):
        (deal / name.replace("/", "\u2215")).write_bytes(b"x" * 100)
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "drill.json").write_text(json.dumps(passed_drill(NOW)), encoding="utf-8")
    write_facts(str(tmp_path / "rate.json"), RateFacts("line", 10.0), NOW)
    return tmp_path


def assess(estate: Path, *more: object, call: Any = inside) -> Answer:
    facts = (
        "--drill",
        estate / "drill.json",
        "--facts",
        estate / "rate.json",
        "--plan",
        estate / "plan.toml",
    )
    answer = call("assess", estate / "old", estate / "new", *facts, "--state", estate / "state", *more)
    assert isinstance(answer, Answer)
    return answer


def codes(answer: Answer) -> set[str]:
    return {it["code"] for it in answer.json["assessment"]["findings"] if not it["waived"]}


def test_from_findings_over_a_waiver_to_what_changed(estate: Path) -> None:
    """Faults are found with cause, remedy and owner; a waiver by two people takes one away; what is mended is gone."""
    first = assess(estate, "--read-documents", 10, "--json")
    by = ("--waived-by", "Anna", "--waived-by", "Fang", "--reason", "closed", "--until", SOON)
    second = assess(estate, "--read-documents", 10, "--waive", "content.keys", *by, "--json")
    os.unlink(estate / "old" / "Deal" / "bad.pdf")
    third = assess(estate, "--read-documents", 10, "--json")
    checked = inside("ledger", "check", estate / "state", "--json")

    assert {"content.keys", "content.mail_archives", "content.damaged"} <= codes(first)
    assert (81, "risks", 0) == (
        first.code,
        first.json["assessment"]["verdict"]["level"],
        first.json["assessment"]["verdict"]["blockers"],
    )
    damaged = next(it for it in first.json["assessment"]["findings"] if it["code"] == "content.damaged")
    assert ("first", 1, ["/Deal/bad.pdf"]) == (
        damaged["wave"],
        damaged["count"],
        damaged["evidence"]["examples"],
    )
    assert all(damaged[name]["zh"] and damaged[name]["en"] for name in ("reason", "remedy", "taught"))
    assert "content.keys" not in codes(second)
    assert "content.damaged|first|" in third.json["assessment"]["changes"]["gone"]
    assert "content.keys" not in codes(third)
    assert (0, 4) == (checked.code, checked.json["records"])
    assert third.json["assessment"] == json.loads(Path(third.json["file"]).read_bytes())
    assert 50 == round(first.json["assessment"]["estimate"]["likely"])


def test_blockers_end_with_their_own_code(estate: Path) -> None:
    """No drill, no plan: not ready, said in Chinese as well."""
    answer = lading("assess", estate / "old", "--state", estate / "s", environment={"LADING_LANG": "zh"})

    assert 80 == answer.code
    assert "未就绪" in answer.out
    assert "没有通过的恢复演练" in answer.out
    assert "没有计划" in answer.out


def test_an_estate_in_order_has_no_blocker(
    estate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Usual names, people who are known on both sides, rights by group, a whole plan: what is left was looked at by nobody."""
    people = (
        Principal(PrincipalKind.PERSON, "1", "林晓", "lin@firm.example", "lin"),
        Principal(PrincipalKind.GROUP, "g", "Team"),
    )
    for side in ("a", "b"):
        it = MemoryDrive()
        it.store.know(*people)
        if side == "a":
            # On whom nothing hangs, nobody has to wait for.
            it.store.know(Principal(PrincipalKind.PERSON, "9", "Stranger"))
        it.store.join("g", "1")
        it.make_folder(("Deal",))
        it.store.hang(Grant(("Deal",), people[1], frozenset(), role=Role.MANAGE))
        scan_of(monkeypatch, it, tmp_path / side, features=tuple(Feature), now=lambda: NOW.timestamp())
    facts = (
        "--drill",
        estate / "drill.json",
        "--facts",
        estate / "rate.json",
        "--plan",
        estate / "plan.toml",
    )

    answer = inside("assess", tmp_path / "a", tmp_path / "b", *facts, "--state", tmp_path / "s", "--json")

    assert 81 == answer.code
    assert 0 == answer.json["assessment"]["verdict"]["blockers"]
    assert {"management.missing_facts"} == codes(answer)


def test_what_is_behind_a_wall_is_in_no_report(estate: Path) -> None:
    """Neither terminal, JSON, page, table nor the kept file names anything below the hidden path; the counts are there."""
    plain = estate / "plan.toml"
    plain.write_text(PLAN.replace('["Deal"]', '["Other"]'), encoding="utf-8")
    (estate / "old" / "Other").mkdir()
    (estate / "walls.txt").write_text("Deal ⟂ Other\n", encoding="utf-8")
    where = ("--read-documents", 5, "--html", estate / "a.html", "--csv", estate / "csv")
    told = assess(estate, *where, "--without", "/Deal")
    as_json = assess(estate, *where, "--walls", estate / "walls.txt", "--json")
    files = [*(estate / "csv").iterdir(), estate / "a.html", *(estate / "state").rglob("*.json")]

    assert {"content.keys", "management.space_unplanned", "rights.wall"} <= codes(as_json)
    for text in (told.out, as_json.out, *(file.read_text("utf-8") for file in files)):
        assert "id_rsa" not in text
        assert "/Deal" not in text


def test_tables_open_in_a_spreadsheet_and_calculate_nothing(estate: Path) -> None:
    """Each owner has a table with a mark of UTF-8; no cell begins like a formula."""
    assess(estate, "--csv", estate / "csv")
    files = sorted((estate / "csv").iterdir())
    rows = [row for file in files for row in csv.DictReader(file.read_text("utf-8-sig").splitlines())]

    assert "desktop_team.csv" in [file.name for file in files]
    assert all(file.read_bytes().startswith(b"\xef\xbb\xbf") for file in files)
    assert {"content.keys", "content.mail_archives"} <= {row["code"] for row in rows}
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--facts", "{here}/none"), 21, "does not exist"),
        (("--facts", "{here}/plan.toml"), 82, "bad_facts"),
        (("--plan", "{here}/drill.json"), 2, "bad_plan"),
        (("--waive", "management.drill"), 2, "two different people"),
        (("--waive", "no.rule", "--waived-by", "A", "--waived-by", "B", "--reason", "x", "--until", "2999-01-01"), 2, "no rule"),
        (("--waive", "rights.wall", "--waived-by", "A", "--waived-by", "B", "--reason", "x", "--until", "2999-01-01"), 83, "not_waivable"),
        (("--reason", "x"), 2, "say what is waived"),
        (("--until", "soon"), 2, "soon"),
        (("--walls", "{here}/none"), 2, "cannot be read"),
        (("--walls", "{here}/drill.json"), 2, "drill.json"),
        (("--without", "/Dael"), 2, "nothing at one of these paths"),
        (("--earlier", "{here}/old"), 40, "manifest"),
        (("--html", "{here}/drill.json/page.html"), 20, "drill.json"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence(estate: Path, words: tuple[str, ...], code: int, says: str) -> None:
    """A sentence, an exit code, and no half-made assessment."""
    answer = inside(
        "assess", estate / "old", "--state", estate / "s", *(word.format(here=estate) for word in words)
    )

    assert code == answer.code
    assert says in answer.err


def test_a_changed_ledger_is_no_ground_for_a_waiver(estate: Path) -> None:
    """Whoever writes a waiver into the ledger by hand gets no verdict."""
    by = ("--waived-by", "Anna", "--waived-by", "Fang", "--reason", "closed", "--until", SOON)
    assess(estate, "--waive", "content.keys", *by)
    (ledger,) = (estate / "state").rglob("ledger.jsonl")
    ledger.write_text(ledger.read_text("utf-8").replace("content.keys", "content.unreadable"), "utf-8")

    assert 41 == assess(estate).code


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium."""
    if not CHROMIUM:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def test_the_page_reads_well_on_phone_and_desk(browser: Any, estate: Path) -> None:
    """It fits the width, speaks one language at a time, fetches nothing, and names of files stay text."""
    file = estate / "a.html"
    assess(estate, "--html", file)
    for width, language, level in ((390, "zh", "可以开始，但有风险"), (1200, "en", "Ready with risks")):
        page, complaints = browser.new_page(viewport={"width": width, "height": 900}), []
        page.on("console", lambda message, to=complaints: to.append(message.text))
        page.on(
            "request",
            lambda asked, to=complaints: to.append(asked.url) if "a.html" not in asked.url else None,
        )
        page.goto(f"{file.as_uri()}#{language}")

        assert level == page.locator(".verdict p").first.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert "<script>alert(1)" in page.locator("main").inner_text()
        assert ("批次" in page.locator("main").inner_text()) is (language == "zh")
        assert [] == complaints
        page.close()
