"""What is tried again, after which pause, and what is taken for a success."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import ABSENT, ANYTHING, unchanged
from lading.connectors.facets import Upload, Wanted
from lading.connectors.listing import list_all
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.wrap.backoff import Means, Schedule, pause
from lading.connectors.wrap.faults import Fault, FaultyDrive, Harm
from lading.connectors.wrap.forward import Forwarding
from lading.connectors.wrap.held import IN_MEMORY
from lading.connectors.wrap.policy import Policy, wrapped
from lading.connectors.wrap.record import Record
from lading.connectors.wrap.retry import RetryingDrive
from lading.connectors.wrap.source import replay
from lading.model.access import Link, Membership, Role, Version
from lading.model.entry import Entry
from lading.model.errors import (
    AlreadyExists,
    BadAnswer,
    Changed,
    CursorExpired,
    DriveError,
    NotFound,
    Throttled,
    Truncated,
    Unavailable,
)

FILE = ("file.bin",)
OTHER = ("other.bin",)
CONTENT = bytes(range(256)) * 40


class World:
    """A clock that only sleeping moves, and a drive behind faults and retries."""

    def __init__(self, *faults: Fault, **schedule: float) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.notes: list[Record] = []
        self.bare = MemoryDrive(MemoryStore(page_size=2))
        means = Means(self.sleep, lambda: 1.0, lambda: self.now, self.notes.append)
        self.faulty = FaultyDrive(self.bare, faults)
        self.drive = RetryingDrive(self.faulty, Schedule(**schedule), means=means)  # type: ignore[arg-type]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def fails(call: str, *nth: int, **more: object) -> Fault:
    return Fault(harm=Harm.UNAVAILABLE, call=call, nth=nth, **more)  # type: ignore[arg-type]


def content_of(drive: Drive, path: tuple[str, ...] = FILE) -> bytes:
    with drive.read(path) as reader:
        return b"".join(iter(lambda: reader.read(1000), b""))


def once(*blocks: bytes) -> Iterator[bytes]:
    yield from blocks


class Again:
    """A source that can be read again."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        return iter([self._content[:100], self._content[100:]])

    again = __iter__


# -- pauses


def test_pauses_grow_up_to_the_cap() -> None:
    """With the worst luck each pause doubles, up to the cap; then the error comes through."""
    world = World(fails("stat"), attempts=6, base=1, cap=6)
    with pytest.raises(Unavailable):
        world.drive.stat(FILE)

    assert [1, 2, 4, 6, 6] == world.slept


@given(
    failures=st.integers(1, 10_000),
    luck=st.floats(0, 1),
    after=st.none() | st.floats(0, 1e6),
)
def test_a_pause_honours_the_server(failures: int, luck: float, after: float | None) -> None:
    """A pause is never shorter than the server named, and without a name never longer than the cap."""
    schedule = Schedule()
    found = pause(failures, Throttled("", after=after), schedule, luck)

    assert (after or 0) <= found <= (schedule.cap if after is None else after + schedule.base)


def test_patience_ends() -> None:
    """No attempt begins later than patience allows, also when the server asks for more."""
    world = World(Fault(harm=Harm.THROTTLED, seconds=40, call="stat"), patience=100)
    with pytest.raises(Throttled):
        world.drive.stat(FILE)

    assert [40.5, 40.5] == world.slept


@pytest.mark.parametrize("harm", [Harm.NO_SPACE, Harm.CURSOR_EXPIRED])
def test_what_does_not_pass_is_not_repeated(harm: Harm) -> None:
    """Errors of other advice, and expired cursors, come through at once."""
    world = World(Fault(harm=harm, call="list"))
    with pytest.raises(DriveError) as caught:
        world.drive.list(())

    assert harm.value == caught.value.code
    assert [] == world.slept


def test_retries_are_noted() -> None:
    """Each repetition is told, with the error and the pause."""
    world = World(fails("list", 1), base=1)
    world.drive.list(())

    assert [Record("retry", (), "unavailable", 0, 1.0)] == world.notes


# -- reads


@given(breaks=st.lists(st.integers(0, len(CONTENT)), max_size=6), start=st.integers(0, len(CONTENT)))
def test_broken_reads_go_on_where_they_were(breaks: list[int], start: int) -> None:
    """Wherever a read breaks off, the bytes that come are those of the file, each once."""
    world = World(*(fails("read", number + 1, at=at) for number, at in enumerate(breaks)), attempts=20)
    world.bare.write(FILE, [CONTENT], expect=ABSENT)
    with world.drive.read(FILE, start=start) as reader:
        found = b"".join(iter(lambda: reader.read(999), b""))

    assert CONTENT[start:] == found
    assert len(CONTENT) == reader.entry.size


