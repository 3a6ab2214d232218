"""Data sets as tensorflow-datasets prepares them: images in TFRecord files."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import NamedTuple
from typing import Optional

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from dnc_keras.datasets.benchmark import Form
from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.downloading import import_tensorflow_datasets
from dnc_keras.datasets.downloading import reason
from dnc_keras.datasets.files import are_files
from dnc_keras.datasets.files import nearby_folders
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.tfrecords import read_records
from dnc_keras.support.damage import reading
from dnc_keras.support.progress import track

_INFO = "dataset_info.json"
_REMEDY = "Prepare the data set again."


def prepared_form(
    builder: str, label: str, name: str = "", finish: Callable = lambda x: x
) -> Form:
    """The form that tensorflow-datasets writes, in its newest version.

    The images stay in the TFRecord files, which are read once to find them.

    Args:
        builder: the data set's name in tensorflow-datasets.
        label: the feature with the class, from 0; ids are from 1.
        name: the feature with the name of the image's file, where there is
            one: a part of the path then.
        finish: function of the `Listing`, which has the splits of
            tensorflow-datasets, to the one to be used.

    Returns:
        A `Form`. Paths are such as
        "cars196-train.tfrecord-00000-of-00016/12/00731": file, record, name.
    """

    def find(root):
        folder = newest_version(root, builder)
        return folder and finish(_list(open_prepared(folder), label, name))

    return Form(
        f"{builder}/ with a version as prepared by tensorflow-datasets", find
    )


def newest_version(
    root: pathlib.Path, builder: str, config: str = "", version: str = ""
) -> Optional[pathlib.Path]:
    """The folder of a prepared data set, or None.

    Args:
        root: its folder, or one or two above.
        builder: the data set's name in tensorflow-datasets.
        config: the name of its configuration. "", the default: the only one.
        version: such as "2.1.0". "", the default: the newest.

    Raises:
        ValueError: where there are several configurations.
    """
    files = (folder / _INFO for folder in nearby_folders(root))
    found = {
        file.parent: described
        for file in files
        if file.is_file() and (described := _describe(file, builder))
    }
    fitting = {
        folder: numbers
        for folder, (own_config, numbers) in found.items()
        if config in ("", own_config)
        and version in ("", ".".join(map(str, numbers)))
    }
    configs = {found[folder][0] for folder in fitting}
    if len(configs) > 1:
        raise ValueError(
            f"{builder} has several configurations in {str(root)!r}: "
            f"{first_few(sorted(configs))}. Name one: {builder}/CONFIG."
        )
    return max(fitting, key=fitting.get, default=None)


def _describe(file, builder):
    """Configuration and version, such as (2, 1, 0); None for another set."""
    remedy = "Prepare the data set again, or remove the file."
    with reading(file, "JSON of tensorflow-datasets", remedy):
        info = json.loads(file.read_text(encoding="utf-8"))
        # Other packages write files of this name too.
        if not isinstance(info, dict) or info.get("name") != builder:
            return None
        numbers = tuple(int(number) for number in info["version"].split("."))
        return str(info.get("configName", "")), numbers


def open_prepared(folder: pathlib.Path):
    """The `tfds.core.DatasetInfo` of a folder.

    Raises:
        ValueError: for a folder that tensorflow-datasets cannot read, or that
            has no TFRecord files.
    """
    tfds = import_tensorflow_datasets(repr(str(folder)))
    try:
        info = tfds.builder_from_directory(str(folder)).info
    except Exception as error:  # There is no common one.
        raise ValueError(
            f"tensorflow-datasets cannot read {str(folder)!r}: "
            f"{reason(error)}. {_REMEDY}"
        ) from error
    if info.file_format.value != "tfrecord":
        raise ValueError(
            f"{str(folder)!r} must hold TFRecord files. Received: "
            f"{info.file_format.value}. Prepare the data set again with "
            "file_format='tfrecord'."
        )
    return info


def _list(info, label, name):
    examples = read_examples(info, "image", label, name)
    return Listing(
        examples.paths,
        [class_id + 1 for class_id in examples.labels],
        examples.splits,
        _class_names(info.features[label]),
        examples.contents,
    )


class Examples(NamedTuple):
    """The examples of a prepared data set, in columns.

    Args:
        paths: `num_images` str: file, record and name.
        labels: `num_images` integers or str.
        splits: `num_images` str.
        contents: `ByteRanges` of the images.
    """

    paths: tuple
    labels: tuple
    splits: tuple
    contents: ByteRanges


def read_examples(info, image: str, label: str, name: str = "") -> Examples:
    """Reads all records once, to find their images.

    Args:
        info: a `tfds.core.DatasetInfo`.
        image: the feature with the encoded image.
        label: the feature with the class, an integer or a text.
        name: as in `prepared_form`.

    Raises:
        ValueError, OSError: for files that are missing or damaged.
    """
    shards = [
        (split.name, str(file), num_examples)
        for split in info.splits.values()
        for file, num_examples in zip(split.filepaths, split.shard_lengths)
    ]
    _check_there([file for _, file, _ in shards])
    rows = track(
        _rows(shards, (image, label, name if name in info.features else "")),
        f"Finding the images of {info.full_name}",
        sum(num_examples for *_, num_examples in shards),
    )
    paths, labels, splits, *places = zip(*rows)
    files = [file for _, file, _ in shards]
    return Examples(
        *(paths, labels, splits), ByteRanges(files, *map(np.array, places))
    )


def _check_there(files):
    missing = np.array(files, object)[~are_files(files)]
    if len(missing):
        raise FileNotFoundError(
            f"{len(missing)} of {len(files)} TFRecord files that {_INFO} "
            f"promises do not exist: {first_few(missing)}. Copy them too, or "
            "prepare the data set again."
        )


def _rows(shards, features):
    """Yields path, label, split, number of the file, offset, length."""
    for file_id, (split, file, num_examples) in enumerate(shards):
        shard = pathlib.Path(file).name
        records = read_records(file, num_examples)
        for row, (position, record) in enumerate(records):
            with reading(f"{file}, record {row},", "an image", _REMEDY):
                image, label, own_name = _values(record, *features)
            path = f"{shard}/{row}" + (f"/{own_name}" if own_name else "")
            offset = position + record.find(image)
            yield path, label, split, file_id, offset, len(image)


def _values(record, image, label, name):
    """The encoded image, the label and the name in a record."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except DecodeError as error:
        raise ValueError("no example") from error
    own_name = features[name].bytes_list.value[0].decode() if name else ""
    encoded = features[image].bytes_list.value[0]
    if not encoded:
        raise ValueError("an empty one")
    integers = features[label].int64_list.value
    if integers:
        return encoded, integers[0], own_name
    return encoded, features[label].bytes_list.value[0].decode(), own_name


def _class_names(feature):
    """The names by class id, or None where the classes are only counted."""
    if feature.names == [str(number) for number in range(feature.num_classes)]:
        return None
    return dict(enumerate(feature.names, 1))
