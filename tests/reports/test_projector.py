"""Embeddings for TensorBoard's projector, read as TensorBoard reads them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from helpers.image_files import index_of
from helpers.image_files import plain

from dnc_keras.reports.projector import write_projector


def images_of(names):
    """One image of each class name, all of one shade, its position."""
    images = [plain(shade, 4, 4) for shade in range(len(names))]
    return index_of(*images, names=names)


def embeddings_of(index):
    return np.arange(2 * len(index), dtype=np.float32).reshape(-1, 2) / 3


def lines_of(path):
    # TensorBoard splits at "\n" alone.
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def test_the_configuration_is_tensorboards(tmp_path):
    plugin = pytest.importorskip("tensorboard.plugins.projector")
    index = images_of(["cat", "dog"])
    write_projector(tmp_path / "logs", embeddings_of(index), index)
    text = (tmp_path / "logs" / "projector_config.pbtxt").read_text()
    config = text_format.Parse(text, plugin.ProjectorConfig())
    (told,) = config.embeddings
    for name in (told.tensor_path, told.metadata_path, told.sprite.image_path):
        assert (tmp_path / "logs" / name).is_file()
    assert list(told.sprite.single_image_dim) == [48, 48]


def test_rows_tiles_and_classes_are_of_the_same_images(tmp_path):
    index = images_of(["cat", "dog", "ant"])
    write_projector(tmp_path, embeddings_of(index), index)
    assert lines_of(tmp_path / "tensors.tsv") == [
        "0\t0.3333333",
        "0.6666667\t1",
        "1.333333\t1.666667",
    ]
    assert lines_of(tmp_path / "metadata.tsv") == [
        "class\timage",
        "cat\t0.png",
        "dog\t1.png",
        "ant\t2.png",
    ]
    picture = tf.io.decode_png((tmp_path / "sprite.png").read_bytes()).numpy()
    assert picture.shape == (96, 96, 3)
    assert picture[::48, ::48, 0].tolist() == [[0, 1], [2, 128]]


def test_a_sample_is_chosen_by_the_seed(tmp_path):
    index = images_of([f"c{number:02d}" for number in range(30)])
    embeddings = embeddings_of(index)
    chosen = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_projector(tmp_path / name, embeddings, index, 10, seed)
        tensors = lines_of(tmp_path / name / "tensors.tsv")
        classes = lines_of(tmp_path / name / "metadata.tsv")[1:]
        assert len(tensors) == len(classes) == len(set(tensors)) == 10
        for line, told in zip(tensors, classes):
            row = round(float(line.split("\t")[0]) * 1.5)
            assert told == f"c{row:02d}\t{row}.png"
        chosen.append(classes)
    assert chosen[0] == chosen[1] != chosen[2]


@pytest.mark.parametrize(
    "name, shown",
    [
        ("a\tb\nc\r", "a b c"),
        ("\x85\u2028x\x0b", "x"),
        ("", "(no name)"),
        ("\u56fe", "\u56fe"),
        ("\udc80", "\\udc80"),
        (" \t=1+1", "'=1+1"),
        ("-1.5", "-1.5"),
    ],
)
def test_a_class_name_stays_in_its_cell(tmp_path, name, shown):
    index = images_of([name, "other"])
    write_projector(tmp_path, embeddings_of(index), index)
    assert lines_of(tmp_path / "metadata.tsv")[1:] == [
        f"{shown}\t0.png",
        "other\t1.png",
    ]


def test_embeddings_of_other_images_are_refused(tmp_path):
    with pytest.raises(ValueError, match="3 embeddings, 2 images"):
        write_projector(tmp_path, np.zeros([3, 2]), images_of(["a", "b"]))
    assert list(tmp_path.iterdir()) == []