def test_attempts_begin_anew_after_progress() -> None:
    """A download over a line that breaks every few bytes comes to its end."""
    breaks = [fails("read", number, at=number * 500) for number in range(1, 20)]
    world = World(*breaks, attempts=2)
    world.bare.write(FILE, [CONTENT], expect=ABSENT)

    assert CONTENT == content_of(world.drive)


def test_contents_are_never_spliced() -> None:
    """A file that is replaced while the line is down ends as changed."""
    world = World(fails("read", 1, at=3000))
    world.bare.write(FILE, [CONTENT], expect=ABSENT)
    with world.drive.read(FILE) as reader:
        assert CONTENT[:3000] == reader.read(3000)
        world.bare.write(FILE, [CONTENT[::-1]], expect=ANYTHING)

        with pytest.raises(Changed):
            reader.read(1000)


class _Plain(Forwarding):
    """A drive that tells less than it knows."""

    hidden: tuple[str, ...] = ("etag",)

    def _reader(self, call: object, path: object, start: object, reader: object) -> object:  # type: ignore[override]
        entry = reader.entry._replace(**dict.fromkeys(self.hidden))  # type: ignore[attr-defined]
        reader.entry = entry  # type: ignore[attr-defined]
        return reader


@pytest.mark.parametrize(
    ("hidden", "error"), [(("etag",), Changed), (("etag", "modified"), Unavailable)], ids=["time", "nothing"]
)
def test_without_etag(hidden: tuple[str, ...], error: type[DriveError]) -> None:
    """Without an etag size and time decide; without these nothing is read on."""
    world = World(fails("read", 1, at=3000))
    plain = _Plain(world.bare)
    plain.hidden = hidden
    world.faulty.inner = plain
    world.bare.write(FILE, [CONTENT], expect=ABSENT, modified=5)
    with world.drive.read(FILE) as reader:
        reader.read(3000)
        world.bare.write(FILE, [CONTENT[::-1]], expect=ANYTHING, modified=6)

        with pytest.raises(error):
            reader.read(1000)


def test_a_file_that_is_really_short_ends_as_truncated() -> None:
    """A content that always ends early is asked for as often as allowed and then reported."""
    world = World(Fault(harm=Harm.TRUNCATED, call="read", at=100), attempts=4)
    world.bare.write(FILE, [CONTENT], expect=ABSENT)
    with pytest.raises(Truncated):
        content_of(world.drive)

    assert 3 == len(world.slept)


def test_local_reads_are_left_alone() -> None:
    """With reads off the reader is that of the drive itself."""
    world = World(fails("read", 1))
    world.bare.write(FILE, [CONTENT], expect=ABSENT)
    with pytest.raises(Unavailable), RetryingDrive(world.faulty, Schedule(), reads=False).read(FILE):
        pass


# -- writes


@pytest.mark.parametrize(
    "source", [lambda: [CONTENT], lambda: (CONTENT[:5], CONTENT[5:]), lambda: Again(CONTENT), lambda: CONTENT]
)
def test_writes_are_repeated_from_what_can_be_read_again(source: Callable[[], object]) -> None:
    """Sequences and replayable sources are written again after a failure half way."""
    world = World(fails("write", 1, 2, at=50))
    world.drive.write(FILE, source(), expect=ABSENT, size=len(CONTENT))  # type: ignore[arg-type]

    assert CONTENT == content_of(world.bare)


def test_a_source_that_is_used_up_is_not_repeated() -> None:
    """The error comes through, and nothing is written."""
    world = World(fails("write", 1, at=50))
    with pytest.raises(Unavailable):
        world.drive.write(FILE, once(CONTENT), expect=ABSENT)

    assert [] == list(list_all(world.bare, ()))


def test_a_source_that_was_not_touched_is_repeated() -> None:
    """A failure before the first byte was taken loses nothing."""
    world = World(fails("write", 1, 2))
    world.drive.write(FILE, once(CONTENT), expect=ABSENT)

    assert CONTENT == content_of(world.bare)


def test_a_lost_answer_to_a_write_is_found_out() -> None:
    """The same bytes and time at the target are a success, whoever put them there."""
    world = World(fails("write", 1, late=True))
    entry = world.drive.write(FILE, Again(CONTENT), expect=ABSENT, modified=77)

    assert world.bare.stat(FILE) == entry


