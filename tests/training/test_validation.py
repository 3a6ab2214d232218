"""A validation set that can hardly choose an epoch is reported."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras import TrainConfig
from dnc_keras.datasets import ImageIndex
from dnc_keras.training.validation import warn_of_validation

_FEW = (
    "The epoch is chosen by 2 of 20 training classes, with 60 images: so few "
    "that another draw may choose another epoch. Use "
    "--validation_fraction=0.25 (5 classes), or --monitor=map_at_r, which "
    "reaches 1 last, or --select=last, which holds out none."
)
_LAST = "may choose another epoch. Use --select=last, which holds out none."


def _index(num_classes):
    names = np.repeat([f"c{number}" for number in range(num_classes)], 30)
    return ImageIndex.from_class_names(np.arange(len(names)).astype(str), names)


def _warned(caplog, num_trained, num_held_out, value=0.5, **settings):
    config = TrainConfig(**settings)
    warn_of_validation(
        *(config, _index(num_trained), _index(num_held_out)),
        lambda: {f"val_{config.monitor}": value},
    )
    return [record.getMessage() for record in caplog.records]


def test_few_classes_are_told_with_the_flags_that_help(caplog):
    assert _warned(caplog, 18, 2) == [_FEW]


def test_only_flags_that_help_are_told(caplog):
    # A quarter of 8 classes is held out already.
    (warning,) = _warned(caplog, 6, 2, monitor="map_at_r")
    assert warning.endswith(_LAST)


def test_enough_classes_are_not_told(caplog):
    assert _warned(caplog, 90, 10) == []


@pytest.mark.parametrize(
    "monitor, remedy",
    [
        ("recall_at_1", "--monitor=map_at_r, which reaches 1 last, or "),
        ("map_at_r", ""),
    ],
)
def test_a_metric_that_can_hardly_rise_is_told(caplog, monitor, remedy):
    # 3 of 300 images are left.
    assert _warned(caplog, 90, 10, 0.99, monitor=monitor) == [
        f"val_{monitor} of 300 validation images is 0.990 before the training: "
        "it can hardly rise, and hardly choose an epoch. Use "
        f"{remedy}a larger --validation_fraction."
    ]


def test_a_metric_that_can_rise_is_not_told(caplog):
    # 6 of 300 images are left.
    assert _warned(caplog, 90, 10, 0.98) == []


def test_nothing_is_measured_unless_asked_for(caplog):
    assert _warned(caplog, 90, 10, 1.0, evaluate_before=False) == []
