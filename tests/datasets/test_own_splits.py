"""Which split a file belongs to, by its name."""

from __future__ import annotations

import pathlib

import pytest

from dnc_keras.datasets.own_splits import check_complete
from dnc_keras.datasets.own_splits import split_of


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("data/train-00000-of-00001.parquet", "train"),
        ("Training/0.tar", "train"),
        ("val_000.tar", "val"),
        ("validation/0000.parquet", "validation"),
        ("test/train-0.tar", "train"),
        ("trains.tar", ""),
        ("latest.tar", ""),
        ("shard-0.tar", ""),
    ],
)
def test_a_split_is_how_a_name_begins(file, split):
    # The folder's own name does not count.
    root = pathlib.Path("test")
    assert split_of(root / file, root) == split


def test_complete_shards_are_taken():
    check_complete(
        map(
            pathlib.Path,
            ["a-00000-of-00002.tar", "a-00001-of-00002.tar", "b-0.tar"],
        )
    )


def test_a_huge_number_of_shards_is_counted_by_what_is_there():
    file = pathlib.Path("a-00001-of-99999.tar")
    with pytest.raises(FileNotFoundError, match=r"\(99998 in all\). Copy"):
        check_complete([file])
