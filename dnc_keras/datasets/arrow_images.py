"""Images in Arrow files: where in the file each is, and of which class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dnc_keras.datasets.labeled_columns import BYTES
from dnc_keras.datasets.labeled_columns import CLASS
from dnc_keras.datasets.labeled_columns import IMAGE
from dnc_keras.datasets.labeled_columns import INTEGER
from dnc_keras.datasets.labeled_columns import OTHER
from dnc_keras.datasets.labeled_columns import TEXT
from dnc_keras.datasets.labeled_columns import Column
from dnc_keras.support.damage import reading
from dnc_keras.support.extras import import_extra

# Arrow takes a file that lacks it, and more before it, for a shorter one.
_END = b"\xff\xff\xff\xff\0\0\0\0"
_REMEDY = "Save or copy the data set again."


class ArrowRows(NamedTuple):
    """The rows of an Arrow file.

    Args:
        offsets: `[num_rows]` int64, where in the file each image begins.
        lengths: `[num_rows]` int64, in bytes; -1 for an image that is not in
            the file.
        paths: `num_rows` str or None, the image's own file or its name.
        labels: `num_rows` integers or str; None is no label.
    """

    offsets: np.ndarray
    lengths: np.ndarray
    paths: list
    labels: list


def read_columns(file: str) -> dict:
    """A `Column` for each column of an Arrow file, by name.

    Raises:
        ValueError, OSError: for a file that is damaged or absent.
    """
    arrow = _import_arrow()
    with (
        reading(file, "a whole Arrow file", _REMEDY),
        arrow.memory_map(file) as mapped,
        arrow.ipc.open_stream(mapped) as stream,
    ):
        features = _features(stream.schema.metadata or {})
        return {
            field.name: _column(features.get(field.name), field.type)
            for field in stream.schema
        }


def _features(metadata: Mapping):
    """What Hugging Face tells of the columns, or {}."""
    told = json.loads(metadata.get(b"huggingface", b"{}"))
    return told.get("info", {}).get("features") or {}


def _column(feature, kind):
    types = _import_arrow().types
    told = feature.get("_type") if isinstance(feature, dict) else None
    if told == "Image":
        return Column(IMAGE)
    if told == "ClassLabel":
        return Column(CLASS, tuple(map(str, feature["names"])))
    if _is_struct_of_image(types, kind):
        return Column(IMAGE)
    if types.is_binary(kind) or types.is_large_binary(kind):
        return Column(BYTES)
    if types.is_integer(kind):
        return Column(INTEGER)
    if types.is_string(kind) or types.is_large_string(kind):
        return Column(TEXT)
    return Column(OTHER)


def _is_struct_of_image(types, kind):
    """Files that others wrote have no features, but their images' form."""
    if not types.is_struct(kind):
        return False
    names = {kind.field(number).name for number in range(kind.num_fields)}
    return names == {"bytes", "path"}


def read_rows(file: str, image: str, label: str) -> ArrowRows:
    """Finds the images of an Arrow file without reading them.

    Args:
        file: of the kind that Hugging Face's `datasets` writes: a stream,
            without compression.
        image: the column of the images: bytes, or a struct of `bytes` and
            `path`.
        label: the column of the labels.

    Raises:
        ValueError, OSError: for a file that is damaged, compressed, or has no
            such columns.
    """
    arrow = _import_arrow()
    parts = []
    with (
        reading(file, "a whole Arrow file", _REMEDY),
        arrow.memory_map(file) as mapped,
    ):
        whole = mapped.read_buffer()
        mapped.seek(0)
        if whole[-len(_END) :].to_pybytes() != _END:
            raise ValueError("half of one")
        memory = _Memory(whole.address, whole.size)
        with arrow.ipc.open_stream(mapped) as stream:
            for batch in stream:
                parts.append(_rows(batch, image, label, memory))
    offsets, lengths, paths, labels = zip(*parts) if parts else [()] * 4
    return ArrowRows(
        np.concatenate([np.zeros(0, np.int64), *offsets]),
        np.concatenate([np.zeros(0, np.int64), *lengths]),
        [path for part in paths for path in part],
        [label for part in labels for label in part],
    )


class _Memory(NamedTuple):
    """Where in memory a file is mapped, and how large it is, in bytes."""

    address: int
    size: int


def _rows(batch, image, label, memory):
    values, labels = batch.column(image), batch.column(label)
    values.validate(full=True)
    labels.validate(full=True)
    paths = [None] * len(batch)
    if _import_arrow().types.is_struct(values.type):
        parts = dict(zip((f.name for f in values.type), values.flatten()))
        values, paths = parts["bytes"], parts["path"].to_pylist()
    return *_places(values, memory), paths, labels.to_pylist()


def _places(values, memory):
    """Offsets in the file, and lengths; -1 for null."""
    wide = _import_arrow().types.is_large_binary(values.type)
    _, ends, content = values.buffers()
    if content is None or not content.size:
        return np.zeros(len(values), np.int64), np.full(len(values), -1)
    start = content.address - memory.address
    if start < 0 or start + content.size > memory.size:
        raise ValueError("one with compression")
    ends = np.frombuffer(ends, np.int64 if wide else np.int32)
    ends = ends[values.offset :][: len(values) + 1].astype(np.int64)
    is_null = values.is_null().to_numpy(zero_copy_only=False)
    return start + ends[:-1], np.where(is_null, -1, np.diff(ends))


def _import_arrow():
    return import_extra("pyarrow", "hf", "dataset=hf: needs pyarrow")
