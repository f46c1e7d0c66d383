"""
Light commands load no heavy engine.

Held by what a command has loaded at its end, not by time: that depends on the machine.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lading.cli import vault_ahead
from lading.cli.who_options import BY
from lading.model.loading import LEFT_OUT
from lading.stages.planning.matching import ORDER

WEB = frozenset({"django", "ninja", "wsgidav", "jinja2"})
FLOW = frozenset({"dbos", "sqlalchemy", "psycopg", "yaml", "asyncio"})
ENGINES = frozenset({"duckdb", "pyarrow.compute", "pyarrow.dataset"})
ARROW = frozenset({"pyarrow"})
BARS = frozenset({"rich.progress", "rich.console"})
NETWORK = frozenset({"pycurl", "smbprotocol", "obstore"})
HEAVY = WEB | FLOW | ENGINES | BARS | NETWORK

_RUN = """
import atexit, json, sys
from lading.cli.main import run
told = sys.argv.pop(1)
atexit.register(lambda: json.dump(sorted(sys.modules), open(told, "w")))
run()
"""


_WATCH = """
import os, sys
told = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
class Watch:
    def find_spec(name, path=None, target=None):
        os.write(told, f"{name}\\n".encode())
sys.meta_path.insert(0, Watch)
from lading.cli.main import run
run()
"""


@pytest.fixture
def imported_by(tmp_path: Path):
    """Runs `lading` with arguments, and tells what any of its processes imported."""

    def run(*arguments: str | Path) -> set[str]:
        told = tmp_path / "imported"
        told.unlink(missing_ok=True)
        command = [sys.executable, "-c", _WATCH, str(told), *map(str, arguments)]
        subprocess.run(command, capture_output=True, check=True)
        return set(told.read_text().split())

    return run


@pytest.fixture
def loaded_by(tmp_path: Path):
    """Runs `lading` with arguments, and tells what it had loaded at its end."""

    def run(*arguments: str | Path, script: str = _RUN) -> set[str]:
        told = tmp_path / "loaded.json"
        command = [sys.executable, "-c", script, str(told), *map(str, arguments)]
        subprocess.run(command, capture_output=True, check=True)
        return set(json.loads(told.read_text()))

    return run


@pytest.mark.parametrize("command", ["", "vault", "ledger", "drive-check", "drive"])
def test_the_help_of_a_light_command_loads_no_engine(command: str, loaded_by) -> None:
    """
    To tell what a command is for takes neither a database nor Arrow nor a network library.
    """
    assert set() == (HEAVY | ARROW) & loaded_by(*command.split(), "--help")


def test_the_help_of_a_copy_loads_no_engine(loaded_by) -> None:
    """
    A copy loads its engines when it copies, so its help and a mistyped option are answered at once.
    """
    assert set() == HEAVY & loaded_by("copy", "--help")


def test_a_look_at_a_folder_and_at_a_vault_loads_no_engine(loaded_by, tmp_path: Path) -> None:
    """
    What an account may do on a folder, and which snapshots there are, is told without Arrow or a database.
    """
    (tmp_path / "key").write_text("k" * 44)
    (tmp_path / "empty").mkdir()
    opens = "--key-file", tmp_path / "key"

    assert set() == (HEAVY | ARROW) & loaded_by("drive-check", tmp_path / "empty")
    assert set() == (HEAVY | ARROW) & loaded_by("vault", "init", tmp_path / "vault", *opens)
    assert set() == (HEAVY | ARROW) & loaded_by("vault", "list", tmp_path / "vault", *opens)


_STRETCHING = """
import json, sys
from lading.vault import keys
stretched, told = keys._stretched, sys.argv.pop(1)
def noted(*given):
    with open(told, "w") as stream:
        json.dump(sorted(sys.modules), stream)
    return stretched(*given)
