"""Files that a person listed are left out, and names that fail are told."""

from __future__ import annotations

import pytest
from helpers.image_files import plain
from helpers.image_files import write_image

from dnc_keras import TrainConfig
from dnc_keras import datasets
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.dropping import drop_files


@pytest.fixture
def data_dir(tmp_path):
    for split, names in {"train": "ab", "test": "cd"}.items():
        for name in names:
            for number in range(3):
                path = tmp_path / "data" / split / name / f"{number}.png"
                write_image(path, plain([50 * number, 0, 0]))
    return tmp_path / "data"


def _list(tmp_path, *names, header="file"):
    file = tmp_path / "drop.csv"
    file.write_text("\n".join([header, *names]) + "\n")
    return str(file)


def _names(index, data_dir):
    return [path.removeprefix(f"{data_dir}/") for path in index.paths]


def test_listed_files_are_left_out_of_both_parts(tmp_path, data_dir):
    file = _list(
        tmp_path,
        "./train/a/1.png,wrong label",
        f"{data_dir}/test/d/0.png,duplicate",
        header="file,tag",
    )
    config = TrainConfig(dataset="folder", data_dir=str(data_dir), drop=file)
    dataset = load_dataset(config)
    assert dataset.num_dropped == 2
    assert _names(dataset.train, data_dir) == [
        *("train/a/0.png", "train/a/2.png"),
        *(f"train/b/{number}.png" for number in range(3)),
    ]
    assert "test/d/0.png" not in _names(dataset.test, data_dir)
    assert len(dataset.test) == 5


def test_names_of_a_csv_are_relative_to_its_folder(tmp_path, data_dir):
    rows = [f"train/{c}/{n}.png,{c},train" for c in "ab" for n in range(3)] + [
        f"test/{c}/{n}.png,{c},test" for c in "cd" for n in range(3)
    ]
    table = data_dir / "mine.csv"
    table.write_text("\n".join(["path,label,split", *rows]))
    file = _list(tmp_path, "train/b/0.png")
    config = TrainConfig(dataset="csv", data_dir=str(table), drop=file)
    dataset = load_dataset(config)
    assert "train/b/0.png" not in _names(dataset.train, data_dir)
    assert len(dataset.train) == 5


def test_a_name_that_is_not_there_is_reported(tmp_path, data_dir, caplog):
    dataset = datasets.load("folder", str(data_dir))
    file = _list(tmp_path, "train/a/1.png", "train/a/9.png")
    left = drop_files(dataset, file, str(data_dir))
    assert left.num_dropped == 1
    assert "1 of 2 files" in caplog.text
    assert "train/a/9.png" in caplog.text


def test_a_list_of_another_folder_is_refused(tmp_path, data_dir):
    dataset = datasets.load("folder", str(data_dir))
    with pytest.raises(ValueError, match="relative to data_dir.*2 of 2 files"):
        drop_files(dataset, _list(tmp_path, "x.png", "y.png"), str(data_dir))


def test_a_list_without_its_column_is_refused(tmp_path, data_dir):
    dataset = datasets.load("folder", str(data_dir))
    file = _list(tmp_path, "train/a/1.png", header="path")
    with pytest.raises(ValueError, match="needs the columns file"):
        drop_files(dataset, file, str(data_dir))
