"""Data sets of Hugging Face, written by its own package."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import plain
from helpers.image_files import png
from helpers.image_files import write_image

from dnc_keras import datasets

hub = pytest.importorskip("datasets")
arrow = pytest.importorskip("pyarrow")
pytestmark = pytest.mark.usefixtures("no_network")
_NAMES = ["ant", "bee", "cat", "dog"]
_CLASSES = hub.ClassLabel(names=_NAMES)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def _rows(labels, start=0, label=_CLASSES, name="label", **more):
    """A `Dataset` of the package; image n is n everywhere."""
    numbers = range(start, start + len(labels))
    columns = {
        "image": [
            {"bytes": png(plain(n)), "path": f"{n}.png"} for n in numbers
        ],
        name: labels,
        **{column: values for column, (_, values) in more.items()},
    }
    kinds = {column: kind for column, (kind, _) in more.items()}
    features = hub.Features({"image": hub.Image(), name: label, **kinds})
    return hub.Dataset.from_dict(columns, features=features)


def _save(made, folder):
    made.save_to_disk(str(folder))
    return f"hf:{folder}"


def _numbers(index):
    read = index.reader()
    return [
        (int(tf.io.decode_png(read(row))[0, 0, 0]), index.class_names[label])
        for row, label in enumerate(index.labels)
    ]


def test_a_saved_dataset_is_divided_by_class(tmp_path):
    name = _save(_rows([0, 1, 2, 3, 3, 2, 1, 0]), tmp_path / "set")
    loaded = datasets.load(name, test_classes=["bee", "dog"])
    assert _numbers(loaded.train) == [
        *((0, "ant"), (2, "cat"), (5, "cat"), (7, "ant"))
    ]
    assert _numbers(loaded.test) == [
        *((1, "bee"), (3, "dog"), (4, "dog"), (6, "bee"))
    ]
    assert list(loaded.test.paths)[0] == "data-00000-of-00001.arrow/1"
    assert loaded.title == f"{name}: Hugging Face save_to_disk"


def test_many_batches_and_files_are_read_in_place(tmp_path):
    made = _rows([n % 4 for n in range(200)]).shuffle(seed=1)
    made.save_to_disk(str(tmp_path / "set"), num_shards=3)
    loaded = datasets.load(
        f"hf:{tmp_path / 'set'}", test_classes=["ant", "bee"]
    )
    expected = [
        (r["image"], r["label"])
        for r in made.cast_column("image", hub.Image(decode=False))
    ]
    wanted = [i["bytes"] for i, label in expected if label in (0, 1)]
    contents = loaded.test.contents
    assert [contents[row] for row in range(len(contents))] == wanted
    assert len(set(contents.files)) == 3


def test_copies_in_memory_and_on_disk_are_the_same(tmp_path):
    name = _save(_rows([0, 1, 2, 3] * 2), tmp_path / "set")
    loaded = datasets.load(name, test_classes=["bee", "dog"])
    for cache in ("memory", str(tmp_path / "copies")):
        cached = datasets.with_cache(loaded, cache)
        assert _numbers(cached.test) == _numbers(loaded.test)


def test_splits_of_other_classes_are_kept(tmp_path):
    made = hub.DatasetDict(
        train=_rows([0, 1, 0, 1]),
        test=_rows([2, 3, 2, 3], 4),
        unlabeled=_rows([-1, -1], 8),
    )
    loaded = datasets.load(_save(made, tmp_path / "set"))
    assert _numbers(loaded.test) == [
        *((4, "cat"), (5, "dog"), (6, "cat"), (7, "dog"))
    ]
    assert loaded.train.paths[0] == "train/data-00000-of-00001.arrow/0"
    assert loaded.protocol.endswith("; the set's own split")


def test_splits_of_the_same_classes_are_joined(tmp_path, caplog):
    made = hub.DatasetDict(
        train=_rows([0, 1, 2, 3]), test=_rows([0, 1, 2, 3], 4)
    )
    name = _save(made, tmp_path / "set")
    loaded = datasets.load(name)
    assert len(loaded.train) == len(loaded.test) == 4
    assert "own train and test images share 4 classes" in caplog.text
    with pytest.raises(ValueError, match="needs other classes in test than in"):
        datasets.load(name, split="own")


def _write_parquet(folder):
    for split, start in (("train", 0), ("test", 4)):
        (folder / "data").mkdir(parents=True, exist_ok=True)
        labels = [0, 1, 0, 1] if split == "train" else [2, 3, 2, 3]
        file = folder / "data" / f"{split}-00000-of-00001.parquet"
        _rows(labels, start).to_parquet(str(file))
    return f"hf:{folder}"


def test_parquet_files_of_the_hub_are_read(tmp_path, capfd):
    name = _write_parquet(tmp_path / "set")
    capfd.readouterr()
    loaded = datasets.load(name)
    assert _numbers(loaded.test) == [
        *((4, "cat"), (5, "dog"), (6, "cat"), (7, "dog"))
    ]
    assert capfd.readouterr() == ("", "")
    assert loaded.source == "Hugging Face parquet"


def test_parquet_files_of_others_are_read(tmp_path):
    images = [{"bytes": png(plain(n)), "path": None} for n in range(8)]
    table = arrow.table({"photo": images, "class": [9, 9, 10, 10] * 2})
    arrow.parquet = pytest.importorskip("pyarrow.parquet")
    arrow.parquet.write_table(table, tmp_path / "test.parquet")
    table = table.set_column(1, "class", [[1, 2] * 4])
    arrow.parquet.write_table(table, tmp_path / "train.parquet")
    loaded = datasets.load(f"hf:{tmp_path}")
    assert loaded.train.class_names == ("1", "2")
    assert loaded.test.class_names == ("9", "10")


def test_parquet_of_two_configurations_is_refused(tmp_path):
    for config in ("big", "small"):
        (tmp_path / config).mkdir()
        _rows([0]).to_parquet(str(tmp_path / config / "train.parquet"))
    with pytest.raises(ValueError, match="Received: those of 'big', 'small'."):
        datasets.load(f"hf:{tmp_path}")


def test_a_name_is_looked_for_in_the_cache(tmp_path):
    made = _rows([0, 1, 2, 3] * 2)
    _write_cached(made, tmp_path / "cache" / "owner___my_set" / "big")
    loaded = datasets.load("hf:owner/mySet", test_classes=["ant", "bee"])
    assert loaded.source == "Hugging Face cache"
    assert loaded.test.paths[0] == "train/my_set-train.arrow/0"
    assert len(datasets.load("hf:owner/mySet", tmp_path / "cache").test) == 4
    _write_cached(made, tmp_path / "cache" / "owner___my_set" / "small")
    with pytest.raises(
        ValueError, match="'big', 'small'. Name one: hf:owner/m"
    ):
        datasets.load("hf:owner/mySet")
    assert len(datasets.load("hf:owner/mySet:small").train) == 4


def _write_cached(made, config):
    """As `load_dataset` leaves it, by the package's own builder."""
    parquet = config.parent / "it.parquet"
    config.parent.mkdir(parents=True, exist_ok=True)
    made.to_parquet(str(parquet))
    cache = config.parent / "other"
    written = hub.Dataset.from_parquet(str(parquet), cache_dir=str(cache))
    folder = config / "0.0.0" / "hash"
    folder.mkdir(parents=True)
    file = written.cache_files[0]["filename"]
    shutil.copy(file, folder / "my_set-train.arrow")
    made.info.write_to_directory(str(folder))
    shutil.rmtree(cache)
    parquet.unlink()


