"""What the benchmark data sets share: forms, counts, advice."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import pytest

from dnc_keras.datasets import benchmark
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.dataset import QUERY_AGAINST_GALLERY

_NAMES = ("a0", "a1", "b0", "c0", "c1", "d0")
_CLASS_IDS = (10, 10, 20, 30, 30, 40)
_SPLITS = ("train",) * 3 + ("test",) * 3


def _form(description, folder, splits=_SPLITS):
    def find(root):
        if not (root / folder).is_dir():
            return None
        paths = [f"{root}/{folder}/{name}.jpg" for name in _NAMES]
        return benchmark.Listing(paths, _CLASS_IDS, splits, {10: "ten"})

    return benchmark.Form(description, find)


_TOYS = benchmark.Benchmark(
    name="toys",
    forms=(
        _form("official folder toys/", "toys"),
        _form("re-pack boxes/", "boxes"),
    ),
    counts={"train": (3, 2), "test": (3, 2)},
    origin="Look in the attic.",
)
_ROLES = dataclasses.replace(
    _TOYS,
    forms=(
        _form(
            "toys/ with roles",
            "toys",
            ("train",) * 3 + ("gallery", "query", "gallery"),
        ),
    ),
    counts={"train": (3, 2), "query": (1, 1), "gallery": (2, 2)},
)


def _write_images(root, folder="toys", names=_NAMES):
    (root / folder).mkdir()
    for name in names:
        (root / folder / f"{name}.jpg").touch()


def _stems(index):
    return [pathlib.Path(path).stem for path in index.paths]


def _toys_listing(**changes):
    """The toys, whose one form finds a changed listing."""
    listing = benchmark.Listing(list(_NAMES), _CLASS_IDS, _SPLITS)
    listing = dataclasses.replace(listing, **changes)
    form = benchmark.Form("changed", lambda root: listing)
    return dataclasses.replace(_TOYS, forms=(form,))


def test_classes_are_numbered_within_each_split(tmp_path, caplog):
    _write_images(tmp_path)
    loaded = _TOYS.load(tmp_path)
    assert loaded.name == "toys"
    assert _stems(loaded.train) == ["a0", "a1", "b0"]
    np.testing.assert_array_equal(loaded.train.labels, [0, 0, 1])
    assert loaded.train.labels.dtype == np.int32
    assert loaded.train.class_names == ("ten", "class 20")
    assert _stems(loaded.test) == ["c0", "c1", "d0"]
    np.testing.assert_array_equal(loaded.test.labels, [0, 0, 1])
    assert loaded.query is None and loaded.gallery is None
    assert not caplog.records


@pytest.mark.parametrize(
    "folders, source",
    [
        (["boxes"], "re-pack boxes/"),
        (["boxes", "toys"], "official folder toys/"),
    ],
)
def test_the_first_form_found_wins_and_is_named(tmp_path, folders, source):
    for folder in folders:
        _write_images(tmp_path, folder)
    assert _TOYS.load(tmp_path).source == source


def test_more_fields_go_to_the_dataset(tmp_path):
    _write_images(tmp_path)
    loaded = _TOYS.load(tmp_path, ks=(1, 5), protocol="one")
    assert (loaded.ks, loaded.protocol) == ((1, 5), "one")


def test_queries_and_gallery_share_their_labels(tmp_path, caplog):
    _write_images(tmp_path)
    loaded = _ROLES.load(tmp_path, protocol=QUERY_AGAINST_GALLERY)
    assert _stems(loaded.query) == ["c1"]
    assert _stems(loaded.gallery) == ["c0", "d0"]
    assert _stems(loaded.test) == ["c0", "c1", "d0"]
    np.testing.assert_array_equal(loaded.gallery.labels, [0, 1])
    assert loaded.query.class_names == ("class 30",)
    assert not caplog.records


def test_missing_images_are_left_out_and_the_first_ten_named(tmp_path, caplog):
    paths = [f"{tmp_path}/{number:02}.jpg" for number in range(16)]
    for path in paths[12:]:
        pathlib.Path(path).touch()
    loaded = _toys_listing(
        paths=paths,
        class_ids=[1] * 12 + [1, 2, 3, 4],
        splits=["train"] * 14 + ["test"] * 2,
    ).load(tmp_path)
    assert _stems(loaded.train) == ["12", "13"]
    assert _stems(loaded.test) == ["14", "15"]
    first = caplog.messages[0]
    assert first.startswith("toys: its lists name 12 of 16 images that do not")
    assert "/09.jpg', ... (12 in all). They are left out." in first
    assert "/10.jpg" not in first


def test_when_all_images_are_missing_their_origin_is_told(tmp_path):
    _write_images(tmp_path, names=())
    message = "name 6 of 6 images that do not .*a0.jpg', .* Look in the attic."
    with pytest.raises(FileNotFoundError, match=message):
        _TOYS.load(tmp_path)


@pytest.mark.parametrize(
    "toys, names, empty",
    [
        (_TOYS, _NAMES[:3], "train, test images. Without any: test."),
        (_TOYS, _NAMES[3:], "train, test images. Without any: train."),
        (
            _ROLES,
            ("a0", "b0", "c0", "d0"),
            "train, query, gallery images. Without any: query.",
        ),
    ],
)
def test_a_copy_without_a_split_is_refused(tmp_path, toys, names, empty):
    _write_images(tmp_path, names=names)
    message = f"toys needs {empty} Complete the copy. Look in the attic."
    with pytest.raises(FileNotFoundError, match=message):
        toys.load(tmp_path)


def test_a_query_that_lost_its_gallery_is_named(tmp_path):
    _write_images(tmp_path, names=("a0", "a1", "b0", "c1", "d0"))
    with pytest.raises(ValueError, match="Classes without: 'class 30'. Add"):
        _ROLES.load(tmp_path)


def test_other_counts_are_a_warning_with_the_numbers(tmp_path, caplog):
    _write_images(tmp_path)
    counts = {"train": (4, 2), "test": (3, 2)}
    dataclasses.replace(_TOYS, counts=counts).load(tmp_path)
    assert caplog.messages == [
        "toys should hold 4 train images of 2 classes. Received: 3 of 2. "
        "Results are not comparable."
    ]


def test_a_benchmark_says_itself_what_other_counts_mean(tmp_path, caplog):
    _write_images(tmp_path)
    dataclasses.replace(
        _TOYS, counts={"train": (3, 9)}, if_counts_differ="Toys get lost."
    ).load(tmp_path)
    assert caplog.messages == [
        "toys should hold 3 train images of 9 classes. Received: 3 of 2. "
        "Toys get lost."
    ]


def test_when_nothing_is_found_all_forms_and_the_origin_are_told(tmp_path):
    message = (
        "No images of toys in '.*'. Looked for: official folder toys/; or "
        "re-pack boxes/. Look in the attic.$"
    )
    with pytest.raises(FileNotFoundError, match=message):
        _TOYS.load(tmp_path)


@pytest.mark.parametrize(
    "data_dir, error, message",
    [
        (None, ValueError, "needs a data_dir: official folder toys/; or .*"),
        ("absent", FileNotFoundError, "'absent'. Looked for: official .*"),
    ],
)
def test_without_a_folder_the_origin_is_told(data_dir, error, message):
    with pytest.raises(error, match=rf"{message}Look in the attic\.$"):
        _TOYS.load(data_dir)


def test_a_file_is_no_data_dir(tmp_path):
    (tmp_path / "toys.zip").touch()
    message = (
        "data_dir must be a folder. Received: the file '.*toys.zip'. Give the "
        "folder it is in. Looked for: official folder toys/; or .*attic.$"
    )
    with pytest.raises(NotADirectoryError, match=message):
        _TOYS.load(tmp_path / "toys.zip")


def test_an_image_that_is_listed_twice_is_refused(tmp_path):
    toys = _toys_listing(paths=["x", "a", "x", "y", "y", "b"])
    message = "image must be listed once. Listed more often: 'x', 'y'. Down"
    with pytest.raises(ValueError, match=message):
        toys.load(tmp_path)


def test_only_the_first_ten_of_many_repeated_images_are_named(tmp_path):
    names = [f"{number:02}" for number in range(11)] * 2
    toys = _toys_listing(paths=names, class_ids=[1] * 22, splits=["test"] * 22)
    with pytest.raises(ValueError, match=r"'00', .*'09', ... \(11 in all\)"):
        toys.load(tmp_path)


def test_a_class_in_both_splits_is_refused(tmp_path):
    _write_images(tmp_path)
    paths = [f"{tmp_path}/toys/{name}.jpg" for name in _NAMES]
    toys = _toys_listing(paths=paths, class_ids=(1, 1, 2, 2, 2, 3))
    with pytest.raises(ValueError, match="Classes in both: 'class 2'. Move"):
        toys.load(tmp_path)


def test_images_inside_other_files_are_not_looked_for(tmp_path):
    (tmp_path / "cache.bin").write_bytes(b"abcdef")
    contents = ByteRanges(
        [tmp_path / "cache.bin"],
        np.zeros(6, int),
        np.arange(6),
        np.ones(6, int),
    )
    loaded = _toys_listing(contents=contents).load(tmp_path)
    assert [loaded.test.contents[i] for i in range(3)] == [b"d", b"e", b"f"]
