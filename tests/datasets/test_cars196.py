"""CARS196, in the forms that people have."""

from __future__ import annotations

import os
import pathlib
import tarfile

import numpy as np
import pytest
import scipy.io
import tensorflow as tf

from dnc_keras.datasets import cars196

_REAL = pathlib.Path(os.environ.get("DNC_DATA", "absent"), "cars196.tar")
_JPEG = tf.io.encode_jpeg(np.zeros([8, 8, 3], np.uint8)).numpy()
_CLASSES = [f"Car {number:03d}" for number in range(1, 197)]
_BOX = [("bbox_x1", 1), ("bbox_y1", 1), ("bbox_x2", 8), ("bbox_y2", 8)]
# Each official half has all classes; 98 is the last one to train on.
_TRAIN = {"00001.jpg": 99, "00002.jpg": 1, "00003.JPG": 98}
_TEST = {"00001.jpg": 98, "00002.jpg": 196, "00003.jpg": 1}
_TRAIN_NAMES = ("Car 001", "Car 098")
_TEST_NAMES = ("Car 099", "Car 196")


def _write_images(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(_JPEG)


def _write_mat(file, rows, **variables):
    """An array of structs, `[1, num_rows]` as MATLAB writes it."""
    annotations = np.empty([1, len(rows)], [(key, object) for key in rows[0]])
    for column, row in enumerate(rows):
        for key, value in row.items():
            annotations[key][0, column] = value
    file.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(file, {"annotations": annotations, **variables})


def _cell_array(names):
    cells = np.empty([1, len(names)], object)
    cells[0] = names
    return cells


def _rows(classes):
    return [
        {**dict(_BOX), "class": np.uint8(number), "fname": name}
        for name, number in classes.items()
    ]


def _write_annotations(root):
    _write_mat(root / "devkit" / "cars_train_annos.mat", _rows(_TRAIN))
    _write_mat(root / "cars_test_annos_withlabels.mat", _rows(_TEST))
    meta = {"class_names": _cell_array(_CLASSES)}
    scipy.io.savemat(root / "devkit" / "cars_meta.mat", meta)


def _write_split(root, train="cars_train", test="cars_test"):
    _write_annotations(root)
    _write_images(root / train, _TRAIN)
    _write_images(root / test, _TEST)


def _write_full_annotations(root):
    both = [*_TRAIN.values(), *_TEST.values()]
    rows = [
        {
            "relative_im_path": f"car_ims/{number:06d}.jpg",
            **dict(_BOX),
            "class": np.uint8(class_id),
            "test": np.uint8(number > 3),
        }
        for number, class_id in enumerate(both, 1)
    ]
    names = _cell_array(_CLASSES)
    _write_mat(root / "cars_annos.mat", rows, class_names=names)


def _write_full(root):
    _write_full_annotations(root)
    _write_images(root / "car_ims", [f"{row:06d}.jpg" for row in range(1, 7)])


def _write_class_folders(root, names=_CLASSES, files=("1.jpg",)):
    for name in names:
        _write_images(root / name, files)


def _pack(archive, path):
    """Moves a file or a folder into an archive, by its name alone."""
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(path, path.name)
    path.rename(archive.parent.parent / f"packed_{path.name}")


def _names(paths):
    return ["/".join(path.rsplit("/", 2)[-2:]) for path in paths]


def _check_split(loaded):
    assert loaded.name == "cars196"
    assert loaded.train.class_names == _TRAIN_NAMES
    assert loaded.test.class_names == _TEST_NAMES
    train = ["00002.jpg", "00003.JPG", "00001.jpg", "00003.jpg"]
    assert [path.rsplit("/", 1)[1] for path in loaded.train.paths] == train
    np.testing.assert_array_equal(loaded.train.labels, [0, 1, 1, 0])
    assert _names(loaded.test.paths) == [
        "cars_train/00001.jpg",
        "cars_test/00002.jpg",
    ]
    np.testing.assert_array_equal(loaded.test.labels, [0, 1])


def _check_full(loaded):
    assert loaded.train.class_names == _TRAIN_NAMES
    assert loaded.test.class_names == _TEST_NAMES
    assert _names(loaded.train.paths) == [
        f"car_ims/00000{number}.jpg" for number in (2, 3, 4, 6)
    ]
    np.testing.assert_array_equal(loaded.train.labels, [0, 1, 1, 0])
    assert _names(loaded.test.paths) == [
        "car_ims/000001.jpg",
        "car_ims/000005.jpg",
    ]


@pytest.mark.parametrize("place", ["", "data/cars 196"])
def test_the_folder_of_all_images_is_read(tmp_path, place):
    _write_full(tmp_path / place)
    loaded = cars196.load(tmp_path)
    _check_full(loaded)
    assert loaded.source == "official folder car_ims/ with cars_annos.mat"


@pytest.mark.parametrize("place", ["", "Größe 1"])
def test_the_official_folders_are_merged(tmp_path, place):
    _write_split(tmp_path / place)
    loaded = cars196.load(tmp_path)
    _check_split(loaded)
    assert loaded.source == (
        "official folders cars_train/ and cars_test/ with "
        "cars_train_annos.mat and cars_test_annos_withlabels.mat"
    )


def test_images_may_be_nested_once_more(tmp_path):
    _write_split(tmp_path, "cars_train/cars_train", "cars_test/cars_test")
    _check_split(cars196.load(tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "devkit/cars_test_annos_withlabels.mat",
        "downloads/manual/cars_test_annos_withlabels.mat",
    ],
)
def test_the_test_labels_may_be_elsewhere(tmp_path, name):
    _write_split(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cars_test_annos_withlabels.mat").rename(tmp_path / name)
    _check_split(cars196.load(tmp_path))


def test_the_names_of_the_classes_may_be_missing(tmp_path):
    _write_split(tmp_path)
    (tmp_path / "devkit" / "cars_meta.mat").unlink()
    loaded = cars196.load(tmp_path)
    assert loaded.test.class_names == ("class 99", "class 196")


def test_the_archive_of_all_images_is_extracted_once(tmp_path):
    root = tmp_path / "data"
    _write_full(root)
    _pack(root / "car_ims.tgz", root / "car_ims")
    loaded = cars196.load(root)
    _check_full(loaded)
    assert loaded.source == "official archive car_ims.tgz with cars_annos.mat"
    (root / "car_ims.tgz").write_bytes(b"")
    _check_full(cars196.load(root))


def test_the_official_archives_are_extracted_once(tmp_path):
    root = tmp_path / "data"
    _write_split(root)
    for archive, folder in (
        ("cars_train.tgz", "cars_train"),
        ("cars_test.tgz", "cars_test"),
        ("car_devkit.tgz", "devkit"),
    ):
        _pack(root / archive, root / folder)
    loaded = cars196.load(root)
    _check_split(loaded)
    assert loaded.source.startswith("official archives cars_train.tgz, cars_t")
    for archive in root.glob("*.tgz"):
        archive.write_bytes(b"")
    _check_split(cars196.load(root))


def test_archives_are_left_alone_without_the_test_labels(tmp_path):
    root = tmp_path / "data"
    _write_split(root)
    _pack(root / "cars_train.tgz", root / "cars_train")
    _pack(root / "cars_test.tgz", root / "cars_test")
    (root / "cars_test_annos_withlabels.mat").unlink()
    with pytest.raises(FileNotFoundError, match="No images of cars196 in"):
        cars196.load(root)
    assert not (root / "cars_train").exists()


def test_unlabelled_annotations_are_not_enough(tmp_path):
    _write_split(tmp_path)
    (tmp_path / "cars_test_annos_withlabels.mat").rename(
        tmp_path / "devkit" / "cars_test_annos.mat"
    )
    message = (
        "has cars_train/ and cars_test/, but cars_test_annos_withlabels.mat "
        "must be there too. Neither cars_test_annos.mat, which has no labels"
    )
    with pytest.raises(FileNotFoundError, match=message):
        cars196.load(tmp_path)


def test_annotations_of_other_files_are_not_taken(tmp_path):
    _write_full_annotations(tmp_path)
    _write_images(tmp_path / "cars_train" / "cars_train", _TRAIN)
    _write_images(tmp_path / "cars_test" / "cars_test", _TEST)
    message = (
        "but cars_train_annos.mat and cars_test_annos_withlabels.mat must be "
        "there too. .* cars_annos.mat, which numbers the images of car_ims/, "
        "can be used instead. The links .* on Kaggle: "
    )
    with pytest.raises(FileNotFoundError, match=message):
        cars196.load(tmp_path)


@pytest.mark.parametrize("place", ["", "images", "cars196/images"])
def test_class_folders_are_numbered_in_sorted_order(tmp_path, place):
    _write_class_folders(tmp_path / place)
    (tmp_path / "names.csv").touch()
    loaded = cars196.load(tmp_path)
    assert loaded.train.class_names == tuple(_CLASSES[:98])
    assert loaded.test.class_names == tuple(_CLASSES[98:])
    assert _names(loaded.test.paths)[0] == "Car 099/1.jpg"
    assert loaded.source.startswith("196 class folders, in data_dir, in image")


def test_class_folders_may_be_numbers(tmp_path):
    _write_class_folders(tmp_path, [str(number) for number in range(196)])
    loaded = cars196.load(tmp_path)
    assert loaded.train.class_names == tuple(map(str, range(98)))
    assert loaded.test.class_names == tuple(map(str, range(98, 196)))


@pytest.mark.parametrize("prefix", ["", "cars_"])
def test_a_split_of_class_folders_is_merged(tmp_path, prefix):
    train, test = (
        tmp_path / "car_data" / "car_data" / f"{prefix}{half}"
        for half in ("train", "test")
    )
    _write_class_folders(train, files=["1.jpg", "2.JPG"])
    _write_class_folders(test, _CLASSES[:-1], files=["3.jpg"])
    loaded = cars196.load(tmp_path)
    assert _names(loaded.train.paths)[:4] == [
        "Car 001/1.jpg",
        "Car 001/2.JPG",
        "Car 001/3.jpg",
        "Car 002/1.jpg",
    ]
    assert (len(loaded.train), len(loaded.test)) == (294, 293)


def test_another_number_of_class_folders_is_refused(tmp_path):
    _write_class_folders(tmp_path / "images", _CLASSES[:3])
    message = (
        "cars196 needs 196 class folders. Received: 3 in '.*images'. Which "
        "classes .*: complete the copy, or use --dataset=folder."
    )
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)


def test_a_partial_copy_is_a_warning_with_the_numbers(tmp_path, caplog):
    _write_split(tmp_path)
    (tmp_path / "cars_test" / "00003.jpg").unlink()
    cars196.load(tmp_path)
    assert "its lists name 1 of 6 images that do not exist" in caplog.text
    assert (
        "cars196 should hold 8054 train images of 98 classes. Received: 3 of "
        "2. Results are not comparable."
    ) in caplog.text
    assert "8131 test images of 98 classes. Received: 2 of 2." in caplog.text


@pytest.mark.parametrize("class_id", [0, 197])
def test_classes_outside_are_named(tmp_path, class_id):
    _write_split(tmp_path)
    _write_mat(
        tmp_path / "cars_test_annos_withlabels.mat",
        _rows({**_TEST, "00002.jpg": class_id}),
    )
    message = f"numbered from 1 to 196. Received: '{class_id}'. Get the offic"
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)


