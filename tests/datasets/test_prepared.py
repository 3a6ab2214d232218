"""The benchmark sets as tensorflow-datasets prepares them."""

from __future__ import annotations

import json
import pathlib
import shutil
import socket
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import datasets
from dnc_keras.datasets import downloading

pytest.importorskip("tensorflow_datasets")

import tensorflow_datasets as tfds  # noqa: E402

# For each data set: the classes, from 0, of its images of each split.
_CLASSES = {
    "cars196": {"train": [97, 0, 98, 0], "test": [195, 98, 97]},
    "cub200_2011": {"train": [99, 1, 100, 1], "test": [199, 100, 99]},
    "stanford_online_products": {"train": [1, 0, 1], "test": [3, 3, 2, 3]},
}
_BUILDERS = {name: name for name in _CLASSES}
_BUILDERS["cub200_2011"] = "caltech_birds2011"
_NAMES = {builder: name for name, builder in _BUILDERS.items()}
_VERSIONS = {
    "cars196": "2.1.0",
    "caltech_birds2011": "0.2.0",
    "stanford_online_products": "1.0.0",
}
_BOX = tfds.features.BBox(0.0, 0.0, 1.0, 1.0)
_MASK = np.full([8, 8, 1], 255, np.uint8)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("A test must not use the network.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for lookup in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, lookup, refuse)


def _png(split, row):
    """An image whose every pixel tells which one it is."""
    color = [200 if split == "train" else 100, row, 7]
    return tf.io.encode_png(np.full([8, 8, 3], color, np.uint8)).numpy()


def _features(builder):
    features = tfds.features
    common = {"image": features.Image(), "bbox": features.BBoxFeature()}
    return features.FeaturesDict(
        {
            "cars196": {
                **common,
                "label": features.ClassLabel(
                    names=[f"Car {number}" for number in range(196)]
                ),
                "id": features.Text(),
            },
            "caltech_birds2011": {
                **common,
                "label": features.ClassLabel(num_classes=200),
                "label_name": features.Text(),
                "image/filename": features.Text(),
                "segmentation_mask": features.Image(shape=(None, None, 1)),
            },
            "stanford_online_products": {
                "image": features.Image(),
                "class_id": features.ClassLabel(num_classes=22634),
                "super_class_id/num": features.ClassLabel(num_classes=12),
                "super_class_id": features.ClassLabel(names=["mug", "sofa"]),
            },
        }[builder]
    )


def _example(builder, image, label, row):
    name = f"{label + 1:03}.Bird_{label}"
    return {
        "cars196": {"label": label, "bbox": _BOX, "id": f"{row:05}"},
        "caltech_birds2011": {
            "label": label,
            "label_name": f"bird_{label}",
            "bbox": _BOX,
            "image/filename": f"CUB_200_2011/images/{name}/Bird_{row}.jpg",
            "segmentation_mask": _MASK,
        },
        "stanford_online_products": {
            "class_id": label,
            "super_class_id/num": 1,
            "super_class_id": "sofa",
        },
    }[builder] | {"image": image}


class _Toy(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Tiny images in the layout of an official builder."""

    VERSION = tfds.core.Version("0.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "None."

    def _info(self):
        return self.dataset_info_from_configs(features=_features(self.name))

    def _split_generators(self, dl_manager):
        return {
            split: self._generate_examples(split, classes)
            for split, classes in _CLASSES[_NAMES[self.name]].items()
        }

    def _generate_examples(self, split, classes):
        for row, label in enumerate(classes):
            yield row, _example(self.name, _png(split, row), label, row)


def _toy(name, data_dir, base=_Toy, version=None):
    """A builder with the name of an official one."""
    fields = {
        "name": name,
        "VERSION": tfds.core.Version(version or _VERSIONS[name]),
        "pkg_dir_path": pathlib.Path(data_dir),
    }
    cls = type(name, (base,), fields, skip_registration=True)
    return cls(data_dir=str(data_dir))


def _prepare(data_dir, name="cars196", version=None):
    """Writes a data set, each split in two files; returns its folder."""
    builder = _toy(_BUILDERS[name], data_dir, version=version)
    builder.download_and_prepare(
        file_format="tfrecord",
        download_config=tfds.download.DownloadConfig(num_shards=2),
    )
    return data_dir / builder.name / str(builder.version)


def _examples(index):
    """The (split, row, class name) of each image, by its pixels."""
    read = index.reader()
    encoded = tf.data.Dataset.range(len(index)).map(read)
    pixels = [tf.io.decode_png(image)[0, 0].numpy() for image in encoded]
    assert all(pixel[2] == 7 for pixel in pixels)
    return sorted(
        ("train" if red == 200 else "test", int(row), index.class_names[label])
        for (red, row, _), label in zip(pixels, index.labels)
    )


def _check_cars(loaded):
    """Classes 1 to 98 train, whatever the official split."""
    assert _examples(loaded.train) == [
        ("test", 2, "Car 97"),
        ("train", 0, "Car 97"),
        ("train", 1, "Car 0"),
        ("train", 3, "Car 0"),
    ]
    assert _examples(loaded.test) == [
        ("test", 0, "Car 195"),
        ("test", 1, "Car 98"),
        ("train", 2, "Car 98"),
    ]


def test_cars196_is_split_by_class(tmp_path, caplog):
    _prepare(tmp_path)
    loaded = datasets.load("cars196", tmp_path)
    _check_cars(loaded)
    assert loaded.train.class_names == ("Car 0", "Car 97")
    assert loaded.source == (
        "cars196/ with a version as prepared by tensorflow-datasets"
    )
    assert "cars196 should hold 8054 train images of 98 classes. " in (
        caplog.text
    )


def test_cub200_2011_is_split_by_class(tmp_path):
    _prepare(tmp_path, "cub200_2011")
    loaded = datasets.load("cub200_2011", tmp_path)
    assert _examples(loaded.train) == [
        ("test", 2, "100.Bird_99"),
        ("train", 0, "100.Bird_99"),
        ("train", 1, "002.Bird_1"),
        ("train", 3, "002.Bird_1"),
    ]
    assert _examples(loaded.test) == [
        ("test", 0, "200.Bird_199"),
        ("test", 1, "101.Bird_100"),
        ("train", 2, "101.Bird_100"),
    ]


def test_stanford_online_products_has_its_own_split(tmp_path):
    _prepare(tmp_path, "stanford_online_products")
    loaded = datasets.load("stanford_online_products", tmp_path)
    assert _examples(loaded.train) == [
        ("train", 0, "class 2"),
        ("train", 1, "class 1"),
        ("train", 2, "class 2"),
    ]
    assert _examples(loaded.test) == [
        ("test", 0, "class 4"),
        ("test", 1, "class 4"),
        ("test", 2, "class 3"),
        ("test", 3, "class 4"),
    ]
    assert loaded.ks == (1, 10, 100, 1000)


def test_paths_tell_file_and_record_and_name(tmp_path):
    _prepare(tmp_path)
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
    _prepare(tmp_path, "stanford_online_products")
    train = datasets.load("stanford_online_products", tmp_path).train
    assert min(train.paths) == (
        "stanford_online_products-train.tfrecord-00000-of-00002/0"
    )


def test_a_subset_keeps_its_images(tmp_path):
    _prepare(tmp_path)
    train = datasets.load("cars196", tmp_path).train
    whole = [train.contents[row] for row in range(len(train))]
    subset = train.subset([3, 1])
    assert [subset.contents[0], subset.contents[1]] == [whole[3], whole[1]]
    assert len(set(whole)) == 4


def test_images_are_held_in_memory_on_request(tmp_path):
    folder = _prepare(tmp_path)
    loaded = datasets.with_cache(datasets.load("cars196", tmp_path), "memory")
    shutil.rmtree(folder)
    _check_cars(loaded)


@pytest.mark.parametrize("place", ["", "cars196", "cars196/2.1.0"])
def test_data_dir_may_be_any_folder_of_it(tmp_path, place):
    _prepare(tmp_path)
    _check_cars(datasets.load("cars196", tmp_path / place))


def test_the_newest_version_is_taken(tmp_path):
    _prepare(tmp_path, version="10.0.0")
    for shard in _prepare(tmp_path, version="2.1.0").glob("*.tfrecord*"):
        shard.unlink()
    _check_cars(datasets.load("cars196", tmp_path))


def test_other_data_sets_in_the_folder_are_left_alone(tmp_path):
    _prepare(tmp_path, "cub200_2011")
    _prepare(tmp_path)
    (tmp_path / "of_another_package").mkdir()
    file = tmp_path / "of_another_package" / "dataset_info.json"
    file.write_text(json.dumps(["name", "cars196"]))
    _check_cars(datasets.load("cars196", tmp_path))


def test_what_the_download_extracted_is_left_alone(tmp_path):
    _prepare(tmp_path)
    folder = tmp_path / "downloads" / "extracted" / "TAR_GZ.ai.stan_cars_trai"
    (folder / "cars_train").mkdir(parents=True)
    (folder / "cars_train" / "00001.jpg").write_bytes(b"")
    _check_cars(datasets.load("cars196", tmp_path))


def test_class_folders_come_after_it(tmp_path):
    _prepare(tmp_path)
    for number in range(196):
        (tmp_path / "images" / f"car {number}").mkdir(parents=True)
        (tmp_path / "images" / f"car {number}" / "1.jpg").write_bytes(b"")
    _check_cars(datasets.load("cars196", tmp_path))


def test_images_without_labels_are_no_hindrance(tmp_path):
    _prepare(tmp_path)
    for folder in ("cars_train", "cars_test"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00001.jpg").write_bytes(b"")
    _check_cars(datasets.load("cars196", tmp_path))


def test_another_file_format_is_named(tmp_path):
    info = _prepare(tmp_path) / "dataset_info.json"
    info.write_text(info.read_text().replace('"tfrecord"', '"array_record"'))
    message = (
        "2.1.0' must hold TFRecord files. Received: array_record. Prepare the "
        "data set again with file_format='tfrecord'."
    )
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path)


def _check_shard_refused(data_dir, message):
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", data_dir)
    assert "cars196-train.tfrecord-00000-of-00002'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["header", "image", "end"])
def test_a_truncated_file_is_named(tmp_path, place):
    shard = _prepare(tmp_path) / "cars196-train.tfrecord-00000-of-00002"
    content = shard.read_bytes()
    length = 16 + int.from_bytes(content[:8], "little")
    # At the end of a record, only the number of records tells.
    size = {"header": length + 5, "image": len(content) - 60, "end": length}
    shard.write_bytes(content[: size[place]])
    message = "must hold 2 records. Received: 1 that are whole. Copy it again"
    _check_shard_refused(tmp_path, message)


def test_a_damaged_file_is_named(tmp_path):
    shard = _prepare(tmp_path) / "cars196-train.tfrecord-00000-of-00002"
    content = bytearray(shard.read_bytes())
    content[40] ^= 255
    shard.write_bytes(content)
    _check_shard_refused(tmp_path, "2 records. Received: 0 that are whole.")


def test_missing_files_are_named(tmp_path):
    folder = _prepare(tmp_path)
    (folder / "cars196-test.tfrecord-00001-of-00002").unlink()
    message = (
        "1 of 4 TFRecord files that dataset_info.json promises do not exist: "
        "'.*cars196-test.tfrecord-00001-of-00002'. Copy them too, or prepare"
    )
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("cars196", tmp_path)


def test_a_damaged_description_is_named(tmp_path):
    info = _prepare(tmp_path) / "dataset_info.json"
    info.write_text(info.read_text()[:-5])
    message = "dataset_info.json' is no JSON: .*. Prepare the data set again"
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path)


def test_what_the_package_cannot_read_is_named(tmp_path):
    (_prepare(tmp_path) / "features.json").unlink()
    message = (
        "tensorflow-datasets cannot read '.*2.1.0': .*Error: Cannot restore "
        "cars196/2.1.0. .*Prepare the data set again.$"
    )
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", tmp_path)
    assert "\n" not in str(caught.value)


def _remove_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets.public_api", None)


def test_without_the_package_its_extra_is_told(tmp_path, monkeypatch):
    _prepare(tmp_path)
    _remove_package(monkeypatch)
    message = (
        "2.1.0' needs tensorflow-datasets. Received: .*. Run "
        r'`pip install "dnc-keras\[datasets\]"`.$'
    )
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", tmp_path)
    assert "\n" not in str(caught.value)


def test_without_the_package_other_forms_are_looked_for(tmp_path, monkeypatch):
    _remove_package(monkeypatch)
    with pytest.raises(FileNotFoundError, match="No images of cars196 in"):
        datasets.load("cars196", tmp_path)


def _install(monkeypatch, module):
    monkeypatch.setitem(
        sys.modules, module, types.SimpleNamespace(__spec__="installed")
    )


def _offer(monkeypatch, base=_Toy):
    """Lets the package have the toys in place of the official builders."""
    _install(monkeypatch, "importlib_resources")
    monkeypatch.setattr(
        "tensorflow_datasets.public_api.builder",
        lambda name, data_dir: _toy(name, data_dir, base),
    )


def test_a_download_is_prepared_and_loaded(tmp_path, monkeypatch):
    _offer(monkeypatch)
    data_dir = tmp_path / "new" / "data"
    loaded = datasets.load("cars196", data_dir, download=True)
    _check_cars(loaded)
    assert loaded.source.startswith("cars196/ with a version as prepared by")
    assert (data_dir / "cars196" / "2.1.0" / "dataset_info.json").is_file()


def test_what_is_there_is_not_downloaded(tmp_path, monkeypatch):
    _prepare(tmp_path)
    monkeypatch.delattr("tensorflow_datasets.public_api.builder")
    _check_cars(datasets.load("cars196", tmp_path, download=True))


def test_the_download_takes_archives_of_the_user(tmp_path, monkeypatch):
    class Manual(_Toy, skip_registration=True):
        def _split_generators(self, dl_manager):
            assert (dl_manager.manual_dir / "mine.tgz").exists()
            return super()._split_generators(dl_manager)

    _offer(monkeypatch, Manual)
    (tmp_path / "downloads" / "manual").mkdir(parents=True)
    (tmp_path / "downloads" / "manual" / "mine.tgz").write_bytes(b"")
    _check_cars(datasets.load("cars196", tmp_path, download=True))


def test_a_failed_download_tells_where_else_to_look(tmp_path, monkeypatch):
    class Failing(_Toy, skip_registration=True):
        def _split_generators(self, dl_manager):
            raise OSError("Failed to get url x. HTTP code: 404.\nMore lines.")

    _offer(monkeypatch, Failing)
    message = (
        "tensorflow-datasets cannot download and prepare cars196: OSError: "
        "Failed to get url x. HTTP code: 404. Get it by hand. The links at .*"
        "are dead since 2023; copies are on Kaggle: "
    )
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", tmp_path, download=True)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("cars196/*"))


def test_a_download_without_the_package_tells_its_extra(tmp_path, monkeypatch):
    _remove_package(monkeypatch)
    message = "--download of cars196 needs tensorflow-datasets. Received: "
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path, download=True)


@pytest.mark.parametrize(
    "missing, packages",
    [
        (["cv2"], "opencv-python-headless"),
        (["importlib_resources"], "importlib_resources"),
        (
            ["cv2", "importlib_resources"],
            "importlib_resources opencv-python-headless",
        ),
    ],
)
def test_packages_are_asked_for_before_the_download(
    tmp_path, monkeypatch, missing, packages
):
    _offer(monkeypatch)
    _install(monkeypatch, "cv2")
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)
    message = (
        "To prepare caltech_birds2011, tensorflow-datasets needs more "
        f"packages: pip install {packages}.$"
    )
    with pytest.raises(ValueError, match=message):
        datasets.load("cub200_2011", tmp_path, download=True)


def test_a_download_needs_a_folder(tmp_path):
    with pytest.raises(ValueError, match="needs a data_dir"):
        datasets.load("cars196", None, download=True)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="data_dir must be a folder."):
        datasets.load("cars196", tmp_path / "file", download=True)


@pytest.mark.parametrize(
    "name, helps",
    [
        ("cars196", False),
        ("cub200_2011", True),
        ("stanford_online_products", True),
    ],
)
def test_the_download_is_told_where_it_can_help(tmp_path, name, helps):
    with pytest.raises(FileNotFoundError) as caught:
        datasets.load(name, tmp_path)
    end = " --download lets tensorflow-datasets fetch and prepare it."
    assert str(caught.value).endswith(end) == helps


def test_the_reason_of_an_error_is_one_line():
    assert downloading.reason(OSError("\nno disk.\nnone")) == "OSError: no disk"
    assert downloading.reason(KeyError()) == "KeyError"
