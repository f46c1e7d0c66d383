"""Each canary that is harmed is reported, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.memory.store import Node
from lading.model.access import Effect, Role
from lading.model.paths import Path
from lading.stages.verification.canary.judging import State
from lading.stages.verification.canary.kit import README, SECOND, Kit
from lading.stages.verification.canary.table import BY_CODE, CANARIES, place
from support.canaries import checked, dressed, silent, whole

CODES = [it.code for it in CANARIES]
Harm = Callable[[MemoryDrive, Kit], None]


def node(drive: MemoryDrive, kit: Kit, code: str, path: Path | None = None) -> Node:
    """What the store holds of a canary, its first file unless *path* says another."""
    wanted = BY_CODE[code].parts(kit).files[0].path if path is None else path
    return drive.store.find(place(kit, code, wanted))[1]


def flip(code: str) -> Harm:
    """The content of the first file is another of the same size and time."""

    def harm(drive: MemoryDrive, kit: Kit) -> None:
        path = place(kit, code, BY_CODE[code].parts(kit).files[0].path)
        entry = drive.stat(path)
        with drive.read(path) as reader:
            content = bytearray(reader.read(1 << 30) or b"")
        content[-1:] = b"?"
        drive.write(path, [bytes(content)], expect=ANYTHING, modified=entry.modified)
        drive.store.find(path)[1].versions[-2:] = drive.store.find(path)[1].versions[-1:]

    return harm


def drop(code: str) -> Harm:
    """The first file is gone."""
    return lambda drive, kit: drive.remove(
        place(kit, code, BY_CODE[code].parts(kit).files[0].path), expect=ANYTHING
    )


def shift(code: str, nanoseconds: int) -> Harm:
    """The time of the file is another."""

    def harm(drive: MemoryDrive, kit: Kit) -> None:
        node(drive, kit, code).modified += nanoseconds

    return harm


def versions(change: Callable[[list], None]) -> Harm:
    """The list of versions is changed."""
    return lambda drive, kit: change(node(drive, kit, "versions").versions)


def swap(told: list) -> None:
    """Two neighbours change places."""
    told[100], told[101] = told[101], told[100]


def rewrite(**facts: object) -> Callable[[list], None]:
    """One version has other facts."""

    def change(told: list) -> None:
        told[7] = (replace(told[7][0], **facts), told[7][1])  # type: ignore[arg-type]

    return change


def grants(code: str, path: Path, which: Effect, /, **facts: object) -> Harm:
    """A grant is gone, or has other *facts*."""

    def harm(drive: MemoryDrive, kit: Kit) -> None:
        held = node(drive, kit, code, path).grants
        held[:] = [
            replace(one, **facts) if one.effect is which else one  # type: ignore[arg-type]
            for one in held
            if facts or one.effect is not which
        ]

    return harm


def links(code: str, **facts: object) -> Harm:
    """The link is gone, or has other *facts*."""

    def harm(drive: MemoryDrive, kit: Kit) -> None:
        held = node(drive, kit, code).links
        held[:] = [replace(one, **facts) for one in held] if facts else []  # type: ignore[arg-type]

    return harm


def move_out(drive: MemoryDrive, kit: Kit) -> None:
    """A file leaves the folder with the denial."""
    path = BY_CODE["denial"].parts(kit).files[1].path
    drive.moves.move(place(kit, "denial", path), ("elsewhere.txt",), expect=ANYTHING)  # type: ignore[union-attr]


def move_back(drive: MemoryDrive, kit: Kit) -> None:
    """The moved folder is where it was, too."""
    move = BY_CODE["moved"].parts(kit).move
    assert move is not None
    drive.make_folder(place(kit, "moved", move.source))


def unlock(drive: MemoryDrive, kit: Kit) -> None:
    """The lock is gone."""
    node(drive, kit, "locked").locks.clear()


def reword(drive: MemoryDrive, kit: Kit) -> None:
    """The page that explains the folder says something else."""
    drive.write((*kit.base, README), [b"?"], expect=ANYTHING)


INNER = ("内部 inner",)
SHARED = ("新处 after", "共享 shared")
# The newest version is not there any more, and another is.
FLIPPED = {"versions": State.LOST, "link-pinned": State.LOST}
HARMS: list[tuple[str, str, Harm, State]] = [
    *((f"{code} flipped", code, flip(code), FLIPPED.get(code, State.CHANGED)) for code in CODES),
    *((f"{code} dropped", code, drop(code), State.LOST) for code in CODES),
    ("time a second off", "year-1969", shift("year-1969", SECOND), State.CHANGED),
    ("time a nanosecond off", "year-2106", shift("year-2106", -1), State.CHANGED),
    ("oldest version dropped", "versions", versions(lambda told: told.pop(0)), State.LOST),
    ("middle version dropped", "versions", versions(lambda told: told.pop(250)), State.LOST),
    ("version order swapped", "versions", versions(swap), State.CHANGED),
    ("version doubled", "versions", versions(lambda told: told.insert(3, told[3])), State.CHANGED),
    ("author replaced", "versions", versions(rewrite(author="1002")), State.CHANGED),
    ("time of saving replaced", "versions", versions(rewrite(saved=1)), State.CHANGED),
    ("time of version replaced", "versions", versions(rewrite(modified=1)), State.CHANGED),
    ("label lost", "versions", versions(rewrite(label="")), State.CHANGED),
    ("denial lost", "denial", grants("denial", INNER, Effect.DENY), State.LOST),
    ("denial weakened", "denial", grants("denial", INNER, Effect.DENY, role=Role.MANAGE), State.CHANGED),
    ("allowance lost", "denial", grants("denial", (), Effect.ALLOW), State.LOST),
    ("denial turned to allowance", "denial", grants("denial", INNER, Effect.DENY, effect=Effect.ALLOW), State.LOST),
    ("break lost", "break", grants("break", INNER, Effect.BREAK), State.LOST),
    ("end of the guest lost", "guest", grants("guest", (), Effect.ALLOW, expires=None), State.CHANGED),
    ("guest raised", "guest", grants("guest", (), Effect.ALLOW, role=Role.EDIT), State.CHANGED),
    ("share lost by the move", "moved", grants("moved", SHARED, Effect.ALLOW), State.LOST),
    ("moved folder left behind", "moved", move_back, State.CHANGED),
    ("end of the link lost", "link-expired", links("link-expired", expires=None), State.CHANGED),
    ("password lost", "link-password", links("link-password", has_password=False), State.CHANGED),
    ("limit raised", "link-limit", links("link-limit", limit=6), State.CHANGED),
    ("pin lost", "link-pinned", links("link-pinned", version=None), State.CHANGED),
    ("link lost", "link-password", links("link-password"), State.LOST),
    ("lock lost", "locked", unlock, State.LOST),
    ("file moved out of the denial", "denial", move_out, State.LOST),
    ("page changed", "page", reword, State.CHANGED),
]  # fmt: skip


@pytest.mark.parametrize(("code", "harm", "state"), [it[1:] for it in HARMS], ids=[it[0] for it in HARMS])
def test_a_harmed_canary_is_reported_alone(code: str, harm: Harm, state: State) -> None:
    """What was done to one canary is told of it, with a reason in both languages, and of no other."""
    drive = dressed()
    kit = whole(drive)
    assert {} == silent(checked(drive, kit))
    harm(drive, kit)
    verdicts = checked(drive, kit)

    assert {code: state} == silent(verdicts)
    assert all(it.says.en and it.says.zh for verdict in verdicts for it in verdict.others)


def test_a_merged_twin_is_reported() -> None:
    """Where two twins became one file, the canary of those twins is lost."""
    drive = dressed()
    kit = whole(drive)
    for code in ("form-twins", "case-twins"):
        _, second = BY_CODE[code].parts(kit).files
        drive.remove(place(kit, code, second.path), expect=ANYTHING)

    assert {"form-twins": State.LOST, "case-twins": State.LOST} == silent(checked(drive, kit))


@pytest.mark.parametrize(
    ("code", "harm", "losses"),
    [
        ("versions", versions(lambda told: told.__delitem__(slice(0, 499))), {"version.none"}),
        ("versions", versions(lambda told: told.__delitem__(slice(0, 400))), {"version.limit"}),
        ("versions", versions(swap), {"version.order"}),
        ("versions", versions(rewrite(saved=1)), {"version_time.saved"}),
        ("versions", versions(rewrite(author="1002")), {"version_author.lost"}),
        ("versions", versions(rewrite(label="")), {"version_label.lost"}),
        ("denial", grants("denial", INNER, Effect.DENY), {"denial.unable"}),
        ("break", grants("break", INNER, Effect.BREAK), {"break.unable"}),
        ("guest", grants("guest", (), Effect.ALLOW), {"grant.outside"}),
        ("guest", grants("guest", (), Effect.ALLOW, role=Role.PREVIEW), {"grant.role"}),
        ("link-expired", links("link-expired"), {"link.too_soon"}),
        ("link-password", links("link-password"), {"link.no_password"}),
        ("link-limit", links("link-limit"), {"link.unable"}),
        ("locked", unlock, {"lock.lost"}),
        ("large", drop("large"), {"content.too_large"}),
    ],
)
def test_what_the_contract_announced_is_expected(code: str, harm: Harm, losses: set[str]) -> None:
    """A loss that stands in the contract is told as announced; one more beside it is not."""
    drive = dressed()
    kit = whole(drive)
    harm(drive, kit)

    assert {code: State.ANNOUNCED} == silent(checked(drive, kit, frozenset(losses)))
    flip("empty")(drive, kit)
    assert {code: State.ANNOUNCED, "empty": State.CHANGED} == silent(checked(drive, kit, frozenset(losses)))


@pytest.mark.parametrize(("code", "loss"), [("guest", "grant.sooner"), ("link-expired", "link.sooner")])
def test_an_end_is_expected_at_the_last_moment_that_new_can_hold(code: str, loss: str) -> None:
    """Where NEW holds ends by a grain, the one before is announced; another is not, nor is the one before if nothing is."""
    drive = dressed()
    kit = whole(drive)
    features = replace(drive.profile.features, expiry_grain=7 * 60 * SECOND + 1)
    drive.store.profile = replace(drive.profile, features=features)
    ended = kit.guest_end if code == "guest" else kit.link_end
    held = features.end_until(ended)

    def told(end: int, losses: set[str]) -> dict[str, State]:
        harm = grants(code, (), Effect.ALLOW, expires=end) if code == "guest" else links(code, expires=end)
        harm(drive, kit)
        return silent(checked(drive, kit, frozenset(losses)))

    assert held < ended
    assert {code: State.ANNOUNCED} == told(held, {loss})
    assert {code: State.CHANGED} == told(held, set())
    assert {code: State.CHANGED} == told(held - 1, {loss})
    assert {code: State.CHANGED} == told(held + 1, {loss})
    assert {} == told(ended, {loss})


ALL_LOSSES = frozenset(
    {
        "grant.role",
        "grant.expiry",
        "grant.sooner",
        "link.sooner",
        "link.no_password",
        "link.no_limit",
        "link.role",
        "version.none",
        "file_time.lost",
    }
)


@pytest.mark.parametrize(
    ("code", "harm"),
    [
        ("guest", grants("guest", (), Effect.ALLOW, role=Role.EDIT)),
        ("guest", grants("guest", (), Effect.ALLOW, expires=None)),
        ("guest", grants("guest", (), Effect.ALLOW, expires=2**62)),
        ("guest", grants("guest", (), Effect.ALLOW, expires=SECOND)),
        ("link-expired", links("link-expired", expires=2**62)),
        ("link-expired", links("link-expired", expires=SECOND)),
        ("link-password", links("link-password", has_password=False)),
        ("link-limit", links("link-limit", limit=None)),
        ("link-limit", links("link-limit", role=Role.EDIT)),
        ("versions", versions(lambda told: told.pop(250))),
        ("year-1969", shift("year-1969", SECOND)),
        ("empty", flip("empty")),
    ],
)
def test_no_contract_announces_a_gain(code: str, harm: Harm) -> None:
    """What opens more than it did, or changed for no reason of the drive, is never announced."""
    drive = dressed()
    kit = whole(drive)
    harm(drive, kit)

    assert {code: code == "versions"} == {
        told: state is State.LOST
        for told, state in silent(checked(drive, kit, ALL_LOSSES)).items()
        if state in (State.LOST, State.CHANGED)
    }
