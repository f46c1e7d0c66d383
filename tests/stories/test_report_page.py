"""
The report as people meet it: the commands that make it, and the page in a browser.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lading.testkit.states import JobState, firm

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def lading(*arguments: str, language: str = "en") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", "from lading.cli.main import main; main()", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "LADING_LANG": language},
    )
    return done.returncode, done.stdout, done.stderr


# -- the commands ------------------------------------------------------------------


def test_report_and_check_from_the_command_line(tmp_path: Path) -> None:
    """
    `lading report` writes the page and says the verdict; the digest it shows passes `ledger check --head`.
    """
    firm(tmp_path / "state" / "job", failed=False)

    code, said, _ = lading("report", str(tmp_path / "state"), "-o", str(tmp_path / "out"), language="zh")
    head = json.loads((tmp_path / "out/report.json").read_bytes())["ledger"]["head"]
    checked, answered, _ = lading("ledger", "check", str(tmp_path / "state"), "--head", head, "--json")

    assert (0, ["应到达的全部到达，并经二次读取证实", str(tmp_path / "out/index.html")]) == (
        code,
        said.splitlines(),
    )
    assert 0 == checked
    assert {"digest": head, "seq": 7} == json.loads(answered)["expected"]
    assert 8 == json.loads(answered)["records"]


def test_json_of_the_report_is_the_document(tmp_path: Path) -> None:
    """
    With --json the command prints one document that holds the same facts as report.json.
    """
    firm(tmp_path / "job")

    code, said, _ = lading("report", str(tmp_path / "job"), "--json")

    answer = json.loads(said)
    assert (0, True, "failures") == (code, answer["ok"], answer["report"]["verdict"]["code"])
    assert json.loads((tmp_path / "job/report/report.json").read_bytes()) == answer["report"]


@pytest.mark.parametrize(
    ("spoil", "arguments", "code", "says"),
    [
        ("nothing", ("report", "nowhere"), 21, "does not exist"),
        ("nothing", ("ledger", "check", "nowhere.jsonl"), 21, "does not exist"),
        ("nothing", ("ledger", "check", "job", "--head", "12"), 2, "64 hexadecimal digits"),
        ("nothing", ("ledger", "check", "job", "--head", "0" * 64), 41, "never reaches the expected record"),
        ("ledger", ("ledger", "check", "job"), 41, "line 2 was changed"),
        ("ledger", ("report", "job"), 41, "line 2 was changed"),
        ("account", ("report", "job"), 2, "account.json"),
        ("output", ("report", "job", "-o", "job/job.json"), 32, "kind"),
    ],
)
def test_bad_input_gives_a_sentence_and_an_exit_code(
    tmp_path: Path, spoil: str, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """
    What a person can get wrong ends in one sentence, a remedy and the documented exit code; never a traceback.
    """
    job = firm(tmp_path / "job")
    if spoil == "ledger":
        ledger = job.folder / "ledger.jsonl"
        rows = ledger.read_bytes().splitlines(keepends=True)
        ledger.write_bytes(b"".join([rows[0], rows[1].replace(b"anna", b"emma"), *rows[2:]]))
    if spoil == "account":
        (job.folder / "passes/0002/account.json").write_text("{")
    at = [str(tmp_path / it) if it.startswith(("job", "nowhere")) else it for it in arguments]

    exit_code, said, complained = lading(*at)
    as_json = json.loads(lading(*at, "--json")[1])

    assert (code, "") == (exit_code, said)
    assert says in complained
    assert 2 == len(complained.splitlines())
    assert (code, False) == (as_json["exit_code"], as_json["ok"])


# -- the page ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium."""
    if not CHROMIUM:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about a job with failures and pauses."""
    job = firm(tmp_path_factory.mktemp("report") / "job")
    assert 0 == lading("report", str(job.folder))[0]
    return job.folder / "report" / "index.html"


def visit(browser: Any, file: Path, width: int = 1200, **more: Any) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 900}, **more)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: page.complaints.append(request.url) if request.url != file.as_uri() else None,
    )
    page.goto(file.as_uri())
    return page


def test_language_is_switched_on_the_page(browser: Any, page_file: Path) -> None:
    """
    The page opens in the language of who wrote it; one click shows the other one, alone; nothing is fetched.
    """
    page = visit(browser, page_file)
    verdict = page.locator(".verdict p")

    assert "Not everything arrived: some objects failed" == verdict.inner_text()
    page.get_by_role("button", name="中文").click()
    assert "未全部到达：部分对象失败" == verdict.inner_text()
    assert ("zh-Hans", "Lading：网盘升级报告") == (
        page.evaluate("document.documentElement.lang"),
        page.title(),
    )
    assert "Not everything" not in page.locator("body").inner_text()
    assert [] == page.complaints


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1200])
def test_page_fits_phone_and_desk(browser: Any, page_file: Path, width: int, language: str) -> None:
    """
    Nothing is wider than the window; what is too wide scrolls within itself.
    """
    page = visit(browser, page_file, width)
    page.get_by_role("button", name={"en": "English", "zh": "中文"}[language]).click()

    assert width == page.evaluate("document.documentElement.scrollWidth")
    assert page.evaluate(
        "[...document.querySelectorAll('table,svg.plot')].every(it => it.closest('.scroll'))"
    )


def test_page_can_be_read_by_machines_for_people(browser: Any, page_file: Path) -> None:
    """
    Headers have a scope, plots a label, regions a name; headings skip no level; every text has contrast 4.5.
    """
    page = visit(browser, page_file)

    assert 0 == page.locator("th:not([scope])").count()
    assert 0 == page.locator("svg[role=img]:not([aria-label]), [role=region]:not([aria-label])").count()
    assert {1} == set(page.evaluate("['h1'].map(it => document.querySelectorAll(it).length)"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        assert [] == page.evaluate(FAINT)


def test_gaps_are_drawn(browser: Any, page_file: Path) -> None:
    """
    The plot of the pass that was paused and killed shows both gaps with their length.
    """
    page = visit(browser, page_file)

    assert ["41 s", "17 h", "41 s", "17 h"] == page.locator("svg.plot .pause").all_text_contents()


def test_without_scripts_both_languages_are_there(browser: Any, page_file: Path) -> None:
    """
    Where scripts are off, both languages stand side by side.
    """
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())

    text = page.locator(".verdict p").inner_text()
    assert "Not everything arrived" in text
    assert "未全部到达" in text


def test_unfinished_job_has_a_page_too(browser: Any, tmp_path: Path) -> None:
    """
    A killed run gives a page that says how far it was, and no section about an account there is not.
    """
    job = JobState.begin(tmp_path / "job")
    folder = job.start(objects=18_000, size=9_000_000_000)
    job.work(folder, 30, per_second=80, size=38_000_000)
    assert 0 == lading("report", str(job.folder))[0]
    page = visit(browser, job.folder / "report/index.html")

    assert "Unfinished" in page.locator(".verdict p").inner_text()
    assert "0 of 12 partitions" in page.locator("body").inner_text()
    assert 0 == page.locator("#failures, #losses").count()
    assert 2 == page.locator("svg.plot").count()


FAINT = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  const found = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || !e.checkVisibility()) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.add(e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 30));
  }
  return [...found];
}"""
