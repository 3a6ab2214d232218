"""Any data set that tensorflow-datasets has prepared."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import plain
from helpers.image_files import png
from helpers.prepared_files import tfds

from dnc_keras import datasets

pytestmark = pytest.mark.usefixtures("no_network")
_NAMES = ["apple", "fig", "kiwi", "lime"]


def _prepare(
    data_dir, splits, features=None, label="label", version="1.0.0", config=""
):
    """Writes the set `fruit`; the gray of an image is its number."""
    features = features or {
        "image": tfds.features.Image(),
        "label": tfds.features.ClassLabel(names=_NAMES),
    }

    class Fruit(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        # Of a dotted module it looks for the file, with a package not needed.
        __module__, name = "fruit", "fruit"
        VERSION = tfds.core.Version(version)
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config)] * bool(config)
        pkg_dir_path = pathlib.Path(data_dir)

        def _info(self):
            return self.dataset_info_from_configs(
                features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, dl_manager):
            return {split: self._generate_examples(split) for split in splits}

        def _generate_examples(self, split):
            for number, value in splits[split]:
                image = png(plain(number))
                others = {
                    name: image if name == "thumbnail" else 0
                    for name in features
                    if name not in ("image", label)
                }
                yield number, {"image": image, label: value, **others}

    builder = Fruit(data_dir=str(data_dir))
    builder.download_and_prepare(file_format="tfrecord")
    return pathlib.Path(builder.data_dir)


def _numbers(index):
    read = index.reader()
    return sorted(
        (int(tf.io.decode_png(read(row))[0, 0, 0]), index.class_names[label])
        for row, label in enumerate(index.labels)
    )


_MIXED = {
    "train": [(0, 0), (1, 1), (2, 2), (3, 3)],
    "test": [(4, 0), (5, 1), (6, 2), (7, 3)],
}


def test_classes_of_all_images_are_divided(tmp_path, caplog):
    _prepare(tmp_path, _MIXED)
    loaded = datasets.load("tfds:fruit", tmp_path, test_classes=["fig", "lime"])
    assert _numbers(loaded.train) == [
        *((0, "apple"), (2, "kiwi"), (4, "apple"), (6, "kiwi"))
    ]
    assert _numbers(loaded.test) == [
        *((1, "fig"), (3, "lime"), (5, "fig"), (7, "lime"))
    ]
    assert loaded.title == (
        "tfds:fruit: fruit/1.0.0 as prepared by tensorflow-datasets"
    )
    assert "share" not in caplog.text
    datasets.load("tfds:fruit", tmp_path)
    assert "own train and test images share 4 classes" in caplog.text


def test_a_split_without_labels_is_left_out(tmp_path, caplog):
    splits = {
        "train": [(0, 0), (1, 1), (2, 0), (3, 1)],
        "validation": [(4, 2), (5, 3), (6, 2), (7, 3)],
        "unlabeled": [(8, -1), (9, -1)],
    }
    _prepare(tmp_path, splits)
    loaded = datasets.load("tfds:fruit", tmp_path)
    assert _numbers(loaded.test) == [
        *((4, "kiwi"), (5, "lime"), (6, "kiwi"), (7, "lime"))
    ]
    assert loaded.protocol.endswith("; the set's own split")
    assert "left out the splits without labels, unlabeled, of 2 images" in (
        caplog.text
    )


def test_some_images_without_labels_are_refused(tmp_path):
    _prepare(tmp_path, {"train": [(0, 0), (1, 1), (2, -1)]})
    message = "Every image of fruit needs a label. Received: 1 without, of 3."
    with pytest.raises(ValueError, match=message):
        datasets.load("tfds:fruit", tmp_path)


def test_configuration_and_version_can_be_named(tmp_path):
    for config in ("big", "small"):
        for version in ("1.0.0", "2.0.0"):
            _prepare(tmp_path, _MIXED, version=version, config=config)
    loaded = datasets.load("tfds:fruit/small", tmp_path)
    assert "fruit/small/2.0.0" in loaded.source
    loaded = datasets.load("tfds:fruit/big:1.0.0", tmp_path)
    assert "fruit/big/1.0.0" in loaded.source
    for name, message in (
        ("fruit", "several configurations in .*: 'big', 'small'. Name one: f"),
        ("fruit:3.0.0", "fruit:3.0.0 must be prepared by"),
        ("pear", "pear must be prepared by tensorflow-datasets. Received: dat"),
        ("../fruit", "must be named NAME, NAME/CONFIG or"),
    ):
        with pytest.raises((ValueError, OSError), match=message):
            datasets.load(f"tfds:{name}", tmp_path)


def test_text_and_integers_may_be_labels(tmp_path):
    for label, feature, values, names in (
        ("category", tfds.features.Text(), "abab", ("a", "b")),
        ("target", tfds.features.Scalar(np.int64), [9, 10, 9, 10], ("9", "10")),
    ):
        features = {"image": tfds.features.Image(), label: feature}
        others = "cdcd" if label == "category" else [11, 12, 11, 12]
        splits = {
            "train": list(enumerate(values)),
            "test": list(enumerate(others, 4)),
        }
        (folder := tmp_path / label).mkdir()
        _prepare(folder, splits, features, label)
        loaded = datasets.load("tfds:fruit", folder)
        assert loaded.train.class_names == names


def test_an_ambiguous_feature_must_be_named(tmp_path):
    features = {
        "image": tfds.features.Image(),
        "thumbnail": tfds.features.Image(),
        "label": tfds.features.ClassLabel(names=_NAMES),
        "shop": tfds.features.ClassLabel(num_classes=2),
    }
    _prepare(tmp_path, _MIXED, features)
    for options, message in (
        (
            {},
            "must hold the images. Received: image and thumbnail. Name it",
        ),
        (
            {"image_column": "thumbnail"},
            "hold the classes. Received: label and shop. Name it with "
            r"--label_column. Columns: image \(images\)",
        ),
        (
            {"image_column": "shop"},
            "image_column must name a column of fruit",
        ),
        ({"image_column": "x"}, "Received: 'x'. Columns: image"),
    ):
        with pytest.raises(ValueError, match=message):
            datasets.load("tfds:fruit", tmp_path, **options)
    loaded = datasets.load(
        *("tfds:fruit", tmp_path),
        image_column="image",
        label_column="label",
        test_classes=["fig", "lime"],
    )
    assert loaded.test.class_names == ("fig", "lime")


def test_damaged_files_are_named(tmp_path):
    folder = _prepare(tmp_path, _MIXED)
    shard = next(folder.glob("*test*"))
    shard.write_bytes(shard.read_bytes()[:-20])
    with pytest.raises(ValueError, match="must hold 4 records. Received: 3"):
        datasets.load("tfds:fruit", tmp_path)
    info = folder / "dataset_info.json"
    info.write_text(json.dumps(json.loads(info.read_text()) | {"splits": 1}))
    with pytest.raises(ValueError, match="tensorflow-datasets cannot read"):
        datasets.load("tfds:fruit", tmp_path)
