"""The commands that look at an estate tell people and machines the same, in both languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LOG = '10.0.0.1 - anna [20/Nov/2026:09:00:05 +0800] "GET /dav/a HTTP/1.1" 200 5 "-" "Mozilla/5.0 (Windows) mirall/3.1 (Nextcloud, x)"\n'


def _lading(*words: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lading", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "LADING_LANG": language},
        timeout=120,
        check=False,
    )


def test_clients_and_budget_tell_findings_and_write_facts(tmp_path: Path) -> None:
    """A client that cannot work is told in both languages; calls that do not suffice are told with the day."""
    (tmp_path / "access.log").write_text(LOG)
    (tmp_path / "old").mkdir()
    for number in range(40):
        (tmp_path / "old" / f"{number}.txt").write_text("x")
    log, facts, manifest = (str(tmp_path / it) for it in ("access.log", "facts.json", "manifest"))
    assert 0 == _lading("scan", str(tmp_path / "old"), "-o", manifest).returncode

    told = json.loads(_lading("clients", log, "-o", facts, "--json").stdout)
    chinese = _lading("clients", log, language="zh").stdout
    budget = _lading("budget", manifest, "--kind", "wedrive", "--month", "50", "--start", "2026-11-16")

    assert ["compatibility.unsupported"] == [
        it["code"] for it in told["findings"] if it["severity"] == "blocker"
    ]
    assert "clients" == json.loads(Path(facts).read_text())["facts"]
    assert "阻断" in chinese
    assert "无法与新系统配合使用的程序" in chinese
    # 121 for the copy, 42 for a scan and a verification: four months of 50.
    assert "not before 2027-02-01" in budget.stdout
    assert 87 == _lading("clients", str(tmp_path / "old" / "1.txt")).returncode