def test_a_lost_answer_to_a_replacement_is_found_out() -> None:
    """The same holds where an earlier content was to be replaced."""
    world = World(fails("write", 1, late=True))
    before = world.bare.write(FILE, [b"old"], expect=ABSENT)
    entry = world.drive.write(FILE, [CONTENT], expect=unchanged(before))

    assert world.bare.stat(FILE) == entry


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT[:-1] + b"x"])
def test_a_strangers_file_is_no_success(content: bytes) -> None:
    """Other bytes that turned up meanwhile stay, and the caller is told."""
    world = World(fails("write", 1))
    world.bare.write(FILE, [content], expect=ABSENT)
    with pytest.raises(AlreadyExists):
        world.drive.write(FILE, [CONTENT], expect=ABSENT)

    assert content == content_of(world.bare)


def test_another_time_is_no_success() -> None:
    """The same bytes with another time are not what the write was to leave."""
    world = World(fails("write", 1))
    world.bare.write(FILE, [CONTENT], expect=ABSENT, modified=1)
    with pytest.raises(AlreadyExists):
        world.drive.write(FILE, [CONTENT], expect=ABSENT, modified=2)


# -- removals and moves


def test_removals_after_a_lost_answer() -> None:
    """Nothing there is a success after a lost answer, and only then."""
    world = World(fails("remove", 1, late=True))
    world.bare.write(FILE, [b"x"], expect=ABSENT)
    world.drive.remove(FILE, expect=ANYTHING)

    with pytest.raises(NotFound):
        world.drive.remove(FILE, expect=ANYTHING)


def test_throttling_hides_no_success() -> None:
    """A server that refused to begin has removed nothing."""
    world = World(Fault(harm=Harm.THROTTLED, call="remove", nth=(1,)))
    with pytest.raises(NotFound):
        world.drive.remove(FILE, expect=ANYTHING)


def test_moves_after_a_lost_answer() -> None:
    """The moved entry at its new place is a success."""
    world = World(fails("moves.move", 1, late=True))
    world.bare.write(FILE, [CONTENT], expect=ABSENT)
    entry = world.drive.moves.move(FILE, OTHER, expect=ABSENT)

    assert world.bare.stat(OTHER) == entry


def test_a_strangers_entry_is_no_move() -> None:
    """A move that did not happen onto a name that is taken stays an error, and both stay."""
    world = World(fails("moves.move", 1))
    world.bare.write(FILE, [CONTENT], expect=ABSENT)
    world.bare.write(OTHER, [CONTENT], expect=ABSENT)
    with pytest.raises(AlreadyExists):
        world.drive.moves.move(FILE, OTHER, expect=ABSENT)

    assert [FILE, OTHER] == sorted(entry.path for entry in list_all(world.bare, ()))


# -- partials and batches


@given(breaks=st.lists(st.integers(0, len(CONTENT)), max_size=5), held=st.integers(0, 500))
def test_partials_go_on_after_what_arrived(breaks: list[int], held: int) -> None:
    """However often it breaks, the partial holds each byte once."""
    world = World(*(fails("partials.append", number + 1, at=at) for number, at in enumerate(breaks)))
    world.bare.partials.append("t", [CONTENT[:held]], start=0)
    source = [CONTENT[at : at + 700] for at in range(held, len(CONTENT), 700)]

    assert len(CONTENT) == world.drive.partials.append("t", source, start=held)
    world.drive.partials.finish("t", FILE, expect=ABSENT)
    assert CONTENT == content_of(world.bare)


class _Batch:
    """Writes one by one and fails as it is told: whole, or for single uploads."""

    def __init__(self, drive: Drive, plan: list[object]) -> None:
        self._drive = drive
        self._plan = plan
        self.sent: list[list[str]] = []

    def write(self, uploads: object) -> Iterator[Entry | Exception]:
        uploads = list(uploads)  # type: ignore[call-overload]
        self.sent.append([upload.path[0] for upload in uploads])
        plan = self._plan.pop(0) if self._plan else {}
        for upload in uploads:
            if upload.path[0] == plan:
                raise Unavailable(upload.path)
            error = plan.get(upload.path[0]) if isinstance(plan, dict) else None
            yield error or self._written(upload)

    def _written(self, upload: Upload) -> Entry | Exception:
        try:
            return self._drive.write(upload.path, [upload.content], expect=upload.expect)
        except DriveError as error:
            return error


