"""
Measure how fast files move to a bucket and out of it, beside rclone.

    python benchmarks/s3.py [small] [large] [--ways up,down] [--runs 3] [--scratch DIR] [--output FILE] [--quick]

5,000 files of 16 KB, and 2 GB in ten files, from a folder to a bucket of SeaweedFS on the loopback and from there into a
folder, in turn, each time to a new place.  rclone has its best flags: 16 transfers, no HEAD after an upload, no look at the bucket,
4 parts of a file at once.  Lading proves each content on its way: a small one by the SHA-256 that the server checks and tells,
a large one by those of its parts and the tag of the whole, what lands in a folder by reading it again; rclone trusts its own
MD5.  "rclone copy + check" reads everything back, as one has to who wants to be as sure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lading.testkit.servers import SeaweedServer
from measure import Contender, alternating, machine, summary
from run import LADING, _rclone

KEY, SECRET = "LADING_BENCH_KEY", "LADING_BENCH_SECRET"
PEER = "rclone copy"


def main() -> None:
    """Measure, print and write down."""
    options = _options()
    scratch = Path(options.scratch) / f"lading-bench-s3-{os.getpid()}"
    scratch.mkdir(parents=True)
    found: dict[str, Any] = {"machine": machine(), "at": time.strftime("%Y-%m-%d"), "versions": _versions()}
    try:
        found["measurements"] = _before(options.output)
        for name, one in measured(scratch, options):
            found["measurements"][name] = one
            _print(name, one)
            _write(options.output, found)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(output: str, found: dict[str, Any]) -> None:
    """Write down what is known so far: a run that is cut off keeps it."""
    if output:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        Path(output).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(scratch: Path, options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Both ways, for small and for large files; each with a server of its own."""
    sets = {
        "small": lambda root: small(root, options.quick),
        "large": lambda root: large(root, options.files, options.quick),
    }
    for name, make in sets.items():
        if options.which and name not in options.which:
            continue
        (scratch / name).mkdir()
        make(scratch / name / "old")
        home = scratch / name / "server"
        home.mkdir()
        with SeaweedServer(home) as server:
            secrets = {KEY: server.user, SECRET: server.password}
            for way, contenders in WAYS.items():
                if way not in options.ways:
                    continue
                print(f"{name} {way}")
                them = list(contenders(scratch / name, server, secrets, options))
                judgement = judged(alternating(them, options.runs, print))
                yield (
                    f"{name} {way}",
                    {**judgement, "load_after": os.getloadavg()[0], "large_files": options.files},
                )
        shutil.rmtree(scratch / name)


def _before(output: str) -> dict[str, Any]:
    """What an earlier run wrote, so that the parts can be measured one after the other."""
    if not output or not os.path.exists(output):
        return {}
    return dict(json.loads(Path(output).read_text(encoding="utf-8")).get("measurements", {}))


def upward(
    scratch: Path, server: SeaweedServer, secrets: dict[str, str], options: argparse.Namespace
) -> Iterator[Contender]:
    """From the folder to a new bucket each time."""
    old, state, target = str(scratch / "old"), scratch / "state", scratch / "target.toml"
    ours = Remote(server, "lading-copy")
    write_address(target, ours.bucket, server)

    def fresh() -> None:
        shutil.rmtree(state, ignore_errors=True)
        ours.renew()

    yield Contender(
        "lading copy",
        [[*LADING, "copy", old, str(target), "--state", str(state), "--json"]],
        fresh,
        secrets,
    )
    for name, checks in ((PEER, False), ("rclone copy + check", True)):
        if checks and options.no_check:
            continue
        remote = Remote(server, name.replace(" ", "-").replace("+", "and"))
        commands = [_rclone("copy", old, remote, *FLAGS)]
        if checks:
            commands.append(_rclone("check", "--download", old, remote, "--checkers", "16"))
        yield Contender(name, commands, remote.renew, remote.environment)


FLAGS = (
    "--transfers=16",
    "--checkers=16",
    "--s3-no-check-bucket",
    "--s3-no-head",
    "--s3-upload-concurrency=4",
    "--s3-chunk-size=8Mi",
)
DOWN_FLAGS = ("--transfers=16", "--checkers=16", "--fast-list", "--s3-no-check-bucket", "--s3-no-head-object")


