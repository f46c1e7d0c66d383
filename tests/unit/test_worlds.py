"""The generated firm: what it promises to every test and demo that relies on it."""

from __future__ import annotations

import email
import email.policy
import io
import os
import random
import sys
import zipfile
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from lading.testkit import worlds
from lading.testkit.world import documents, plan
from lading.testkit.world.deals import PHASES
from lading.testkit.worlds import HOSTILE, SERVABLE, MadeFile, World, build, change

FILES = 400


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("firm"), seed=7, files=FILES)


def on_disk(root: Path) -> dict[bytes, tuple[int, str, int]]:
    """Size, digest and time of every file below *root*, read without the generator's help."""
    found = {}
    for folder, _, names in os.walk(os.fsencode(root)):
        for name in names:
            path = os.path.join(folder, name)
            status = os.stat(path)
            with open(path, "rb") as stream:
                digest = sha256(stream.read()).hexdigest()
            found[os.path.relpath(path, os.fsencode(root))] = (status.st_size, digest, status.st_mtime_ns)
    return found


def folders_on_disk(root: Path) -> dict[str, int]:
    """Every folder below *root* with its time."""
    return {
        os.path.relpath(folder, root): os.stat(folder).st_mtime_ns
        for folder, _, _ in os.walk(root)
        if folder != str(root)
    }


def as_listed(world: World) -> dict[bytes, tuple[int, str, int]]:
    return {os.fsencode(file.path): (file.size, file.sha256, file.mtime_ns) for file in world.files}


def test_the_record_is_what_stands_on_disk(world: World):
    """
    The world lists every file and folder on disk, with its true size, digest and time, and nothing else.
    """
    assert as_listed(world) == on_disk(world.root)
    assert set(world.folders) == set(folders_on_disk(world.root))
    assert world.bytes == sum(size for size, _, _ in on_disk(world.root).values())
    assert len(world.files) == sum(count for kind, count in world.counts.items() if kind != "folder")


def test_the_same_seed_builds_the_same_firm(world: World, tmp_path: Path):
    """
    Paths, sizes, digests and times follow from the seed, those of folders too.
    """
    again = build(tmp_path / "again", seed=7, files=FILES)

    assert world.files == again.files
    assert folders_on_disk(world.root) == folders_on_disk(again.root)


def test_another_seed_builds_another_firm(world: World, tmp_path: Path):
    """
    Two seeds share hostile names but no ordinary content of any size.
    """
    other = build(tmp_path / "other", seed=8, files=FILES)

    assert {f.path for f in world.files if f.trait} == {f.path for f in other.files if f.trait}
    assert not {f.sha256 for f in world.files if f.size} & {f.sha256 for f in other.files if f.size}


def test_eight_deals_stand_in_eight_phases(world: World):
    """
    Every phase has one deal with files, and later phases have folders that earlier ones lack.
    """
    tops = {path.split("/")[0] for path in world.folders}

    assert list(PHASES) == sorted((deal.phase for deal in world.deals), key=lambda phase: phase.number)
    assert {deal.folder for deal in world.deals} | {"00 公司 Company"} == tops
    assert [8] == [d.phase.number for d in world.deals if f"{d.folder}/12 运营 Operation" in world.folders]


def test_a_firm_of_usual_size_has_the_promised_weight():
    """
    3,000 planned files sum to 150 to 300 MB, with large ones among them and one of 60 MB.
    """
    for seed in range(5):
        sizes = sorted(file.size for file in plan.plan_files(seed, 3000))

        assert 3000 == len(sizes)
        assert 150_000_000 < sum(sizes) < 300_000_000
        assert 60_000_000 == sizes[-1]
        assert 6 == sum(5_000_000 <= size <= 40_000_000 for size in sizes)


def test_planned_paths_are_unique():
    """
    No two planned files share a path, and the plan has exactly as many files as asked for.
    """
    for count in (0, 1, 50, 5000):
        assert count == len({file.path for file in plan.plan_files(3, count)})


def test_some_content_lies_in_several_deals(world: World):
    """
    Copies exist, and at least one content is found in more than one deal.
    """
    homes: dict[str, set[str]] = {}
    for file in world.files:
        if file.size:
            homes.setdefault(file.sha256, set()).add(file.path.split("/")[0])

    assert any(len(places) > 1 for places in homes.values())


def test_every_trait_is_planted_or_refused_with_a_reason(world: World):
    """
    Each hostile trait is on disk or stands in the list of refusals with the reason.
    """
    planted = {file.trait for file in world.files if file.trait}
    refused = {item.trait for item in world.refused}

    assert HOSTILE == planted | refused
    assert all(item.reason for item in world.refused)


