"""Stanford Online Products, in the forms in which people have it."""

from __future__ import annotations

import pathlib
import time
import zipfile

import numpy as np
import pytest
from helpers.image_files import jpeg
from helpers.image_files import plain
from helpers.image_files import write_file

from dnc_keras import images
from dnc_keras.datasets import stanford_online_products

_JPEG = jpeg(plain(99))
_HEADER = "image_id class_id super_class_id path\n"
_TRAIN = """\
1 1 1 bicycle_final/111085122871_0.JPG
2 1 1 bicycle_final/111085122871_1.JPG
3 2 2 cabinet_final/111265328556_0.JPG
"""
_TEST = """\
59552 11319 1 bicycle_final/251952414262_0.JPG
59553 11319 1 bicycle_final/251952414262_1.JPG
59554 11320 2 cabinet_final/251952414263_0.JPG
"""
_COUNTS = [
    "stanford_online_products should hold 59551 train images of 11318 "
    "classes. Received: 3 of 2. Results are not comparable.",
    "stanford_online_products should hold 60502 test images of 11316 "
    "classes. Received: 3 of 2. Results are not comparable.",
]


def _write(lists, folder, train=_TRAIN, test=_TEST):
    """Writes both lists, and each image that they name."""
    lists.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("test", test)):
        (lists / f"Ebay_{name}.txt").write_bytes((_HEADER + rows).encode())
        for row in rows.splitlines():
            path = folder / row.strip().split(maxsplit=3)[-1]
            write_file(path, _JPEG)


def _write_archive(root, file):
    """Writes the archive, from a copy in `root`."""
    name = "Stanford_Online_Products"
    _write(root / name, root / name)
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted((root / name).rglob("*")):
            archive.write(path, path.relative_to(root))
        archive.writestr(f"__MACOSX/{name}/._Ebay_test.txt", "")


def _check(loaded, folder):
    assert loaded.name == "stanford_online_products"
    assert list(loaded.train.paths) == [
        f"{folder}/bicycle_final/111085122871_0.JPG",
        f"{folder}/bicycle_final/111085122871_1.JPG",
        f"{folder}/cabinet_final/111265328556_0.JPG",
    ]
    np.testing.assert_array_equal(loaded.train.labels, [0, 0, 1])
    assert loaded.train.class_names == ("class 1", "class 2")
    assert loaded.test.class_names == ("class 11319", "class 11320")
    np.testing.assert_array_equal(loaded.test.labels, [0, 0, 1])
    read = loaded.test.reader()
    assert images.decode(read(2)).shape == [8, 8, 3]


@pytest.mark.parametrize("inner", ["", "Stanford_Online_Products", "a b/ü"])
def test_the_official_folder_is_found(tmp_path, caplog, inner):
    folder = tmp_path / inner
    _write(folder, folder)
    loaded = stanford_online_products.load(tmp_path)
    _check(loaded, folder)
    assert loaded.source.startswith("official folder: Ebay_train.txt and")
    assert caplog.messages == _COUNTS


def test_recall_is_reported_as_in_the_literature(tmp_path):
    _write(tmp_path, tmp_path)
    loaded = stanford_online_products.load(tmp_path)
    assert loaded.ks == (1, 10, 100, 1000)
    assert loaded.protocol.endswith("each test image against all others")
    assert loaded.query is None and loaded.num_gallery_draws == 0


@pytest.mark.parametrize("inner", ["", "online_products"])
def test_lists_in_info_files_are_found(tmp_path, inner):
    folder = tmp_path / inner
    _write(folder / "Info_Files", folder / "images")
    loaded = stanford_online_products.load(tmp_path)
    _check(loaded, folder / "images")
    assert loaded.source.startswith("re-packed folder: Info_Files/Ebay_train")


def test_of_two_forms_the_official_one_is_taken(tmp_path):
    official = tmp_path / "Stanford_Online_Products"
    _write(official, official)
    repack = tmp_path / "online_products"
    _write(repack / "Info_Files", repack / "images")
    loaded = stanford_online_products.load(tmp_path)
    _check(loaded, official)
    assert loaded.source.startswith("official folder")


