"""
The report: what it reads, what it decides, and that nothing from a drive gets through to the page.
"""

from __future__ import annotations

import fcntl
import html.parser
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lading.evidence.ledger import verify
from lading.evidence.report.facts import Count, Facts, read_facts
from lading.evidence.report.page import Style
from lading.evidence.report.plot import chart, duration, nice
from lading.evidence.report.rates import Sample, samples, stretches
from lading.evidence.report.verdict import HEADLINES, Level, decide
from lading.evidence.report.words import about, harmless, share, sized
from lading.evidence.report.write import Written, write_report
from lading.evidence.states import find_state
from lading.model.errors import BadRequest, LadingError, NotFound
from lading.model.text import Language, Text
from lading.testkit.states import BEGIN, SPACES, JobState, count, failure, firm, lines

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STYLE = Style(Language.EN, UTC, AT)


def report(state: Path) -> Written:
    return write_report(str(state), str(state / "report"), STYLE, actor="anna")


def page_of(state: Path) -> str:
    return (state / "report" / "index.html").read_text(encoding="utf-8")


class Seen(html.parser.HTMLParser):
    """Elements, attributes and text of a page, as a browser takes them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


# -- reading -----------------------------------------------------------------------


def test_facts_of_a_finished_job(tmp_path: Path) -> None:
    """
    Sums, lists and verification are read as the run left them; the account is the one the ledger holds.
    """
    firm(tmp_path / "job")

    facts = read_facts(str(tmp_path / "job"))

    first, second = facts.passes
    assert first.account
    assert second.account
    assert Count(6_210 + 5_014 + 3_902 + 2_184 + 3, 9_100_081_000) == first.account.whole.buckets["moved"]
    assert (True, True) == (first.account.closed, first.sealed)
    assert (5, 31, 3) == (first.failures.total, first.excluded.total, first.mapped.total)
    assert ["unreadable", "forbidden", "too_large", "truncated"] == [
        it.name for it in first.failures.ranked()
    ]
    assert 3 == len(first.speed)
    assert {"missing": 2, "content": 1} == dict(facts.verifications[0].differences)
    assert verify(tmp_path / "job/ledger.jsonl").head == facts.ledger.head


def test_sum_is_added_up_again(tmp_path: Path) -> None:
    """
    An account that says it is closed and is not is found open.
    """
    job = firm(tmp_path / "job", failed=False)
    path = job.folder / "passes/0002/account.json"
    account = json.loads(path.read_bytes())
    account["buckets"]["moved"]["bytes"] -= 1
    path.write_text(json.dumps(account))

    facts = read_facts(str(job.folder))

    assert account["closed"] is True
    assert facts.passes[1].account is not None
    assert facts.passes[1].account.closed is False
    codes = {it.code for it in decide(facts).reasons}
    assert {"account_open", "ledger_broken"} <= codes


@pytest.mark.parametrize("spoil", ["spaces", "bucket"])
def test_space_that_does_not_close_opens_the_account(tmp_path: Path, spoil: str) -> None:
    """
    It is not enough that the totals agree: each space must close, and an unknown bucket counts.
    """
    job = firm(tmp_path / "job", failed=False)
    path = job.folder / "passes/0002/account.json"
    account = json.loads(path.read_bytes())
    if spoil == "spaces":
        account["spaces"][0]["buckets"]["moved"]["objects"] += 1
    else:
        account["buckets"]["mislaid"] = count(1)
    path.write_text(json.dumps(account))

    facts = read_facts(str(job.folder))

    assert facts.passes[1].account is not None
    assert facts.passes[1].account.closed is False
    assert report(job.folder).verdict.level is Level.BAD


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("passes/0001/account.json", b"{"),
        ("passes/0001/account.json", b"[]"),
        ("passes/0001/account.json", b"{}"),
        ("passes/0001/account.json", b'{"started": NaN}'),
        ("passes/0001/account.json", b"\xff\xfe\x00"),
        ("passes/0001/account.json", b"[" * 100_000),
        ("passes/0001/plan.json", b'{"actions": 7}'),
        ("passes/0001/failures.jsonl", b'{"path": "a"}\nrubbish\n{}\n'),
        ("passes/0001/excluded.jsonl", b"[]\n"),
        ("verifications/0001/verification.json", b'{"started": 1}'),
        ("job.json", b"nonsense"),
    ],
)
def test_damaged_state_is_one_clear_sentence(tmp_path: Path, file: str, content: bytes) -> None:
    """
    A file of the state that cannot be understood is named, in both languages; no report is written.
    """
    job = firm(tmp_path / "job")
    (job.folder / file).write_bytes(content)

    with pytest.raises(BadRequest) as damaged:
        report(job.folder)

    assert file in damaged.value.message(Language.EN)
    assert "damaged" in damaged.value.message(Language.EN)
    assert "已损坏" in damaged.value.message(Language.ZH)
    assert not (job.folder / "report").exists()


def test_torn_lists_and_rates_of_a_killed_run_are_no_damage(tmp_path: Path) -> None:
    """
    What a kill tore off at the end of a list or of the rates does not stop the report.
    """
    job = JobState.begin(tmp_path / "job")
    folder = job.start(objects=100, size=1000)
    job.work(folder, 20, per_second=4, size=40)
    for name in ("rates", "failures"):
        with open(folder / f"{name}.jsonl", "ab") as stream:
            stream.write(b'{"t": 17953')

    written = report(job.folder)

    assert "unfinished" == written.verdict.code
    assert written.document["passes"][0]["progress"]["objects"] > 0
    assert written.document["passes"][0]["account"] is None


def test_run_in_flight_is_told_from_a_killed_one(tmp_path: Path) -> None:
    """
    While the lock is held the run is at work; when nobody holds it, it stopped.
    """
    job = JobState.begin(tmp_path / "job")
    job.start(objects=100, size=1000)
    with open(job.folder / "lock", "rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        at_work = decide(read_facts(str(job.folder))).code

    assert ("running", "unfinished") == (at_work, decide(read_facts(str(job.folder))).code)


def test_empty_and_missing_state(tmp_path: Path) -> None:
    """
    A job without a pass gives a report that says so; a folder without a job is not found.
    """
    JobState.begin(tmp_path / "state" / "job")
    (tmp_path / "other").mkdir()

    assert "nothing" == report(tmp_path / "state" / "job").verdict.code
    assert str(tmp_path / "state" / "job") == find_state(str(tmp_path / "state"))
    for place in ("other", "nowhere"):
        with pytest.raises(NotFound):
            find_state(str(tmp_path / place))


def test_several_jobs_must_be_told_apart(tmp_path: Path) -> None:
    """
    Where a folder holds several jobs, the error lists them.
    """
    for name in ("one", "two"):
        JobState.begin(tmp_path / name)

    with pytest.raises(BadRequest) as several:
        find_state(str(tmp_path))

    assert str(tmp_path / "two") in str(several.value)


# -- deciding ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The facts of a job about which there is nothing bad to say."""
    return read_facts(str(firm(tmp_path_factory.mktemp("good") / "job", failed=False).folder))