class Remote(str):
    """A bucket as rclone calls it."""

    bucket: str
    environment: dict[str, str]

    def __new__(cls, server: SeaweedServer, bucket: str) -> Remote:
        it = super().__new__(cls, f"bench:{bucket}")
        it.bucket = bucket
        it.environment = {
            "RCLONE_CONFIG_BENCH_TYPE": "s3",
            "RCLONE_CONFIG_BENCH_PROVIDER": "SeaweedFS",
            "RCLONE_CONFIG_BENCH_ENDPOINT": server.url,
            "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID": server.user,
            "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY": server.password,
        }
        return it

    def renew(self) -> None:
        """Empty it; not measured.  Where only its objects went, SeaweedFS would keep the room they took."""
        environment = {**os.environ, **self.environment}
        subprocess.run(_rclone("purge", self), env=environment, check=False, stderr=subprocess.DEVNULL)
        subprocess.run(_rclone("mkdir", self), env=environment, check=True)


def downward(
    scratch: Path, server: SeaweedServer, secrets: dict[str, str], options: argparse.Namespace
) -> Iterator[Contender]:
    """From one bucket, filled by rclone, into a new folder each time."""
    old, new, state = str(scratch / "old"), scratch / "new", scratch / "state"
    source = Remote(server, "source")
    source.renew()
    environment = {**os.environ, **source.environment}
    subprocess.run(_rclone("copy", old, source, *FLAGS), env=environment, check=True)
    described = scratch / "source.toml"
    write_address(described, source.bucket, server)

    def fresh() -> None:
        shutil.rmtree(state, ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)

    yield Contender(
        "lading copy",
        [[*LADING, "copy", str(described), str(new), "--state", str(state), "--json"]],
        fresh,
        secrets,
    )
    copy = _rclone("copy", source, str(new), *DOWN_FLAGS)
    yield Contender(PEER, [copy], fresh, source.environment)
    if not options.no_check:
        check = _rclone("check", "--download", source, str(new), "--checkers", "16")
        yield Contender("rclone copy + check", [copy, check], fresh, source.environment)


WAYS = {"up": upward, "down": downward}


def judged(taken: dict[str, Any]) -> dict[str, Any]:
    """Medians, and how many times as fast as its peers Lading was."""
    figures = summary(taken)
    ours = float(str(figures["lading copy"]["wall_median"]))
    ratios = {
        name: float(str(it["wall_median"])) / ours for name, it in figures.items() if name != "lading copy"
    }
    return {
        "contenders": figures,
        "times_as_fast_as": ratios,
        "bar": f"1.0 times {PEER}",
        "held": ratios[PEER] >= 1,
    }


def small(root: Path, quick: bool) -> None:
    """5,000 files of 16 KB in folders of 200."""
    dice = random.Random(1)
    for number in range(500 if quick else 5_000):
        folder = root / f"d{number // 200:04d}"
        if number % 200 == 0:
            folder.mkdir(parents=True)
        (folder / f"f{number:06d}.bin").write_bytes(dice.randbytes(16_384))


def large(root: Path, files: int, quick: bool) -> None:
    """So many *files* of 200 MB."""
    dice = random.Random(2)
    root.mkdir(parents=True)
    for number in range(files):
        with open(root / f"model {number}.bin", "wb") as stream:
            for _ in range(20 if quick else 200):
                stream.write(dice.randbytes(1_000_000))


def write_address(file: Path, place: str, server: SeaweedServer, **more: str) -> None:
    """Describe a bucket as a drive."""
    facts = {
        "kind": "s3",
        "place": place,
        "endpoint": server.url,
        "key": f"env:{KEY}",
        "secret": f"env:{SECRET}",
    }
    lines = [f'{name} = "{value}"' for name, value in {**facts, **more}.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _print(name: str, it: dict[str, Any]) -> None:
    print(f"\n{name}")
    for contender, figures in it["contenders"].items():
        print(
            f"  {contender:24s} {figures['wall_median']:7.2f} s ({figures['wall_min']:.2f}-{figures['wall_max']:.2f})"
            f"  cpu {figures['cpu_median']:6.2f} s"
        )
    for peer, ratio in it["times_as_fast_as"].items():
        print(f"  {ratio:.2f} times as fast as {peer}")
    print(f"  bar: {it['bar']}, {'held' if it['held'] else 'MISSED'}")


def _versions() -> dict[str, str]:
    told = subprocess.run(_rclone("version")[:2], capture_output=True, text=True, check=True).stdout
    weed = subprocess.run(
        [shutil.which("weed") or str(Path(LADING[0]).with_name("weed")), "version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {"rclone": told.splitlines()[0], "seaweedfs": weed.splitlines()[0]}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("which", nargs="*", help="small, large; both by default")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    parser.add_argument("--output", default="")
    parser.add_argument("--files", type=int, default=10, help="how many large files; ten by default")
    parser.add_argument(
        "--ways",
        type=lambda text: text.split(","),
        default=list(WAYS),
        help="up, down; SeaweedFS keeps what was removed, and ten large files each way take 17 GB",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of all that")
    parser.add_argument("--no-check", action="store_true", help="leave out rclone check")
    return parser.parse_args()


if __name__ == "__main__":
    main()
