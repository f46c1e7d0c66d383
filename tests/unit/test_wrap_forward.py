"""Every wrapper hands on every call and every facet, and no more than that."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from lading.connectors import facets
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import ANYTHING
from lading.connectors.profile import Profile
from lading.connectors.wrap.backoff import Schedule
from lading.connectors.wrap.calls import CALLS
from lading.connectors.wrap.faults import FaultyDrive
from lading.connectors.wrap.forward import Forwarding
from lading.connectors.wrap.pace import OwnMeter, PacedDrive, Pacer
from lading.connectors.wrap.readonly import ReadOnlyDrive
from lading.connectors.wrap.record import Record, RecordedDrive
from lading.connectors.wrap.retry import RetryingDrive
from lading.connectors.wrap.timetable import Timetable
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role, Version
from lading.model.entry import Entry, Kind
from lading.model.errors import ReadOnly
from lading.model.text import Text

ENTRY = Entry(("a",), Kind.FILE, 3, 7, "id", "etag")
PERSON = Principal(PrincipalKind.PERSON, "1001")
UPLOAD = facets.Upload(("a",), b"abc", ANYTHING, None)

LINK = Link(("a",), "l1", frozenset({"preview"}))

WRAPPERS: dict[str, Callable[[Drive], Drive]] = {
    "forward": Forwarding,
    "retry": lambda drive: RetryingDrive(drive, Schedule()),
    "pace": lambda drive: PacedDrive(drive, Pacer(Timetable(), OwnMeter())),
    "record": lambda drive: RecordedDrive(drive, lambda record: None),
    "faults": lambda drive: FaultyDrive(drive, ()),
    "readonly": ReadOnlyDrive,
}
HIDDEN = {"faults": {"written", "read_back"}}
"""What a wrapper does not hand on: faults are met in walking and reading a drive, not in taking its manifest over or in what it reads itself."""

ARGUMENTS: dict[str, Any] = {
    "path": ("a",),
    "folder": ("a",),
    "source": [b"abc"],
    "target": ("b",),
    "expect": ANYTHING,
    "token": "token",
    "start": 0,
    "keep": ("token",),
    "modified": 5,
    "size": 3,
    "version": Version("1", 7, 3),
    "grant": Grant(("a",), PERSON, frozenset({"edit"}), role=Role.EDIT),
    "link": LINK,
    "password": "secret",
    "wanted": [facets.Wanted(("a",), "1")],
    "group": "g",
    "cursor": "c",
    "space": "s",
    "message": "m",
    "uploads": [UPLOAD],
    "until": 7,
    "spans": [(0, 3)],
    "at_once": 2,
    "columns": ("path",),
}


class _Reader:
    entry = ENTRY

    def __init__(self) -> None:
        self._left = b"abc"

    def read(self, size: int, /) -> bytes:
        found, self._left = self._left, b""
        return found


class _Facet:
    """Answers every method with something of the declared kind, and remembers the call."""

    def __init__(self, name: str, seen: list[tuple[str, dict[str, Any]]]) -> None:
        self._name = name
        self._seen = seen

    def __getattr__(self, method: str) -> Callable[..., Any]:
        protocol = FACETS[self._name]
        signature = inspect.signature(getattr(protocol, method))
        answer = _answer(typing.get_type_hints(getattr(protocol, method))["return"])

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(None, *args, **kwargs)
            asked = {name: _plain(value) for name, value in bound.arguments.items() if name != "self"}
            self._seen.append((f"{self._name}.{method}", asked))
            return answer()

        return call


def _answer(kind: Any) -> Callable[[], Any]:
    text = str(kind)
    if "AbstractContextManager" in text:
        return lambda: nullcontext(_Reader())
    if text.endswith("Iterator[bytes]"):
        return lambda: iter([b"abc"])
    if "Iterator" in text:
        return lambda: iter([ENTRY])
    if "tuple[lading.model.access.Link" in text and "..." not in text:
        return lambda: (LINK, "https://drive/s/token")
    known = {"Entry": ENTRY, "int": 3, "str": "c", "NoneType": None}
    return lambda: known.get(getattr(kind, "__name__", ""), ())


def _plain(value: Any) -> Any:
    return value if isinstance(value, tuple | str | int) or not hasattr(value, "__iter__") else list(value)


def _facets() -> dict[str, type]:
    hints = typing.get_type_hints(Drive)
    return {name: typing.get_args(kind)[0] for name, kind in hints.items()}


FACETS = _facets()
METHODS = [
    (facet, method)
    for facet, protocol in FACETS.items()
    for method, found in vars(protocol).items()
    if inspect.isfunction(found) and not method.startswith("_")
]


class _Full(Drive):
    """A drive with every facet there is."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.closed = 0
        for name in FACETS:
            setattr(self, name, _Facet(name, self.seen))

    @property
    def profile(self) -> Profile:
        return Profile(kind="full", address="")

    @property
    def server(self) -> str:
        return "Full 1.0"

    @property
    def notes(self) -> tuple[Text, ...]:
        return (Text("a note", "注意"),)

    def list(self, folder: Any, *, cursor: Any = None) -> Page:
        self.seen.append(("list", {"folder": folder, "cursor": cursor}))
        return Page([ENTRY], "next")

    def stat(self, path: Any) -> Entry:
        self.seen.append(("stat", {"path": path}))
        return ENTRY

    def read(self, path: Any, *, start: int = 0, expect: Any = None) -> AbstractContextManager[Any]:
        self.seen.append(("read", {"path": path, "start": start, "expect": expect}))
        return nullcontext(_Reader())

    def write(self, path: Any, source: Any, **options: Any) -> Entry:
        self.seen.append(("write", {"path": path, "source": list(source), **options}))
        return ENTRY

    def make_folder(self, path: Any, *, modified: Any = None) -> Entry:
        self.seen.append(("make_folder", {"path": path, "modified": modified}))
        return ENTRY

    def remove(self, path: Any, *, expect: Any) -> None:
        self.seen.append(("remove", {"path": path, "expect": expect}))

    def close(self) -> None:
        self.closed += 1


