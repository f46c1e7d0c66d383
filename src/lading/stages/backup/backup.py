"""
A backup: look at the drive, keep what is new, look again, and seal what was found as a snapshot.

A drive in use changes while it is read.  The next look reads only what changed
since the last one; when two looks in a row see the same, the snapshot is the
drive of one moment, and otherwise it says that it is not.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future

from lading.connectors.crew import Crew
from lading.connectors.profile import Profile
from lading.manifest.files import local_errors
from lading.manifest.read import Manifest
from lading.manifest.scan import public, scan
from lading.manifest.share import Means
from lading.manifest.still import is_still
from lading.model.errors import BadManifest, BadVault, WorkerLost
from lading.model.progress import Publish, nobody_listens
from lading.model.text import Text
from lading.stages.backup.history import keep_history
from lading.stages.backup.keeping import Keeping
from lading.stages.backup.wish import Wish as Wish
from lading.vault.extract import manifest_of
from lading.vault.needs import digests_in
from lading.vault.snapshots import Held, Snapshot, same_drive, save, snapshots
from lading.vault.vault import Vault, slots
from lading.vault.words import HISTORY
from lading.vault.worm import lock

_BLOCK = 1 << 20
_NOT_KEPT = Text(
    "contents that were stored cannot be had back; run `lading vault check`, then `lading vault repair`",
    "已存入的内容无法读回；请先运行 `lading vault check`，再运行 `lading vault repair`",
)


class _Holes(Exception):
    """A manifest names contents that the vault does not hold."""


def backup(
    wish: Wish,
    keeping: Keeping,
    *,
    crew: Crew,
    publish: Publish = nobody_listens,
    now: Callable[[], int] = time.time_ns,
) -> Snapshot:
    """
    Back up the drive that *wish* names; the snapshot as it is kept.

    A run that was cut off goes on in the same folder to work in.

    Raises:
        DriveError: the drive or the vault is not there any more; what was kept so far need not be kept again.
        BadVault: the vault is damaged.
    """
    vault = keeping.vault()
    taken = now()
    before = sum(pack.size for pack in vault.index.packs)
    previous = _previous(vault, wish)
    try:
        manifest, still, looks = _looked(wish, keeping, crew, publish, previous)
    except _Holes:
        # Taken over from a snapshot with holes, or a pack was lost meanwhile: nothing is taken over now.
        shutil.rmtree(wish.work, ignore_errors=True)
        previous = None
        manifest, still, looks = _looked_anew(wish, keeping._replace(round=keeping.round + 1), crew, publish)
    profile = Profile(kind=wish.address.kind, address=wish.address.place)
    means = Means(wish.address, wish.policy, profile, crew, manifest.directory, publish)
    earlier = os.path.join(previous[1].directory, HISTORY) if previous else None
    lost = keep_history(means, keeping, manifest, earlier if earlier and os.path.exists(earlier) else None)
    # The workers have written index objects that this process has not read yet.
    vault.refresh()
    found = Snapshot(
        taken=taken,
        ended=now(),
        drive=public(wish.address),
        files=tuple(_kept_files(vault, manifest.directory)),
        counts={kind: count["objects"] for kind, count in manifest.counts.items()},
        bytes=manifest.bytes,
        new=sum(pack.size for pack in vault.index.packs) - before,
        previous=previous[0].name if previous else None,
        slots=tuple(slots(vault.store)),
        complete=not (manifest.problems or lost or manifest.tables.get("problems", {}).get("rows")),
        moment={"looks": looks, "still": still, "frozen": None if wish.frozen is None else list(wish.frozen)},
    )
    saved = save(vault.store, vault.master, found)
    if keeping.opened.lock_days:
        # The index told of packs only; what was just saved is in it since `publish`.
        lock(vault, saved, now=saved.ended, publish=publish)
    shutil.rmtree(wish.work, ignore_errors=True)
    return saved


def _previous(vault: Vault, wish: Wish) -> tuple[Snapshot, Manifest] | None:
    """The last snapshot of this drive with its manifest, from which digests may be taken over; None if that cannot be read."""
    if wish.full:
        return None
    found = [it for it in snapshots(vault.store, vault.master) if same_drive(it.drive, public(wish.address))]
    if not found:
        return None
    place = os.path.join(wish.work, "previous")
    try:
        return found[-1], manifest_of(vault, found[-1], place)
    except (BadVault, BadManifest):
        # Its manifest lies in what the vault lost: this backup stores all that is missing.
        shutil.rmtree(place, ignore_errors=True)
        return None


def _looked_anew(wish: Wish, keeping: Keeping, crew: Crew, publish: Publish) -> tuple[Manifest, bool, int]:
    """
    As `_looked`, with every content read and nothing taken over.

    Raises:
        BadVault: the vault does not even hold what was stored just now.
    """
    try:
        return _looked(wish, keeping, crew, publish, None)
    except _Holes:
        raise BadVault(keeping.address.place, _NOT_KEPT) from None


def _looked(
    wish: Wish, keeping: Keeping, crew: Crew, publish: Publish, previous: tuple[Snapshot, Manifest] | None
) -> tuple[Manifest, bool, int]:
    """
    The manifest of the last look, whether the one before saw the same, and how many there were.

    Raises:
        _Holes: the vault does not hold every content of it.
    """
    last = previous[1] if previous else None
    seen: str | None = None
    held: list[Future[bool]] = []
    for look in range(1, wish.looks + 1):
        if last is not None and look > 1 and is_still(wish.address, wish.policy, last, crew):
            return _whole(last, held), True, look
        place = os.path.join(wish.work, f"look-{look}")
        last = scan(
            wish.address,
            wish.policy,
            place,
            crew=crew,
            publish=publish,
            digest=True,
            features=wish.features,
            taker=keeping,
            earlier=last,
        )
        # Looked up beside the next look.
        held = [crew.submit(holds_files, keeping, last.files[one :: crew.size]) for one in range(crew.size)]
        if seen == (seen := _print(last)):
            return _whole(last, held), True, look
    assert last is not None
    return _whole(last, held), False, wish.looks


def _whole(manifest: Manifest, held: list[Future[bool]]) -> Manifest:
    try:
        if all(one.result() for one in held):
            return manifest
    except BrokenExecutor:
        raise WorkerLost("", Text("while scanning", "扫描期间")) from None
    raise _Holes


def holds_files(keeping: Keeping, files: list[str]) -> bool:
    """Whether the vault holds every content that the part *files* of a manifest name, in a worker."""
    vault = keeping.vault()
    # Other workers have stored some.
    vault.refresh()
    return all(vault.holds(digest) for digest in digests_in(files))


def _print(manifest: Manifest) -> str:
    """What two looks are held against each other by: entries with their contents, and all tables."""
    tables = sorted((name, str(it["fingerprint"])) for name, it in manifest.tables.items())
    return repr((manifest.fingerprint, manifest.covers_content, tables))


def _kept_files(vault: Vault, directory: str) -> Iterator[Held]:
    """Keep the files of the manifest in *directory*."""
    writer, packer = vault.writer()
    with local_errors(directory):
        for folder, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name == "lock":
                    continue
                with open(path, "rb") as stream:
                    kept = writer.add(iter(lambda: stream.read(_BLOCK), b""))
                yield Held(os.path.relpath(path, directory), kept.digest.hex(), kept.size)
    writer.flush()
    vault.publish(packer.made)
