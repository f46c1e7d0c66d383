"""
What the page about the layout promises, done with plain tools.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.db import connection, connections

from lading.drive.store import store
from support.drive_ground import Ground

PAGE = Path(__file__).parents[3] / "docs/formats/drive-store.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_query_of_the_page_names_every_file_and_its_object(home: Path):
    """
    Each path with the object that holds its newest version; trash is left out.
    """
    ground = Ground()
    ground.save("条款 'a'.pdf", b"old")
    ground.save("条款 'a'.pdf", b"new")
    ground.save("thrown away", b"x", parent=ground.bin)
    query = blocks("sql")[0]
    if connection.vendor == "postgresql":
        query = query.replace("s.name, ''", "s.name, '' COLLATE \"C\"")
    with connection.cursor() as cursor:
        cursor.execute(query)
        ((place, path),) = cursor.fetchall()

    assert "Deals/deals/条款 'a'.pdf" == path
    assert b"new" == (home / "store" / place).read_bytes()


def test_the_commands_of_the_page_rescue_every_file(home: Path):
    """
    As a stranger would do it, with `sqlite3` and `cp`.
    """
    if connection.vendor != "sqlite" or not shutil.which("sqlite3"):
        pytest.skip("the commands of the page are for SQLite's own program")
    ground = Ground()
    ground.save("条款 'a'.pdf", b"new")
    ground.save("$(b) \\n", b"other")
    connections.close_all()
    (home / "list.sql").write_text(blocks("sql")[0], encoding="utf-8")
    subprocess.run(["sh", "-c", blocks("sh")[0]], cwd=home, check=True)

    assert {"条款 'a'.pdf": b"new", "$(b) \\n": b"other"} == {
        file.name: file.read_bytes() for file in (home / "rescued" / "Deals" / "deals").iterdir()
    }


def test_the_sums_of_the_page_find_one_changed_bit(home: Path):
    """
    Nothing is said of a sound store; a changed object is named.
    """
    store().put_bytes(b"sound")
    bad = Path(store().path(store().put_bytes(b"damaged").digest) or "")
    command = ["sh", "-c", blocks("sh")[1]]
    before = subprocess.run(command, cwd=home, check=False, capture_output=True).stdout
    bad.write_bytes(b"Damaged")
    after = subprocess.run(command, cwd=home, check=False, capture_output=True, text=True).stdout

    assert b"" == before
    assert f"damaged: ./{bad.parent.name}/{bad.name}\n" == after
