"""The program beside the description of the format reads a real vault, without Lading."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lading.vault.keyring import add_key
from support.vaults import ENTRIES, SECRET, folder, new_vault, snapshot, some

PROGRAM = Path(__file__).parents[3] / "docs/formats/vault_read.py"
NAMES = {"合同/项目融资.txt": b"one", "trailing. ": b"", "twin": b"one", "a/b/c": b"x" * 5000}


def run(
    *arguments: str, password: str = SECRET.decode(), without: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the program; *without* names a module that cannot be imported."""
    blocked = ("lading", without) if without else ("lading",)
    program = (
        f"import sys, runpy; sys.modules.update(dict.fromkeys({blocked!r})); "
        f"sys.argv = {[str(PROGRAM), *arguments]!r}; runpy.run_path({str(PROGRAM)!r}, run_name='__main__')"
    )
    environment = {**os.environ, "LADING_VAULT_PASSWORD": password}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)


def test_it_is_short_and_stands_alone() -> None:
    """
    At most 200 lines, and no import of Lading.
    """
    lines = PROGRAM.read_text(encoding="utf-8").splitlines()

    assert 200 >= len(lines)
    assert not [line for line in lines if "import lading" in line or "from lading" in line]


def test_it_lists_and_extracts_a_snapshot(tmp_path: Path) -> None:
    """
    Every entry is there under its path and as a content, large ones too, and the manifest.
    """
    vault = new_vault(folder(tmp_path / "vault"))
    files = {**NAMES, **some(1, 3 << 20)}
    older = snapshot(vault, some(1, 10, "old"))
    kept = snapshot(vault, files, taken=2)

    told = run(str(tmp_path / "vault"))
    done = run(str(tmp_path / "vault"), "latest", str(tmp_path / "out"))

    assert ("", 0) == (done.stderr, done.returncode)
    assert [older.name, kept.name] == [line.split()[0] for line in told.stdout.splitlines()]
    assert files == {name: (tmp_path / "out/files" / name).read_bytes() for name in files}
    contents = {path.name for path in (tmp_path / "out/contents").iterdir()}
    assert {hashlib.sha256(raw).hexdigest() for raw in files.values()} == contents
    assert (tmp_path / "out/manifest" / ENTRIES).is_file()


def test_it_opens_with_a_key_file_and_does_without_pyarrow(tmp_path: Path) -> None:
    """
    Contents come under their digests then.
    """
    vault = new_vault(folder(tmp_path / "vault"))
    files = {**NAMES, **some(1, 3 << 20)}
    kept = snapshot(vault, files)
    add_key(vault.store, vault.opened, bytes(range(200)), label="file")
    (tmp_path / "key").write_bytes(bytes(range(200)))

    done = run(
        str(tmp_path / "vault"),
        kept.name[:10],
        str(tmp_path / "out"),
        "--key-file",
        str(tmp_path / "key"),
        without="pyarrow",
    )

    assert ("", 0) == (done.stderr, done.returncode)
    for raw in files.values():
        assert raw == (tmp_path / "out/contents" / hashlib.sha256(raw).hexdigest()).read_bytes()


@pytest.mark.parametrize("password", ["wrong", "correct horse battery staple "])
def test_a_wrong_passphrase_opens_nothing(tmp_path: Path, password: str) -> None:
    """
    It says so and fails.
    """
    new_vault(folder(tmp_path / "vault"))

    done = run(str(tmp_path / "vault"), password=password)

    assert 0 != done.returncode
    assert "no key slot" in done.stderr
