"""Zero-shot splits of sets that were not made for retrieval."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.zero_shot import ZeroShot


def _listing(**classes_by_split):
    rows = [
        (split, int(label))
        for split, labels in classes_by_split.items()
        for label in labels
    ]
    return Listing(
        paths=[f"{n}.png" for n in range(len(rows))],
        class_ids=[label for _, label in rows],
        splits=np.array([split for split, _ in rows], object),
        class_names=dict(enumerate("abcdef")),
    )


def _divide(listing, **rules):
    return ZeroShot(**rules).divide("set", listing, "files")


def test_validation_is_left_out_where_there_is_a_test_split(caplog):
    listing = _listing(train="0011", validation="4455", test="2233")
    made = _divide(listing, split="own")
    assert made.train.class_names == ("a", "b")
    assert made.test.class_names == ("c", "d")
    assert (
        "Left out with the set's own split: 4 images of neither train nor "
        "test, but of 'validation'."
    ) in caplog.text


def test_all_splits_are_joined_to_be_divided(caplog):
    listing = _listing(train="0011", validation="23", test="0123")
    made = _divide(listing, seed=4)
    assert len(made.train) + len(made.test) == 10
    assert not set(made.train.class_names) & set(made.test.class_names)
    assert "own train and test images share 2 classes" in caplog.text


def test_the_seed_draws_the_classes():
    listing = _listing(train="00112233")
    drawn = {_divide(listing, seed=n).test.class_names for n in range(9)}
    assert len(drawn) > 1
    same = [_divide(listing, seed=3).test.class_names for _ in range(2)]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    ("rules", "protocol"),
    [
        ({}, "the set's own split"),
        ({"split": "own"}, "the set's own split"),
        (
            {"split": "classes", "test_fraction": 0.25},
            "0.25 of the classes drawn for test with seed 0",
        ),
        ({"test_classes": ["a", "c"]}, "test classes named by test_classes"),
    ],
)
def test_the_protocol_says_what_was_done(rules, protocol):
    made = _divide(_listing(train="0011", test="2233"), **rules)
    assert made.protocol == (
        "zero-shot: test classes unseen, each test image against all others; "
        f"{protocol}"
    )


@pytest.mark.parametrize(
    ("listing", "rules", "message"),
    [
        (
            _listing(train="0011", test="1122"),
            {"split": "own"},
            "in test than in train. set has in both: 'b'. Use --split=classes",
        ),
        (
            _listing(train="0011", test="2233"),
            {"split": "own", "test_classes": ["a"]},
            "test classes already. Received: test_classes='a'. Drop one",
        ),
        (_listing(train="0011"), {"split": "own"}, "Received: 'train'. Use"),
        (_listing(train="0011"), {"split": "x"}, "split must be one of auto, "),
        (_listing(train="0011"), {}, "needs at least four: two on each side"),
        (
            _listing(train="0123"),
            {},
            "4 images of as many classes, such as 'a'",
        ),
    ],
)
def test_what_cannot_be_divided_is_refused(listing, rules, message):
    with pytest.raises(ValueError, match=message):
        _divide(listing, **rules)