def test_twins_are_two_files_each(world: World):
    """
    Names that differ only in form or case stand side by side, unless the file system said that it merges them.
    """
    if any(item.trait in ("form-twins", "case-twins") for item in world.refused):
        pytest.skip("this file system merges twins")
    names = Counter(
        os.path.basename(file.path).casefold() for file in world.files if file.trait == "case-twins"
    )

    assert {"report.pdf": 2, "january.csv": 2} == names
    assert 10 == sum(file.trait == "form-twins" for file in world.files)


@pytest.mark.skipif(sys.platform != "linux", reason="what a file system refuses is known for Linux here")
def test_a_name_beyond_255_bytes_is_reported(world: World):
    """
    The overlong name cannot be stored, so it is reported and leaves nothing behind.
    """
    reasons = [item.reason for item in world.refused if item.trait == "overlong"]

    assert ["File name too long"] == reasons
    assert "overlong" not in {file.trait for file in world.files}


def test_times_reach_from_1969_to_2106(world: World):
    """
    The file system holds the hostile times exactly; ordinary times lie between 2016 and mid 2026.
    """
    if any(item.trait == "times" for item in world.refused):
        pytest.skip("this file system cannot hold these times, and the world says so")
    seconds = sorted(file.mtime_ns // 10**9 for file in world.files if file.trait == "times")
    ordinary = [file.mtime_ns for file in world.files if not file.trait]

    assert [-14182940, 0, 2**32] == seconds
    assert 1451606400 * 10**9 <= min(ordinary)
    assert max(ordinary) <= int(plan.NEWEST.timestamp()) * 10**9


def test_servable_names_survive_xml_and_urls(tmp_path: Path):
    """
    What is left for WebDAV is valid UTF-8 without any character that XML 1.0 forbids.
    """
    served = build(tmp_path / "served", seed=1, files=20, hostile=SERVABLE)

    assert not served.refused
    for path in served.planted:
        assert path == path.encode().decode()
        assert not any(char < " " or char in "\x7f\ufffe\uffff" for char in path)


def test_without_traits_only_ordinary_files_are_built(tmp_path: Path):
    """
    An empty set of traits leaves exactly the ordinary files.
    """
    plain = build(tmp_path / "plain", seed=1, files=20, hostile=frozenset())

    assert 20 == len(plain.files)
    assert () == plain.planted


def test_a_root_in_use_is_left_alone(tmp_path: Path):
    """
    Building refuses a folder that is not empty, and an unknown trait, before it writes anything.
    """
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(FileExistsError):
        build(tmp_path, seed=1, files=5)
    with pytest.raises(ValueError, match="no-such-trait"):
        build(tmp_path / "new", seed=1, files=5, hostile=frozenset({"no-such-trait"}))
    assert ["mine.txt"] == os.listdir(tmp_path)


def open_pdf(content: bytes) -> None:
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(content), strict=True)

    assert 2 == len(reader.pages)
    assert "1. [" in reader.pages[0].extract_text()
    assert 400 == reader.pages[1].images[0].image.width


def open_docx(content: bytes) -> None:
    docx = pytest.importorskip("docx")

    assert 31 == len(docx.Document(io.BytesIO(content)).paragraphs)


def open_xlsx(content: bytes) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(content))

    assert '=IF(E2=0,"",D2/E2)' == book["Cashflow"]["F2"].value
    assert book["Assumptions"]["B3"].value >= 200


def open_picture(content: bytes) -> None:
    pillow = pytest.importorskip("PIL.Image")
    with pillow.open(io.BytesIO(content)) as picture:
        picture.load()

        assert "L" == picture.mode


