"""Archives are extracted once, and as a whole."""

from __future__ import annotations

import os
import stat
import tarfile

import pytest
from helpers.archive_files import FILES
from helpers.archive_files import PRODUCTS
from helpers.archive_files import names_in
from helpers.archive_files import special_member
from helpers.archive_files import write_tar
from helpers.archive_files import write_zip

from dnc_keras.datasets import archives


def _contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_any_compression_is_extracted(tmp_path, mode):
    write_tar(tmp_path / "birds.tgz", mode=mode)
    assert archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds", "birds.tgz"]
    assert _contents(tmp_path / "birds") == {
        "images/Größe 1.JPG": b"1" * 70000,
        "list.txt": b"2",
    }


def test_a_zip_is_extracted(tmp_path):
    write_zip(tmp_path / "birds.zip")
    assert archives.extract_missing(tmp_path, {"birds.zip": "birds"})
    assert _contents(tmp_path / "birds")["list.txt"] == b"2"


def test_archives_are_also_found_in_the_manual_dir(tmp_path):
    write_tar(tmp_path / "downloads" / "manual" / "birds.tgz")
    assert archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds", "downloads"]


def test_an_archive_is_extracted_once(tmp_path):
    archive = write_tar(tmp_path / "birds.tgz")
    assert archives.extract_missing(tmp_path, PRODUCTS)
    archive.write_bytes(b"no archive any more")
    assert archives.extract_missing(tmp_path, PRODUCTS)
    archive.unlink()
    assert archives.extract_missing(tmp_path, PRODUCTS)


def test_nothing_is_extracted_where_an_archive_is_missing(tmp_path):
    write_tar(tmp_path / "birds.tgz")
    products = {**PRODUCTS, "cars.tgz": "cars"}
    assert not archives.extract_missing(tmp_path, products)
    assert names_in(tmp_path) == ["birds.tgz"]


def test_only_what_is_missing_is_extracted(tmp_path):
    (tmp_path / "copy" / "birds").mkdir(parents=True)
    write_tar(tmp_path / "cars.tgz", {"./cars/1.jpg": b"1"})
    products = {**PRODUCTS, "cars.tgz": "cars"}
    assert archives.extract_missing(tmp_path, products)
    assert names_in(tmp_path) == ["cars", "cars.tgz", "copy"]


def test_entries_that_are_there_already_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    files = {**FILES, "notes.txt": b"theirs", "more.txt": b"new"}
    write_tar(tmp_path / "birds.tgz", files)
    assert archives.extract_missing(tmp_path, PRODUCTS)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "more.txt").read_text() == "new"


def test_what_macos_adds_is_left_out(tmp_path):
    files = {"__MACOSX/birds/._list.txt": b"", "birds/._list.txt": b""}
    write_tar(tmp_path / "birds.tgz", {**files, **FILES})
    assert archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds", "birds.tgz"]
    assert names_in(tmp_path / "birds") == ["images", "list.txt"]


def test_extracted_files_have_the_permissions_of_new_files(tmp_path):
    info = special_member("birds", tarfile.DIRTYPE)
    info.mode = 0o000
    write_tar(tmp_path / "birds.tgz", extra=[info])
    assert archives.extract_missing(tmp_path, PRODUCTS)
    (tmp_path / "new").mkdir()
    (tmp_path / "new.txt").touch()
    for extracted, new in (("birds", "new"), ("birds/list.txt", "new.txt")):
        assert (
            stat.S_IMODE((tmp_path / extracted).stat().st_mode)
            == stat.S_IMODE((tmp_path / new).stat().st_mode)
        )  # fmt: skip


def test_an_archive_without_its_product_is_refused(tmp_path):
    write_tar(tmp_path / "birds.tgz", {"cars/1.jpg": b"1"})
    with pytest.raises(ValueError, match="birds.tgz' must hold 'birds'. Rec"):
        archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds.tgz"]


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "birds").mkdir()
    write_tar(tmp_path / "birds.tgz")
    message = "birds' is in the way of .*birds.tgz', and it has no 'list.txt'"
    with pytest.raises(ValueError, match=message):
        archives.extract_missing(tmp_path, {"birds.tgz": "list.txt"})
    assert names_in(tmp_path) == ["birds", "birds.tgz"]


def test_an_interrupted_extraction_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(members, description):
        yield next(members)
        assert len(names_in(tmp_path)) == 2
        raise KeyboardInterrupt

    write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", interrupt)
    with pytest.raises(KeyboardInterrupt):
        archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds.tgz"]


def test_another_process_may_be_faster(tmp_path, monkeypatch):
    def wait(members, description):
        yield from members
        (tmp_path / "birds").mkdir()

    write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", wait)
    assert archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds", "birds.tgz"]
    assert not names_in(tmp_path / "birds")


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def fill(members, description):
        raise OSError(28, "No space left on device")
        yield

    write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", fill)
    message = "cannot be extracted into .*: No space left on device. Extract"
    with pytest.raises(OSError, match=message):
        archives.extract_missing(tmp_path, PRODUCTS)
    assert names_in(tmp_path) == ["birds.tgz"]


def test_a_read_only_folder_is_told(tmp_path):
    write_tar(tmp_path / "birds.tgz")
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("This user may write everywhere.")
        with pytest.raises(PermissionError, match="Extract it there by hand, "):
            archives.extract_missing(tmp_path, PRODUCTS)
    finally:
        tmp_path.chmod(0o755)


def test_a_long_extraction_can_be_watched(tmp_path, monkeypatch):
    seen = []

    def watch(members, description):
        seen.append(description)
        yield from members

    write_tar(tmp_path / "birds.tgz")
    monkeypatch.setattr(archives, "track", watch)
    archives.extract_missing(tmp_path, PRODUCTS)
    assert seen == ["Extracting birds.tgz"]
