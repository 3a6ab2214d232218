"""Archives that are evil, damaged or cut are refused as a whole."""

from __future__ import annotations

import os
import re
import stat
import tarfile
import zipfile

import pytest
from helpers.archive_files import PRODUCTS
from helpers.archive_files import names_in
from helpers.archive_files import special_member
from helpers.archive_files import write_tar
from helpers.archive_files import write_zip

from dnc_keras.datasets import archives


@pytest.mark.parametrize(
    "info, reason",
    [
        (
            special_member("../evil", tarfile.DIRTYPE),
            "not a path inside a folder",
        ),
        (
            special_member("birds/../../x", tarfile.REGTYPE),
            "not a path inside a fo",
        ),
        (
            special_member("/tmp/evil", tarfile.REGTYPE),
            "not a path inside a folder",
        ),
        (
            special_member("C:/evil", tarfile.REGTYPE),
            "not a path inside a folder",
        ),
        (
            special_member("birds\\..\\evil", tarfile.REGTYPE),
            "not a path inside a f",
        ),
        (
            special_member("birds/s", tarfile.SYMTYPE, "list.txt"),
            "a link or a dev",
        ),
        (
            special_member("birds/s", tarfile.SYMTYPE, "/etc"),
            "a link or a device",
        ),
        (
            special_member("birds/h", tarfile.LNKTYPE, "birds/list.txt"),
            "a link or",
        ),
        (special_member("birds/d", tarfile.CHRTYPE), "a link or a device"),
        (special_member("birds/f", tarfile.FIFOTYPE), "a link or a device"),
    ],
)
def test_an_evil_tar_is_refused_as_a_whole(tmp_path, info, reason):
    root = tmp_path / "data"
    write_tar(root / "birds.tgz", extra=[info])
    message = (
        f"birds.tgz' is not safe to extract: its member {info.name!r} is "
        f"{reason}"
    )
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        archives.extract_missing(root, PRODUCTS)
    assert "\n" not in str(caught.value)
    assert names_in(root) == ["birds.tgz"]
    assert names_in(tmp_path) == ["data"]


@pytest.mark.parametrize(
    "name, mode, reason",
    [
        ("../evil", 0, "not a path inside a folder"),
        ("/evil", 0, "not a path inside a folder"),
        ("..\\evil", 0, "not a path inside a folder"),
        ("birds/link", stat.S_IFLNK | 0o777, "a link or a device"),
    ],
)
def test_an_evil_zip_is_refused_as_a_whole(tmp_path, name, mode, reason):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    write_zip(tmp_path / "birds.zip")
    with zipfile.ZipFile(tmp_path / "birds.zip", "a") as archive:
        archive.writestr(info, "list.txt")
    with pytest.raises(ValueError, match=re.escape(f"{name!r} is {reason}")):
        archives.extract_missing(tmp_path, {"birds.zip": "birds"})
    assert names_in(tmp_path) == ["birds.zip"]


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = write_zip(tmp_path / "birds.zip", {"birds/a.txt": b"secret"})
    content = bytearray(archive.read_bytes())
    # The flags of the last member, 8 bytes after its central signature.
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    message = (
        "birds.zip' has a password: its member 'birds/a.txt' is encrypted. "
        "Nothing was extracted. Extract it by hand with the password"
    )
    with pytest.raises(ValueError, match=message):
        archives.extract_missing(tmp_path, {"birds.zip": "birds"})
    assert names_in(tmp_path) == ["birds.zip"]


def _assert_damaged(root, name):
    message = f"{name}' is no complete archive: .* Download it again."
    with pytest.raises(ValueError, match=message) as caught:
        archives.extract_missing(root, {name: "birds"})
    assert "\n" not in str(caught.value)
    assert names_in(root) == [name]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_cut_tar_is_refused(tmp_path, mode, part):
    random = {f"birds/{row}": os.urandom(5120) for row in range(8)}
    archive = write_tar(tmp_path / "birds.tgz", random, mode)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(part * 8 * 5632)])
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_tar_cut_between_two_members_is_refused(tmp_path):
    archive = write_tar(
        tmp_path / "birds.tgz", {"birds/1": b"1", "birds/2": b"2"}, "w"
    )
    archive.write_bytes(archive.read_bytes()[:1024])
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_tar_with_a_damaged_header_is_refused(tmp_path):
    archive = write_tar(
        tmp_path / "birds.tgz", {"birds/1": b"1", "birds/2": b"2"}, "w"
    )
    content = bytearray(archive.read_bytes())
    content[1024:1030] = b"damage"
    archive.write_bytes(content)
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_wrong_checksum_of_gzip_is_refused(tmp_path):
    archive = write_tar(tmp_path / "birds.tgz")
    content = bytearray(archive.read_bytes())
    content[-5] ^= 255
    archive.write_bytes(content)
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_wrong_checksum_of_zip_is_refused(tmp_path):
    archive = write_zip(tmp_path / "birds.zip", {"birds/a": b"abcdefgh" * 99})
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 16] ^= 255
    archive.write_bytes(content)
    _assert_damaged(tmp_path, "birds.zip")


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"PK\3\4"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "birds.tgz").write_bytes(content)
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_cut_zip_is_refused(tmp_path):
    archive = write_zip(tmp_path / "birds.zip")
    archive.write_bytes(archive.read_bytes()[:-30])
    _assert_damaged(tmp_path, "birds.zip")