@pytest.mark.parametrize("folder", ["", "downloads/manual"])
def test_the_archive_is_extracted_once(tmp_path, folder):
    place = tmp_path / "data" / folder
    place.mkdir(parents=True)
    file = place / "Stanford_Online_Products.zip"
    _write_archive(tmp_path, file)
    loaded = stanford_online_products.load(tmp_path / "data")
    _check(loaded, tmp_path / "data" / "Stanford_Online_Products")
    assert loaded.source == "official archive Stanford_Online_Products.zip"
    file.unlink()
    again = stanford_online_products.load(tmp_path / "data")
    _check(again, tmp_path / "data" / "Stanford_Online_Products")
    assert again.source.startswith("official folder")


def test_names_with_blanks_and_umlauts_and_windows_lines_work(tmp_path):
    train = _TRAIN.replace("111085122871_1.JPG", "Größe 1_1.JPEG")
    train = train.replace(" 2 cab", "   2  cab").replace("\n", "\r\n")
    _write(tmp_path, tmp_path, train)
    train = stanford_online_products.load(tmp_path).train
    assert train.paths[1] == f"{tmp_path}/bicycle_final/Größe 1_1.JPEG"
    assert pathlib.Path(train.paths[1]).read_bytes() == _JPEG
    np.testing.assert_array_equal(train.labels, [0, 0, 1])


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("1 1 1 b", "1 one 1 b", "integer integer integer text. .* line 2:"),
        ("2 2 c", "2 c", "integer integer integer text. .* in line 4: '3 2 c"),
        ("871_1", "871_0", "listed once. Listed more often: '.*22871_0.JPG'"),
        (" 2 2 c", " 11319 2 c", "in both: 'class 11319'. Move each to one"),
    ],
)
def test_wrong_lists_are_refused(tmp_path, old, new, message):
    _write(tmp_path, tmp_path)
    text = _HEADER + _TRAIN.replace(old, new)
    (tmp_path / "Ebay_train.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        stanford_online_products.load(tmp_path)


def test_a_missing_image_is_left_out_and_named(tmp_path, caplog):
    _write(tmp_path, tmp_path)
    (tmp_path / "bicycle_final" / "111085122871_0.JPG").unlink()
    loaded = stanford_online_products.load(tmp_path)
    np.testing.assert_array_equal(loaded.train.labels, [0, 1])
    assert "name 1 of 6 images that do not exist: '" in caplog.messages[0]
    assert "22871_0.JPG'. They are left out." in caplog.messages[0]


@pytest.mark.parametrize("name", ["Ebay_train.txt", "Ebay_test.txt", "images"])
def test_without_lists_or_images_all_forms_and_the_origin_are_told(
    tmp_path, name
):
    """Folders of images alone do not tell who trains and who tests."""
    _write(tmp_path, tmp_path)
    if name == "images":
        for path in tmp_path.glob("*_final"):
            path.rename(tmp_path / path.name[:-6])
    else:
        (tmp_path / name).unlink()
    message = (
        "No images of stanford_online_products in .*Looked for: official "
        "folder: Ebay_train.*; or re-packed folder: Info_Files.*; or official "
        "archive .* at ftp://cs.stanford.edu/cs/cvgl/Stanford_Online_Products"
        ".zip .3,083,860,082 bytes, sha256 b04fa782"
    )
    with pytest.raises(FileNotFoundError, match=message):
        stanford_online_products.load(tmp_path)


def test_lists_of_the_official_length_load_fast(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(
        "dnc_keras.datasets.benchmark.are_files",
        lambda paths: np.ones(len(paths), bool),
    )
    _write(tmp_path, tmp_path)
    for name, first, num_images, num_classes in (
        ("train", 1, 59551, 11318),
        ("test", 11319, 60502, 11316),
    ):
        rows = (
            f"{i} {first + i % num_classes} 1 bicycle_final/{name}_{i}.JPG\n"
            for i in range(num_images)
        )
        (tmp_path / f"Ebay_{name}.txt").write_text(_HEADER + "".join(rows))
    start = time.perf_counter()
    loaded = stanford_online_products.load(tmp_path)
    # It takes less than one: only a slow algorithm fails.
    assert time.perf_counter() - start < 10
    assert (len(loaded.train), loaded.train.num_classes) == (59551, 11318)
    assert (len(loaded.test), loaded.test.num_classes) == (60502, 11316)
    assert not caplog.records