def test_one_annotation_is_enough_for_a_file(tmp_path):
    _write_split(tmp_path)
    _write_mat(
        tmp_path / "cars_test_annos_withlabels.mat", _rows({"00002.jpg": 196})
    )
    assert cars196.load(tmp_path).test.class_names == _TEST_NAMES


def test_annotations_without_classes_are_named(tmp_path):
    _write_split(tmp_path)
    rows = [{**dict(_BOX), "fname": name} for name in _TEST]
    _write_mat(tmp_path / "cars_test_annos_withlabels.mat", rows)
    message = "withlabels.mat' must have fname and class. Received: .*Get the"
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)


@pytest.mark.parametrize("length", [0, 100, 300, 700])
def test_damaged_annotations_are_named(tmp_path, length):
    _write_split(tmp_path)
    file = tmp_path / "devkit" / "cars_train_annos.mat"
    file.write_bytes(file.read_bytes()[:length])
    message = "cars_train_annos.mat' must be a MATLAB file with annotations. "
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    message = (
        "No images of cars196 in .*official folder car_ims/ with cars_annos"
        ".mat; or .*; or 196 class folders.*dead since 2023.*Kaggle"
    )
    with pytest.raises(FileNotFoundError, match=message) as caught:
        cars196.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not _REAL.exists(), reason="DNC_DATA has no cars196.tar")
def test_the_real_images_are_whole(tmp_path, caplog):
    with tarfile.open(_REAL) as archive:
        for member in archive:
            path = tmp_path / member.name
            if member.isfile():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.extractfile(member).read())
    loaded = cars196.load(tmp_path)
    assert (len(loaded.train), loaded.train.num_classes) == (8054, 98)
    assert (len(loaded.test), loaded.test.num_classes) == (8131, 98)
    assert loaded.train.class_names[97] == "Eagle Talon Hatchback 1998"
    # What the loader of class folders relies on.
    names = sorted([*loaded.train.class_names, *loaded.test.class_names])
    assert set(names[:98]) == set(loaded.train.class_names)
    assert not caplog.records
