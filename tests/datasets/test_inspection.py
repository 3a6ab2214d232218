"""What is found in a data set."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.image_files import jpeg
from helpers.image_files import plain
from helpers.image_files import png

from dnc_keras import datasets
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.inspection import inspect_dataset

_ENCODE = {"png": png, "jpg": jpeg}


def _encode(value, height=8, width=8, kind="png"):
    return _ENCODE[kind](plain(value, height, width))


def _load(root, images, roles=None):
    """Writes files and labels.csv; `images`: (split, class, name, bytes)."""
    lines = ["path,label,split,role"]
    for split, label, name, content in images:
        (root / name).write_bytes(content)
        lines.append(f"{name},{label},{split},{(roles or {}).get(name, '')}")
    (root / "labels.csv").write_text("\n".join(lines))
    return datasets.load("csv", root)


def _images(**contents):
    """Six images of four classes; `contents` replaces some by their name."""
    rows = [
        *[("train", "a", "a0"), ("train", "a", "a1"), ("train", "b", "b0")],
        *[("test", "c", "c0"), ("test", "d", "d0"), ("test", "d", "d1")],
    ]
    return [
        (split, label, name, contents.get(name, _encode(number)))
        for number, (split, label, name) in enumerate(rows)
    ]


def _names(groups):
    return [[image["path"][-2:] for image in group] for group in groups]


def test_the_digits_are_in_order():
    found = inspect_dataset(datasets.load("digits"))
    assert found["dataset"] == "digits"
    assert found["protocol"].startswith("zero-shot")
    train = found["splits"]["train"]
    assert (train["num_images"], train["num_classes"]) == (901, 5)
    assert train["images_per_class"] == {"min": 177, "median": 181, "max": 183}
    assert train["classes_with_one_image"] == {"count": 0, "first": []}
    assert train["sizes"]["width"] == {"min": 8, "median": 8, "max": 8}
    assert train["formats"]["png"] == sum(train["formats"].values()) == 901
    assert train["unreadable"] == [] and train["num_repeated"] == 0
    assert sorted(found["splits"]) == ["test", "train"]
    assert found["duplicates"] == {
        "across_train_and_test": [],
        "of_different_classes": [],
    }
    assert json.loads(json.dumps(found)) == found


def test_sizes_are_those_of_the_files_and_of_the_pixels(tmp_path):
    contents = {
        "a0": _encode(1, height=4, width=9),
        "a1": _encode(2, height=6, width=9),
        "b0": _encode(3, height=16, width=9),
    }
    loaded = _load(tmp_path, _images(**contents))
    sizes = inspect_dataset(loaded)["splits"]["train"]["sizes"]
    assert sizes["height"] == {"min": 4, "median": 6, "max": 16}
    assert sizes["width"] == {"min": 9, "median": 9, "max": 9}
    low, middle, high = sorted(map(len, contents.values()))
    assert sizes["bytes"] == {"min": low, "median": middle, "max": high}


def test_formats_are_told_by_the_bytes_not_by_the_name(tmp_path):
    gif = (
        b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2L\1\0;"
    )
    pixel = b"\0\0\0\0"
    bmp = b"BM" + np.array([58, 0, 54], "<u4").tobytes()
    bmp += np.array([40, 1, 1], "<u4").tobytes()
    bmp += np.array([1, 24], "<u2").tobytes() + bytes(24) + pixel
    loaded = _load(
        tmp_path,
        _images(a0=gif, a1=bmp, b0=_encode(3, kind="jpg"), c0=b"<html>"),
    )
    splits = inspect_dataset(loaded)["splits"]
    formats = {"jpeg": 1, "png": 0, "gif": 1, "bmp": 1, "webp": 0, "other": 0}
    assert splits["train"]["formats"] == formats
    assert splits["train"]["unreadable"] == []
    formats = {"jpeg": 0, "png": 2, "gif": 0, "bmp": 0, "webp": 0, "other": 1}
    assert splits["test"]["formats"] == formats


def test_unreadable_images_are_named_with_their_reason(tmp_path):
    truncated = _encode(0, kind="jpg", height=64, width=64)[:400]
    loaded = _load(tmp_path, _images(a1=truncated, d0=b"", d1=b"<html>"))
    (tmp_path / "c0").unlink()
    splits = inspect_dataset(loaded)["splits"]
    (broken,) = splits["train"]["unreadable"]
    assert broken["path"] == str(tmp_path / "a1")
    assert "Invalid JPEG" in broken["reason"]
    assert splits["train"]["formats"]["jpeg"] == 1
    assert splits["train"]["num_images"] == 3
    test = splits["test"]
    assert [b["path"][-2:] for b in test["unreadable"]] == ["c0", "d0", "d1"]
    assert "No such file" in test["unreadable"][0]["reason"]
    nothing = {"min": None, "median": None, "max": None}
    assert test["sizes"] == dict.fromkeys(("bytes", "height", "width"), nothing)
    assert test["num_repeated"] == 0


def test_pieces_of_files_are_read(tmp_path):
    contents = [_encode(number) for number in range(4)]
    (tmp_path / "all.bin").write_bytes(b"".join(contents))
    lengths = np.array(list(map(len, contents)))
    starts = np.cumsum(lengths) - lengths
    files, file_ids = [tmp_path / "all.bin"], np.zeros(4, int)
    index = datasets.ImageIndex.from_class_names(
        [f"all/{number}.png" for number in range(4)],
        ["a", "b", "c", "d"],
        contents=ByteRanges(files, file_ids, starts, lengths),
    )
    train, test = index.subset([0, 1]), index.subset([2, 3])
    found = inspect_dataset(datasets.Dataset("pieces", train, test))["splits"]
    assert found["test"]["unreadable"] == []
    assert found["test"]["sizes"]["bytes"]["max"] == max(lengths[2:])


def test_an_image_that_can_be_read_the_second_time_is_told(
    tmp_path, monkeypatch
):
    loaded = _load(tmp_path, _images(b0=b"<html>"))
    monkeypatch.setattr(
        "dnc_keras.images.find_unreadable", lambda paths, contents: []
    )
    (broken,) = inspect_dataset(loaded)["splits"]["train"]["unreadable"]
    assert broken["reason"].endswith("but the second time")


def test_classes_with_one_image_are_counted_and_ten_named(tmp_path):
    rows = [("train", f"{n:02d}", f"{n}.png", _encode(n)) for n in range(12)]
    rows += _images()
    found = inspect_dataset(_load(tmp_path, rows))["splits"]
    assert found["train"]["classes_with_one_image"] == {
        "count": 13,
        "first": [f"{n:02d}" for n in range(10)],
    }
    assert found["train"]["images_per_class"]["max"] == 2
    single = {"count": 1, "first": ["c"]}
    assert found["test"]["classes_with_one_image"] == single


def test_equal_images_of_train_and_test_are_grouped(tmp_path):
    same, other = _encode(100), _encode(101)
    contents = {"a0": same, "a1": same, "c0": same, "b0": other, "d1": other}
    found = inspect_dataset(_load(tmp_path, _images(**contents)))
    groups = found["duplicates"]["across_train_and_test"]
    assert _names(groups) == [["a0", "a1", "c0"], ["b0", "d1"]]
    expected = {"path": str(tmp_path / "d1"), "split": "test", "class": "d"}
    assert groups[1][1] == expected
    # Train and test have no class in common: that alone is no contradiction.
    assert found["duplicates"]["of_different_classes"] == []
    assert found["splits"]["train"]["num_repeated"] == 1
    assert found["splits"]["test"]["num_repeated"] == 0


def test_equal_images_of_different_classes_are_grouped(tmp_path):
    same = _encode(100)
    rows = _images(a0=same, b0=same, d0=_encode(9), d1=_encode(9))
    found = inspect_dataset(_load(tmp_path, rows))
    groups = found["duplicates"]["of_different_classes"]
    assert _names(groups) == [["a0", "b0"]]
    assert [image["class"] for image in groups[0]] == ["a", "b"]
    assert found["duplicates"]["across_train_and_test"] == []
    assert found["splits"]["test"]["num_repeated"] == 1


def test_unreadable_images_are_no_duplicates(tmp_path):
    loaded = _load(tmp_path, _images(a0=b"<html>", c0=b"<html>"))
    found = inspect_dataset(loaded)
    assert found["duplicates"]["across_train_and_test"] == []


def test_query_and_gallery_are_parts_of_test(tmp_path):
    roles = {"c0": "gallery", "d0": "query", "d1": "gallery"}
    rows = _images(d1=b"<html>", d0=_encode(9, height=3))
    loaded = _load(tmp_path, rows, roles)
    splits = inspect_dataset(loaded)["splits"]
    assert list(splits) == ["train", "test", "query", "gallery"]
    query, gallery = splits["query"], splits["gallery"]
    assert (query["num_images"], query["num_classes"]) == (1, 1)
    assert query["sizes"]["height"] == {"min": 3, "median": 3, "max": 3}
    assert query["unreadable"] == []
    assert (gallery["num_images"], gallery["num_classes"]) == (2, 2)
    assert [image["path"][-2:] for image in gallery["unreadable"]] == ["d1"]
    assert gallery["sizes"]["height"] == {"min": 8, "median": 8, "max": 8}


@pytest.mark.parametrize("num_images", [32, 33, 100])
def test_images_keep_their_facts_over_many_batches(tmp_path, num_images):
    rows = [
        ("test" if n % 2 else "train", f"{n % 4}", f"{n}", _encode(n, 1 + n))
        for n in range(num_images)
    ]
    sizes = inspect_dataset(_load(tmp_path, rows))["splits"]["test"]["sizes"]
    expected = np.arange(2, num_images + 1, 2)
    assert sizes["height"]["max"] == expected[-1]
    assert sizes["height"]["median"] == np.median(expected)


def test_vectors_have_lengths_and_repeat(tmp_path):
    vectors = np.array(
        [[3, 4], [6, 8], [0, 0], [3, 4], [1, 0], [0, np.inf], [6, 8], [6, 8]],
        np.float16,
    )
    np.savez(
        tmp_path / "x.npz",
        embeddings=vectors,
        labels=list("aaabbccd"),
        split=["train"] * 5 + ["test"] * 3,
    )
    dataset = datasets.load("vectors", tmp_path, refuse_unreadable=False)
    found = inspect_dataset(dataset)
    json.dumps(found)
    train = found["splits"]["train"]
    assert (train["num_images"], train["num_classes"]) == (5, 2)
    assert train["sizes"] == {"length": {"min": 1, "median": 5, "max": 10}}
    assert train["formats"] == {"2 x float16": 5}
    assert train["num_repeated"] == 1
    assert train["unreadable"] == [
        {"path": "x.npz:2", "reason": "it is all zeros"}
    ]
    duplicates = found["duplicates"]
    (group,) = duplicates["across_train_and_test"]
    assert [x["path"] for x in group] == ["x.npz:1", "x.npz:6", "x.npz:7"]
    assert {x["class"] for x in duplicates["of_different_classes"][0]} == {
        "a",
        "b",
    }