def test_what_is_nowhere_is_named(tmp_path):
    message = "Received: 'owner/none', which is neither here nor in '.*cache'"
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("hf:owner/none")
    with pytest.raises(
        FileNotFoundError, match="a folder without state.json, "
    ):
        datasets.load(f"hf:{tmp_path}")


def test_a_moved_folder_is_found_in_data_dir(tmp_path):
    _save(_rows([0, 1, 2, 3] * 2), tmp_path / "new" / "set")
    for name in ("hf:set", "hf:/gone/set"):
        assert len(datasets.load(name, tmp_path / "new").train) == 4


def test_columns_are_named_where_they_are_not_clear(tmp_path):
    others = {
        "coarse": (hub.ClassLabel(num_classes=2), [0, 1] * 4),
        "mask": (hub.Image(), [None] * 8),
        "id": (hub.Value("int64"), list(range(8))),
    }
    name = _save(_rows([0, 1, 2, 3] * 2, **others), tmp_path / "set")
    for options, message in (
        ({}, "must hold the images. Received: image and mask. Name it with"),
        (
            {"image_column": "image"},
            "must hold the classes. Received: coarse and label. Name it with "
            r"--label_column. Columns: coarse \(classes\), id \(integers\), ",
        ),
        (
            {"image_column": "id"},
            "with images. Received: 'id'. Columns: coarse",
        ),
        (
            {"image_column": "image", "label_column": "id"},
            "must share classes. Received: 8 images of as many classes",
        ),
        (
            {"image_column": "mask", "label_column": "label"},
            "needs an image. Received: 8 of 8 without. Remove them",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            datasets.load(name, **options)
    loaded = datasets.load(name, image_column="image", label_column="label")
    assert len(loaded.train) == 4


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda: _rows([0, 1, 0, None]), "a label. Received: 1 without, of 4"),
        (lambda: _rows([-1] * 4), "a label. Received: 4 without, of 4"),
        (lambda: _rows([0, 0, 0, 1, 1]), "at least four: two on each side"),
        (
            lambda: _rows([0, 1, 2, 3] * 2).remove_columns("label"),
            "must hold the classes. Received: none. Name it with --label",
        ),
        (
            lambda: _rows([0, 1, 2, 3] * 2).remove_columns("image"),
            "must hold the images. Received: none. Name it with --image_column",
        ),
        (
            lambda: _rows([0.5] * 4, label=hub.Value("float32")),
            "must hold the classes. Received: none",
        ),
    ],
)
def test_rows_without_image_or_label_are_refused(tmp_path, rows, message):
    with pytest.raises(ValueError, match=message):
        datasets.load(_save(rows(), tmp_path / "set"))


