"""Calibration against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.points import points

from dnc_keras import gallery


@pytest.mark.parametrize("fmr", [0.002, 0.05, 0.5])
def test_calibration_is_that_of_a_plain_loop(fmr):
    rows, labels = points(60), np.arange(60) % 7
    told = gallery.calibrate(rows, labels, fmr)
    pairs = [(a, b) for a in range(60) for b in range(a)]
    distances = np.array([np.linalg.norm(rows[a] - rows[b]) for a, b in pairs])
    same = np.array([labels[a] == labels[b] for a, b in pairs])
    assert (told.num_mated, told.num_non_mated) == (sum(same), sum(~same))
    assert told.fmr == np.mean(distances[~same] <= told.threshold) <= fmr
    assert told.fnmr == np.mean(distances[same] > told.threshold)
    # No threshold of four decimals is larger and allowed.
    larger = distances[~same] <= told.threshold + 1.01e-4
    assert np.mean(larger) > fmr


@pytest.mark.parametrize(
    "labels, fmr, words",
    [
        ([0, 0, 1, 1], 0.0, "fmr must be above 0 and below 1. Received: 0.0"),
        ([0, 0, 0, 0], 0.5, "Received: 6 pairs of one class, 0 of different"),
        ([0, 1, 2, 3], 0.5, "Received: 0 pairs of one class, 6 of different"),
        ([0, 0, 1, 1], 0.1, "Received: 4. Use 0.25 or more images"),
    ],
)
def test_impossible_calibration_is_an_error_with_advice(labels, fmr, words):
    with pytest.raises(ValueError, match=words):
        gallery.calibrate(points(4), labels, fmr)


def test_copies_in_two_classes_allow_no_threshold():
    with pytest.raises(ValueError, match="Look for copies"):
        gallery.calibrate(np.zeros([4, 2]), [0, 0, 1, 1], 0.25)


def test_class_folders_that_people_take_for_one_are_told(caplog):
    names = ["Shoe/a.png", "shoe\u200b/b.png"]
    images = gallery.Collection(names, np.zeros([2, 1]), files=names)
    assert gallery.class_names(images) == ["Shoe", "shoe\u200b"]
    assert ascii("shoe\u200b") in caplog.text
