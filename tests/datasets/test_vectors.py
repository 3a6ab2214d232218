"""Vectors in files, with what tables say of them."""

from __future__ import annotations

import os
import re
import zipfile

import numpy as np
import pytest

from dnc_keras import datasets
from dnc_keras.config import TrainConfig
from dnc_keras.datasets.configured import load_dataset

_VECTORS = np.arange(1, 17).reshape(8, 2).astype(np.float16)
_LABELS = np.array([0, 0, 1, 1, 2, 2, 3, 3])
_SPLIT = np.array(["train"] * 4 + ["test"] * 4)
_TABLE = "label,split\n" + "\n".join(
    f"{label},{split}" for label, split in zip(_LABELS, _SPLIT)
)


def _write(folder, vectors=_VECTORS, table=_TABLE, name="x"):
    np.save(folder / f"{name}.npy", vectors)
    (folder / f"{name}.csv").write_text(table)
    return folder / f"{name}.npy"


def _contents(index):
    return index.contents.take(slice(None))


def _check_halves(dataset):
    """That classes 0 and 1 are for training, 2 and 3 for testing."""
    assert dataset.train.class_names == ("0", "1")
    assert dataset.test.class_names == ("2", "3")
    np.testing.assert_array_equal(dataset.train.labels, [0, 0, 1, 1])
    np.testing.assert_array_equal(_contents(dataset.train), _VECTORS[:4])
    np.testing.assert_array_equal(_contents(dataset.test), _VECTORS[4:])


def test_a_table_of_the_same_name_divides_a_file(tmp_path):
    dataset = datasets.load("vectors", _write(tmp_path))
    _check_halves(dataset)
    assert list(dataset.test.paths) == ["x.npy:4", "x.npy:5"] + [
        "x.npy:6",
        "x.npy:7",
    ]
    assert isinstance(dataset.train.contents.shards[0], np.memmap)
    assert dataset.title == "vectors: 2 numbers each, float16"


def test_a_common_table_is_taken_where_a_file_has_none(tmp_path):
    path = _write(tmp_path)
    path.with_suffix(".csv").rename(tmp_path / "labels.csv")
    for place in (path, tmp_path):
        _check_halves(datasets.load("vectors", place))


@pytest.mark.parametrize("name", ["x.labels.npy", "x_labels.npy", "labels.npy"])
@pytest.mark.parametrize("labels", [_LABELS, _LABELS.astype(str)])
def test_labels_alone_are_split_by_classes(tmp_path, name, labels):
    np.save(tmp_path / "x.npy", _VECTORS)
    np.save(tmp_path / name, labels)
    _check_halves(datasets.load("vectors", tmp_path, test_classes=("2", "3")))
    drawn = datasets.load("vectors", tmp_path / "x.npy", seed=1)
    assert drawn.train.num_classes == drawn.test.num_classes == 2
    again = load_dataset(
        TrainConfig(dataset="vectors", data_dir=str(tmp_path), split_seed=1)
    )
    assert drawn.test.class_names == again.test.class_names


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("name", ["embeddings", "features", "vectors"])
def test_an_archive_holds_vectors_and_columns(tmp_path, save, name):
    arrays = {name: _VECTORS, "labels": _LABELS, "split": _SPLIT}
    save(tmp_path / "x.npz", ids=np.arange(8) + 90, **arrays)
    dataset = datasets.load("vectors", tmp_path / "x.npz")
    _check_halves(dataset)
    assert list(dataset.train.paths) == ["90", "91", "92", "93"]
    is_mapped = isinstance(dataset.train.contents.shards[0], np.memmap)
    assert is_mapped == (save is np.savez)


def test_queries_and_gallery_have_cameras_and_ids(tmp_path):
    rows = [
        *("0,train,,7,a", "0,train,,7,b", "1,train,,8,c", "1,train,,8,d"),
        *("2,test,query,west,e", "2,test,gallery,east,f"),
        *("3,test,gallery,west,g", "3,test,query,east,h"),
    ]
    table = "\n".join(["label,split,role,camera,id", *rows])
    dataset = datasets.load("vectors", _write(tmp_path, table=table))
    assert list(dataset.query.paths) == ["e", "h"]
    assert list(dataset.gallery.paths) == ["f", "g"]
    np.testing.assert_array_equal(_contents(dataset.query), _VECTORS[[4, 7]])
    np.testing.assert_array_equal(dataset.query.cameras, [1, 0])


