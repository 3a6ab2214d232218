"""Archives: extracted once, whole and safely."""

from __future__ import annotations

import io
import os
import re
import stat
import tarfile
import zipfile

import pytest

from dnc_keras.datasets import archives

_FILES = {"birds/images/Größe 1.JPG": b"1" * 70000, "birds/list.txt": b"2"}
_PRODUCTS = {"birds.tgz": "birds"}


def _write_tar(path, files=None, mode="w:gz", extra=()):
    """Writes files, then headers as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, content in (files or _FILES).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return path


def _write_zip(path, files=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("birds/images/", "")
        for name, content in (files or _FILES).items():
            archive.writestr(name, content)
    return path


def _contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_any_compression_is_extracted(tmp_path, mode):
    _write_tar(tmp_path / "birds.tgz", mode=mode)
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds", "birds.tgz"]
    assert _contents(tmp_path / "birds") == {
        "images/Größe 1.JPG": b"1" * 70000,
        "list.txt": b"2",
    }


def test_a_zip_is_extracted(tmp_path):
    _write_zip(tmp_path / "birds.zip")
    assert archives.extract_missing(tmp_path, {"birds.zip": "birds"})
    assert _contents(tmp_path / "birds")["list.txt"] == b"2"


def test_archives_are_also_found_in_the_manual_dir(tmp_path):
    _write_tar(tmp_path / "downloads" / "manual" / "birds.tgz")
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds", "downloads"]


def test_an_archive_is_extracted_once(tmp_path):
    archive = _write_tar(tmp_path / "birds.tgz")
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    archive.write_bytes(b"no archive any more")
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    archive.unlink()
    assert archives.extract_missing(tmp_path, _PRODUCTS)


def test_nothing_is_extracted_where_an_archive_is_missing(tmp_path):
    _write_tar(tmp_path / "birds.tgz")
    products = {**_PRODUCTS, "cars.tgz": "cars"}
    assert not archives.extract_missing(tmp_path, products)
    assert _names(tmp_path) == ["birds.tgz"]


def test_only_what_is_missing_is_extracted(tmp_path):
    (tmp_path / "copy" / "birds").mkdir(parents=True)
    _write_tar(tmp_path / "cars.tgz", {"./cars/1.jpg": b"1"})
    products = {**_PRODUCTS, "cars.tgz": "cars"}
    assert archives.extract_missing(tmp_path, products)
    assert _names(tmp_path) == ["cars", "cars.tgz", "copy"]


def test_entries_that_are_there_already_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    files = {**_FILES, "notes.txt": b"theirs", "more.txt": b"new"}
    _write_tar(tmp_path / "birds.tgz", files)
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "more.txt").read_text() == "new"


def test_what_macos_adds_is_left_out(tmp_path):
    files = {"__MACOSX/birds/._list.txt": b"", "birds/._list.txt": b""}
    _write_tar(tmp_path / "birds.tgz", {**files, **_FILES})
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds", "birds.tgz"]
    assert _names(tmp_path / "birds") == ["images", "list.txt"]


def test_extracted_files_have_the_permissions_of_new_files(tmp_path):
    info = _special("birds", tarfile.DIRTYPE)
    info.mode = 0o000
    _write_tar(tmp_path / "birds.tgz", extra=[info])
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    (tmp_path / "new").mkdir()
    (tmp_path / "new.txt").touch()
    for extracted, new in (("birds", "new"), ("birds/list.txt", "new.txt")):
        assert (
            stat.S_IMODE((tmp_path / extracted).stat().st_mode)
            == stat.S_IMODE((tmp_path / new).stat().st_mode)
        )  # fmt: skip


@pytest.mark.parametrize(
    "info, reason",
    [
        (_special("../evil", tarfile.DIRTYPE), "not a path inside a folder"),
        (_special("birds/../../x", tarfile.REGTYPE), "not a path inside a fo"),
        (_special("/tmp/evil", tarfile.REGTYPE), "not a path inside a folder"),
        (_special("C:/evil", tarfile.REGTYPE), "not a path inside a folder"),
        (_special("birds\\..\\evil", tarfile.REGTYPE), "not a path inside a f"),
        (_special("birds/s", tarfile.SYMTYPE, "list.txt"), "a link or a dev"),
        (_special("birds/s", tarfile.SYMTYPE, "/etc"), "a link or a device"),
        (_special("birds/h", tarfile.LNKTYPE, "birds/list.txt"), "a link or"),
        (_special("birds/d", tarfile.CHRTYPE), "a link or a device"),
        (_special("birds/f", tarfile.FIFOTYPE), "a link or a device"),
    ],
)
def test_an_evil_tar_is_refused_as_a_whole(tmp_path, info, reason):
    root = tmp_path / "data"
    _write_tar(root / "birds.tgz", extra=[info])
    message = (
        f"birds.tgz' is not safe to extract: its member {info.name!r} is "
        f"{reason}"
    )
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        archives.extract_missing(root, _PRODUCTS)
    assert "\n" not in str(caught.value)
    assert _names(root) == ["birds.tgz"]
    assert _names(tmp_path) == ["data"]


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
    _write_zip(tmp_path / "birds.zip")
    with zipfile.ZipFile(tmp_path / "birds.zip", "a") as archive:
        archive.writestr(info, "list.txt")
    with pytest.raises(ValueError, match=re.escape(f"{name!r} is {reason}")):
        archives.extract_missing(tmp_path, {"birds.zip": "birds"})
    assert _names(tmp_path) == ["birds.zip"]


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = _write_zip(tmp_path / "birds.zip", {"birds/a.txt": b"secret"})
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
    assert _names(tmp_path) == ["birds.zip"]


def _assert_damaged(root, name):
    message = f"{name}' is no complete archive: .* Download it again."
    with pytest.raises(ValueError, match=message) as caught:
        archives.extract_missing(root, {name: "birds"})
    assert "\n" not in str(caught.value)
    assert _names(root) == [name]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_cut_tar_is_refused(tmp_path, mode, part):
    random = {f"birds/{row}": os.urandom(5120) for row in range(8)}
    archive = _write_tar(tmp_path / "birds.tgz", random, mode)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(part * 8 * 5632)])
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_tar_cut_between_two_members_is_refused(tmp_path):
    archive = _write_tar(
        tmp_path / "birds.tgz", {"birds/1": b"1", "birds/2": b"2"}, "w"
    )
    archive.write_bytes(archive.read_bytes()[:1024])
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_tar_with_a_damaged_header_is_refused(tmp_path):
    archive = _write_tar(
        tmp_path / "birds.tgz", {"birds/1": b"1", "birds/2": b"2"}, "w"
    )
    content = bytearray(archive.read_bytes())
    content[1024:1030] = b"damage"
    archive.write_bytes(content)
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_wrong_checksum_of_gzip_is_refused(tmp_path):
    archive = _write_tar(tmp_path / "birds.tgz")
    content = bytearray(archive.read_bytes())
    content[-5] ^= 255
    archive.write_bytes(content)
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_wrong_checksum_of_zip_is_refused(tmp_path):
    archive = _write_zip(tmp_path / "birds.zip", {"birds/a": b"abcdefgh" * 99})
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 16] ^= 255
    archive.write_bytes(content)
    _assert_damaged(tmp_path, "birds.zip")


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"PK\3\4"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "birds.tgz").write_bytes(content)
    _assert_damaged(tmp_path, "birds.tgz")


def test_a_cut_zip_is_refused(tmp_path):
    archive = _write_zip(tmp_path / "birds.zip")
    archive.write_bytes(archive.read_bytes()[:-30])
    _assert_damaged(tmp_path, "birds.zip")


def test_an_archive_without_its_product_is_refused(tmp_path):
    _write_tar(tmp_path / "birds.tgz", {"cars/1.jpg": b"1"})
    with pytest.raises(ValueError, match="birds.tgz' must hold 'birds'. Rec"):
        archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds.tgz"]


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "birds").mkdir()
    _write_tar(tmp_path / "birds.tgz")
    message = "birds' is in the way of .*birds.tgz', and it has no 'list.txt'"
    with pytest.raises(ValueError, match=message):
        archives.extract_missing(tmp_path, {"birds.tgz": "list.txt"})
    assert _names(tmp_path) == ["birds", "birds.tgz"]


def test_an_interrupted_extraction_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(members, description):
        yield next(members)
        assert len(_names(tmp_path)) == 2
        raise KeyboardInterrupt

    _write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", interrupt)
    with pytest.raises(KeyboardInterrupt):
        archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds.tgz"]


def test_another_process_may_be_faster(tmp_path, monkeypatch):
    def wait(members, description):
        yield from members
        (tmp_path / "birds").mkdir()

    _write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", wait)
    assert archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds", "birds.tgz"]
    assert not _names(tmp_path / "birds")


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def fill(members, description):
        raise OSError(28, "No space left on device")
        yield

    _write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", fill)
    message = "cannot be extracted into .*: No space left on device. Extract"
    with pytest.raises(OSError, match=message):
        archives.extract_missing(tmp_path, _PRODUCTS)
    assert _names(tmp_path) == ["birds.tgz"]


def test_a_read_only_folder_is_told(tmp_path):
    _write_tar(tmp_path / "birds.tgz")
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("This user may write everywhere.")
        with pytest.raises(PermissionError, match="Extract it there by hand, "):
            archives.extract_missing(tmp_path, _PRODUCTS)
    finally:
        tmp_path.chmod(0o755)


def test_a_long_extraction_can_be_watched(tmp_path, monkeypatch):
    seen = []

    def watch(members, description):
        seen.append(description)
        yield from members

    _write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", watch)
    archives.extract_missing(tmp_path, _PRODUCTS)
    assert seen == ["Extracting birds.tgz"]
