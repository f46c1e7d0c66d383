"""
Many small files in one request.
"""

import hashlib
from typing import Any

import pytest

from lading.drive.actor import Scope
from lading.drive.api import ingest
from lading.drive.api.frames import MEDIA_TYPE, decode, encode
from support.drive_api import Body, Caller, Firm, firm, token_of


@pytest.fixture
def drive() -> Firm:
    return firm()


def write(drive: Firm, body: bytes | Body, who: Caller | None = None) -> Any:
    return (who or drive.ann)(
        "POST", f"{drive.at}/batch/write", body=body, headers={"Content-Type": MEDIA_TYPE}
    )


def listed(drive: Firm, path: str = "") -> list[str]:
    answer = drive.ann("GET", f"{drive.at}/list", query={"path": path})
    return [entry["name"] for entry in answer.json["entries"]]


def test_each_record_has_its_outcome_and_touches_no_other(drive: Firm):
    """
    Good and bad records side by side: the good ones are saved, each bad one says why, in order.
    """
    drive.folder("folder")
    bad = [
        ({"path": "../x"}, "name_refused"),
        ({"path": ""}, "wrong_kind"),
        ({"path": "folder"}, "wrong_kind"),
        ({"path": "gone/x"}, "not_found"),
        ({"path": "a", "expect": "absent"}, "already_exists"),
        ({"path": "a", "expect": '"9-9"'}, "changed"),
        ({"path": "d", "sha256": "0" * 64}, "truncated"),
        ({"path": "d", "modified": "1" * 30}, "unfit"),
        ({"path": "d", "colour": "red"}, "unfit"),
        ({"path": "d", "author": "nobody-there"}, "unfit"),
        ({"path": "d\x00"}, "name_refused"),
    ]
    records = [
        encode({"path": "a"}, b"1"),
        *(encode(header, b"x") for header, _ in bad),
        encode({"path": "z"}, b"2"),
    ]
    lines = write(drive, b"".join(records)).lines

    assert ["a", *(code for _, code in bad), "z"] == [line.get("code") or line["path"] for line in lines]
    assert ["a", "folder", "z"] == listed(drive)


def test_versions_of_one_path_keep_their_order_times_and_authors(drive: Firm):
    """
    A manager with the scope `import` brings history along: as old as it is, by whom it was.
    """
    digest = hashlib.sha256(b"0").hexdigest()
    records = [
        encode(
            {
                "path": "f/a",
                "parents": True,
                "saved": str(n + 1),
                "modified": str(-n),
                "author": "bob",
                "label": f"v{n}",
            },
            b"%d" % n,
        )
        for n in range(3)
    ]
    node = write(drive, b"".join(records)).lines[-1]["id"]
    versions = drive.ann("GET", f"/nodes/{node}/versions").json["versions"]

    assert ["1", "2", "3"] == [version["saved"] for version in versions]
    assert ["0", "-1", "-2"] == [version["modified"] for version in versions]
    assert {"bob"} == {version["author"] for version in versions}
    assert ["v0", "v1", "v2"] == [version["label"] for version in versions]
    assert digest == versions[0]["sha256"]


def test_history_needs_the_scope_import(drive: Firm):
    """
    Without it nobody back-dates or writes in the name of somebody else.
    """
    plain = Caller(token_of("ann", {Scope.READ, Scope.WRITE}))
    body = (
        encode({"path": "a", "saved": "1"}) + encode({"path": "b", "author": "bob"}) + encode({"path": "c"})
    )
    lines = write(drive, body, plain).lines

    assert ["forbidden", "forbidden", None] == [line.get("code") for line in lines]
    assert ["c"] == listed(drive)


@pytest.mark.parametrize("kept", [3, 10, 60, 200])
def test_a_cut_connection_leaves_whole_files_only(drive: Firm, monkeypatch: pytest.MonkeyPatch, kept: int):
    """
    Of a batch that breaks off, whole records are saved, and the last line says that it broke off.
    """
    monkeypatch.setattr(ingest, "GROUP", 2)
    record = encode({"path": "a"}, b"x" * 20)
    records = [encode({"path": f"f{n}"}, b"x" * 20) for n in range(5)]
    cut = len(record) * kept // 50 + 1
    answer = write(drive, Body([b"".join(records)[:cut]]))

    assert "truncated" == answer.lines[-1]["code"]
    assert [f"f{n}" for n in range(len(answer.lines) - 1)] == listed(drive)
    for entry in answer.lines[:-1]:
        content = drive.ann("GET", f"{drive.at}/content", query={"path": entry["path"]}).body
        assert b"x" * 20 == content