def test_all_is_well_only_after_a_full_verification(good: Facts) -> None:
    """
    Complete means: closed, nothing failed, and verified after the last pass.
    """
    (reading,) = good.verifications
    sampled = replace(reading, mode="sample")
    early = replace(reading, started=BEGIN)

    assert (Level.GOOD, "complete") == (decide(good).level, decide(good).code)
    assert "sampled" == decide(replace(good, verifications=(sampled,))).code
    assert "unverified" == decide(replace(good, verifications=())).code
    assert "unverified" == decide(replace(good, verifications=(early,))).code


def test_one_bad_fact_is_enough(good: Facts) -> None:
    """
    A difference, a foreign account or a broken chain each make the verdict bad.
    """
    (reading,) = good.verifications
    foreign = (*good.passes[:-1], replace(good.passes[-1], sealed=False))
    broken = replace(good.ledger, problem=LadingError("x"))  # type: ignore[arg-type]

    assert "differences" == decide(replace(good, verifications=(replace(reading, ok=False),))).code
    assert (
        "differences"
        == decide(replace(good, verifications=(replace(reading, differences={"size": 1}),))).code
    )
    assert "ledger_broken" == decide(replace(good, passes=foreign)).code
    assert "ledger_broken" == decide(replace(good, ledger=broken)).code
    assert "ledger_broken" == decide(replace(good, verifications=(replace(reading, sealed=False),))).code