keys._stretched = noted
from lading.cli.main import run
run()
"""


def test_a_passphrase_is_stretched_before_anything_large_is_loaded(tmp_path: Path, loaded_by) -> None:
    """
    The 64 MiB that it takes for a moment come on top of little; a restore then goes without what reads other file systems.
    """
    (tmp_path / "key").write_text("k" * 44)
    (tmp_path / "old").mkdir()
    vault = tmp_path / "vault"
    opens = "--key-file", tmp_path / "key"
    loaded_by("vault", "init", vault, *opens)
    loaded_by("vault", "backup", tmp_path / "old", vault, *opens, "--state", tmp_path / "state")
    restore = "vault", "restore", vault, "latest", tmp_path / "new", *opens, "--state", tmp_path / "state"
    backup = "vault", "backup", tmp_path / "old", vault, *opens, "--state", tmp_path / "state"

    loaded = loaded_by(*restore, script=_STRETCHING)

    assert set() == (HEAVY | ARROW) & loaded
    assert set() == (HEAVY | ARROW) & loaded_by(*backup, script=_STRETCHING)
    assert (tmp_path / "new").is_dir()
    assert set() == set(LEFT_OUT) & loaded_by(*restore)


def test_a_scan_loads_neither_flow_nor_bars(loaded_by, tmp_path: Path) -> None:
    """
    Where nothing is copied nothing durable is needed, and where there is no terminal nothing is drawn.
    """
    (tmp_path / "empty").mkdir()

    assert set() == (HEAVY - ENGINES) & loaded_by("scan", tmp_path / "empty", "-o", tmp_path / "manifest")


def test_a_copy_loads_neither_web_nor_bars(loaded_by, tmp_path: Path) -> None:
    """
    The record of a pass is its files: no database keeps it, and where there is no terminal nothing is drawn.
    """
    (tmp_path / "old").mkdir()

    copied = loaded_by("copy", tmp_path / "old", tmp_path / "new", "--state", tmp_path / "state")

    assert set() == (HEAVY - ENGINES) & copied


def test_a_first_copy_and_a_restore_of_few_files_load_no_engine(
    loaded_by, imported_by, tmp_path: Path
) -> None:
    """
    Nothing is to be compared where NEW is empty: neither DuckDB nor Arrow's compute functions are loaded.

    Not by the workers either, which are forked without them.
    """
    (tmp_path / "key").write_text("k" * 44)
    (tmp_path / "old" / "deal").mkdir(parents=True)
    (tmp_path / "old" / "deal" / "plan:1.txt").write_text("plan")
    opens = "--key-file", tmp_path / "key"
    loaded_by("vault", "init", tmp_path / "vault", *opens)
    backup = "vault", "backup", tmp_path / "old", tmp_path / "vault", *opens, "--state", tmp_path / "kept"
    kept = imported_by(*backup) | imported_by(*backup)

    copied = imported_by("copy", tmp_path / "old", tmp_path / "new", "--state", tmp_path / "state")
    restored = imported_by(
        "vault",
        "restore",
        tmp_path / "vault",
        "latest",
        tmp_path / "back",
        "--state",
        tmp_path / "again",
        *opens,
    )

    assert set() == ENGINES & (kept | copied | restored)
    assert "duckdb" in imported_by("copy", tmp_path / "old", tmp_path / "new", "--state", tmp_path / "state")
    assert "plan" == (tmp_path / "new" / "deal" / "plan:1.txt").read_text()
    assert "plan" == (tmp_path / "back" / "deal" / "plan:1.txt").read_text()


def test_a_part_is_read_without_the_engine_for_data_sets(tmp_path: Path) -> None:
    """
    Workers read small files of rows all the time; the columns come in the order that was asked for.
    """
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "part.parquet")
    read = (
        "import json, sys\n"
        "from lading.manifest.parts import read_table\n"
        "names = read_table(sys.argv[1], ['b', 'a']).schema.names\n"
        "json.dump([names, sorted(sys.modules)], sys.stdout)"
    )

    told = subprocess.run(
        [sys.executable, "-c", read, str(tmp_path / "part.parquet")], capture_output=True, check=True
    )

    names, loaded = json.loads(told.stdout)
    assert ["b", "a"] == names
    assert set() == ENGINES & set(loaded)


_INTERRUPTED = """
import os, signal, sys
wanted = sys.argv.pop(1)
class Watch:
    def find_spec(name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Watch)
from lading.__main__ import start
start()
"""


@pytest.mark.parametrize(
    ("module", "code"),
    [("lading.cli.main", -signal.SIGINT), ("lading.cli.output", -signal.SIGINT), ("lading.cli.scan", 130)],
)
def test_an_interruption_while_it_loads_gives_no_traceback(module: str, code: int, tmp_path: Path) -> None:
    """Before the command itself is loaded it ends as any program does; after that it says so."""
    command = [sys.executable, "-c", _INTERRUPTED, module, "scan", str(tmp_path), "-o", str(tmp_path / "m")]
    ran = subprocess.run(command, capture_output=True, text=True)

    assert (code, True) == (ran.returncode, "Traceback" not in ran.stderr)


@pytest.mark.parametrize("command", ["restore", "backup"])
def test_what_is_loaded_beside_a_passphrase_needs_no_arrow(command: str, tmp_path: Path) -> None:
    """On top of what stretching takes, Arrow would be the most that the command ever holds; and nothing is loaded for nothing."""
    names = {
        "restore": ("lading.cli.vault_restore", "lading.cli.vault_restoring"),
        "backup": ("lading.cli.vault_backup", "lading.cli.vault_backing"),
    }
    first, then = names[command]
    ahead = getattr(vault_ahead, command.upper())

    beside = _modules_after(f"import {first}", *(f"import {name}" for name in ahead))
    needed = _modules_after(f"import {first}", f"import {then}")

    assert "pyarrow" not in beside
    assert set(ahead) <= needed


def _modules_after(*lines: str) -> set[str]:
    script = "\n".join([*lines, "import sys", "print(*sys.modules, sep='\\n')"])
    return set(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True
        ).stdout.split()
    )


def test_people_are_found_by_what_the_help_says() -> None:
    """The order that is told without the code for it is the one that this has."""
    assert ",".join(ORDER) == BY