@pytest.mark.parametrize(
    ("plan", "sent"),
    [
        ([{"b": Unavailable("")}], [["a", "b", "c"], ["b"]]),
        (["b"], [["a", "b", "c"], ["b", "c"]]),
        ([{"a": Throttled(""), "c": Throttled("")}, "c"], [["a", "b", "c"], ["a", "c"], ["c"]]),
    ],
)
def test_of_a_batch_only_what_failed_is_sent_again(plan: list[object], sent: list[list[str]]) -> None:
    """Answers come in order, whatever had to be sent again."""
    world = World()
    batch = world.bare.batch = _Batch(world.bare, plan)  # type: ignore[assignment]
    uploads = [Upload((name,), name.encode(), ABSENT, None) for name in "abc"]
    answers = list(world.drive.batch.write(uploads))

    assert [("a",), ("b",), ("c",)] == [answer.path for answer in answers]
    assert sent == batch.sent


def test_a_batch_that_stays_broken_answers_for_each() -> None:
    """When the attempts are used up, each upload has its own answer."""
    world = World(attempts=3)
    world.bare.batch = _Batch(world.bare, ["b"] * 9)  # type: ignore[assignment]
    uploads = [Upload((name,), b"", ABSENT, None) for name in "abc"]
    answers = list(world.drive.batch.write(uploads))

    assert [Entry, Unavailable, Unavailable] == [type(answer) for answer in answers]


def _upload(content: bytes, saved: int) -> Upload:
    version = Version("", saved, len(content), modified=saved)
    return Upload(FILE, content, ANYTHING, saved, version)


class _LostAnswers:
    """Stores what it is sent, and loses the answers after the first *answered* of each of *losses* calls."""

    def __init__(self, drive: Drive, losses: int, answered: int, stored: int) -> None:
        self._drive, self._losses, self._answered, self._stored = drive, losses, answered, stored

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        if not self._losses:
            yield from self._drive.write(uploads)  # type: ignore[misc, arg-type, call-arg]
            return
        self._losses -= 1
        answers = list(self._drive.write(list(uploads)[: self._stored]))  # type: ignore[call-arg, arg-type, var-annotated]
        yield from answers[: self._answered]
        raise Unavailable("")


@pytest.mark.parametrize("stored", range(5))
@pytest.mark.parametrize("answered", range(3))
def test_versions_of_a_batch_are_stored_once(stored: int, answered: int) -> None:
    """However many versions an unanswered call has stored, each is there once and in order."""
    world = World()
    batch = world.bare.batch
    world.bare.batch = _LostAnswers(batch, 1, min(answered, stored), stored)  # type: ignore[arg-type, assignment]
    uploads = [_upload(content, saved) for saved, content in enumerate((b"a", b"b", b"a", b"a"), start=5)]
    answers = list(world.drive.batch.write(uploads))

    assert [5, 6, 7, 8] == [version.saved for version in world.bare.versions.list(FILE)]
    assert [Entry] * 4 == [type(answer) for answer in answers]


@pytest.mark.parametrize("late", [False, True])
def test_a_version_is_added_once(late: bool) -> None:
    """Whether the lost attempt had succeeded or not, the version is there once."""
    world = World(fails("versions.add", 2, late=late))
    for saved in (5, 6):
        world.drive.versions.add(FILE, [b"same"], Version("", saved, 4), expect=ANYTHING)

    assert [5, 6] == [version.saved for version in world.bare.versions.list(FILE)]


def test_a_version_read_once_is_not_repeated() -> None:
    """A source that cannot be read again ends with the error."""
    world = World(fails("versions.add", 1, late=True))
    with pytest.raises(Unavailable):
        world.drive.versions.add(FILE, once(b"same"), Version("", 5, 4), expect=ANYTHING)

    assert 1 == len(list(world.bare.versions.list(FILE)))


@pytest.mark.parametrize("late", [False, True])
def test_of_links_the_one_with_a_lost_url_is_revoked(late: bool) -> None:
    """A link whose URL was lost is ended; others on the entry stay."""
    world = World(fails("links.make", 1, late=late))
    wanted = Link((), "", frozenset(), role=Role.PREVIEW, expires=9)
    other, _ = world.bare.links.make(wanted, password=None)
    made, url = world.drive.links.make(wanted, password=None)

    assert url
    assert {other.id, made.id} == {link.id for link in world.bare.links.list(())}


