"""Chooses the best epoch or variant by a metric: one rule for all."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Optional

from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.names import PREFIX

# Which bound images can reach. The last of them is reached last.
_METRIC = re.compile(r"(.*?)(recall_at_\d+|r_precision|marp_dnc|map_at_r)")
_TIE_BREAKER = "map_at_r"


@dataclasses.dataclass(frozen=True)
class Monitor:
    """An entry of the logs whose best value is chosen.

    Of equal values the one with the better MAP@R on the same images is chosen:
    recall is 1 long before every image of a class is nearer than all others.

    Args:
        name: of the entry, such as "val_recall_at_1".
        mode: "max" or "min", which values are better.

    Example:

    >>> Monitor("val_recall_at_1").tie_breaker
    'val_map_at_r'
    """

    name: str = MONITOR
    mode: str = "max"

    @property
    def tie_breaker(self) -> str:
        """The entry that chooses among equal values."""
        found = _METRIC.fullmatch(self.name)
        return (found[1] if found else PREFIX) + _TIE_BREAKER

    @property
    def has_bound(self) -> bool:
        """Whether no value is better than 1."""
        return self.mode == "max" and _METRIC.fullmatch(self.name) is not None

    def rank(self, values: dict) -> Optional[tuple]:
        """What to compare: the larger rank is better.

        Args:
            values: the entries of an epoch, or their means over runs.

        Returns:
            (value, value of the tie breaker). None where the value is missing
            or NaN, which is never chosen.
        """
        value = _number(values.get(self.name))
        if math.isnan(value):
            return None
        tie = _number(values.get(self.tie_breaker))
        sign = 1 if self.mode == "max" else -1
        return sign * value, -math.inf if math.isnan(tie) else tie

    def is_chosen(self, values: dict, best: dict) -> bool:
        """Whether an epoch is chosen and not the best one before it.

        Of equal ones it is: the later one has learned more.

        Args:
            values: the entries of the epoch.
            best: those of the best epoch before it; without them, none was.
        """
        rank, rank_before = self.rank(values), self.rank(best)
        return rank is not None and (rank_before is None or rank >= rank_before)


def _number(value):
    # The log has null for NaN.
    return math.nan if value is None else float(value)
