"""The benchmark sets as tensorflow-datasets prepares them."""

from __future__ import annotations

import json
import shutil

import pytest
import tensorflow as tf
from helpers.prepared_files import check_cars
from helpers.prepared_files import examples
from helpers.prepared_files import prepare

from dnc_keras import datasets

pytestmark = pytest.mark.usefixtures("no_network")


def test_cars196_is_split_by_class(tmp_path, caplog):
    prepare(tmp_path)
    loaded = datasets.load("cars196", tmp_path)
    check_cars(loaded)
    assert loaded.train.class_names == ("Car 0", "Car 97")
    assert loaded.source == (
        "cars196/ with a version as prepared by tensorflow-datasets"
    )
    assert "cars196 should hold 8054 train images of 98 classes. " in (
        caplog.text
    )


def test_cub200_2011_is_split_by_class(tmp_path):
    prepare(tmp_path, "cub200_2011")
    loaded = datasets.load("cub200_2011", tmp_path)
    assert examples(loaded.train) == [
        ("test", 2, "100.Bird_99"),
        ("train", 0, "100.Bird_99"),
        ("train", 1, "002.Bird_1"),
        ("train", 3, "002.Bird_1"),
    ]
    assert examples(loaded.test) == [
        ("test", 0, "200.Bird_199"),
        ("test", 1, "101.Bird_100"),
        ("train", 2, "101.Bird_100"),
    ]


def test_stanford_online_products_has_its_own_split(tmp_path):
    prepare(tmp_path, "stanford_online_products")
    loaded = datasets.load("stanford_online_products", tmp_path)
    assert examples(loaded.train) == [
        ("train", 0, "class 2"),
        ("train", 1, "class 1"),
        ("train", 2, "class 2"),
    ]
    assert examples(loaded.test) == [
        ("test", 0, "class 4"),
        ("test", 1, "class 4"),
        ("test", 2, "class 3"),
        ("test", 3, "class 4"),
    ]
    assert loaded.ks == (1, 10, 100, 1000)


def test_paths_tell_file_and_record_and_name(tmp_path):
    prepare(tmp_path)
    loaded = datasets.load("cars196", tmp_path)
    paths = sorted([*loaded.train.paths, *loaded.test.paths])
    assert [path.rpartition("/")[0] for path in paths] == [
        "cars196-test.tfrecord-00000-of-00002/0",
        "cars196-test.tfrecord-00000-of-00002/1",
        "cars196-test.tfrecord-00001-of-00002/0",
        "cars196-train.tfrecord-00000-of-00002/0",
        "cars196-train.tfrecord-00000-of-00002/1",
        "cars196-train.tfrecord-00001-of-00002/0",
        "cars196-train.tfrecord-00001-of-00002/1",
    ]
    names = [path.rpartition("/")[2] for path in paths]
    assert sorted(names[:3]) == ["00000", "00001", "00002"]


def test_paths_are_without_a_name_where_there_is_none(tmp_path):
    prepare(tmp_path, "stanford_online_products")
    train = datasets.load("stanford_online_products", tmp_path).train
    assert min(train.paths) == (
        "stanford_online_products-train.tfrecord-00000-of-00002/0"
    )


def test_a_subset_keeps_its_images(tmp_path):
    prepare(tmp_path)
    train = datasets.load("cars196", tmp_path).train
    whole = [train.contents[row] for row in range(len(train))]
    subset = train.subset([3, 1])
    assert [subset.contents[0], subset.contents[1]] == [whole[3], whole[1]]
    assert len(set(whole)) == 4


def test_images_are_held_in_memory_on_request(tmp_path):
    folder = prepare(tmp_path)
    loaded = datasets.with_cache(datasets.load("cars196", tmp_path), "memory")
    shutil.rmtree(folder)
    check_cars(loaded)


@pytest.mark.parametrize("place", ["", "cars196", "cars196/2.1.0"])
def test_data_dir_may_be_any_folder_of_it(tmp_path, place):
    prepare(tmp_path)
    check_cars(datasets.load("cars196", tmp_path / place))


def test_the_newest_version_is_taken(tmp_path):
    prepare(tmp_path, version="10.0.0")
    for shard in prepare(tmp_path, version="2.1.0").glob("*.tfrecord*"):
        shard.unlink()
    check_cars(datasets.load("cars196", tmp_path))


def test_other_data_sets_in_the_folder_are_left_alone(tmp_path):
    prepare(tmp_path, "cub200_2011")
    prepare(tmp_path)
    (tmp_path / "of_another_package").mkdir()
    file = tmp_path / "of_another_package" / "dataset_info.json"
    file.write_text(json.dumps(["name", "cars196"]))
    check_cars(datasets.load("cars196", tmp_path))


def test_what_the_download_extracted_is_left_alone(tmp_path):
    prepare(tmp_path)
    folder = tmp_path / "downloads" / "extracted" / "TAR_GZ.ai.stan_cars_trai"
    (folder / "cars_train").mkdir(parents=True)
    (folder / "cars_train" / "00001.jpg").write_bytes(b"")
    check_cars(datasets.load("cars196", tmp_path))


def test_class_folders_come_after_it(tmp_path):
    prepare(tmp_path)
    for number in range(196):
        (tmp_path / "images" / f"car {number}").mkdir(parents=True)
        (tmp_path / "images" / f"car {number}" / "1.jpg").write_bytes(b"")
    check_cars(datasets.load("cars196", tmp_path))


def test_images_without_labels_are_no_hindrance(tmp_path):
    prepare(tmp_path)
    for folder in ("cars_train", "cars_test"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00001.jpg").write_bytes(b"")
    check_cars(datasets.load("cars196", tmp_path))


def test_another_file_format_is_named(tmp_path):
    info = prepare(tmp_path) / "dataset_info.json"
    info.write_text(info.read_text().replace('"tfrecord"', '"array_record"'))
    message = (
        "2.1.0' must hold TFRecord files. Received: array_record. Prepare the "
        "data set again with file_format='tfrecord'."
    )
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path)


def test_missing_files_are_named(tmp_path):
    folder = prepare(tmp_path)
    (folder / "cars196-test.tfrecord-00001-of-00002").unlink()
    message = (
        "1 of 4 TFRecord files that dataset_info.json promises do not exist: "
        "'.*cars196-test.tfrecord-00001-of-00002'. Copy them too, or prepare"
    )
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("cars196", tmp_path)


def test_a_damaged_description_is_named(tmp_path):
    info = prepare(tmp_path) / "dataset_info.json"
    info.write_text(info.read_text()[:-5])
    message = (
        "dataset_info.json' must be JSON of .*. Prepare the data set again"
    )
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path)


def test_what_the_package_cannot_read_is_named(tmp_path):
    (prepare(tmp_path) / "features.json").unlink()
    message = (
        "tensorflow-datasets cannot read '.*2.1.0': .*Error: Cannot restore "
        "cars196/2.1.0. .*Prepare the data set again.$"
    )
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "record, told",
    [(b"no example", "no example"), (b"", "list index out of range")],
)
def test_a_record_without_an_image_is_named(tmp_path, record, told):
    file = prepare(tmp_path) / "cars196-test.tfrecord-00000-of-00002"
    num_records = len(list(tf.data.TFRecordDataset(str(file))))
    with tf.io.TFRecordWriter(str(file)) as writer:
        for _ in range(num_records):
            writer.write(record)
    message = f"of-00002, record 0,' must be an image. Received: {told}. Prep"
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path)
