"""What a data set holds: its images, their classes, and what is wrong."""

from __future__ import annotations

import hashlib

import numpy as np
import tensorflow as tf

from dnc_keras import datasets
from dnc_keras import images
from dnc_keras.datasets.spread import spread
from dnc_keras.datasets.vector_facts import examine_vectors
from dnc_keras.datasets.vector_facts import kinds_of_vectors
from dnc_keras.support import progress
from dnc_keras.support.pipelines import map_in_parallel

FORMATS = {
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG",
    "gif": b"GIF8",
    "bmp": b"BM",
    "webp": b"RIFF",
    "other": b"",
}
_NUM_NAMED = 10
# What is known of an image; one that cannot be decoded has 0 bytes.
_FACTS = [
    ("digest", "S16"),
    ("num_bytes", np.int64),
    ("format", np.int8),
    ("height", np.int32),
    ("width", np.int32),
]
_BATCH_SIZE = 32
_SECOND_TIME = "it could not be read at first, but the second time"


def inspect_dataset(dataset: datasets.Dataset) -> dict:
    """Reads and decodes every image of a data set, and tells what is there.

    Unreadable images are named and counted; they stop nothing. Images are
    equal if their files are, byte by byte; vectors, if their numbers are.

    Args:
        dataset: a `Dataset`.

    Returns:
        A dict that JSON can hold: `dataset`, `source` and `protocol`;
        `splits`, a dict for each of train and test, and for query and gallery
        where there are such, of

        - `num_images`, `num_classes`, `images_per_class` (min, median, max)
          and `classes_with_one_image` (their `count`, the `first` names);
        - `sizes`: `bytes`, `height` and `width` (min, median, max; None where
          no image is readable);
        - `formats`: the number of images of each of `FORMATS`; of vectors
          these two are their `length` and their width and type;
        - `num_repeated`: how many images repeat another one of the split;
        - `unreadable`: the `path` and the `reason` of each;

        and `duplicates`, two lists of groups of equal images, each a dict of
        `path`, `split` and `class`: `across_train_and_test`, and
        `of_different_classes` within train or within test.
    """
    train, test = (
        (_examine if index.feature_dim is None else examine_vectors)(index)
        for index in (dataset.train, dataset.test)
    )
    splits = {
        "train": _summary(dataset.train, *train),
        "test": _summary(dataset.test, *test),
    }
    rows = {path: row for row, path in enumerate(dataset.test.paths)}
    for role in ("query", "gallery"):
        index = getattr(dataset, role)
        if index is not None:
            facts = test[0][[rows[path] for path in index.paths]]
            splits[role] = _summary(index, facts, test[1])
    return {
        "dataset": dataset.name,
        "source": dataset.source,
        "protocol": dataset.protocol,
        "splits": splits,
        "duplicates": _duplicates(dataset, train[0], test[0]),
    }


def _examine(index):
    """`[num_images]` facts, and why an image is unreadable, by path."""
    facts = np.zeros(len(index), _FACTS)
    for position, content, (height, width, _) in _decoded(index):
        digest = hashlib.blake2b(content, digest_size=16).digest()
        size = (len(content), _format(content), height, width)
        facts[position] = (digest, *size)
    rows = np.flatnonzero(facts["num_bytes"] == 0)
    if not len(rows):
        return facts, {}
    broken = index.subset(rows)
    facts["format"][rows] = [_format(head) for head in _contents(broken)]
    reasons = dict.fromkeys(broken.paths, _SECOND_TIME)
    for _, path, reason in broken.find_unreadable():
        reasons[path] = reason
    return facts, reasons


def _decoded(index):
    """Yields position, encoded bytes and shape of each readable image."""
    read = index.reader()

    def decode(position):
        content = read(position)
        return position, content, tf.shape(images.decode(content))

    decoded = map_in_parallel(tf.data.Dataset.range(len(index)), decode)
    batches = decoded.ignore_errors().batch(_BATCH_SIZE).prefetch(1)
    for batch in progress.track(
        batches, "reading images", -(-len(index) // _BATCH_SIZE)
    ):
        yield from zip(*(part.numpy() for part in batch))


def _contents(index):
    """Yields the bytes of each image, decodable or not; none if not there."""
    read = index.reader()
    for position in range(len(index)):
        try:
            yield read(position).numpy()
        except (tf.errors.OpError, OSError):
            yield b""


def _format(content):
    """The position in `FORMATS`."""
    return [content.startswith(start) for start in FORMATS.values()].index(True)


def _summary(index, facts, reasons):
    counts = np.bincount(index.labels)
    single = [index.class_names[label] for label in np.flatnonzero(counts == 1)]
    is_readable = facts["num_bytes"] > 0
    readable = facts[is_readable]
    return {
        "num_images": len(index),
        "num_classes": index.num_classes,
        "images_per_class": spread(counts),
        "classes_with_one_image": {
            "count": len(single),
            "first": single[:_NUM_NAMED],
        },
        **(_kinds if index.feature_dim is None else kinds_of_vectors)(
            index, facts
        ),
        "num_repeated": len(readable) - len(np.unique(readable["digest"])),
        "unreadable": [
            {"path": path, "reason": reasons[path]}
            for path in index.paths[~is_readable]
        ],
    }


def _kinds(index, facts):
    readable = facts[facts["num_bytes"] > 0]
    formats = np.bincount(facts["format"], minlength=len(FORMATS))
    return {
        "sizes": {
            "bytes": spread(readable["num_bytes"]),
            "height": spread(readable["height"]),
            "width": spread(readable["width"]),
        },
        "formats": dict(zip(FORMATS, formats.tolist())),
    }


def _duplicates(dataset, train_facts, test_facts):
    num_train = len(train_facts)

    def describe(row):
        is_train = row < num_train
        index = dataset.train if is_train else dataset.test
        row = row if is_train else row - num_train
        return {
            "path": index.paths[row],
            "split": "train" if is_train else "test",
            "class": index.class_names[index.labels[row]],
        }

    facts = np.concatenate([train_facts, test_facts])
    groups = [list(map(describe, rows)) for rows in _equal_rows(facts)]
    return {
        "across_train_and_test": [
            group for group in groups if len(_different(group, "split")) == 2
        ],
        "of_different_classes": [
            group
            for group in groups
            if len(_different(group, "split", "class"))
            > len(_different(group, "split"))
        ],
    }


def _different(group, *names):
    return {tuple(image[name] for name in names) for image in group}


def _equal_rows(facts):
    """Arrays of the rows whose images are equal, in the order of the first."""
    rows = np.flatnonzero(facts["num_bytes"])
    digests, counts = np.unique(facts["digest"][rows], return_counts=True)
    is_twin = np.isin(facts["digest"][rows], digests[counts > 1])
    groups = {}
    for row in rows[is_twin].tolist():
        groups.setdefault(facts["digest"][row], []).append(row)
    return list(groups.values())
