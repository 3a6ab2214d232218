"""The data set of a training run, from its settings."""

from __future__ import annotations

import pytest
from helpers.image_files import write_classes

from dnc_keras import TrainConfig
from dnc_keras import datasets
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.configured import split_train


def test_only_training_classes_are_held_out_for_the_choice():
    dataset = datasets.load("digits")
    config = TrainConfig(select="validation", validation_fraction=0.4)
    train, held_out = split_train(config, dataset)
    assert len(held_out.class_names) == 2
    assert {*train.class_names, *held_out.class_names} == set("01234")


def test_test_classes_are_the_same_for_all_seeds(tmp_path):
    write_classes(tmp_path, num_classes=12)
    found = {
        (seed, split_seed): load_dataset(
            TrainConfig(
                dataset="folder",
                data_dir=str(tmp_path),
                seed=seed,
                split_seed=split_seed,
            )
        ).test.class_names
        for seed in (0, 1)
        for split_seed in (0, 1)
    }
    assert found[0, 0] == found[1, 0] != found[0, 1] == found[1, 1]


@pytest.mark.parametrize("select", ["last", "test"])
def test_all_training_classes_are_trained_on_otherwise(select):
    dataset = datasets.load("digits")
    train, held_out = split_train(TrainConfig(select=select), dataset)
    assert train is dataset.train
    assert held_out is (dataset.test if select == "test" else None)


def test_unreadable_images_are_skipped_and_counted(tmp_path, caplog):
    broken = write_classes(tmp_path) / "c3" / "3.png"
    broken.write_bytes(broken.read_bytes()[:60])
    (tmp_path / "c0" / "0.png").write_bytes(b"no image")
    config = TrainConfig(
        dataset="folder",
        data_dir=str(tmp_path),
        test_classes="c2,c3",
        unreadable="skip",
    )
    dataset = load_dataset(config)
    assert (len(dataset.train), len(dataset.test)) == (7, 7)
    assert "Skipped 1 of 8 unreadable train images" in caplog.text
    assert f"Skipped 1 of 8 unreadable test images; the first is {broken}" in (
        caplog.text
    )


def test_queries_without_unreadable_images_keep_their_labels(tmp_path):
    broken = write_classes(tmp_path) / "c3" / "3.png"
    lines = ["path,label,split,role"]
    for path in sorted(tmp_path.glob("c?/*.png")):
        name = f"{path.parent.name}/{path.name}"
        role = "query" if path.name < "2.png" else "gallery"
        lines.append(
            f"{name},{path.parent.name},train,"
            if name < "c2"
            else f"{name},{path.parent.name},test,{role}"
        )
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    for path in (tmp_path / "c2").glob("[01].png"):
        path.write_bytes(b"no image")  # All queries of a class.
    broken.write_bytes(b"no image")
    config = TrainConfig(
        dataset="csv", data_dir=str(tmp_path), unreadable="skip"
    )
    dataset = load_dataset(config)
    for index in (dataset.query, dataset.gallery):
        names = [index.class_names[label] for label in index.labels]
        assert names == [path.split("/")[-2] for path in index.paths]
    number = dataset.query.class_names.index("c3")
    assert dataset.gallery.class_names[number] == "c3"


@pytest.mark.parametrize("cache", ["memory", "copies"])
def test_a_cache_keeps_the_images(tmp_path, cache):
    write_classes(tmp_path)
    config = TrainConfig(
        dataset="folder",
        data_dir=str(tmp_path),
        test_classes="c2,c3",
        cache=cache if cache == "memory" else str(tmp_path / ".copies"),
    )
    train = load_dataset(config).train
    for path, content in zip(train.paths, train.contents):
        with open(path, "rb") as file:
            assert file.read() == content


@pytest.mark.parametrize(
    ("dataset", "setting", "value"),
    [
        ("digits", "split", "own"),
        ("csv", "split_seed", 7),
        ("folder", "label_column", "label"),
        ("webdataset", "image_column", "image"),
        ("shop.data:load", "label_column", "label"),
    ],
)
def test_a_choice_that_nobody_takes_is_refused(dataset, setting, value):
    config = TrainConfig(dataset=dataset, **{setting: value})
    message = (
        f"{setting} has no use with dataset={dataset}. Received: {value!r}"
    )
    with pytest.raises(ValueError, match=message):
        load_dataset(config)