def test_contents_of_a_batch_come_once_and_in_order() -> None:
    """What failed is asked for again in its place, and what had come is not told twice."""
    world = World()
    for name in "abc":
        world.bare.write((name,), [name.encode()], expect=ABSENT)
    batch = world.bare.batch
    plan = ["b", "b!", "c"]

    class Breaking:
        def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
            step = plan.pop(0) if plan else ""
            asked = list(wanted)
            for item, answer in zip(asked, batch.read(asked), strict=True):
                if item.path[0] == step:
                    raise Unavailable(item.path)
                yield Unavailable(item.path) if f"{item.path[0]}!" == step else answer

    world.bare.batch = Breaking()  # type: ignore[assignment]
    wanted = [Wanted((name,)) for name in ("a", "none", "b", "c")]
    answers = list(world.drive.batch.read(wanted))

    assert [b"a", b"b", b"c"] == [answer for answer in answers if isinstance(answer, bytes)]
    assert [1] == [at for at, answer in enumerate(answers) if isinstance(answer, NotFound)]


def test_a_batch_that_answers_too_little_is_asked_again() -> None:
    """An answer that ends early is no end."""
    world = World(attempts=2)
    world.bare.write(FILE, [b"x"], expect=ABSENT)

    class Short:
        def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
            return iter(())

    world.bare.batch = Short()  # type: ignore[assignment]
    with pytest.raises(BadAnswer):
        list(world.drive.batch.read([Wanted(FILE)]))


def test_long_lists_are_whole_before_the_first_row() -> None:
    """A list that breaks in the middle is asked for again, and told from its beginning, each row once."""
    world = World()
    members = [Membership("g", str(number)) for number in range(2 * IN_MEMORY + 5)]
    turns = [IN_MEMORY + 3, 7, None]

    class People:
        def memberships(self) -> Iterator[Membership]:
            breaks = turns.pop(0)
            yield from members[:breaks]
            if breaks is not None:
                raise Unavailable("")

    world.bare.people = People()  # type: ignore[assignment]

    assert members == list(world.drive.people.memberships())


# -- listings


def test_listings_begin_again_without_doubles() -> None:
    """An expired cursor starts the listing again; nothing is told twice."""
    world = World(Fault(harm=Harm.CURSOR_EXPIRED, call="list", nth=(3, 6)))
    for number in range(9):
        world.bare.write((f"{number}",), [b""], expect=ABSENT)

    assert [(f"{number}",) for number in range(9)] == [entry.path for entry in list_all(world.drive, ())]


def test_listings_that_always_expire_end() -> None:
    """After the restarts the error comes through."""
    world = World(Fault(harm=Harm.CURSOR_EXPIRED, call="list", nth=tuple(range(2, 50, 2))))
    for number in range(9):
        world.bare.write((f"{number}",), [b""], expect=ABSENT)

    with pytest.raises(CursorExpired):
        list(list_all(world.drive, (), restarts=2))


def test_a_listing_in_a_circle_is_refused() -> None:
    """A cursor that leads to itself is an answer that makes no sense."""

    class Circle(Forwarding):
        def list(self, folder: tuple[str, ...], *, cursor: str | None = None) -> Page:
            return Page([], "same")

    with pytest.raises(BadAnswer):
        list(list_all(Circle(MemoryDrive()), ()))


# -- composition


def test_policies_cross_process_borders() -> None:
    """A policy is plain data."""
    policy = Policy(limits="1MiB/s", faults=(fails("read", 1, at=5),))

    assert policy == pickle.loads(pickle.dumps(policy))


def test_nothing_to_do_nothing_in_between() -> None:
    """Wrappers that would do nothing are left out."""
    drive = MemoryDrive()

    assert drive is wrapped(drive, Policy(attempts=1))
    assert drive is wrapped(drive, Policy()).inner  # type: ignore[attr-defined]


def test_the_record_is_what_the_caller_saw() -> None:
    """A call mended by a retry is recorded as one success; the retry stands apart; bytes count once."""
    notes: list[Record] = []
    policy = Policy(faults=(fails("write", 1, at=50), fails("read", 1, at=50)))
    drive = wrapped(MemoryDrive(), policy, note=notes.append, means=Means(sleep=lambda seconds: None))
    drive.write(FILE, Again(CONTENT), expect=ABSENT)
    content_of(drive)

    seen = [(note.call, note.outcome, note.bytes) for note in notes]
    retry = ("retry", "unavailable", 0)
    assert [retry, ("write", "ok", len(CONTENT)), retry, ("read", "ok", len(CONTENT))] == seen


@pytest.mark.parametrize(
    ("source", "repeatable"), [([b""], True), ((), True), (Again(b""), True), (iter([b""]), False)]
)
def test_which_sources_can_be_read_again(source: object, repeatable: bool) -> None:
    """Sequences and what has `again` can be read again, an iterator cannot."""
    assert repeatable == (replay(source) is not None)  # type: ignore[arg-type]
