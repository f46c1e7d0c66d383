"""What a killed process left of a snapshot on the local disk is removed by the next one that opens any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.vault.scratch import new_folder, remove_folder

_OTHER = "from lading.vault.scratch import new_folder; print(new_folder(), flush=True); input()"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process, and the folder that it has made, long ago."""
    with subprocess.Popen(
        [sys.executable, "-c", _OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        os.utime(folder, (0, 0))
        yield process, folder
        process.kill()


def test_the_folder_of_who_lives_stays(other: tuple[subprocess.Popen[str], Path]) -> None:
    """However old it is; that of a process of ours goes when it is removed."""
    mine = new_folder()

    assert other[1].is_dir()
    assert os.path.isdir(mine)
    remove_folder(mine)
    remove_folder(mine)
    assert not os.path.exists(mine)


def test_what_a_killed_process_left_goes(other: tuple[subprocess.Popen[str], Path]) -> None:
    """With all that is in it, when the next folder is made."""
    process, folder = other
    (folder / "manifest.json").write_text("{}")
    os.utime(folder, (0, 0))
    process.send_signal(signal.SIGKILL)
    process.wait()
    remove_folder(new_folder())

    assert not folder.exists()


def test_what_others_have_there_stays(place: Path) -> None:
    """A file, a link and a folder of another name are none of ours."""
    (place / "theirs").mkdir()
    (place / "lading-vault-file").write_text("")
    (place / "lading-vault-link").symlink_to(place / "theirs")
    os.utime(place / "theirs", (0, 0))
    remove_folder(new_folder())

    assert ["lading-vault-file", "lading-vault-link", "theirs"] == sorted(os.listdir(place))
