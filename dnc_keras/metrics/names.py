"""What people call the metrics."""

from __future__ import annotations

import re

# Before the names of what is measured on validation classes in training.
PREFIX = "val_"
# By it a training run is watched, and its epoch chosen: the larger, the better.
MONITOR = f"{PREFIX}recall_at_1"

# Short names head columns, long ones stand in text.
_NAMES = {
    "r_precision": ("R-prec", "R-precision"),
    "map_at_r": ("MAP@R", "MAP@R"),
    "marp_dnc": ("mARP", "mARP (TPAMI 2021)"),
    "mean_average_precision": ("mAP", "mAP"),
    "nmi": ("NMI", "NMI"),
    "ami": ("AMI", "AMI"),
}


def short_name(metric: str) -> str:
    """The name of a metric as a table has it.

    Args:
        metric: its key in a dict of metrics, with `val_` before it or not.
            Others are returned as they are.

    Example:

    >>> short_name("recall_at_1"), short_name("val_map_at_r")
    ('R@1', 'MAP@R')
    """
    return _name(metric, "R@", 0)


def long_name(metric: str) -> str:
    """The name of a metric as text has it.

    Args:
        metric: its key in a dict of metrics, with `val_` before it or not.
            Others are returned as they are.

    Example:

    >>> long_name("recall_at_1")
    'Recall@1'
    """
    return _name(metric, "Recall@", 1)


def _name(metric, recall, column):
    name = metric.removeprefix(PREFIX)
    found = re.fullmatch(r"recall_at_(\d+)", name)
    if found:
        return f"{recall}{found[1]}"
    return _NAMES[name][column] if name in _NAMES else metric