def test_a_frozen_space_takes_none_and_says_it_for_each(drive: Firm):
    """
    What holds for the whole batch stands in the line of each record.
    """
    drive.ann("PUT", f"{drive.at}/freeze", {"message": "later"})
    lines = write(drive, encode({"path": "a"}) + encode({"path": ".."}) + encode({"path": "b"})).lines

    assert ["frozen", "name_refused", "frozen"] == [line["code"] for line in lines]
    assert [] == listed(drive)


def test_what_is_read_is_what_was_written(drive: Firm):
    """
    Contents, old versions and problems come in the order they were asked for.
    """
    drive.save("a", b"old")
    drive.save("a", b"new")
    drive.save("b", b"")
    drive.folder("f")
    files = [{"path": "a"}, {"path": "none"}, {"path": "a", "version": 1}, {"path": "f"}, {"path": "b"}]
    answer = drive.ann("POST", f"{drive.at}/batch/read", {"files": files})
    records = list(decode([answer.body]))

    assert [b"new", b"", b"old", b"", b""] == [record.content for record in records]
    assert [None, "not_found", None, "wrong_kind", None] == [record.header.get("code") for record in records]
    assert hashlib.sha256(b"old").hexdigest() == records[2].header["sha256"]
    assert "nosniff" == answer.headers["x-content-type-options"]


def test_a_batch_of_another_type_or_for_strangers_is_refused(drive: Firm):
    """
    The media type is asked for; who sees nothing of the space gets the answer of a missing one.
    """
    wrong = drive.ann(
        "POST", f"{drive.at}/batch/write", body=b"", headers={"Content-Type": "application/json"}
    )

    assert 415 == wrong.status
    assert 404 == write(drive, encode({"path": "a"}), drive.bob).status
    assert 200 == write(drive, b"").status
    assert "unfit" == write(drive, b"\xff\xff\xff\xff").lines[-1]["code"]


def past(path: str, saved: int, **more: Any) -> dict[str, Any]:
    return {"path": path, "saved": str(saved), "modified": str(saved), **more}


@pytest.mark.parametrize("group", [1, 2, 400])
def test_after_a_refused_version_of_the_past_none_follows(
    drive: Firm, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    """
    None takes the place of the one that is missing, in whatever groups they come; other files are saved.
    """
    monkeypatch.setattr(ingest, "GROUP", group)
    records = [
        encode(past("a", 5), b"1"),
        encode(past("a", 6, author="nobody-there"), b"2"),
        encode(past("b", 5), b"1"),
        encode(past("a", 7), b"3"),
        encode(past("c", 5, sha256="0" * 64), b"1"),
        encode(past("c", 6), b"2"),
        encode({"path": "c"}, b"3"),
        encode({"path": "none/d", "saved": "5"}, b"1"),
        encode({"path": "none/d", "saved": "6", "parents": True}, b"2"),
    ]
    lines = write(drive, b"".join(records)).lines

    expected = ["a", "unfit", "b", "unfit", "truncated", "truncated", "c", "not_found", "not_found"]
    assert expected == [line.get("code") or line["path"] for line in lines]
    assert [1, 1, 1] == [line["number"] for line in lines if "number" in line]


def test_a_version_of_nobody_has_no_author(drive: Firm) -> None:
    """
    An empty author is nobody, not whoever brings the version in; so on every door.
    """
    lines = write(drive, encode(past("a", 5, author=""), b"1") + encode(past("a", 6), b"2")).lines
    query = {"path": "a", "saved": "7", "author": "", "label": "签署"}
    put = drive.ann("PUT", f"{drive.at}/content", body=b"3", query=query)
    drive.ann("PUT", "/uploads/tok", body=b"4")
    told = {"space": drive.space, "path": "a", "saved": "8", "author": "bob", "label": "final"}
    finished = drive.ann("POST", "/uploads/tok/finish", told)
    versions = drive.ann("GET", f"/nodes/{put.json['id']}/versions").json["versions"]

    assert [None, "ann"] == [line["author"] for line in lines]
    assert (200, 200) == (put.status, finished.status)
    expected = [(None, "5", ""), ("ann", "6", ""), (None, "7", "签署"), ("bob", "8", "final")]
    assert expected == [(one["author"], one["saved"], one["label"]) for one in versions]


def test_contents_larger_than_wanted_are_told_in_their_place(drive: Firm) -> None:
    """
    Who asks for small contents is not sent a large one.
    """
    for name, size in (("a", 3), ("b", 4), ("c", 0)):
        drive.save(name, b"x" * size)
    told = {"most": 3, "files": [{"path": "a"}, {"path": "b"}, {"path": "c"}]}
    answer = drive.ann("POST", f"{drive.at}/batch/read", told)
    found = [(one.header.get("code"), one.content) for one in decode([answer.body])]

    assert [(None, b"xxx"), ("too_large", b""), (None, b"")] == found
