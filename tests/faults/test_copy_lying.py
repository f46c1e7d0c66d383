"""
Whatever a drive does behind our back, a copy never says `moved` about a wrong content.
"""

from __future__ import annotations

from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.wrap.faults import Fault, Harm
from lading.model.errors import NoSpace
from lading.stages.transfer import ahead, content, perform
from support.passes import Passes, buckets, inside, memory_passes, put, tree

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")
SMALL = ("deal", "contract.pdf")
LARGE = ("deal", "model.xlsx")
BLOCK = 64 * 1024
CONTENT = bytes(range(256)) * 40
FILES = {"deal/contract.pdf": CONTENT, "deal/model.xlsx": CONTENT * 30, "deal/note.txt": b"note"}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files are small here: the way they take is the same."""
    for module in (ahead, content, perform):
        monkeypatch.setattr(module, "BLOCK", BLOCK, raising=False)
        monkeypatch.setattr(module, "CHUNK", BLOCK // 4, raising=False)


@pytest.fixture
def passes(tmp_path: LocalPath) -> Passes:
    """OLD is a folder, and so is NEW: without digests of its own it must be read back."""
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
    for name, data in FILES.items():
        (tmp_path / "old" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "old" / name).write_bytes(data)
    old, new = (Address("folder", str(tmp_path / side)) for side in ("old", "new"))
    return Passes(old, new, tmp_path / "state")


def right(passes: Passes) -> set[str]:
    """Which files stand in NEW; each is checked to be right."""
    new = LocalPath(passes.new.place)
    there = {name for name in FILES if (new / name).exists()}
    assert {name: FILES[name] for name in there} == {name: (new / name).read_bytes() for name in there}
    return there


LIES = [
    (Harm.CUT, "write", SMALL),
    (Harm.FLIP, "write", SMALL),
    (Harm.FLIP, "read", SMALL),
    (Harm.CUT, "read", SMALL),
    (Harm.RENAME, "write", SMALL),
    (Harm.DROP, "write", SMALL),
    (Harm.FLIP, "partials.append", None),
    (Harm.CUT, "partials.append", None),
    (Harm.FLIP, "partials.read", None),
    (Harm.CUT, "partials.read", None),
]


@pytest.mark.parametrize(("harm", "call", "path"), LIES)
def test_a_target_that_lies_once_is_tried_again(harm: Harm, call: str, path: object, passes: Passes) -> None:
    """A lie about one call is seen, and the file is written again until it is right."""
    account = passes.run(new=(Fault(harm=harm, call=call, path=path, nth=(1,), at=100),))

    assert set(FILES) == right(passes)
    assert {"moved": 4} == buckets(account)
    assert {"same": 4} == buckets(passes.run())


@pytest.mark.parametrize(("harm", "call", "path"), LIES)
def test_a_target_that_always_lies_is_told(harm: Harm, call: str, path: object, passes: Passes) -> None:
    """A lie that does not end fails that file, with nothing wrong under its name; a good run mends it."""
    account = passes.run(new=(Fault(harm=harm, call=call, path=path, at=100),))
    failed = {row["path"] for row in passes.lines("failures")}

    assert {"/" + "/".join(path or LARGE)} == failed
    assert set(FILES) - {name.removeprefix("/") for name in failed} == right(passes)
    assert {"moved": 3, "failed": 1} == buckets(account)
    assert 1 == buckets(passes.run())["moved"]
    assert set(FILES) == right(passes)


@pytest.mark.parametrize("path", [SMALL, LARGE])
@pytest.mark.parametrize("nth", [(), (1,)])
def test_an_old_drive_that_gives_less_than_it_lists(
    path: tuple[str, ...], nth: tuple[int, ...], passes: Passes
) -> None:
    """Content shorter than listed is never taken for the file; if it was a stumble, the file arrives."""
    account = passes.run(old=(Fault(harm=Harm.CUT, call="read", path=path, nth=nth, at=100),))

    assert (set(FILES) if nth else set(FILES) - {"/".join(path)}) == right(passes)
    assert ({"moved": 4} if nth else {"moved": 3, "failed": 1}) == buckets(account)
    assert 0 == passes.run()["failures"]
    assert set(FILES) == right(passes)


@pytest.mark.parametrize("nth", [(), (1,)])
def test_a_replacement_that_is_lied_about(nth: tuple[int, ...], passes: Passes) -> None:
    """The second content of a file is held to the same: right, or reported and gone."""
    passes.run()
    file, landed = LocalPath(passes.old.place, *SMALL), LocalPath(passes.new.place, *SMALL)
    file.write_bytes(CONTENT[::-1] + b"longer")
    account = passes.run(new=(Fault(harm=Harm.FLIP, call="write", path=SMALL, nth=nth, at=7),))

    assert (file.read_bytes() if nth else None) == (landed.read_bytes() if landed.exists() else None)
    assert ({"moved": 1, "same": 3} if nth else {"failed": 1, "same": 3}) == buckets(account)
    assert 0 == passes.run()["failures"]
    assert file.read_bytes() == landed.read_bytes()


@pytest.mark.parametrize(
    "call", ["write", "make_folder", "partials.append", "partials.finish", "stat", "read"]
)
def test_an_answer_that_is_lost_after_the_work_was_done(call: str, passes: Passes) -> None:
    """Where the call was carried out and only its answer broke off, nothing is doubled and all ends well."""
    account = passes.run(new=(Fault(harm=Harm.UNAVAILABLE, call=call, nth=(2,), late=True),))

    assert {"moved": 4} == buckets(account)
    assert set(FILES) == right(passes)


@pytest.mark.parametrize("call", ["write", "partials.append", "partials.finish"])
def test_a_target_that_is_full_stops_and_is_taken_up(call: str, passes: Passes) -> None:
    """Without space the run ends with that error, and the next one with space goes on to the end."""
    with pytest.raises(NoSpace):
        passes.run(new=(Fault(harm=Harm.NO_SPACE, call=call),))
    account = passes.run()

    assert {"moved": 4} == buckets(account)
    assert 1 == account["pass"]
    assert set(FILES) == right(passes)


def test_a_listing_that_hides_what_is_there(passes: Passes) -> None:
    """What NEW does not list and yet holds is not written over: equal is taken over, other is reported."""
    passes.run()
    hidden = (Fault(harm=Harm.DROP, call="list", path=SMALL), Fault(harm=Harm.DROP, call="list", path=LARGE))
    LocalPath(passes.new.place, *LARGE).write_bytes(b"somebody's own")
    account = passes.run(new=hidden)

    assert {"moved": 1, "same": 2, "failed": 1} == buckets(account)
    assert b"somebody's own" == LocalPath(passes.new.place, *LARGE).read_bytes()


def test_a_server_digest_is_believed_only_if_it_fits(tmp_path: LocalPath) -> None:
    """A drive that computes digests itself stores what it was given, or the file is not moved."""
    old, new = MemoryStore(), MemoryStore()
    put(MemoryDrive(old), FILES)
    passes = memory_passes(tmp_path, old, new)
    account = passes.run(new=(Fault(harm=Harm.FLIP, call="write", path=SMALL, at=3),))

    assert {"moved": 3, "failed": 1} == buckets(account)
    assert SMALL not in tree(MemoryDrive(new))
    assert 0 == passes.run()["failures"]
    assert tree(MemoryDrive(old)) == tree(MemoryDrive(new))
