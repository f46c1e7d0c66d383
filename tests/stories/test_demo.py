"""The demonstration plays to its end, tells the truth about it, and leaves nothing running."""

import os
import re
import signal
import socket
import string
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lading.model.text import Text
from lading.testkit import worlds
from lading.testkit.demo import truth, words
from lading.testkit.demo.__main__ import main
from lading.testkit.demo.door import Door
from lading.testkit.demo.truth import Held, Holding
from lading.testkit.servers import WsgiDavServer

FILES = 250


def start(folder: Path, *, language: str = "en") -> subprocess.Popen[str]:
    """A reduced demonstration in *folder*."""
    options = ["--files", str(FILES), "--seed", "5", "--folder", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "lading.testkit.demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LADING_LANG": language},
    )


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> worlds.World:
    """A small firm."""
    return worlds.build(tmp_path_factory.mktemp("demo") / "firm", seed=3, files=40, hostile=worlds.SERVABLE)


@pytest.fixture
def copied(firm: worlds.World) -> Holding:
    """A drive that holds the firm, faithfully."""
    files = {
        file.path: Held(f"{number}-1", file.mtime_ns // 10**9, file.size, file.sha256)
        for number, file in enumerate(firm.files)
    }
    return Holding(files, frozenset(firm.folders))


@pytest.mark.slow
def test_a_reduced_demonstration_holds(tmp_path: Path) -> None:
    """A firm is copied, killed, resumed, changed, copied, verified, and everything holds; it says so in Chinese."""
    demo = start(tmp_path / "demo", language="zh")
    said, _ = demo.communicate()

    assert 0 == demo.returncode, said
    assert "全部成立" in said
    assert (tmp_path / "demo/report/index.html").is_file()
    commands = re.findall(r"^\$ lading (\w+)", said, re.MULTILINE)
    drive = ["drive"] * 2  # check and audit at the end, and what sets it up at the beginning
    assert [*drive, *drive, "copy", "copy", "copy", "verify", *drive, "ledger", "report"] == commands


def test_both_languages_have_the_same_places() -> None:
    """Every sentence of the demonstration has the same facts in Chinese as in English."""
    texts = {name: text for name, text in vars(words).items() if isinstance(text, Text)}

    assert 20 < len(texts)
    assert [] == [name for name, text in texts.items() if places(text.en) != places(text.zh)]


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.slow
def test_a_stopped_demonstration_leaves_nothing_running(tmp_path: Path) -> None:
    """After Ctrl-C in the middle of the copy, no process of the demonstration is left and nobody listens."""
    demo = start(tmp_path / "demo")
    assert demo.stdout is not None
    said = ""
    while "$ lading copy" not in said:
        line = demo.stdout.readline()
        assert line, said
        said += line
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate()

    assert 130 == demo.returncode, said + rest
    assert [] == [port for port in re.findall(r"http://127\.0\.0\.1:(\d+)/", said) if listens(int(port))]
    assert [] == mentioning(str(tmp_path))


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A demonstration asked to play in a folder with other content fails and removes nothing."""
    (tmp_path / "thesis.docx").write_text("three years of work")
    code = main(["--folder", str(tmp_path), "--seed", "1"])

    assert 1 == code
    assert "thesis.docx" in os.listdir(tmp_path)
    assert str(tmp_path) in capsys.readouterr().out


def test_a_faithful_copy_has_no_differences(firm: worlds.World, copied: Holding) -> None:
    """The truth is satisfied by a drive that holds the same."""
    assert [] == truth.differences(firm, copied)


def with_file(holding: Holding, path: str, held: Held | None) -> Holding:
    """*holding* with another file at *path*, or without it."""
    files = {name: kept for name, kept in holding.files.items() if name != path}
    return replace(holding, files=files if held is None else {**files, path: held})


@pytest.mark.parametrize(
    ("what", "damage"),
    [
        ("content", lambda it, path: with_file(it, path, replace(it.files[path], sha256="0" * 64))),
        ("missing", lambda it, path: with_file(it, path, None)),
        ("missing", lambda it, path: replace(it, folders=it.folders - {min(it.folders)})),
        ("extra", lambda it, path: with_file(it, f"{path}.copy", it.files[path])),
        ("extra", lambda it, path: replace(it, folders=it.folders | {f"{path} folder"})),
        ("time", lambda it, path: with_file(it, path, replace(it.files[path], seconds=1))),
    ],
)
def test_the_truth_notices(
    what: str, damage: Callable[[Holding, str], Holding], firm: worlds.World, copied: Holding
) -> None:
    """One wrong content, a missing file or folder, one too many, a wrong time: each is one difference."""
    path = max(firm.files, key=lambda file: file.size).path

    assert [what] == [difference.what for difference in truth.differences(firm, damage(copied, path))]


def test_a_cut_file_under_its_name_is_noticed(firm: worlds.World, copied: Holding) -> None:
    """What has arrived after a kill is whole, or it is named as broken; unfinished files are counted apart."""
    path = max(firm.files, key=lambda file: file.size).path
    begun = replace(copied, unfinished=(5,))
    cut = with_file(begun, path, replace(copied.files[path], sha256="0" * 64))
    there = truth.arrived(firm, cut)

    assert () == truth.arrived(firm, begun).broken
    assert (path,) == there.broken
    assert (1, 5) == (there.unfinished, there.unfinished_bytes)
    assert len(firm.files) == len(there.files)


def test_a_file_written_again_is_noticed(firm: worlds.World, copied: Holding) -> None:
    """A file that was sent twice is told from one that was left alone, even with equal content and time."""
    before = truth.arrived(firm, copied)
    assert [] == truth.written_again(before, copied)

    path = firm.files[0].path
    again = with_file(copied, path, replace(copied.files[path], identity="0-2"))

    assert [path] == truth.written_again(before, again)


def test_the_door_shows_what_a_server_holds(firm: worlds.World) -> None:
    """A client of its own finds every name, content and time of a firm behind a real WebDAV server."""
    with WsgiDavServer(firm.root) as server, Door(server.url, server.user, server.password) as door:
        assert [] == truth.differences(firm, door.holding(hidden=truth.UNFINISHED))


def listens(port: int) -> bool:
    with socket.socket() as plug:
        return plug.connect_ex(("127.0.0.1", port)) == 0


def mentioning(words: str) -> list[bytes]:
    """The command lines of the running processes that mention *words*, but for our own."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
        except OSError:
            continue
        if os.fsencode(words) in command and process.parent.name != str(os.getpid()):
            found.append(command)
    return found
