"""Tiny data sets as tensorflow-datasets prepares them."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import plain
from helpers.image_files import png

# Skips the module that imports this where the package is missing.
tfds = pytest.importorskip("tensorflow_datasets")

# For each data set: the classes, from 0, of its images of each split.
CLASSES = {
    "cars196": {"train": [97, 0, 98, 0], "test": [195, 98, 97]},
    "cub200_2011": {"train": [99, 1, 100, 1], "test": [199, 100, 99]},
    "stanford_online_products": {"train": [1, 0, 1], "test": [3, 3, 2, 3]},
}
BUILDERS = {name: name for name in CLASSES}
BUILDERS["cub200_2011"] = "caltech_birds2011"
NAMES = {builder: name for name, builder in BUILDERS.items()}
VERSIONS = {
    "cars196": "2.1.0",
    "caltech_birds2011": "0.2.0",
    "stanford_online_products": "1.0.0",
}
_BOX = tfds.features.BBox(0.0, 0.0, 1.0, 1.0)
_MASK = np.full([8, 8, 1], 255, np.uint8)


def _png(split, row):
    """An image whose every pixel tells which one it is."""
    color = [200 if split == "train" else 100, row, 7]
    return png(plain(color))


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


class Toy(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Tiny images in the layout of an official builder."""

    VERSION = tfds.core.Version("0.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "None."

    def _info(self):
        return self.dataset_info_from_configs(features=_features(self.name))

    def _split_generators(self, dl_manager):
        return {
            split: self._generate_examples(split, classes)
            for split, classes in CLASSES[NAMES[self.name]].items()
        }

    def _generate_examples(self, split, classes):
        for row, label in enumerate(classes):
            yield row, _example(self.name, _png(split, row), label, row)


def toy(name, data_dir, base=Toy, version=None):
    """A builder with the name of an official one."""
    fields = {
        "name": name,
        "VERSION": tfds.core.Version(version or VERSIONS[name]),
        "pkg_dir_path": pathlib.Path(data_dir),
    }
    cls = type(name, (base,), fields, skip_registration=True)
    return cls(data_dir=str(data_dir))


def prepare(data_dir, name="cars196", version=None):
    """Writes a data set, each split in two files; returns its folder."""
    builder = toy(BUILDERS[name], data_dir, version=version)
    builder.download_and_prepare(
        file_format="tfrecord",
        download_config=tfds.download.DownloadConfig(num_shards=2),
    )
    return data_dir / builder.name / str(builder.version)


def examples(index):
    """The (split, row, class name) of each image, by its pixels."""
    read = index.reader()
    encoded = tf.data.Dataset.range(len(index)).map(read)
    pixels = [tf.io.decode_png(image)[0, 0].numpy() for image in encoded]
    assert all(pixel[2] == 7 for pixel in pixels)
    return sorted(
        ("train" if red == 200 else "test", int(row), index.class_names[label])
        for (red, row, _), label in zip(pixels, index.labels)
    )


def check_cars(loaded):
    """Checks that classes 1 to 98 train, whatever the official split."""
    assert examples(loaded.train) == [
        ("test", 2, "Car 97"),
        ("train", 0, "Car 97"),
        ("train", 1, "Car 0"),
        ("train", 3, "Car 0"),
    ]
    assert examples(loaded.test) == [
        ("test", 0, "Car 195"),
        ("test", 1, "Car 98"),
        ("train", 2, "Car 98"),
    ]