def test_result_that_is_not_in_the_ledger_proves_nothing(good: Facts) -> None:
    """
    A run killed before its record was written, or a result put there by hand, is not complete.
    """
    (reading,) = good.verifications
    unsealed = (*good.passes[:-1], replace(good.passes[-1], sealed=None))

    assert "unfinished" == decide(replace(good, passes=unsealed)).code
    assert "unverified" == decide(replace(good, verifications=(replace(reading, sealed=None),))).code


def test_every_reason_has_a_headline_and_both_languages(good: Facts) -> None:
    """
    No verdict is without words, in English or in Chinese.
    """
    for text in HEADLINES.values():
        assert text.en
        assert re.search("[一-鿿]", text.zh)
    assert {it.code for it in decide(good).reasons} <= HEADLINES.keys()


# -- speed -----------------------------------------------------------------------------


def test_pause_cuts_the_line() -> None:
    """
    Where nothing was noted for more than five seconds, or totals fall back, there is a gap.
    """
    noted = [Sample(t, 10 * t, 100 * t) for t in range(5)]
    later = [Sample(100 + t, 50 + 10 * t, 500 + 100 * t) for t in range(5)]
    again = [Sample(105 + t, 10 * t, 100 * t) for t in range(5)]

    first, second, third = stretches([*noted, *later, *again])

    assert [(0, 4), (100, 104), (105, 109)] == [(it[0].start, it[-1].end) for it in (first, second, third)]
    assert {(10.0, 100.0)} == {(point.objects, point.bytes) for it in (first, second, third) for point in it}


@example([(0.0, 0, 0), (5e-324, 0, 10**15)])
@example([(0.0, 0, 1), (0.0, 0, 0), (1.0, 0, 0)])
@given(st.lists(st.tuples(st.floats(0, 1e10), st.integers(0, 10**15), st.integers(0, 10**15)), max_size=60))
def test_any_samples_can_be_drawn(rows: list[tuple[float, int, int]]) -> None:
    """
    Whatever was noted, speeds are finite and not negative, and the chart can be drawn.
    """
    speed = stretches([Sample(*row) for row in rows])

    assert all(p.objects >= 0 and p.bytes >= 0 and p.end > p.start for it in speed for p in it)
    if speed:
        svg = chart(speed, lambda p: p.bytes, said=str, clock=str, label="<&>", base=1024)
        assert not re.search("nan|inf", svg)


def test_week_is_drawn_with_few_points() -> None:
    """
    A run of a week, noted each second, takes a few hundred points, and the work in them adds up.
    """
    noted = [Sample(BEGIN + t, 3 * t, 7 * t) for t in range(0, 604_800, 2)]

    (stretch,) = stretches(noted)

    assert len(stretch) <= 245
    assert noted[-1].objects == round(sum(p.objects * (p.end - p.start) for p in stretch))


def test_rubbish_among_samples_is_left_out() -> None:
    """
    A torn line, a line of another kind or a time that is none does not count.
    """
    good_line = b'{"t": 1.5, "objects": 2, "bytes": 3}'

    found = samples([good_line, b'{"t": 2, "obj', b"[]", b'{"t": NaN, "objects": 1, "bytes": 1}', b"{}"])

    assert [Sample(1.5, 2, 3)] == found


