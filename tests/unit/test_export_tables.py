"""
Tables beside an export: read as people and Excel write them, and refused by line where they make no sense.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import parse
from lading.connectors.export import ExportDrive
from lading.connectors.export import open as open_export
from lading.connectors.export.times import DAY, MINUTE, SECOND, when, zone_of
from lading.connectors.export.words import grants_in, links_in
from lading.model.access import ANYBODY, Effect, PrincipalKind, Reach, Role
from lading.model.errors import BadAddress, NotFound, Truncated, Unreadable

T = 1_709_649_000
"""2024-03-05 14:30:00 UTC."""
Open = Callable[..., ExportDrive]


@pytest.fixture
def opened(tmp_path: LocalPath) -> Open:
    """Opens a zip of four files with *facts* as its table."""

    def do(facts: str | bytes, **options: str) -> ExportDrive:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name, content in (
                ("合同/a.txt", b"now"),
                ("b.txt", b"bb"),
                ("v/a.1", b"old"),
                ("v/a.2", b"older"),
            ):
                archive.writestr(name, content)
        raw = facts.encode() if isinstance(facts, str) else facts
        (tmp_path / "facts.csv").write_bytes(raw)
        for name in ("acl", "people"):
            if name in options:
                (tmp_path / f"{name}.csv").write_text(options[name], encoding="utf-8")
                options[name] = str(tmp_path / f"{name}.csv")
        return open_export(parse(f"export:{tmp_path / 'a.zip'}?facts={tmp_path / 'facts.csv'}", options))

    return do


WHOLE = "path,version,author,modified,content\n合同/a.txt,2,bob,2024-03-05,v/a.2\n合同/a.txt,10,ann,2024-03-06,\n合同/a.txt,1,ann,2024-03-04,v/a.1\nb.txt,,,,\n"


@pytest.mark.parametrize(
    ("text", "order", "at", "grain"),
    [
        ("2024-03-05T14:30:00Z", "", T, SECOND),
        ("2024-03-05T22:30:00+08:00", "", T, SECOND),
        ("2024-03-05 14:30:00.500", "", T + 0.5, SECOND // 1000),
        ("2024/3/5 14:30", "", T, MINUTE),
        ("2024年3月5日 14:30", "", T, MINUTE),
        ("2024/3/5 下午2:30:00", "", T, SECOND),
        ("3/5/2024 2:30 PM", "mdy", T, MINUTE),
        ("05/03/2024 14:30", "dmy", T, MINUTE),
        ("05.03.2024 14:30", "", T, MINUTE),
        ("2024-03-05", "", T - 52_200, DAY),
        ("45356", "", T - 52_200, DAY),
        ("45356.6041666667", "", T, SECOND),
        ("1969-12-31T23:59:59Z", "", -1, SECOND),
        ("2106-02-07T06:28:16Z", "", 2**32, SECOND),
    ],
)
def test_times(text: str, order: str, at: float, grain: int) -> None:
    """Dates as ISO and as Excel in several countries writes them, each with what is known of it."""
    assert (round(at * SECOND), grain) == when(text, UTC, order)


@pytest.mark.parametrize(
    "text", ["3/5/2024", "2024-13-01", "2024-02-30", "yesterday", "12", "2024-03-05 25:00", "5/3/24"]
)
def test_no_times(text: str) -> None:
    """What could be two days, or is none, is refused."""
    with pytest.raises(ValueError):
        when(text, UTC)


def test_zones() -> None:
    """A time without a zone is that of the zone that was said."""
    assert (T - 8 * 3600) * SECOND == when("2024/3/5 14:30", zone_of("UTC+8")).at
    with pytest.raises(ValueError, match="Mars"):
        zone_of("Mars")


def test_grants_in_words() -> None:
    """The small language says who, what, where and until when."""
    told = grants_in(
        "group:Legal=edit; user:ann=deny download here；break; everyone=preview below until 2024-03-05 14:30", ("d",),
        lambda text: when(text, UTC).at,
    )  # fmt: skip

    assert [
        (Effect.ALLOW, PrincipalKind.GROUP, "Legal", Role.EDIT, Reach.ALL, None),
        (Effect.DENY, PrincipalKind.PERSON, "ann", Role.DOWNLOAD, Reach.HERE, None),
        (Effect.BREAK, ANYBODY.kind, "", Role.NONE, Reach.ALL, None),
        (Effect.ALLOW, PrincipalKind.EVERYBODY, "everybody", Role.PREVIEW, Reach.BELOW, T * SECOND),
    ] == [(it.effect, it.principal.kind, it.principal.id, it.role, it.reach, it.expires) for it in told]
    (link,) = links_in("download password limit 5 used 2 until 2024-03-05 by ann", ("d",), lambda _: 7, "1")
    assert (Role.DOWNLOAD, True, 5, 2, 7, "ann") == (
        link.role, link.has_password, link.limit, link.used, link.expires, link.by
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Legal=edit",
        "group:Legal",
        "group:=edit",
        "user:a=fly",
        "user:a=deny none",
        "user:a=edit soon",
        "everybody:x=edit",
        "user:a=edit until",
    ],
)
def test_no_grants(text: str) -> None:
    """What is no grant is refused, with the words."""
    with pytest.raises(ValueError, match=text.split(" until")[0]):
        grants_in(text, (), lambda text: when(text, UTC).at)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(opened: Open, encoding: str, separator: str) -> None:
    """Tables come from Excel, PowerShell and databases of any country."""
    drive = opened(WHOLE.replace(",", separator).encode(encoding))

    assert ["1", "2", "10"] == [version.id for version in drive.versions.list(("合同", "a.txt"))]


def test_versions(opened: Open) -> None:
    """Rows of one path are its versions, by number; members that hold earlier ones are no files of their own."""
    drive = opened(WHOLE)
    told = list(drive.versions.list(("合同", "a.txt")))
    contents = []
    for version in told:
        with drive.versions.read(("合同", "a.txt"), version.id) as reader:
            contents.append(reader.read(100))

    assert [b"old", b"older", b"now"] == contents
    assert ["ann", "bob", "ann"] == [version.author for version in told]
    assert [("b.txt",), ("合同",)] == sorted(entry.path for entry in drive.list(()).entries)
    assert ["ann", "bob"] == sorted(one.id for one in drive.people.principals())
    assert told[-1].modified == drive.stat(("合同", "a.txt")).modified
    # A time that is known to the day is no finer than that.
    assert DAY == drive.profile.clock_grain
    with pytest.raises(NotFound):
        drive.versions.read(("合同", "a.txt"), "3")


@pytest.mark.parametrize(
    ("facts", "line", "what"),
    [
        ("path,modified\nb.txt,\n合同/a.txt,gestern\n", 3, "gestern"),
        ("path,modified\n\nb.txt,3/5/2024\n", 3, "dates="),
        ('path,label\nb.txt,"two\nlines"\n合同/a.txt,x,y\n', 4, "3"),
        ("path,size\nb.txt,many\n", 2, "many"),
        ("path,sha256\nb.txt,abc\n", 2, "abc"),
        ("path,grants\nb.txt,user:ann=fly\n", 2, "fly"),
        ("path,version\nb.txt,1\nb.txt,1\n", 3, "facts.csv:2"),
        ("path,deleted\nb.txt,perhaps\n", 2, "perhaps"),
        ("path\n../../b.txt\n", 2, "path"),
        ('path\n"b.txt\n', 2, "CSV"),
    ],
)
def test_a_bad_row_is_named_by_its_line(opened: Open, facts: str, line: int, what: str) -> None:
    """The error names file and line, and what cannot be understood, in both languages."""
    with pytest.raises(BadAddress) as caught:
        opened(facts, rows="partial")

    for said in caught.value.details:
        assert f"facts.csv:{line}" in said
        assert what in said


@pytest.mark.parametrize("facts", ["", "\n\n", "name,author\nx,y\n", "path,path\nx,y\n"])
def test_a_table_without_its_columns(opened: Open, facts: str) -> None:
    """A table that is empty or has no path is refused."""
    with pytest.raises(BadAddress, match=r"facts\.csv"):
        opened(facts, rows="partial")


def test_what_does_not_fit_stops_the_work(opened: Open) -> None:
    """Rows without a file, files without a row and versions without content are told by count, before anything begins."""
    facts = "path,version,owner\n合同/a.txt,1,x\n合同/a.txt,2,x\ngone.txt,,x\n"
    with pytest.raises(BadAddress) as caught:
        opened(facts)
    drive = opened(facts, rows="partial")

    for part in ("1 rows", "3 files", "1 earlier versions", "rows=partial"):
        assert part in caught.value.detail
    assert 4 == len(drive.notes)
    assert "owner" in drive.notes[-1].en
    assert "not_found" == drive.stat(("gone.txt",)).problem
    with pytest.raises(NotFound):
        drive.read(("gone.txt",))


def test_promises_of_the_table_are_kept(opened: Open) -> None:
    """A size or a SHA-256 that is another makes the file unreadable, as it may be another file."""
    head, rest = "path,size,sha256\n", "合同/a.txt,,\nv/a.1,,\nv/a.2,,\n"
    drive = opened(f"{head}b.txt,3,\n{rest}")
    with pytest.raises(Truncated, match="3"):
        drive.read(("b.txt",))
    drive = opened(f"{head}b.txt,2,{'0' * 64}\n{rest}")
    with drive.read(("b.txt",)) as reader:
        assert b"bb" == reader.read(10)
        with pytest.raises(Unreadable, match="SHA-256"):
            reader.read(10)


def test_people(opened: Open) -> None:
    """Names in grants are found by login and with a domain in front; who is in no table is known by that name alone."""
    people = "kind,id,name,login,groups\ngroup,g1,Legal,,\nuser,p1,Ann Lee,ann,g1\n"
    facts = "path,grants\nb.txt,user:FIRM\\ANN=edit; group:legal=download; user:eve=preview\n合同/a.txt,\nv/a.1,\nv/a.2,\n"
    drive = opened(facts, people=people)

    assert ["p1", "g1", "eve"] == [grant.principal.id for grant in drive.grants.list(("b.txt",))]
    assert [("g1", "p1")] == [(it.group, it.member) for it in drive.people.memberships()]
    with pytest.raises(BadAddress, match=r"people.csv:2"):
        opened(facts, people="kind,id,groups\nuser,p1,nobody\n")


ACL = """#TYPE System.Object
"Path","Protected","IdentityReference","FileSystemRights","AccessControlType","IsInherited","InheritanceFlags","PropagationFlags"
"D:\\Share","False","FIRM\\Legal","Modify, Synchronize","Allow","False","ContainerInherit, ObjectInherit","None"
"D:\\Share\\合同","True","FIRM\\ann","FullControl","Allow","False","ContainerInherit, ObjectInherit","None"
"D:\\Share\\v","False","FIRM\\Legal","Modify, Synchronize","Allow","True","ContainerInherit, ObjectInherit","None"
"D:\\Share\\v","False","Everyone","ReadAttributes","Deny","False","None","None"
"""
FILES = "path\n合同/a.txt\nb.txt\nv/a.1\nv/a.2\n"


def test_access_lists_of_windows(opened: Open) -> None:
    """Rows of PowerShell become grants; what only inherits is told above alone, and what says nothing is counted."""
    drive = opened(FILES, acl=ACL)
    told = [(grant.path, grant.effect, grant.principal.id, grant.role) for grant in drive.grants.all()]

    assert [
        ((), Effect.ALLOW, "FIRM\\Legal", Role.EDIT),
        (("合同",), Effect.RESET, "", Role.NONE),
        (("合同",), Effect.ALLOW, "FIRM\\ann", Role.MANAGE),
    ] == told
    assert drive.profile.access.complete
    assert "1 lines" in drive.notes[-1].en


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"FullControl"', '"Everything"', "acl.csv:4"),
        ('"Deny"', '"Perhaps"', "acl.csv:6"),
        ('"True","ContainerInherit', '"True","Sideways', "acl.csv:5"),
        ("IsInherited", "Inherited", "isinherited"),
        ('"D:\\Share","False"', '"E:\\Share","False"', "aclroot"),
        ("Share\\合同", "Share\\none", "1 access lists"),
        ('"D:\\Share\\v","False","FIRM', '"D:\\Share\\b.txt","False","FIRM', "1 folders"),
    ],
)
def test_access_lists_that_make_no_sense(opened: Open, old: str, new: str, what: str) -> None:
    """A bad word, a missing column, a path of nowhere and a folder without a list are told."""
    acl = ACL.replace(old, new)
    if what == "1 folders":
        acl = acl.replace('"D:\\Share\\v"', '"D:\\Share\\b.txt"')
    with pytest.raises(BadAddress) as caught:
        opened(FILES, acl=acl)

    assert what in caught.value.detail


def test_options(opened: Open, tmp_path: LocalPath) -> None:
    """An option that is not known, or has another value, is refused with those that are."""
    for options in ({"colour": "red"}, {"rows": "some"}, {"zone": "Mars"}, {"role": "target"}):
        with pytest.raises(BadAddress):
            opened(WHOLE, **options)
    with pytest.raises(BadAddress, match="grants stand in facts"):
        opened("path,grants\nb.txt,break\n", acl=ACL, rows="partial")
    with pytest.raises(NotFound):
        open_export(parse(f"export:{tmp_path / 'a.zip'}?facts={tmp_path / 'none.csv'}"))