def open_zip(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        assert members.testzip() is None
        open_pdf(members.read(members.namelist()[-1]))


def open_mail(content: bytes) -> None:
    message = email.message_from_bytes(content, policy=email.policy.default)

    assert not message.defects
    assert message["Subject"]
    for attachment in message.iter_attachments():
        open_pdf(attachment.get_content())


def open_dxf(content: bytes) -> None:
    pairs = content.decode("ascii").splitlines()

    assert ["0", "EOF"] == pairs[-2:]
    assert all(code.strip().isdigit() for code in pairs[::2])
    assert pairs[1::2].count("SECTION") == pairs[1::2].count("ENDSEC") == 2


def open_table(content: bytes) -> None:
    lines = content.decode("utf-8-sig").splitlines()

    assert {4} == {line.count(",") for line in lines}


def open_text(content: bytes) -> None:
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = content.decode("gb18030").splitlines()

    assert lines[1].startswith("1. [")


READERS = {
    "pdf": open_pdf,
    "docx": open_docx,
    "xlsx": open_xlsx,
    "png": open_picture,
    "jpg": open_picture,
    "zip": open_zip,
    "eml": open_mail,
    "dxf": open_dxf,
    "csv": open_table,
    "txt": open_text,
}


def sample(files: tuple[MadeFile, ...], kind: str) -> list[MadeFile]:
    fitting = [file for file in files if file.kind == kind]
    return random.Random(kind).sample(fitting, min(6, len(fitting)))


@pytest.mark.parametrize("kind", sorted(READERS))
def test_files_open_in_independent_readers(world: World, kind: str):
    """
    A sample of each kind is opened by a reader that has nothing to do with the writer.
    """
    chosen = sample(world.files, kind)

    assert chosen
    for file in chosen:
        READERS[kind]((world.root / file.path).read_bytes())


def test_every_kind_has_a_reader_here():
    """
    No kind can be added without a proof of its validity.
    """
    assert documents.KINDS == set(READERS) | {"empty"}


@pytest.mark.parametrize("kind", sorted(documents.KINDS - {"empty"}))
@pytest.mark.parametrize("size", [0, 1_000, 300_000])
def test_any_title_and_size_give_a_valid_file(kind: str, size: int):
    """
    A title full of markup and a size too small for the format still give a valid file; large ones come close.
    """
    title = 'A & B <c> "d" ]]> (e) \\ %s / 融资 👷.x'
    content = documents.write(kind, title, size, random.Random(size))

    READERS[kind](content)
    if size == 300_000:
        assert abs(len(content) - size) < size / 10


def test_a_change_is_reported_exactly(tmp_path: Path):
    """
    After each of three changes the new record is what stands on disk, and the lists explain every difference.
    """
    before = build(tmp_path / "firm", seed=5, files=FILES)
    for seed in range(3):
        changes = change(before, seed=seed)
        after = changes.world

        assert as_listed(after) == on_disk(after.root)
        assert set(after.folders) == set(folders_on_disk(after.root))
        old = {file.path: file for file in before.files}
        new = {file.path: file for file in after.files}
        moves = (*changes.renamed, *changes.carried)
        assert set(changes.deleted) | {path for path, _ in moves} == old.keys() - new.keys()
        assert set(changes.added) | {path for _, path in moves} == new.keys() - old.keys()
        assert set(changes.edited) == {path for path in old.keys() & new.keys() if old[path] != new[path]}
        assert all((old[a].sha256, old[a].mtime_ns) == (new[b].sha256, new[b].mtime_ns) for a, b in moves)
        before = after


def test_edits_differ_in_content_and_time_and_some_keep_their_size(tmp_path: Path):
    """
    An edited file has another digest and a later time; a size alone does not give every edit away.
    """
    before = build(tmp_path / "firm", seed=5, files=FILES)
    kept_size = 0
    for seed in range(4):
        changes = change(before, seed=seed)
        old = {file.path: file for file in before.files}
        for file in changes.world.files:
            if file.path in changes.edited:
                kept_size += file.size == old[file.path].size
                READERS[file.kind]((before.root / file.path).read_bytes())
                assert file.sha256 != old[file.path].sha256
                assert file.mtime_ns > old[file.path].mtime_ns
        before = changes.world

    assert kept_size > 0


def test_a_change_stays_below_the_root(tmp_path: Path):
    """
    In firms of thirty files, whatever is moved or made lies inside a deal or the company folder that was there before.
    """
    for seed in range(8):
        before = build(tmp_path / str(seed), seed=seed, files=30, hostile=frozenset())
        tops = {folder.split("/")[0] for folder in before.folders}
        changes = change(before, seed=seed)

        assert {path.split("/")[0] for path in changes.world.folders} <= tops
        assert all(len(new.split("/")) > 2 for _, new in changes.moved_folders)
        assert as_listed(changes.world) == on_disk(before.root)


def test_a_firm_too_small_to_change_says_so(tmp_path: Path):
    """
    Without a folder that can be moved, a change ends with an error before it touches anything.
    """
    before = build(tmp_path / "firm", seed=1, files=0)

    with pytest.raises(ValueError, match="too small"):
        change(before, seed=1)
    assert as_listed(before) == on_disk(before.root)


def test_changes_follow_from_the_seed(tmp_path: Path):
    """
    Two equal firms change alike, folder times included.
    """
    left, right = (change(build(tmp_path / name, seed=5, files=100), seed=9).world for name in ("a", "b"))

    assert left.files == right.files
    assert folders_on_disk(left.root) == folders_on_disk(right.root)


def test_the_command_prints_what_it_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """
    The command line builds a firm, and answers a folder in use with one sentence.
    """
    root = str(tmp_path / "firm")

    assert 0 == worlds.main([root, "--files", "10", "--servable"])
    assert '"refused": []' in capsys.readouterr().out
    assert 1 == worlds.main([root])
    assert "not empty" in capsys.readouterr().err