def test_shards_are_joined_by_name(tmp_path):
    lines = _TABLE.split("\n")
    _write(tmp_path, _VECTORS[3:], "\n".join([lines[0], *lines[4:]]), "b")
    _write(tmp_path, _VECTORS[:3], "\n".join(lines[:4]), "a")
    dataset = datasets.load("vectors", tmp_path)
    _check_halves(dataset)
    assert list(dataset.train.paths) == ["a.npy:0", "a.npy:1"] + [
        "a.npy:2",
        "b.npy:0",
    ]
    for name in "ab":
        (tmp_path / f"{name}.csv").unlink()
    (tmp_path / "labels.csv").write_text(_TABLE)
    _check_halves(datasets.load("vectors", tmp_path))


def test_integers_and_other_byte_orders_are_taken(tmp_path):
    for dtype in (np.int8, ">f4", np.float64):
        path = _write(tmp_path, _VECTORS.astype(dtype))
        _check_halves(datasets.load("vectors", path))


def test_broken_vectors_are_refused_or_skipped(tmp_path):
    vectors = np.tile(_VECTORS, [2, 1])
    vectors[[2, 5]] = np.nan, 0
    table = "\n".join([_TABLE, *_TABLE.split("\n")[1:]])
    config = TrainConfig(
        dataset="vectors", data_dir=str(_write(tmp_path, vectors, table))
    )
    with pytest.raises(
        ValueError,
        match="'x.npy:2', 'x.npy:5'; of the first, it has NaN or infinity",
    ):
        load_dataset(config)
    skipping = TrainConfig(
        dataset="vectors", data_dir=config.data_dir, unreadable="skip"
    )
    dataset = load_dataset(skipping)
    assert (len(dataset.train), len(dataset.test)) == (7, 7)
    assert "x.npy:2" not in dataset.train.paths


def _save_npy(**arrays):
    def save(folder):
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)

    return save


def _save_npz(**arrays):
    return lambda folder: np.savez(folder / "x.npz", **arrays)


def _write_table(table, vectors=_VECTORS):
    return lambda folder: _write(folder, vectors, table)


def _cut(folder):
    path = _write(folder)
    path.write_bytes(path.read_bytes()[:-1])


