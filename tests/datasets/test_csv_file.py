"""Csv files."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest
from helpers.image_files import plain
from helpers.image_files import png

from dnc_keras import datasets
from dnc_keras.datasets import csv_file
from dnc_keras.datasets import repeated_files

_PNG = png(plain(0, 2, 2))
_ROWS = """\
path,label,split
a0.png,a,train
a1.png,a,train
b0.png,b,train
c0.png,c,test
d0.png,d,test
"""
_ROLES = """\
camera,split,path,label,role
,train,a0.png,a,
,train,b0.png,b,
west,test,c0.png,rare,gallery
east,test,c1.png,zebra,query
west,test,c2.png,zebra,gallery
west,test,d0.png,cat,query
east,test,d1.png,cat,gallery
"""


def _write(root, text, encoding="utf-8"):
    """Writes labels.csv and each image that it names."""
    (root / "labels.csv").write_text(text, encoding=encoding)
    header, *rows = text.strip().split("\n")
    column = header.split(",").index("path")
    for row in rows:
        (root / row.split(",")[column]).write_bytes(_PNG)


def _names(paths):
    return [path.rsplit("/", 1)[-1] for path in paths]


def _write_many(root, num_folders, num_images, num_classes=10):
    """Writes labels.csv, and images that are names of one; returns its rows."""
    (root / "image.png").write_bytes(_PNG)
    for part in range(num_folders):
        (root / f"part{part}").mkdir()
        for number in range(num_images):
            os.link(root / "image.png", root / f"part{part}/{number}.png")
    rows = [
        (f"part{part}/{number}.png", number % num_classes)
        for part in range(num_folders)
        for number in range(num_images)
    ]
    lines = [f"{p},{c},{'test' if c < 4 else 'train'}" for p, c in rows]
    (root / "labels.csv").write_text("\n".join(["path,label,split", *lines]))
    return rows


@pytest.mark.parametrize("name", ["", "labels.csv"])
def test_rows_go_to_their_split(tmp_path, name):
    _write(tmp_path, _ROWS)
    loaded = datasets.load("csv", tmp_path / name)
    assert list(loaded.train.paths) == [
        str(tmp_path / path) for path in ("a0.png", "a1.png", "b0.png")
    ]
    np.testing.assert_array_equal(loaded.train.labels, [0, 0, 1])
    assert loaded.train.class_names == ("a", "b")
    assert loaded.test.class_names == ("c", "d")
    assert loaded.query is None and loaded.test.cameras is None
    assert loaded.protocol.endswith("each test image against all others")


def test_absolute_paths_quotes_and_blank_lines_work(tmp_path):
    _write(tmp_path, _ROWS)
    text = _ROWS.replace("a0.png,a", f'"{tmp_path}/a0.png", "a, or so"')
    (tmp_path / "labels.csv").write_text(text.replace("\n", "\n\n"))
    train = datasets.load("csv", tmp_path).train
    assert train.paths[0] == str(tmp_path / "a0.png")
    assert train.class_names == ("a", "a, or so", "b")


def test_a_file_saved_by_excel_works(tmp_path):
    text = _ROWS.replace("a,train", "Größe,train").replace("\n", "\r\n")
    _write(tmp_path, _ROWS)
    (tmp_path / "labels.csv").write_bytes(text.encode("utf-8-sig"))
    train = datasets.load("csv", tmp_path).train
    assert train.class_names == ("Größe", "b")


def test_query_and_gallery_share_their_labels(tmp_path):
    _write(tmp_path, _ROLES)
    loaded = datasets.load("csv", tmp_path)
    assert loaded.query.class_names == ("cat", "zebra")
    assert loaded.gallery.class_names == ("cat", "zebra", "rare")
    assert loaded.test.class_names == loaded.gallery.class_names
    assert _names(loaded.query.paths) == ["c1.png", "d0.png"]
    np.testing.assert_array_equal(loaded.query.labels, [1, 0])
    assert _names(loaded.gallery.paths) == ["c0.png", "c2.png", "d1.png"]
    np.testing.assert_array_equal(loaded.gallery.labels, [2, 1, 0])
    assert loaded.protocol.endswith("each query against the gallery")


def test_cameras_are_numbered_alike_in_query_and_gallery(tmp_path):
    _write(tmp_path, _ROLES)
    loaded = datasets.load("csv", tmp_path)
    np.testing.assert_array_equal(loaded.query.cameras, [0, 1])
    np.testing.assert_array_equal(loaded.gallery.cameras, [1, 1, 0])
    assert loaded.train.cameras is None


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("label", "class", "Missing: 'label'. Received: 'path', 'class', 'sp"),
        ("b,train", "b,val", "hold train and test, .*: 'test', 'train', 'val'"),
        ("test\n", "train\n", "Column split must .* Received: 'train'."),
        ("d,test", "a,test", "Classes in both: 'a'. Move each to one side."),
        ("b0.png,b", "b0.png", "3 cells, .* filled. Wrong lines: '4'."),
        ("b0.png,b", "b0.png,", "3 cells, .* filled. Wrong lines: '4'."),
        ("a1.png", "./a0.png", "each image once. Named more often: '.*a0.png'"),
        ("d,test", "c,test", "test of data set csv needs at least two classes"),
        ("a,train\na1.png,a", '"a,train\na1.png,a"', "hold other rows. Rec"),
    ],
)
def test_wrong_rows_are_named(tmp_path, old, new, message):
    _write(tmp_path, _ROWS)
    (tmp_path / "labels.csv").write_text(_ROWS.replace(old, new))
    with pytest.raises(ValueError, match=message):
        datasets.load("csv", tmp_path)


@pytest.mark.parametrize(
    "old, new, message",
    [
        (",query", ",probe", "Column role must .*: 'gallery', 'probe'."),
        ("zebra,gallery", "zebra,", "Column role must .* '', 'gallery', 'que"),
        ("zebra,gallery", "rare,gallery", "Classes without: 'zebra'. Add one"),
        ("west", "", "Column camera must be .* Empty: 3 of 5."),
    ],
)
def test_wrong_roles_and_cameras_are_named(tmp_path, old, new, message):
    _write(tmp_path, _ROLES)
    (tmp_path / "labels.csv").write_text(_ROLES.replace(old, new))
    with pytest.raises(ValueError, match=message):
        datasets.load("csv", tmp_path)


def test_missing_images_are_counted_and_the_first_ten_named(tmp_path):
    rows = [f"{row:02d}.png,{row % 2},train" for row in range(12)]
    text = "\n".join(["path,label,split", *rows, "x.png,2,test"])
    (tmp_path / "labels.csv").write_text(text)
    message = r"00.png', .*09.png', ... \(13 in all\). Paths are relative"
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("csv", tmp_path)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "path,label,split in its first line. .* Received: an empty"),
        (b"path,label,split\n", "Column split must .* Received: no lines."),
        (b"path,label,split\n\xe9,a,train\n", "no csv file in UTF-8: .*0xe9"),
    ],
)
def test_files_without_rows_are_refused(tmp_path, content, message):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        datasets.load("csv", tmp_path)


def test_a_folder_without_the_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="No labels.csv in .*columns"):
        datasets.load("csv", tmp_path)


def test_many_rows_keep_their_order(tmp_path):
    rows = _write_many(tmp_path, num_folders=40, num_images=50)
    loaded = datasets.load("csv", tmp_path)
    for index, unseen in ((loaded.train, False), (loaded.test, True)):
        expected = [row for row in rows if (row[1] < 4) is unseen]
        assert list(index.paths) == [str(tmp_path / p) for p, _ in expected]
        labels = [int(index.class_names[label]) for label in index.labels]
        assert labels == [label for _, label in expected]


def test_a_row_is_held_as_its_path_and_numbers(tmp_path):
    num_rows = len(_write_many(tmp_path, num_folders=80, num_images=50))
    length = len(str(tmp_path)) + len("/part10/10.png")
    tracemalloc.start()
    datasets.load("csv", tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < num_rows * (length + 180)


def test_wrong_lines_are_numbered_as_in_an_editor(tmp_path):
    rows = [f'{row}.png,"a\n\nb",train' for row in range(300)]
    wrong = [f"{row}.png" for row in range(12)]
    lines = ["", "path,label,split", "", *rows, *wrong]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    message = r"Wrong lines: '904', '905', .* '913', ... \(12 in all\)."
    with pytest.raises(ValueError, match=message):
        datasets.load("csv", tmp_path)


def test_repeated_paths_far_apart_are_counted_and_named(tmp_path):
    rows = _write_many(tmp_path, num_folders=10, num_images=100)
    with open(tmp_path / "labels.csv", "a") as file:
        for path, label in rows[:12]:
            file.write(f"\n./{path},{label},train")
    message = r"more often: '.*/0.png', .*/9.png', ... \(12 in all\)."
    with pytest.raises(ValueError, match=message):
        datasets.load("csv", tmp_path)


def test_paths_of_one_hash_are_told_apart(tmp_path, monkeypatch):
    _write(tmp_path, _ROWS)
    monkeypatch.setattr(repeated_files, "hash", lambda text: 1, raising=False)
    assert len(datasets.load("csv", tmp_path).train) == 3


def test_paths_stay_relative_to_the_current_folder(tmp_path, monkeypatch):
    _write(tmp_path, _ROWS)
    monkeypatch.chdir(tmp_path)
    train = datasets.load("csv", "labels.csv").train
    assert list(train.paths) == ["a0.png", "a1.png", "b0.png"]


def test_other_columns_are_skipped(tmp_path):
    text = _ROWS.replace("\n", ",1,2\n").replace("split,1,2", "split,x,y")
    _write(tmp_path, text)
    assert datasets.load("csv", tmp_path).test.class_names == ("c", "d")


@pytest.mark.parametrize(
    "blank", [" ", "  ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff"]
)
def test_blanks_around_cells_do_not_count(tmp_path, blank):
    tidy = _ROWS.replace("b0.png,b,train", "b0.png,a,train")
    _write(tmp_path, _ROWS)
    (tmp_path / "labels.csv").write_text(
        _ROWS.replace("a1.png,a,train", f"{blank}a1.png{blank},a{blank},train ")
    )
    data = csv_file.load(tmp_path)
    assert data.train.class_names == ("a", "b")
    (tmp_path / "labels.csv").write_text(
        tidy.replace("c0.png,c,", f"c0.png,a{blank},").replace(
            "a1.png,a,", "a1.png,e,"
        )
    )
    with pytest.raises(ValueError, match="for train or for test"):
        csv_file.load(tmp_path)


def test_a_column_that_is_named_twice_is_refused(tmp_path):
    _write(tmp_path, _ROWS)
    rows = [f"{line},x" for line in _ROWS.splitlines()[1:]]
    (tmp_path / "labels.csv").write_text(
        "\n".join(["path,label,split, label", *rows])
    )
    with pytest.raises(ValueError, match="Named more often: 'label'"):
        csv_file.load(tmp_path)


@pytest.mark.parametrize(
    "name", ["Label", " LABEL\u00a0", "\ufefflabel", '"label"']
)
def test_names_of_columns_are_told_apart_by_letters_alone(tmp_path, name):
    _write(tmp_path, _ROWS)
    header = f"Path,{name},Split"
    (tmp_path / "labels.csv").write_text(
        _ROWS.replace("path,label,split", header), encoding="utf-8"
    )
    assert datasets.load("csv", tmp_path).train.class_names == ("a", "b")
    rows = [f"{line},x" for line in _ROWS.splitlines()[1:]]
    (tmp_path / "labels.csv").write_text(
        "\n".join([f"path,label,split,{name}", *rows]), encoding="utf-8"
    )
    with pytest.raises(ValueError, match="Named more often: 'label'"):
        csv_file.load(tmp_path)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_divide(tmp_path, delimiter):
    _write(tmp_path, _ROWS)
    text = _ROWS.replace(",", delimiter).replace("a0.png", ' "a0.png" ')
    (tmp_path / "labels.csv").write_text(text, encoding="utf-16")
    loaded = datasets.load("csv", tmp_path)
    assert loaded.train.class_names == ("a", "b")
    assert _names(loaded.test.paths) == ["c0.png", "d0.png"]


def test_the_home_folder_may_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    _write(tmp_path, _ROWS)
    text = _ROWS.replace("a0.png", "~/a0.png")
    (tmp_path / "labels.csv").write_text(text)
    loaded = datasets.load("csv", tmp_path)
    assert loaded.train.paths[0] == str(tmp_path / "a0.png")
    (tmp_path / "labels.csv").write_text(f"{text}a0.png,d,test\n")
    with pytest.raises(ValueError, match="Named more often: .*a0.png'"):
        csv_file.load(tmp_path)


@pytest.mark.parametrize(
    "path", ["link.png", "folder/a0.png", "folder//a0.png"]
)
def test_one_image_through_a_link_is_refused(tmp_path, path):
    _write(tmp_path, _ROWS)
    (tmp_path / "link.png").symlink_to("a0.png")
    (tmp_path / "folder").symlink_to(tmp_path)
    with open(tmp_path / "labels.csv", "a") as file:
        file.write(f"{path},d,test\n")
    plain = path.replace("//", "/")
    with pytest.raises(ValueError, match=f"often: '.*/a0.png = .*/{plain}'"):
        csv_file.load(tmp_path)


def test_cameras_that_people_take_for_one_are_told(tmp_path, caplog):
    _write(tmp_path, _ROLES.replace("west,test,d0", "West,test,d0"))
    datasets.load("csv", tmp_path)
    assert "Cameras that differ only" in caplog.text
    assert "'West' = 'west'" in caplog.text


def test_cameras_without_roles_are_told(tmp_path, caplog):
    text = _ROWS.replace("\n", ",1\n").replace("split,1", "split,camera")
    _write(tmp_path, text)
    datasets.load("csv", tmp_path)
    assert "Column camera is not used" in caplog.text


def test_one_image_by_two_spellings_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, _ROWS)
    with open("labels.csv", "a") as file:
        file.write(f"{tmp_path}/a0.png,d,test\n")
    for root in (".", tmp_path):
        with pytest.raises(ValueError, match="Named more often: .*a0.png"):
            csv_file.load(root)


def test_a_class_of_two_spellings_gets_a_warning(tmp_path, caplog):
    _write(tmp_path, _ROWS.replace("d0.png,d,", "d0.png,A,"))
    datasets.load("csv", tmp_path)
    assert "'A' = 'a'" in caplog.text
