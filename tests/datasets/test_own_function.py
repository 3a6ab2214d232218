"""Data sets that a function of the user returns."""

from __future__ import annotations

import pytest

from dnc_keras import datasets

_MODULE = """
from dnc_keras import datasets
from dnc_keras.datasets.contents import InMemory

def index(names):
    contents = InMemory.of([name.encode() for name in names])
    return datasets.ImageIndex.from_class_names(list(names), names, contents)

def whole(data_dir, seed):
    return datasets.Dataset(f"{data_dir} {seed}", index("aab"), index("ccd"))

def pair():
    return index("aab"), index("ccd")

def one(seed, data_dir="aabbccdd"):
    return index(data_dir)

def same_classes():
    return index("aab"), index("aab")

def with_more(data_dir, color, size=3, **others):
    return None

def nothing():
    return None

def names():
    return ["a.png", "b.png"]
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The name of a module of the user's."""
    (tmp_path / "own_shop.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return "own_shop"


def test_a_dataset_is_taken_as_it_is(shop):
    loaded = datasets.load(f"{shop}:whole", "there", seed=7)
    assert loaded.name == "there 7"
    assert loaded.train.class_names == ("a", "b")


def test_a_pair_is_train_and_test(shop):
    loaded = datasets.load(f"{shop}:pair")
    assert loaded.name == "own_shop:pair"
    assert loaded.test.class_names == ("c", "d")


def test_the_classes_of_one_index_are_divided(shop):
    loaded = datasets.load(f"{shop}:one", test_classes=["a", "d"])
    assert loaded.train.class_names == ("b", "c")
    assert loaded.protocol.endswith("; test classes named by test_classes")


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (
            "nothing",
            {},
            "ImageIndex, or a pair of them.* of type NoneT",
        ),
        ("whole", {}, "needs a data_dir. Received: none. Use --data_dir=DIR"),
        ("with_more", {}, "a function that also needs color. Give these a de"),
        ("names", {}, r"Received: a list of \['str', 'str'\]."),
        ("same_classes", {}, "Classes in both: 'a', 'b'"),
        ("pair", {"data_dir": "x"}, "must take data_dir.*data_dir='x'"),
        ("pair", {"split": "classes"}, "returns train and test, so split and"),
        ("pair", {"test_classes": ["a"]}, r"test_classes=\['a'\]. Drop them"),
        ("one", {"split": "own"}, "returns all images, so split and"),
        ("absent", {}, "dataset must name a function that Python finds"),
    ],
)
def test_anything_else_is_refused(shop, function, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.load(f"{shop}:{function}", **options)


def test_names_with_a_prefix_are_no_functions():
    assert datasets.names_own_function("shop.data:load")
    for name in ("hf:beans", "tfds:beans", "folder", "hf:a/b", "a b:c"):
        assert not datasets.names_own_function(name)
