"""
A bucket as a drive: Amazon S3, or what speaks its language.

Nothing is written to a bucket that is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import RLock

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Span
from lading.connectors.http.content import Content
from lading.connectors.http.line import Settings
from lading.connectors.http.login import Login
from lading.connectors.http.session import Answer, Session
from lading.connectors.names import check_holdable, check_names
from lading.connectors.profile import Profile
from lading.connectors.s3.ability import Ability, tried
from lading.connectors.s3.answers import document, texts
from lading.connectors.s3.batch import S3Batch
from lading.connectors.s3.facts import file_entry
from lading.connectors.s3.grants import S3Grants
from lading.connectors.s3.inventory_drive import InventoryDrive
from lading.connectors.s3.keys import CONTENT, PARTS, beside, file_key, folder_key
from lading.connectors.s3.listing import Folder, below, folder_entry
from lading.connectors.s3.marks import Locking, S3Labels, S3Locks, lists_known, locking_of
from lading.connectors.s3.options import Options, options_of
from lading.connectors.s3.partials import S3Partials
from lading.connectors.s3.people import S3People, people_in
from lading.connectors.s3.profile import features_of, profile_of, rules_of
from lading.connectors.s3.ranges import pieces
from lading.connectors.s3.reading import reading
from lading.connectors.s3.removals import S3Settings
from lading.connectors.s3.retention import S3Retention
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.versions import S3Versions
from lading.connectors.s3.wire import Ask, Wire
from lading.connectors.s3.writing import Writing
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError, NameRefused, NotFound, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text

_NOTHING = Text("there is no such object", "对象不存在")
_HIDDEN = Text("reserved for unfinished files", "保留给未完成的文件")
_LOCKS_ALL = Text(
    "the bucket locks all that is written (default retention): what comes in wrongly stays until that ends, "
    "and a large upload that broke off begins anew",
    "该存储桶对写入的全部内容设置了默认保留期：误写入的内容在保留期内无法删除，中断的大文件上传须重新开始",
)
_NO_ROOT = Text(
    "nothing begins with this prefix; create=yes makes it", "没有以此前缀开头的对象；create=yes 可创建"
)


def open(address: Address) -> S3Drive | InventoryDrive:  # noqa: A001 — every connector is opened by this name
    """
    The bucket, or what lies below a prefix in it, at *address* as a drive.

    Raises:
        BadAddress: an option is not known or makes no sense.
        NotFound: there is no such bucket, or nothing below the prefix.
        LoginFailed, Forbidden, NotCertified, Unavailable, BadAnswer: as they say.
    """
    options = options_of(address)
    people = people_in(options.people, str(address)) if options.people else None
    session = Session(Settings(Login("none"), options.authorities, options.timeout))
    wire = Wire(session, options)
    try:
        return InventoryDrive(wire, str(address)) if options.inventory else S3Drive(wire, address, people)
    except DriveError as error:
        session.close()
        raise error.about(str(address)) from error
    except BaseException:
        session.close()
        raise


class S3Brief:
    """Listings of *drive* that ask about no object singly but those that may be frozen."""

    def __init__(self, drive: S3Drive) -> None:
        self._drive = drive

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Files with the time of the server, and without digests; see `facets.Brief`."""
        return self._drive.page(folder, cursor, brief=True)


class S3Ranges:
    """Parts of an object of *drive*, each a request of its own."""

    def __init__(self, drive: S3Drive, wire: Wire) -> None:
        self._drive, self._wire = drive, wire

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        """The bytes in each of *spans*; see `facets.Ranges`."""
        with self._drive.found(path) as key:
            yield from pieces(self._wire, key, path, spans, expect=expect, at_once=at_once)


