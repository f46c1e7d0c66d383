"""
Measure the vault beside restic.

    python benchmarks/vault.py [small] [large] [--which first,second,restore,check] [--runs 3] [--scratch DIR] [--output FILE] [--quick]

20,000 files of 4 to 32 KB, and 2 GB in ten files of which one half is random and the other compressible: the first backup, a second
one after 1 % was changed, a full restore into an empty folder, and a check that reads all data.  Both hold their repository in a folder on
the same disk and start each time as a person starts them, with the passphrase in the environment; both seal with AES and compress.

restic has its defaults: repository format 2, compression `auto`, a local cache, as many threads as it wants; `--quiet`, since drawing
progress costs time.  Each contender has a copy of the files of its own, so that both find the same 1 % changed since their last snapshot.
What `restore` does is not the same: Lading reads back what lies in the new folder and holds it against its SHA-256, restic trusts the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Contender, alternating, machine, summary
from run import LADING

PARTS = ("first", "second", "restore", "check")
OURS, PEER = "lading vault", "restic"
SECRET = {"LADING_VAULT_PASSWORD": "benchmark", "RESTIC_PASSWORD": "benchmark"}
MEMORY_BAR, SIZE_BAR = 1.5, 1.05
SPEED_BARS = {"small": 1.5, "large": 1.0}
_LARGE = 10
_MIB = 1_000_000


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one contender has its files and its repository, and how much of a set there is."""

    name: str
    root: Path
    environment: dict[str, str]

    @property
    def files(self) -> Path:
        """What is backed up."""
        return self.root / "files"

    @property
    def repository(self) -> Path:
        """Where it is kept."""
        return self.root / "repository"

    @property
    def restored(self) -> Path:
        """Where it is restored to."""
        return self.root / "restored"

    @property
    def state(self) -> Path:
        """What the command keeps beside."""
        return self.root / "state"


def main() -> None:
    """Measure, print and write down."""
    options = _options()
    found: dict[str, Any] = {
        "machine": machine(),
        "at": time.strftime("%Y-%m-%d"),
        "versions": _versions(),
        "measurements": _before(options.output),
    }
    with tempfile.TemporaryDirectory(prefix="lading-bench-vault-", dir=options.scratch) as scratch:
        for name in options.sets or list(SPEED_BARS):
            for part, one in measured(name, Path(scratch) / name, options):
                found["measurements"][f"{name} {part}"] = {**one, "a_tenth_of_it": options.quick}
                _print(f"{name} {part}", one)
                _write(options.output, found)
            shutil.rmtree(Path(scratch) / name)


