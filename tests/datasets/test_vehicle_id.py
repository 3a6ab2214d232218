"""PKU VehicleID: its lists, protocols and forms."""

from __future__ import annotations

import io
import tarfile
import zipfile

import numpy as np
import pytest
from helpers.image_files import jpeg
from helpers.image_files import plain
from helpers.image_files import write_file

from dnc_keras import images
from dnc_keras.datasets import vehicle_id

_JPEG = jpeg(plain(99))
_LISTS = {
    "train_list": "0000001 7\n0000002 7\n0000003 12\n",
    "test_list_800": "0000004 8\n0000005 8\n0000006 26328\n",
    "test_list_1600": "0000004 8\n0000007 9\n0000008 9\n",
    "test_list_2400": "0000007 9\n0000008 9\n0000009 10\n0000010 10\n",
    "test_list_3200": "0000010 10\n",
}


def _members(lists=_LISTS):
    """The files of a copy, by path."""
    rows = [row for text in lists.values() for row in text.splitlines()]
    ids = {row.split()[0] for row in rows if row}
    return {
        **{f"image/{image}.jpg": _JPEG for image in sorted(ids)},
        **{
            f"train_test_split/{name}.txt": text.encode()
            for name, text in lists.items()
        },
    }


def _write(root, lists=_LISTS):
    for name, content in _members(lists).items():
        write_file(root / name, content)


def _stems(index, folder):
    for path in index.paths:
        assert path.startswith(f"{folder}/image/") and path.endswith(".jpg")
    return [path[-11:-4] for path in index.paths]


def _check(loaded, folder):
    """The large list."""
    assert loaded.name == "vehicle_id"
    assert _stems(loaded.train, folder) == ["0000001", "0000002", "0000003"]
    assert loaded.train.class_names == ("vehicle 7", "vehicle 12")
    np.testing.assert_array_equal(loaded.train.labels, [0, 0, 1])
    tested = ["0000007", "0000008", "0000009", "0000010"]
    assert _stems(loaded.test, folder) == tested
    assert loaded.test.class_names == ("vehicle 9", "vehicle 10")
    np.testing.assert_array_equal(loaded.test.labels, [0, 0, 1, 1])
    read = loaded.test.reader()
    assert images.decode(read(3)).shape == [8, 8, 3]


@pytest.mark.parametrize("inner", ["", "VehicleID_V1.0", "a b/ü"])
def test_the_official_folder_is_found(tmp_path, inner):
    _write(tmp_path / inner)
    loaded = vehicle_id.load(tmp_path)
    _check(loaded, tmp_path / inner)
    assert loaded.source == (
        "official folder: image/ beside train_test_split/ with "
        "train_list.txt and test_list_2400.txt"
    )


@pytest.mark.parametrize(
    "test_list, vehicles, tested",
    [
        ("small", "800", ["0000004", "0000005", "0000006"]),
        ("medium", "1,600", ["0000004", "0000007", "0000008"]),
        ("large", "2,400", ["0000007", "0000008", "0000009", "0000010"]),
    ],
)
def test_the_test_list_is_taken_and_named(
    tmp_path, test_list, vehicles, tested
):
    _write(tmp_path)
    loaded = vehicle_id.load(tmp_path, test_list)
    assert _stems(loaded.test, tmp_path) == tested
    assert loaded.protocol == (
        f"{test_list} list ({vehicles} vehicles); zero-shot: test classes "
        "unseen, each test image against all others"
    )


def test_by_default_no_gallery_is_drawn(tmp_path):
    _write(tmp_path)
    loaded = vehicle_id.load(tmp_path)
    assert loaded.num_gallery_draws == 0
    assert loaded.query is None and loaded.ks == (1, 5)


def test_the_protocol_of_re_identification_draws_ten_galleries(tmp_path):
    _write(tmp_path)
    loaded = vehicle_id.load(tmp_path, protocol="one_gallery_image")
    _check(loaded, tmp_path)
    assert loaded.num_gallery_draws == 10
    assert loaded.protocol == (
        "large list (2,400 vehicles); zero-shot: test classes unseen, gallery "
        "of one random image of each class, all others are queries, mean of "
        "10 draws"
    )


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"test_list": "2400"},
            "test_list must be one of small, medium, large. Received: '2400'",
        ),
        (
            {"protocol": "cmc"},
            "protocol must be one of all_against_all, one_gallery_image. "
            "Received: 'cmc'",
        ),
    ],
)
def test_wrong_choices_are_refused_before_files_are_read(options, message):
    with pytest.raises(ValueError, match=message):
        vehicle_id.load("absent", **options)