def test_some_rows_without_an_image_are_refused(tmp_path):
    made = _rows([0, 1, 2, 3] * 2)
    table = made.data.to_pydict()
    table["image"][3] = None
    made = hub.Dataset.from_dict(table, features=made.features)
    with pytest.raises(ValueError, match="Received: 1 of 8 without. Remove"):
        datasets.load(_save(made, tmp_path / "set"))


def test_images_that_are_files_are_read_there(tmp_path):
    folder = tmp_path / "cache" / "files" / "default"
    files = [
        str(write_image(tmp_path / f"{n}.png", plain(n))) for n in range(8)
    ]
    features = hub.Features({"image": hub.Image(), "label": _CLASSES})
    made = hub.Dataset.from_dict(
        {"image": files, "label": [0, 1, 2, 3] * 2}, features=features
    )
    _write_arrow(made.data.table, folder / "0.0.0" / "x" / "files-train.arrow")
    made.info.write_to_directory(str(folder / "0.0.0" / "x"))
    loaded = datasets.load("hf:files", test_classes=["bee", "dog"])
    assert loaded.test.contents is None
    assert list(loaded.test.paths) == files[1::2]
    (tmp_path / "3.png").unlink()
    with pytest.raises(
        FileNotFoundError, match="Not there: '.*3.png'. Save it"
    ):
        datasets.load("hf:files")


def _write_arrow(table, file, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    options = arrow.ipc.IpcWriteOptions(**options)
    with arrow.ipc.new_stream(str(file), table.schema, options=options) as out:
        out.write_table(table)


def test_compressed_files_are_refused(tmp_path):
    name = _save(_rows([0, 1, 2, 3] * 2), tmp_path / "set")
    file = tmp_path / "set" / "data-00000-of-00001.arrow"
    images = [{"bytes": b"0" * 9999, "path": ""}] * 8
    table = arrow.table({"image": images, "label": np.arange(8) % 4})
    _write_arrow(table, file, compression="zstd")
    with pytest.raises(ValueError, match="Received: one with compression"):
        datasets.load(name)


@pytest.mark.parametrize("kept", [0, 7, 500, -8, -300])
def test_damaged_arrow_files_are_named(tmp_path, kept):
    name = _save(_rows([0, 1, 2, 3] * 2), tmp_path / "set")
    file = tmp_path / "set" / "data-00000-of-00001.arrow"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(
        (ValueError, OSError), match="data-00000-of-00001.arrow"
    ):
        datasets.load(name)


def test_damaged_parquet_is_named(tmp_path, capfd):
    name = _write_parquet(tmp_path / "set")
    file = tmp_path / "set" / "data" / "test-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    capfd.readouterr()
    with pytest.raises(
        ValueError, match="test-00000-of-00001.parquet' must be"
    ):
        datasets.load(name)
    assert capfd.readouterr() == ("", "")


def test_damaged_descriptions_are_named(tmp_path):
    name = _save(_rows([0, 1, 2, 3] * 2), tmp_path / "set")
    state = tmp_path / "set" / "state.json"
    for text in ("{", "[]", '{"_data_files": [3]}', '{"_data_files": 3}'):
        state.write_text(text)
        with pytest.raises(ValueError, match="state.json' must be "):
            datasets.load(name)
    state.write_text('{"_data_files": [{"filename": "gone.arrow"}]}')
    with pytest.raises(FileNotFoundError, match="of 1: '.*gone.arrow'"):
        datasets.load(name)