REQUIRED = ["list", "stat", "read", "write", "make_folder", "remove"]


def _asked(function: Callable[..., Any]) -> dict[str, Any]:
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return {name: ARGUMENTS[name] for name in names}


def _used(answer: Any) -> Any:
    """The answer, read whole where it comes piece by piece."""
    if isinstance(answer, AbstractContextManager):
        with answer as reader:
            return reader.read(10), reader.entry
    return list(answer) if isinstance(answer, Iterator) else answer


def _method(drive: Drive, name: str) -> Callable[..., Any]:
    facet, dot, method = name.rpartition(".")
    found: Callable[..., Any] = getattr(getattr(drive, facet) if dot else drive, method)
    return found


def test_the_calls_are_those_of_the_interface() -> None:
    """The table of calls names each call of the interface and each method of each facet, and nothing else."""
    assert {"profile", *REQUIRED, *(f"{facet}.{method}" for facet, method in METHODS)} == set(CALLS)
    assert set(REQUIRED) | {"profile"} == set(Drive.__abstractmethods__)


@pytest.mark.parametrize("name", WRAPPERS)
def test_what_a_drive_says_of_itself_is_handed_on(name: str) -> None:
    """Server and notes are those of the inner drive."""
    drive = WRAPPERS[name](_Full())

    assert ("Full 1.0", (("a note", "注意"),)) == (drive.server, drive.notes)


@pytest.mark.parametrize("wrapper", [name for name in WRAPPERS if name != "readonly"])
@pytest.mark.parametrize("name", [*REQUIRED, *(f"{facet}.{method}" for facet, method in METHODS)])
def test_every_call_is_handed_on(wrapper: str, name: str) -> None:
    """Each call reaches the inner drive with all its arguments, and its answer comes back."""
    if name.partition(".")[0] in HIDDEN.get(wrapper, ()):
        assert getattr(WRAPPERS[wrapper](_Full()), name.partition(".")[0]) is None
        return
    plain, inner = _Full(), _Full()
    declared = (
        getattr(FACETS[name.partition(".")[0]], name.partition(".")[2])
        if "." in name
        else getattr(Drive, name)
    )
    asked = _asked(declared)
    expected = _used(_method(plain, name)(**asked))
    answer = _used(_method(WRAPPERS[wrapper](inner), name)(**asked))

    assert expected == answer
    # A move that may be repeated asks for the entry first.
    assert plain.seen == [call for call in inner.seen if call[0] == name]


@pytest.mark.parametrize("name", [*REQUIRED, *(f"{facet}.{method}" for facet, method in METHODS)])
def test_each_call_passes_the_hook_once(name: str) -> None:
    """No call gets past the hook: it is recorded under its own name, once."""
    notes: list[Record] = []
    declared = (
        getattr(FACETS[name.partition(".")[0]], name.partition(".")[2])
        if "." in name
        else getattr(Drive, name)
    )
    _used(_method(RecordedDrive(_Full(), notes.append), name)(**_asked(declared)))

    assert [(name, "ok")] == [(note.call, note.outcome) for note in notes]


@pytest.mark.parametrize("name", sorted(CALLS.keys() - {"profile"}))
def test_read_only_refuses_exactly_the_changes(name: str) -> None:
    """What changes the drive is refused before it gets there; all else passes."""
    inner = _Full()
    declared = (
        getattr(FACETS[name.partition(".")[0]], name.partition(".")[2])
        if "." in name
        else getattr(Drive, name)
    )
    call = _method(ReadOnlyDrive(inner), name)
    if CALLS[name].changes:
        with pytest.raises(ReadOnly):
            call(**_asked(declared))
    else:
        _used(call(**_asked(declared)))

    assert ([] if CALLS[name].changes else [name]) == [seen[0] for seen in inner.seen]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_missing_facets_stay_missing(wrapper: str) -> None:
    """A facet the inner drive lacks is None, one it has is there and stays the same object."""
    bare = _Full()
    for name in FACETS:
        setattr(bare, name, None)
    full = WRAPPERS[wrapper](_Full())

    assert {None} == {getattr(WRAPPERS[wrapper](bare), name) for name in FACETS}
    handed_on = FACETS.keys() - HIDDEN.get(wrapper, set())
    assert all(getattr(full, name) is getattr(full, name) is not None for name in handed_on)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_profile_and_close_are_handed_on(wrapper: str) -> None:
    """The profile is that of the inner drive, and closing closes it."""
    inner = _Full()
    with WRAPPERS[wrapper](inner) as drive:
        assert inner.profile == drive.profile

    assert 1 == inner.closed