def measured(name: str, scratch: Path, options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """The parts that were asked for, with the files of one set."""
    grounds = [
        Ground(it, scratch / it.replace(" ", "-"), {**SECRET, "RESTIC_CACHE_DIR": str(scratch / "cache")})
        for it in (OURS, PEER)
    ]
    {"small": small, "large": large}[name](grounds[0].files, options.quick)
    shutil.copytree(grounds[0].files, grounds[1].files)
    for part in PARTS:
        if part != "first" and part not in options.which:
            continue
        contenders = [contender(part, it) for it in grounds]
        if part not in options.which:
            for one in contenders:
                _once(one)
            continue
        print(f"{name} {part}")
        taken = alternating(contenders, options.runs, print)
        sizes = {it.name: _size(it.repository) for it in grounds}
        yield part, judged(summary(taken), SPEED_BARS[name], sizes if part in ("first", "second") else {})


def contender(part: str, ground: Ground) -> Contender:
    """The command of *part*, and what goes before it."""
    make = _lading if ground.name == OURS else _restic
    command, before = make(part, ground)
    return Contender(ground.name, [command], before, ground.environment)


def _lading(part: str, it: Ground) -> tuple[list[str], Callable[[], None]]:
    vault = str(it.repository)
    backup = [*LADING, "vault", "backup", str(it.files), vault, "--state", str(it.state), "--json"]
    restore = [
        *LADING,
        "vault",
        "restore",
        vault,
        "latest",
        str(it.restored),
        "--state",
        str(it.state),
        "--json",
    ]
    check = [*LADING, "vault", "check", vault, "--read-data", "--json"]
    commands = {"first": backup, "second": backup, "restore": restore, "check": check}
    return commands[part], _ready(part, it, [*LADING, "vault", "init", vault])


def _restic(part: str, it: Ground) -> tuple[list[str], Callable[[], None]]:
    restic = ["restic", "--quiet", "--repo", str(it.repository)]
    commands = {
        "first": [*restic, "backup", str(it.files)],
        "second": [*restic, "backup", str(it.files)],
        "restore": [*restic, "restore", "latest", "--target", str(it.restored)],
        "check": [*restic, "check", "--read-data"],
    }
    return commands[part], _ready(part, it, [*restic, "init"])


def _ready(part: str, it: Ground, init: list[str]) -> Callable[[], None]:
    """What makes the ground ready: a new repository, a changed hundredth, an empty place."""
    dice = random.Random(part)

    def fresh() -> None:
        shutil.rmtree(it.repository, ignore_errors=True)
        subprocess.run(init, check=True, env={**os.environ, **it.environment}, stdout=subprocess.DEVNULL)

    def empty() -> None:
        shutil.rmtree(it.restored, ignore_errors=True)
        shutil.rmtree(it.state, ignore_errors=True)

    def nothing() -> None:
        pass

    return {"first": fresh, "second": lambda: change(it.files, dice), "restore": empty, "check": nothing}[
        part
    ]


def change(root: Path, dice: random.Random) -> None:
    """Write 1 % anew: of many files some, of few a stretch in each."""
    files = sorted(it for it in root.rglob("*") if it.is_file())
    few = len(files) <= _LARGE
    for file in files if few else dice.sample(files, max(1, len(files) // 100)):
        size = file.stat().st_size
        length = max(1, size // 100 if few else size)
        with open(file, "r+b") as stream:
            stream.seek(dice.randrange(size - length + 1))
            stream.write(dice.randbytes(length))


def small(root: Path, quick: bool) -> None:
    """20,000 files of 4 to 32 KB in folders of 200, as `run.py` has them: random."""
    dice = random.Random(1)
    for number in range(2_000 if quick else 20_000):
        folder = root / f"d{number // 200:04d}"
        if number % 200 == 0:
            folder.mkdir(parents=True)
        (folder / f"f{number:06d}.bin").write_bytes(dice.randbytes(dice.randint(4096, 32_768)))


def large(root: Path, quick: bool) -> None:
    """Ten files of 200 MB: every other megabyte is random, the others are words."""
    dice = random.Random(2)
    words = [dice.randbytes(dice.randint(1, 6)).hex().encode() for _ in range(4_000)]
    root.mkdir(parents=True)
    for number in range(_LARGE):
        with open(root / f"model {number}.bin", "wb") as stream:
            for _ in range(10 if quick else 100):
                stream.write(dice.randbytes(_MIB))
                stream.write(b" ".join(dice.choices(words, k=_MIB // 6))[:_MIB].ljust(_MIB))


def judged(figures: dict[str, Any], bar: float, sizes: dict[str, int]) -> dict[str, Any]:
    """How many times as fast as restic Lading was, how much memory and room it took of restic's, and which bars hold."""
    ours, peer = figures[OURS], figures[PEER]
    ratios = {
        "speed": peer["wall_median"] / ours["wall_median"],
        "memory": ours["peak_median"] / peer["peak_median"],
    }
    held = {"speed": ratios["speed"] >= bar, "memory": ratios["memory"] <= MEMORY_BAR}
    if sizes:
        ratios["size"] = sizes[OURS] / sizes[PEER]
        held["size"] = ratios["size"] <= SIZE_BAR
    return {
        "contenders": figures,
        "ratios": ratios,
        "repository_bytes": sizes,
        "bar": {"speed": bar, "memory": MEMORY_BAR, "size": SIZE_BAR},
        "held": held,
        "load_after": os.getloadavg()[0],
    }


def _once(it: Contender) -> None:
    it.before()
    for command in it.commands:
        environment = {**os.environ, **(it.environment or {})}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def _size(root: Path) -> int:
    return sum(it.stat().st_size for it in root.rglob("*") if it.is_file())


def _print(name: str, it: dict[str, Any]) -> None:
    print(f"\n{name}")
    for contender, figures in it["contenders"].items():
        print(
            f"  {contender:14s} {figures['wall_median']:7.2f} s ({figures['wall_min']:.2f}-{figures['wall_max']:.2f})"
            f"  cpu {figures['cpu_median']:6.2f} s  {figures['peak_median'] / 2**20:5.0f} MiB"
            f"  {it['repository_bytes'].get(contender, 0) / 1e6:7.1f} MB kept"
        )
    for what, ratio in it["ratios"].items():
        verdict = "held" if it["held"][what] else "MISSED"
        print(f"  {what:7s} {ratio:.2f} times restic's, bar {it['bar'][what]} {verdict}")


def _write(output: str, found: dict[str, Any]) -> None:
    """Write down what is known so far: a run that is cut off keeps it."""
    if output:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        Path(output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _before(output: str) -> dict[str, Any]:
    """What an earlier run wrote, so that the parts can be measured one after the other."""
    if not output or not os.path.exists(output):
        return {}
    return dict(json.loads(Path(output).read_text(encoding="utf-8")).get("measurements", {}))


def _versions() -> dict[str, str]:
    if shutil.which(PEER) is None:
        raise SystemExit("restic is not installed: there is nothing to measure beside")
    told = subprocess.run(["restic", "version"], capture_output=True, text=True, check=True).stdout
    return {"restic": told.strip()}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", help="small, large; both by default")
    parser.add_argument(
        "--which", type=lambda text: text.split(","), default=list(PARTS), help=",".join(PARTS)
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    parser.add_argument("--output", default="")
    parser.add_argument("--quick", action="store_true", help="a tenth of all that")
    return parser.parse_args()


if __name__ == "__main__":
    main()
