"""
A bucket moves into our drive, and from there into another bucket: with all versions, by the commands that the manual tells.

The bucket holds what buckets hold: versions by several people, removals in between, an object beside a folder of its
name, names that nobody would give a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import parse
from lading.connectors.s3 import open as open_s3
from lading.connectors.s3.facts import AUTHOR, LABEL, MTIME, SAVED
from lading.connectors.s3.wire import Ask
from lading.model.paths import Path
from lading.testkit.servers import SeaweedServer, require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.bucket import KEY, SECRET, enable_versions, put, raw_wire
from support.command import Answer, lading

pytestmark = [pytest.mark.live, pytest.mark.slow]
SECOND_BUCKET = "second"
SECOND = 1_000_000_000
BEGIN = 1_420_070_400
PEOPLE = "id,name,mail,login\nwang,王芳,wang@firm.example,wang\nli,李雷,li@firm.example,li\n"
_MAKE_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import principals
from lading.drive.people.admins import give_admin_role
for key, name in (("wang", "王芳"), ("li", "李雷")):
    principals.add(SYSTEM, "person", key, name=name, mail=key + "@firm.example")
give_admin_role(SYSTEM, principals.find("alice").id, "system")
"""
HISTORY = (
    (b"draft", "wang", ""),
    (b"", "li", ""),
    (b"signed " * 3000, "wang", "signed%20%E7%AD%BE"),
    (b"draft", "", ""),
)
SINGLE = (
    "folder/Caf\u00e9.pdf",
    "folder/Cafe\u0301.pdf",
    "folder/trailing dots...",
    "folder/\U0001f468\u200d\U0001f469 family.jpg",
    "folder/" + "融" * 70,
    "folder/line\nbreak",
    "[s3 dot]",
    "both",
    "both/below",
    "100%2F.txt",
)


