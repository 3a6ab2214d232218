"""Encoded images are read, and those that cannot be decoded are named."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from helpers.image_files import coordinates
from helpers.image_files import encode
from helpers.image_files import png
from helpers.image_files import smooth

from dnc_keras import images
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.contents import InMemory


def test_byte_reader_reads_files_inside_tf_data(tmp_path):
    paths = [str(tmp_path / name) for name in ("ä b.png", "c.png")]
    for path, text in zip(paths, ("first", "second")):
        tf.io.write_file(path, text)
    read = images.byte_reader(np.array(paths))
    positions = tf.data.Dataset.from_tensor_slices([1, 0])
    assert list(positions.map(read).as_numpy_iterator()) == [
        b"second",
        b"first",
    ]


def test_byte_reader_takes_contents_where_there_are_no_files():
    contents = [b"\x00one", b"two\x00"]
    read = images.byte_reader(["no/file"] * 2, InMemory.of(contents))
    positions = tf.data.Dataset.range(2)
    assert list(positions.map(read).as_numpy_iterator()) == contents


def test_other_formats_are_refused_by_name(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(encode(smooth(8, 8), "TIFF"))
    ((_, named, reason),) = images.find_unreadable([str(path)])
    assert named == str(path)
    assert reason.startswith("An encoded image must be a JPEG, PNG,")


def test_what_training_cannot_turn_is_unreadable(tmp_path):
    whole = encode(smooth(8, 8), "JPEG")
    many = b"\xff\xfe\0\2" * 2**15 + b"\xff\xe1\0\10Exif\0\0"
    path = tmp_path / "image.jpg"
    path.write_bytes(whole[:2] + many + whole[2:])
    ((_, _, reason),) = images.find_unreadable([str(path)])
    assert reason.startswith("An image file must have at most 16384 parts")


def test_find_unreadable_names_each_with_its_reason(tmp_path):
    whole = png(np.random.default_rng(0).integers(0, 255, [9, 9, 3], np.uint8))
    files = {
        "a.png": whole,
        "empty.png": b"",
        "b.png": whole,
        "text.jpg": b"not an image",
        "cut.png": whole[: len(whole) // 2],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in [*files, "absent.png"]]
    found = images.find_unreadable(np.array(paths))
    assert [(position, path) for position, path, _ in found] == [
        (position, paths[position]) for position in (1, 3, 4, 5)
    ]
    reasons = [reason for _, _, reason in found]
    assert reasons[0].endswith("Received: 0 bytes that are none. Convert it.")
    assert reasons[1].endswith("Received: 12 bytes that are none. Convert it.")
    assert "PNG" in reasons[2]
    assert reasons[3].endswith("No such file or directory")
    assert not any("\n" in reason for reason in reasons)


def test_find_unreadable_looks_into_contents():
    contents = InMemory.of([png(coordinates(3, 3)), b"bad"])
    found = images.find_unreadable(["x.zip/1.png", "x.zip/2.png"], contents)
    assert [path for _, path, _ in found] == ["x.zip/2.png"]
    assert images.find_unreadable(["x.zip/1.png"], contents[[0]]) == []


def test_find_unreadable_names_an_image_whose_file_was_cut(tmp_path):
    whole = png(coordinates(3, 3))
    (tmp_path / "two.bin").write_bytes(whole + whole[:20])
    size = len(whole)
    contents = ByteRanges(
        [tmp_path / "two.bin"],
        np.zeros(2, int),
        np.array([0, size]),
        np.array([size, size]),
    )
    ((position, path, reason),) = images.find_unreadable(["1", "2"], contents)
    assert (position, path) == (1, "2")
    assert f"image 1 ended after 20 of {size} bytes" in reason
