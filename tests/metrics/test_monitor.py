"""One rule chooses epochs and variants."""

from __future__ import annotations

import math

import pytest

from dnc_keras.metrics.monitor import Monitor

_RECALL, _MAP = "val_recall_at_1", "val_map_at_r"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("val_recall_at_10", "val_map_at_r"),
        ("shoes_r_precision", "shoes_map_at_r"),
        ("val_map_at_r", "val_map_at_r"),
        ("val_loss", "val_map_at_r"),
        ("recall_at_1", "map_at_r"),
    ],
)
def test_equal_values_are_told_apart_on_the_same_images(name, expected):
    assert Monitor(name).tie_breaker == expected


@pytest.mark.parametrize(
    "values, best, is_chosen",
    [
        ({_RECALL: 0.9, _MAP: 0.1}, {_RECALL: 0.8, _MAP: 0.7}, True),
        ({_RECALL: 0.8, _MAP: 0.7}, {_RECALL: 0.9, _MAP: 0.1}, False),
        ({_RECALL: 0.9, _MAP: 0.1}, {_RECALL: 0.9, _MAP: 0.2}, False),
        ({_RECALL: 0.9, _MAP: 0.2}, {_RECALL: 0.9, _MAP: 0.2}, True),
        ({_RECALL: 0.9, _MAP: 0.2}, {_RECALL: 0.9}, True),
        ({_RECALL: 0.9}, {_RECALL: 0.9, _MAP: 0.2}, False),
        ({_RECALL: 0.1}, {}, True),
        ({_RECALL: 0.1}, {_RECALL: None}, True),
        ({_RECALL: None}, {}, False),
        ({_RECALL: math.nan}, {_RECALL: 0.1}, False),
    ],
)
def test_the_better_then_the_better_map_then_the_later_is_chosen(
    values, best, is_chosen
):
    assert Monitor().is_chosen(values, best) == is_chosen


def test_smaller_is_better_where_asked_for():
    monitor = Monitor("val_loss", "min")
    assert monitor.is_chosen({"val_loss": 1.0}, {"val_loss": 2.0})
    assert not monitor.is_chosen({"val_loss": 2.0}, {"val_loss": 1.0})
    # Of equal losses the better MAP@R is still the larger one.
    low, high = ({"val_loss": 1.0, _MAP: value} for value in (0.1, 0.2))
    assert monitor.is_chosen(high, low) and not monitor.is_chosen(low, high)


@pytest.mark.parametrize(
    "name, mode, has_bound",
    [
        (_RECALL, "max", True),
        (_MAP, "max", True),
        (_RECALL, "min", False),
        ("val_loss", "max", False),
    ],
)
def test_only_metrics_cannot_rise_above_1(name, mode, has_bound):
    assert Monitor(name, mode).has_bound == has_bound