@dataclass(frozen=True)
class Moved:
    """The files that describe the three drives, and what both copies said."""

    first: LocalPath
    second: LocalPath
    copies: tuple[Answer, Answer]
    folder: LocalPath


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """Bucket, drive, bucket."""
    folder = tmp_path_factory.mktemp("moves")
    with require_server(SeaweedServer) as server, require_server(LadingDriveServer) as drive:
        enable_versions(server)
        enable_versions(server, SECOND_BUCKET)
        _fill(server)
        drive.run(_MAKE_PEOPLE)
        (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
        first, second = _bucket(folder, server, server.bucket), _bucket(folder, server, SECOND_BUCKET)
        ours = _ours(folder, drive)
        copies = (_copied(folder, first, ours, "in"), _copied(folder, ours, second, "out"))
        yield Moved(first, second, copies, folder)


def _fill(server: SeaweedServer) -> None:
    wire = raw_wire(server)
    for day, (content, author, label) in enumerate(HISTORY):
        at = BEGIN + day * 86_400
        words = {MTIME: f"{at}.25", SAVED: str((at + 60) * SECOND + 7)}
        words |= {AUTHOR: author} if author else {}
        words |= {LABEL: label} if label else {}
        put(wire, "folder/合同 2026.docx", content, words)
    for content in (b"before it was removed", b"after"):
        put(wire, "folder/came back.txt", content)
        if content != b"after":
            wire.demand(Ask("DELETE", "folder/came back.txt"))
    put(wire, "folder/gone.txt", b"nobody sees it")
    wire.demand(Ask("DELETE", "folder/gone.txt"))
    for key in SINGLE:
        put(wire, key, key.encode(), {MTIME: f"{BEGIN}.5"})
    put(wire, "empty/", b"")
    wire.session.close()


def _bucket(folder: LocalPath, server: SeaweedServer, bucket: str) -> LocalPath:
    file = folder / f"{bucket}.toml"
    facts = {
        "kind": "s3",
        "place": bucket,
        "endpoint": server.url,
        "key": f"env:{KEY}",
        "secret": f"env:{SECRET}",
        "people": str(folder / "people.csv"),
    }
    file.write_text("".join(f'{name} = "{value}"\n' for name, value in facts.items()), encoding="utf-8")
    return file


def _ours(folder: LocalPath, drive: LadingDriveServer) -> LocalPath:
    (folder / "token").write_text(drive.token, encoding="utf-8")
    file = folder / "ours.toml"
    place = f"http://{HOST}:{drive.port}/{SPACE}/moved"
    file.write_text(
        f'kind = "lading"\nplace = "{place}"\ntoken = "file:{folder / "token"}"\ncreate = "yes"\n',
        encoding="utf-8",
    )
    return file


def _copied(folder: LocalPath, old: LocalPath, new: LocalPath, name: str) -> Answer:
    if name == "out":
        new.write_text(new.read_text(encoding="utf-8") + 'role = "target"\n', encoding="utf-8")
    sides = [_scanned(folder, drive, f"{name}-{side}") for side, drive in (("old", old), ("new", new))]
    who = lading("identity", *sides, "--write", folder / f"{name}.csv", "--json")
    # 10: the account of the drive is nobody whom the bucket knows.
    assert who.code in (0, 10), who.out + who.err
    along = ("--with", "versions", "--map", folder / f"{name}.csv")
    return lading("copy", old, new, "--state", folder / f"state-{name}", *along, "--json")


def _scanned(folder: LocalPath, drive: LocalPath, name: str, *words: str) -> LocalPath:
    done = lading("scan", drive, "--with", "versions,people", "-o", folder / name, *words)
    assert 0 == done.code, done.err
    return folder / name


def _versions(drive: LocalPath) -> dict[Path, list[tuple[object, ...]]]:
    with open_s3(parse(str(drive))) as bucket:
        assert bucket.versions is not None
        found: dict[Path, list[tuple[object, ...]]] = {}
        for path, versions in bucket.versions.all():
            found[path] = []
            for it in versions:
                with bucket.versions.read(path, it.id) as reader:
                    content = b"".join(iter(lambda: reader.read(1 << 20), b""))
                found[path].append((content, it.saved, it.modified, it.author, it.label))
        return found


def test_every_file_is_accounted_for(moved: Moved) -> None:
    """Both copies end well: nothing has failed, and no version is lost on the way."""
    for copy in moved.copies:
        assert 0 == copy.code, copy.out + copy.err
        told = copy.json["account"]
        assert 0 == told["buckets"]["failed"]["objects"]
        assert "missed" not in {
            name for name, count in told["features"]["versions"]["buckets"].items() if count
        }


def test_every_version_arrives(moved: Moved) -> None:
    """In the second bucket each file has the versions of the first: order, content, author, both times, label."""
    first, second = _versions(moved.first), _versions(moved.second)

    assert {("both",), ("[s3 file]both",)} & first.keys() == {("[s3 file]both",)}
    assert [content for content, _, _ in HISTORY] == [it[0] for it in first[("folder", "合同 2026.docx")]]
    assert ["wang", "li", "wang", ""] == [it[3] for it in second[("folder", "合同 2026.docx")]]
    assert first == second


def test_the_second_bucket_has_the_very_keys(moved: Moved) -> None:
    """What stood for keys that are no paths on the way has become these keys again; what was removed stays away."""
    with open_s3(parse(str(moved.second))) as bucket:
        names = set(_versions(moved.second))
        assert ("folder", "gone.txt") not in names
        assert bucket.stat(("empty",)).is_folder
        with bucket.read(("[s3 file]both",)) as reader:
            assert b"both" == reader.read(100)
        with bucket.read(("[s3 name][s3 dot]",)) as reader:
            assert b"[s3 dot]" == reader.read(100)


def test_the_commands_agree(moved: Moved) -> None:
    """`lading compare` over both buckets, with versions, and `lading verify` find no difference."""
    first, second = (_scanned(moved.folder, it, f"after-{it.stem}") for it in (moved.first, moved.second))
    compared = lading("compare", first, second, "--json")
    verified = lading("verify", moved.first, moved.second, "--json")

    assert 0 == compared.code, compared.out
    assert 0 == verified.code, verified.out