def _cut_npz(folder):
    np.savez(folder / "x.npz", embeddings=_VECTORS, labels=_LABELS)
    content = (folder / "x.npz").read_bytes()
    (folder / "x.npz").write_bytes(content[: len(content) // 2])


def _lengthen(folder):
    """The vectors of an archive are fewer than their header says."""
    np.savez(folder / "x.npz", embeddings=_VECTORS, labels=_LABELS)
    content = (folder / "x.npz").read_bytes()
    changed = content.replace(b"'shape': (8, 2)", b"'shape': (9, 2)")
    (folder / "x.npz").write_bytes(changed)


def _spoil_header(folder):
    path = _write(folder)
    path.write_bytes(path.read_bytes().replace(b"(8, 2)", b"(8, 2("))


def _save_text(folder):
    np.savez(folder / "x.npz", embeddings=_VECTORS)
    with zipfile.ZipFile(folder / "x.npz", "a") as archive:
        archive.writestr("labels.npy", "no array")


def _save_kinds(folder):
    _write(folder)
    _save_npz(embeddings=_VECTORS, labels=_LABELS)(folder)


def _save_widths(folder):
    _write(folder)
    _write(folder, np.ones([8, 3]), name="y")


def _save_columns(folder):
    _write(folder)
    _write(folder, table="label\n" + "\n".join("abcdefgh"), name="y")


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda folder: None, "No vectors in"),
        (_save_npy(x=_VECTORS), "No labels for the vectors of"),
        (_save_npy(x=_VECTORS, labels=_LABELS[1:]), "7 for 8 vectors"),
        (_save_npy(x=_VECTORS, labels=_LABELS / 2), "text or integer"),
        (_save_npy(x=np.array([["a"]]), labels=_LABELS), "Received: <U1"),
        (_save_npy(x=np.array([[None]]), labels=_LABELS), "Python objects"),
        (_save_npy(x=np.ones(3), labels=_LABELS), "Received: shape [3]"),
        (_save_npy(x=np.ones([8, 2, 2]), labels=_LABELS), "shape [8, 2, 2]"),
        (_save_npy(x=_VECTORS[:0], labels=_LABELS), "vectors"),
        (
            _save_npy(x=np.asfortranarray(_VECTORS), labels=_LABELS),
            "an array in Fortran order",
        ),
        (_cut, "must be a whole .npy file"),
        (_cut_npz, "must be a whole .npz file"),
        (_lengthen, "must be a whole .npz file"),
        (_save_npz(embeddings=_VECTORS), "No labels for the vectors of"),
        (
            _save_npz(embeddings=_VECTORS, split=_SPLIT),
            "needs labels, and the columns that the others have",
        ),
        (_save_npz(x=_VECTORS, labels=_LABELS), "named embeddings or features"),
        (
            _save_npz(embeddings=_VECTORS, vectors=_VECTORS, labels=_LABELS),
            "must hold one array of vectors",
        ),
        (
            _save_npz(embeddings=_VECTORS, labels=np.array([None] * 8)),
            "must be a whole .npz file. Received: Object arrays",
        ),
        (
            _save_npz(embeddings=_VECTORS, labels=_LABELS, id=np.zeros(8, int)),
            "an id of its own. Received more than once: '0'",
        ),
        (
            _save_npz(embeddings=_VECTORS, labels=_LABELS, label=_LABELS),
            "one label for each vector. Received: both label and labels",
        ),
        (
            _save_npz(embeddings=_VECTORS, labels=np.array([b"\xff"] * 8)),
            "must be text in UTF-8, or str. Received: 'utf-8' codec",
        ),
        (_save_npy(x=np.array(3), labels=_LABELS), "Received: shape []"),
        (
            _save_npz(
                embeddings=_VECTORS,
                labels=np.full(8, 2**31, np.uint32).view("<U1"),
            ),
            "must be text in UTF-8, or str",
        ),
        (_spoil_header, "must be a whole .npy file. Received: "),
        (_save_text, "Received: a member that is no array"),
        (_save_kinds, "must hold files of one kind. Received: '.npy', '.npz'"),
        (
            _save_widths,
            "must have one width. Received: 2 in 'x.npy', 3 in 'y.npy'",
        ),
        (_save_columns, "the columns that the others have. Received: 'label'"),
        (_write_table("name\na\n"), "needs the columns label in its first"),
        (_write_table("label\na\n\nb"), "2 for 8 vectors"),
        (
            _write_table("label,role\n" + 8 * "a,query\n"),
            "role needs a column split",
        ),
        (
            _write_table(_TABLE.replace("train", "x")),
            "must hold train and test",
        ),
        (_write_table("label,split\n,train\n"), "Wrong lines: '2'"),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path, write, message):
    write(tmp_path)
    with pytest.raises(
        (ValueError, OSError),
        match=re.escape(message),
    ) as raised:
        datasets.load("vectors", tmp_path)
    assert "\n" not in str(raised.value)


def test_test_classes_beside_a_split_are_refused(tmp_path):
    with pytest.raises(ValueError, match="so test_classes has no use"):
        datasets.load("vectors", _write(tmp_path), test_classes=("2",))


def test_two_tables_are_refused(tmp_path):
    np.save(tmp_path / "x_labels.npy", _LABELS)
    with pytest.raises(ValueError, match="must have one table"):
        datasets.load("vectors", _write(tmp_path))


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("nowhere"),
    ],
)
def test_what_is_no_file_is_neither_opened_nor_passed_over(tmp_path, make):
    _write(tmp_path)
    make(tmp_path / "y.npy")
    with pytest.raises(FileNotFoundError, match="y.npy' must be a file"):
        datasets.load("vectors", tmp_path)


def test_a_common_table_needs_names_in_the_order_of_their_numbers(tmp_path):
    np.save(tmp_path / "labels.npy", _LABELS)
    for number in (2, 10):
        np.save(tmp_path / f"x_{number}.npy", _VECTORS[:4])
    message = "Received: 'x_10.npy' before 'x_2.npy'. Fill the numbers"
    with pytest.raises(ValueError, match=re.escape(message)):
        datasets.load("vectors", tmp_path)
    (tmp_path / "x_2.npy").rename(tmp_path / "x_02.npy")
    dataset = datasets.load("vectors", tmp_path, test_classes=("2", "3"))
    assert dataset.train.paths[0] == "x_02.npy:0"


@pytest.mark.parametrize("name", ["y.csv", "y.labels.npy", "y_labels.npy"])
def test_a_table_whose_vectors_are_lost_is_not_passed_over(tmp_path, name):
    _write(tmp_path)
    (tmp_path / name).write_text(_TABLE)
    with pytest.raises(FileNotFoundError, match=f"{name}' must stand next to"):
        datasets.load("vectors", tmp_path)
    (tmp_path / name).rename(tmp_path / "notes.txt")
    _check_halves(datasets.load("vectors", tmp_path))
