"""An archive unpacks to no more than it may, and the rest stays away."""

from __future__ import annotations

import collections
import gzip
import io
import tarfile
import zipfile

import pytest
from helpers.archive_files import PRODUCTS
from helpers.archive_files import names_in
from helpers.archive_files import write_tar
from helpers.archive_files import write_zip

from dnc_keras import datasets
from dnc_keras.datasets import archive_members
from dnc_keras.datasets import archives

_MEGABYTE = 0.001  # In the unit of max_unpacked_gb.
_ZIPPED = {"birds.zip": "birds"}


@pytest.fixture
def usual_megabyte(monkeypatch):
    """What is usual, made smaller: 1 MB, or 4 times the archive."""
    monkeypatch.setattr(archives, "_USUAL_BYTES", 10**6)


def _assert_refused(root, products, match, **options):
    with pytest.raises(ValueError, match=match) as caught:
        archives.extract_missing(root, products, **options)
    assert "\n" not in str(caught.value)
    assert names_in(root) == list(products)


@pytest.mark.parametrize(
    "write, products", [(write_tar, PRODUCTS), (write_zip, _ZIPPED)]
)
def test_what_unpacks_to_too_much_is_refused(
    tmp_path, usual_megabyte, write, products
):
    archive = write(tmp_path / list(products)[0], {"birds/a": b"0" * 1_500_000})
    size = archive.stat().st_size
    message = (
        f"{archive.name}' of {size} bytes must unpack to at most 1000000 "
        "bytes. Received: more. Nothing was extracted. If you trust it, allow "
        "more: --max_unpacked_gb=0.002."
    )
    _assert_refused(tmp_path, products, message)
    assert archives.extract_missing(tmp_path, products, 2 * _MEGABYTE)
    assert (tmp_path / "birds" / "a").stat().st_size == 1_500_000


def test_large_archives_may_unpack_to_four_times_their_size(
    tmp_path, usual_megabyte
):
    # Numbers of 1 to 3 digits take about 3 bits of each byte in a gzip.
    text = "".join(map(str, range(300_000))).encode()
    archive = write_tar(tmp_path / "birds.tgz", {"birds/a": text})
    assert 10**6 < len(text) < 4 * archive.stat().st_size
    assert archives.extract_missing(tmp_path, PRODUCTS)


def test_the_bound_may_be_lowered(tmp_path):
    write_tar(tmp_path / "birds.tgz", {"birds/a": b"0" * 20_000})
    message = "at most 10000 bytes"
    _assert_refused(tmp_path, PRODUCTS, message, max_unpacked_gb=1e-5)


def test_bytes_count_that_nobody_asked_for(tmp_path, usual_megabyte):
    write_tar(tmp_path / "birds.tgz", {"birds/._a": b"0" * 1_500_000})
    _assert_refused(tmp_path, PRODUCTS, "must unpack to at most 1000000")


def test_bytes_count_that_follow_the_end(tmp_path, usual_megabyte):
    archive = write_tar(tmp_path / "birds.tgz")
    archive.write_bytes(archive.read_bytes() + gzip.compress(bytes(1_500_000)))
    _assert_refused(tmp_path, PRODUCTS, "must unpack to at most 1000000")


def test_sizes_that_a_zip_tells_are_not_believed(tmp_path, usual_megabyte):
    archive = write_zip(tmp_path / "birds.zip", {"birds/a": bytes(1_500_000)})
    told = (1_500_000).to_bytes(4, "little")
    small = (1000).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(told, small))
    # Python reads as many as were told, whose checksum is then another.
    _assert_refused(tmp_path, _ZIPPED, "no complete archive: Bad CRC-32")


def test_members_that_share_their_bytes_count_each(tmp_path, usual_megabyte):
    path = tmp_path / "birds.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("birds/a", bytes(300_000))
        first = archive.infolist()[0]
        archive.filelist += [first] * 4
    _assert_refused(tmp_path, _ZIPPED, "must unpack to at most|Overlapped")


def test_files_with_holes_are_refused(tmp_path):
    info = tarfile.TarInfo("birds/hole")
    info.type = tarfile.GNUTYPE_SPARSE
    write_tar(tmp_path / "birds.tgz", extra=[info])
    _assert_refused(tmp_path, PRODUCTS, "archive: a file has holes")


def test_a_long_header_is_refused_before_it_is_read(tmp_path):
    info = tarfile.TarInfo("birds/name")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**30
    write_tar(tmp_path / "birds.tgz", extra=[info])
    _assert_refused(tmp_path, PRODUCTS, "a header has 1073741824 bytes")


def test_headers_that_follow_each_other_without_end_are_refused(tmp_path):
    info = tarfile.TarInfo("birds/name")
    info.type = tarfile.GNUTYPE_LONGNAME
    write_tar(tmp_path / "birds.tgz", extra=[info] * 2000)
    _assert_refused(tmp_path, PRODUCTS, "no complete archive")


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_MAX_MEMBERS", 3)
    write_tar(tmp_path / "birds.tgz", {f"birds/{n}": b"" for n in range(4)})
    _assert_refused(tmp_path, PRODUCTS, "must have at most 3 members")


def test_room_is_looked_for_before_the_work(tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(
        archives.shutil, "disk_usage", lambda path: usage(100, 90, 10)
    )
    message = "cannot be extracted into .*: No space left on device. Extract"
    with pytest.raises(OSError, match=message):
        archives.extract_missing(tmp_path, PRODUCTS)


@pytest.mark.parametrize(
    "name, archive",
    [
        ("cub200_2011", "CUB_200_2011.tgz"),
        ("vehicle_id", "VehicleID_V1.0.tar.gz"),
        ("stanford_online_products", "Stanford_Online_Products.zip"),
    ],
)
def test_every_data_set_has_the_bound(tmp_path, name, archive):
    write = write_zip if archive.endswith("zip") else write_tar
    write(tmp_path / archive, {"a/b": b"0" * 20_000})
    with pytest.raises(ValueError, match="must unpack to at most 10000 bytes"):
        datasets.load(name, tmp_path, max_unpacked_gb=1e-5)


def test_a_tar_is_read_in_small_pieces(tmp_path):
    content = io.BytesIO(b"0" * 2_000_000)
    info = tarfile.TarInfo("birds/a")
    info.size = 2_000_000
    with tarfile.open(tmp_path / "birds.tar", "w") as archive:
        archive.addfile(info, content)
    pieces = []
    members = archive_members.read_members(
        tmp_path / "birds.tar", pieces.append
    )
    assert [member.name for member in members] == ["birds/a"]
    assert max(pieces) <= 2**20
    assert sum(pieces) == (tmp_path / "birds.tar").stat().st_size