def test_words_for_numbers() -> None:
    """
    Sizes, shares and durations read well, and nothing is rounded to all or nothing.
    """
    assert ["0 B", "1,023 B", "1.0 KiB", "150 GiB"] == [sized(n) for n in (0, 1023, 1024, 150 * 2**30)]
    assert ["0 %", "0.1 %", "99.9 %", "100 %"] == [share(n, 10**6) for n in (0, 1, 10**6 - 1, 10**6)]
    assert ["8.4 s", "1 min", "2 h 10 min", "3 d 4 h"] == [duration(s) for s in (8.4, 59.9, 7800, 273_600)]
    assert [150, 2 * 2**20] == [nice(130), nice(1.6 * 2**20, 1024)]


# -- hostile names -----------------------------------------------------------------------

HOSTILE = (
    "</td><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "<svg/onload=alert(1)>",
    "rtl \u202egnp.exe \u2066x\u2069",
    "ctl \x00\x07\x1b[31m\x7f\x85",
    "\udcff\udc80",
    "&lt;b&gt;</style></title>",
    "javascript:alert(1)",
    "\u061c\u200f\u2028",
)


def rewrite(file: Path, **more: object) -> None:
    """Change facts in a JSON file of the state; lone surrogates stay, as escapes."""
    old = file.read_text(encoding="utf-8")
    facts = json.loads(old) if old else {}
    file.write_text(json.dumps({**facts, **more}), encoding="utf-8")


def hostile_job(folder: Path, name: str) -> JobState:
    """A job in which *name* stands wherever text can stand."""
    job = JobState.begin(folder)
    at = job.start(objects=1, size=1)
    job.finish(at, {"space": {"failed": (1, 1)}})
    job.verify()
    path, text, drive = f"/{name}/{name}", {"en": name, "zh": name}, {"place": name}
    row = {"path": path, "kind": name, "size": 1}
    space = {"space": name, "found": count(1, 1), "buckets": {"failed": count(1, 1)}}
    account = {
        "losses": [{"feature": name, "count": 1, "note": text}],
        "spaces": [space],
        "fingerprints": {name: name},
    }
    rewrite(folder / "job.json", job=name, old=drive, new=drive)
    rewrite(at / "account.json", extra={name: count(1)}, **account)
    rewrite(at / "failures.jsonl", **row, code=name, message=text, remedy=text)
    rewrite(at / "excluded.jsonl", **row, reason=text)
    rewrite(at / "mapped.jsonl", old=path, new=path, why=[name])
    reading = folder / "verifications/0001"
    rewrite(reading / "verification.json", mode=name, differences={name: 1}, confidence={"statement": text})
    rewrite(reading / "differences.jsonl", path=path, what=name, note=text)
    return job


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_markup_of_a_name_survives(tmp_path: Path, name: str) -> None:
    """
    A name from a drive adds no element and no attribute to the page, in whichever place it stands, and
    nothing invisible reaches the reader.
    """
    plain, hostile = tmp_path / "plain", tmp_path / "hostile"
    report(hostile_job(plain, "plain").folder)
    report(hostile_job(hostile, name).folder)

    expected, seen = Seen(page_of(plain)), Seen(page_of(hostile))
    assert expected.tags == seen.tags
    assert [key for key, _ in expected.attributes] == [key for key, _ in seen.attributes]
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", seen.text
    )
    json.loads((hostile / "report" / "report.json").read_bytes())


@given(st.text())
def test_harmless_text_is_one_visible_line(text: str) -> None:
    """
    Whatever a name holds, what is shown of it is short, on one line, and valid Unicode.
    """
    shown = harmless(text)

    assert len(shown.splitlines()) <= 1
    assert shown == shown.encode("utf-8").decode("utf-8")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_path_is_not_said_twice() -> None:
    """
    A message under a path does not begin with the path again.
    """
    message = Text("/a/b: permission denied (403)", "/a/b：没有权限（403）")

    assert Text("permission denied (403)", "没有权限（403）") == about("/a/b", message)


# -- the files -----------------------------------------------------------------------------


