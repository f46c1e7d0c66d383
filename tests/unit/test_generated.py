"""
The generated drive is a function of its parameters, at any size.
"""

from __future__ import annotations

import pytest

from lading.connectors.address import parse
from lading.connectors.memory import GeneratedDrive
from lading.connectors.memory.generated import Shape
from lading.connectors.registry import open_drive
from lading.model.errors import BadAddress, CursorExpired, NotFound
from lading.model.paths import ROOT
from lading.testkit.contract.support import content_of, listed, walked

SMALL = Shape(entries=700, seed=3, fan=20, bytes=3000, page=9)


def everything(shape: Shape) -> list:
    return walked(GeneratedDrive(shape), most=10**9)


@pytest.mark.parametrize("fan", [3, 4, 11, 500])
@pytest.mark.parametrize("entries", [0, 1, 2, 3, 10, 499, 500, 501, 3000])
def test_it_has_as_many_entries_as_asked(entries, fan):
    """
    Walking finds exactly the stated number of entries, and no folder holds more than the fan.
    """
    shape = Shape(entries=entries, fan=fan, page=7)
    found = everything(shape)
    folders = [ROOT, *(entry.path for entry in found if entry.is_folder)]
    drive = GeneratedDrive(shape)

    assert entries == len({entry.path for entry in found})
    assert all(len(listed(drive, folder)) <= fan for folder in folders[:50])


def test_equal_parameters_give_an_equal_drive():
    """
    Two drives of the same parameters agree in every entry and every byte; another seed does not.
    """
    first, second = GeneratedDrive(SMALL), GeneratedDrive(SMALL)
    found = everything(SMALL)
    files = [entry for entry in found if entry.is_file]

    assert found == everything(SMALL)
    assert found != everything(SMALL._replace(seed=4))
    assert all(content_of(first, entry.path) == content_of(second, entry.path) for entry in files[:50])


def test_the_drive_stays_the_same_between_releases():
    """
    A few facts are written down here, so that figures of benchmarks can be compared.
    """
    drive = GeneratedDrive(Shape(entries=1000))
    path = ("贷款合同 0000007.xlsx",)
    entry = drive.stat(path)

    assert (5647, 1702093258143446000, "56f65f20bbff6d6a") == (entry.size, entry.modified, entry.etag)
    assert b"56f65f20bbff6d6ag\x08\x80\xb5:\x99\xc9$" == content_of(drive, path)[:24]


@pytest.mark.parametrize("change", [1, 10, 33, 100])
@pytest.mark.parametrize("size", [0, 1, 3000])
def test_a_known_share_of_files_is_changed(change, size):
    """
    With `change` exactly the stated number of files differ, in etag and in content; no path does.
    """
    plain, shape = SMALL._replace(bytes=size), SMALL._replace(bytes=size, change=change)
    old, new = GeneratedDrive(plain), GeneratedDrive(shape)
    pairs = list(zip(everything(plain), everything(shape), strict=True))
    changed = [one.path for one, other in pairs if one.etag != other.etag]
    files = [one.path for one, _ in pairs if one.is_file]

    assert [one.path for one, _ in pairs] == [other.path for _, other in pairs]
    assert len(files) * change // 100 == new.changed == len(changed)
    assert set(changed) == {path for path in files if content_of(old, path) != content_of(new, path)}


def test_sizes_are_as_asked():
    """
    Files are of the stated size on average; a few are empty.
    """
    sizes = [entry.size for entry in everything(Shape(entries=5000, bytes=4096)) if entry.is_file]

    assert 4096 * 0.95 < sum(sizes) / len(sizes) < 4096 * 1.05
    assert 0 < sizes.count(0) < len(sizes) / 30


def test_content_of_any_size_is_read_anywhere():
    """
    A file of many gigabytes is read near its end as fast as near its start.
    """
    drive = GeneratedDrive(Shape(entries=1, bytes=1 << 40))
    entry = listed(drive)[0]
    tail = content_of(drive, entry.path, start=entry.size - 3000)

    assert 3000 == len(tail)
    assert tail[1000:] == content_of(drive, entry.path, start=entry.size - 2000, piece=7)


@pytest.mark.parametrize(
    "name", ["贷款合同 7.xlsx", "Legal 0000007.xlsx", "贷款合同 0000007", "Legal 01", "x ٧", "Legal 1 "]
)
def test_only_names_that_are_listed_exist(name):
    """
    A name with the right number and anything else wrong is no entry.
    """
    with pytest.raises(NotFound):
        GeneratedDrive(Shape()).stat((name,))


@pytest.mark.parametrize("cursor", ["", "x", "-1", "²", "99999999", "1 "])
def test_foreign_cursors_are_refused(cursor):
    """
    A cursor that this drive never gave is `CursorExpired`.
    """
    with pytest.raises(CursorExpired):
        GeneratedDrive(Shape()).list(ROOT, cursor=cursor)


@pytest.mark.parametrize(
    "place",
    ["entries", "entries=", "entries=-1", "entries=x", "size=3", "fan=2", "page=0", "change=101", "seed=²"],
)
def test_senseless_addresses_are_refused(place):
    """
    An unknown parameter or a senseless value is told with the address.
    """
    with pytest.raises(BadAddress):
        open_drive(parse(f"generated:{place}"))


def test_a_million_entries_are_found_by_name():
    """
    An entry in the depth of a large drive is found without listing any folder.
    """
    drive = open_drive(parse("generated:entries=1000000"))
    folder = drive.list(drive.list(ROOT).entries[5].path).entries[7]
    last = drive.list(folder.path).entries[-1]

    assert 3 == len(last.path)
    assert last == drive.stat(last.path)
    assert last.size == len(content_of(drive, last.path))