class S3Drive(Drive):
    """
    What lies below the prefix of *wire*.

    May be used by several threads at once.
    """

    def __init__(self, wire: Wire, address: Address, people: S3People | None) -> None:
        self._wire = wire
        self._options: Options = wire.options
        self._address = address
        self._lock = RLock()
        self.people = people
        met = self._met()
        self._rules = rules_of(wire.prefix, met.headers.get("server", ""), versioned=bool(self._versioning))
        self._writing = Writing(wire, self._rules, lambda: self._ability)
        self._demand_root()
        kept = features_of(self._versioning, self._options, people)
        known = people.known if people else {}
        versions = S3Versions(wire, self._writing, kept, known) if self._versioning else None
        self.versions = versions
        self.ranges = S3Ranges(self, wire)
        self.batch = S3Batch(wire, self._writing, versions)
        versioned = bool(self._versioning)
        self._parts = S3Partials(wire, self._writing, address.owner, versioned=versioned)
        self._features = kept
        self.labels = S3Labels(wire)
        if versioned:
            self.settings = S3Settings(wire)

    @property
    def grants(self) -> S3Grants:  # type: ignore[override]
        """What bucket and objects tell of rights; whether objects have lists of their own is asked once."""
        return self._grants

    @property
    def partials(self) -> S3Partials | None:  # type: ignore[override]
        """None where the bucket locks all that is written: what lies between sittings could not be removed again."""
        return None if self._locking.always else self._parts

    @property
    def notes(self) -> tuple[Text, ...]:
        """That nothing can be removed for good, where it is so."""
        return (_LOCKS_ALL,) if self._locking.always else ()

    @property
    def locks(self) -> S3Locks | None:  # type: ignore[override]
        """Retention and legal holds, where the bucket can have any."""
        return self._locks

    @property
    def retention(self) -> S3Retention | None:  # type: ignore[override]
        """Object lock, where the bucket was made with it."""
        return S3Retention(self._wire) if self._locks else None

    @cached_property
    def _grants(self) -> S3Grants:
        return S3Grants(self._wire, object_lists=lists_known(self._wire))

    @cached_property
    def _locks(self) -> S3Locks | None:
        return S3Locks(self._wire) if self._locking.known else None

    @cached_property
    def _locking(self) -> Locking:
        return locking_of(self._wire) if self._versioning else Locking()

    @property
    def profile(self) -> Profile:
        """Facts; those about writing are tried out if the bucket may be written to."""
        with self._lock:
            return self._profile

    @cached_property
    def _profile(self) -> Profile:
        ability = self._writing.ability if self._options.may_write else None
        return profile_of(str(self._address), self._rules, self._options, ability, self._features)

    @cached_property
    def _ability(self) -> Ability:
        with self._lock:
            return tried(self._wire, versioned=bool(self._versioning))

    @property
    def brief(self) -> S3Brief | None:  # type: ignore[override]
        """Listings without a question about each object; None where `list` asks none anyhow."""
        return None if self._options.server_times else S3Brief(self)

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of their keys, folders of a page first; see `Drive.list`."""
        return self.page(folder, cursor, brief=False)

    def page(self, folder: Path, cursor: str | None, *, brief: bool) -> Page:
        """One page of the listing of *folder*."""
        self._demand_visible(folder)
        prefix = self._wire.prefix + folder_key(folder)
        entries, more, found = Folder(self._wire, folder, prefix, brief=brief).page(cursor)
        if not found and cursor is None and folder:
            if self._wire.call(self._wire.head(prefix[:-1], folder)).status == 200:
                raise WrongKind(folder, Text("it is a file", "它是文件"))
            raise NotFound(folder, _NOTHING)
        return Page(entries, more)

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, as `list` would tell it."""
        self._demand_visible(path)
        if not path:
            prefix = self._wire.prefix
            return (
                folder_entry(path, self._wire.call(self._wire.head(prefix, path)))
                if prefix
                else Entry(path, Kind.FOLDER)
            )
        key = self._wire.prefix + file_key(path)
        if path[-1] == CONTENT:
            found = self._writing.found(key, path)
            if found is None:
                raise NotFound(path, _NOTHING)
            return self._told(found)
        return self._seen(path, key)

    def _seen(self, path: Path, key: str) -> Entry:
        """What a name that may be a file, a folder or both is."""
        file, marker = self._wire.heads([(key, path, ()), (key + "/", path, ())])
        is_folder = bool(below(self._wire, key + "/", path, 1))
        if is_folder and not beside(path):
            return self._told(folder_entry(path, marker))
        if isinstance(file, DriveError):
            raise file
        if file.status == 404 or is_folder != beside(path):
            raise NotFound(path, _NOTHING)
        if file.status != 200:
            raise error_of(file, path)
        return self._told(file_entry(path, file.headers, server_times=self._options.server_times))

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Content:
        """Open a file; see `Drive.read`."""
        with self.found(path) as key:
            return reading(self._wire, key, path, start=start, expect=expect)

    @contextmanager
    def found(self, path: Path) -> Iterator[str]:
        """The whole key of the file *path*, which is about to be read; a folder of the name is told as such."""
        self._demand_visible(path)
        if not path:
            raise WrongKind(path, Text("the root is a folder", "根目录是文件夹"))
        key = self._wire.prefix + file_key(path)
        try:
            yield key
        except NotFound:
            if not beside(path) and below(self._wire, key + "/", path, 1):
                raise WrongKind(path, Text("it is a folder", "它是文件夹")) from None
            raise

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Store *source*; see `Drive.write`."""
        return self._writing.write(path, source, expect, size, self._writing.words(modified))

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Make sure that *path* is a folder."""
        return self._writing.make_folder(path, modified)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file or an empty folder; a bucket with versions keeps what was there."""
        check_names(path)
        if path:
            self._demand_visible(path)
        self._writing.remove(path, expect)

    def close(self) -> None:
        """Give back connections."""
        self._wire.session.close()

    def _met(self) -> Answer:
        """The first answer: whether the bucket is there, lets us in, and keeps versions."""
        answer = self._wire.call(Ask("GET", None, ROOT, (("versioning", ""),)))
        if answer.status == 200:
            self._versioning = texts(document(answer.body, ROOT)).get("Status", "")
        elif answer.status in (403, 405, 501):
            # Listing decides whether we are let in; who may not ask about versions has none here.
            self._versioning = ""
        else:
            raise error_of(answer, ROOT)
        return answer

    def _demand_root(self) -> None:
        if below(self._wire, self._wire.prefix, ROOT, 1) or not self._wire.prefix:
            return
        if not self._options.create:
            raise NotFound(ROOT, _NO_ROOT)
        self._writing.make_folder(ROOT, None)

    def _told(self, entry: Entry) -> Entry:
        """*entry* as a listing tells it."""
        if not self._options.server_times:
            return entry
        if entry.is_folder:
            return Entry(entry.path, Kind.FOLDER)
        return entry._replace(digests=())

    def _demand_visible(self, path: Path) -> None:
        check_names(path)
        if path[:1] == (PARTS,):
            raise NotFound(path, _HIDDEN)
        try:
            check_holdable(path, self._rules)
        except NameRefused as error:
            raise NotFound(path, error.details) from error