@pytest.mark.parametrize(
    "test_list, expected",
    [
        ("small", "6493 test images of 800 classes. Received: 3 of 2."),
        ("medium", "13377 test images of 1600 classes. Received: 3 of 2."),
        ("large", "19777 test images of 2400 classes. Received: 4 of 2."),
    ],
)
def test_other_counts_are_a_calm_warning(tmp_path, caplog, test_list, expected):
    _write(tmp_path)
    vehicle_id.load(tmp_path, test_list)
    note = "Versions of its lists differ slightly."
    assert caplog.messages == [
        "vehicle_id should hold 113346 train images of 13164 classes. "
        f"Received: 3 of 2. {note}",
        f"vehicle_id should hold {expected} {note}",
    ]


def test_a_vehicle_in_train_and_test_is_refused(tmp_path):
    lists = {**_LISTS, "test_list_2400": "0000007 12\n0000008 9\n"}
    _write(tmp_path, lists)
    with pytest.raises(ValueError, match="Classes in both: 'vehicle 12'."):
        vehicle_id.load(tmp_path)


@pytest.mark.parametrize(
    "rows, message",
    [
        ("0000007\n", "must be: text integer. Received in line 1: '0000007'."),
        ("0000007 a\n", "must be: text integer. Received in line 1: '0000007"),
        ("0000007 9\n0000007 9\n", "listed once. .* often: '.*/0000007.jpg'"),
        ("0000001 9\n0000007 9\n", "listed once. .* often: '.*/0000001.jpg'"),
    ],
)
def test_wrong_lists_are_refused(tmp_path, rows, message):
    _write(tmp_path, {**_LISTS, "test_list_2400": rows})
    with pytest.raises(ValueError, match=message):
        vehicle_id.load(tmp_path)


def test_windows_lines_and_a_byte_order_mark_work(tmp_path):
    _write(tmp_path)
    for path in (tmp_path / "train_test_split").iterdir():
        text = path.read_text().replace(" ", "  ").replace("\n", "\r\n")
        path.write_bytes(text.encode("utf-8-sig"))
    _check(vehicle_id.load(tmp_path), tmp_path)


def test_a_missing_image_is_left_out_and_named(tmp_path, caplog):
    _write(tmp_path)
    (tmp_path / "image" / "0000007.jpg").unlink()
    loaded = vehicle_id.load(tmp_path)
    np.testing.assert_array_equal(loaded.test.labels, [0, 1, 1])
    assert "name 1 of 7 images that do not exist" in caplog.messages[0]


def _write_zip(file):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in _members().items():
            archive.writestr(f"VehicleID_V1.0/{name}", content)


def _write_tar(file):
    with tarfile.open(file, "w:gz" if file.suffix == ".gz" else "w") as archive:
        for name, content in _members().items():
            member = tarfile.TarInfo(f"VehicleID_V1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    "extension, write",
    [("zip", _write_zip), ("tar", _write_tar), ("tar.gz", _write_tar)],
)
def test_archives_are_extracted(tmp_path, extension, write):
    write(tmp_path / f"VehicleID_V1.0.{extension}")
    loaded = vehicle_id.load(tmp_path)
    _check(loaded, tmp_path / "VehicleID_V1.0")
    assert loaded.source == "archive VehicleID_V1.0, zip or tar or tar.gz"


@pytest.mark.parametrize("name", ["train_list", "test_list_2400"])
def test_without_a_list_all_forms_and_the_origin_are_told(tmp_path, name):
    _write(tmp_path)
    (tmp_path / "train_test_split" / f"{name}.txt").unlink()
    message = (
        "No images of vehicle_id in .*Looked for: official folder: image/ .* "
        "test_list_2400.txt; or archive VehicleID_V1.0, .*Peking University "
        "gives it on request, .*https://www.pkuml.org"
    )
    with pytest.raises(FileNotFoundError, match=message):
        vehicle_id.load(tmp_path)


def test_lists_without_images_tell_the_origin(tmp_path):
    _write(tmp_path)
    (tmp_path / "image").rename(tmp_path / "pictures")
    message = "name 7 of 7 images that do not exist: .*Peking University gives"
    with pytest.raises(FileNotFoundError, match=message):
        vehicle_id.load(tmp_path)