def test_page_stays_small_with_long_lists(tmp_path: Path) -> None:
    """
    100,000 failures with the longest and worst of names: the page stays below 1 MB, the list beside it is whole.
    """
    job = JobState.begin(tmp_path / "job")
    folder = job.start(objects=1, size=1)
    job.finish(folder, {f"{'&' * 120}{n}": {"failed": (1, 1)} for n in range(3_000)})
    row = {**failure("/" + "<合>" * 130, "unreadable"), "kind": "&" * 300}
    rows = [{**row, "code": f"{'&' * 200}{n % 100}", "path": f"{row['path']}{n}"} for n in range(1000)]
    listed = "".join(json.dumps(it, ensure_ascii=False) + "\n" for it in rows)
    short = json.dumps(failure("/a", "truncated")) + "\n"
    (folder / "failures.jsonl").write_text(listed + short * 99_000, encoding="utf-8")
    lines(
        folder / "excluded.jsonl",
        [{"path": row["path"], "kind": "file", "size": 1, "reason": row["message"]}] * 5000,
    )
    lines(folder / "mapped.jsonl", [{"old": row["path"], "new": row["path"], "why": ["&" * 500]}] * 5000)

    written = report(job.folder)

    assert (job.folder / "report/index.html").stat().st_size < 1_000_000
    beside = job.folder / "report" / written.document["passes"][0]["failures"]["file"]
    assert (folder / "failures.jsonl").read_bytes() == beside.read_bytes()
    assert 100_000 == written.document["passes"][0]["failures"]["total"]


def test_page_needs_nothing_and_asks_for_nothing(tmp_path: Path) -> None:
    """
    The page loads no file and names no address but those of the drives; options stay out of it.
    """
    job = firm(tmp_path / "job")
    report(job.folder)

    page = page_of(job.folder)
    attributes = Seen(page).attributes
    assert {"https://drive.firm.example/dav/"} == set(re.findall(r"https?://[^<\s\"]+", page))
    assert [] == [value for key, value in attributes if key == "src"]
    assert all((value or "").startswith("#") for key, value in attributes if key == "href")
    assert "DRIVE_PASSWORD" not in page
    assert "DRIVE_PASSWORD" not in (job.folder / "report/report.json").read_text(encoding="utf-8")


def test_writing_is_recorded(tmp_path: Path) -> None:
    """
    The report is a record of the ledger, which still holds afterwards.
    """
    job = firm(tmp_path / "job")

    report(job.folder)

    last = json.loads((job.folder / "ledger.jsonl").read_bytes().splitlines()[-1])
    assert ("report.written", "anna", "failures") == (last["kind"], last["actor"], last["facts"]["verdict"])
    assert {"index.html", "report.json"} == set(last["facts"]["files"])
    verify(job.folder / "ledger.jsonl")


def test_broken_ledger_is_reported_and_left_alone(tmp_path: Path) -> None:
    """
    A changed record makes the verdict bad; the report is written and the ledger is not touched.
    """
    job = firm(tmp_path / "job", failed=False)
    path = job.folder / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"anna"', b'"emma"', 1))
    before = path.read_bytes()

    written = report(job.folder)

    assert "ledger_broken" == written.verdict.code
    assert written.problem is not None
    assert before == path.read_bytes()
    assert "line 1 was changed" in page_of(job.folder)


def test_documented_keys_are_the_keys(tmp_path: Path) -> None:
    """
    `docs/formats/report.md` names every key of `report.json`.
    """
    written = report(firm(tmp_path / "job").folder)
    page = (Path(__file__).parents[2] / "docs/formats/report.md").read_text(encoding="utf-8")

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            names = {key for key in value if re.fullmatch("[a-z_]+", key)}
            return names.union(*map(keys, value.values()))
        return set().union(*map(keys, value)) if isinstance(value, list) else set()

    assert set() == {key for key in keys(written.document) if f"`{key}`" not in page}
    assert SPACES.keys() == {it["space"] for it in written.document["passes"][0]["account"]["spaces"]}
