"""A column of text that repeats: classes, splits, cameras."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class TextColumn:
    """A column of text; a row takes four bytes, however long its text.

    Args:
        values: the different texts.
        codes: `[num_rows]` int32 array, the position in `values` of each
            row's text.

    Example:

    >>> column = TextColumn(["cat", "ant", "bee"], np.array([0, 1, 0]))
    >>> column.numbered()
    (('ant', 'cat'), array([1, 0, 1], dtype=int32))
    """

    values: Sequence
    codes: np.ndarray

    @classmethod
    def joined(cls, columns: Sequence) -> TextColumn:
        """The rows of several columns, one column after the other."""
        numbers = {}
        codes = [
            np.array(
                [numbers.setdefault(x, len(numbers)) for x in column.values],
                np.int32,
            )[column.codes]
            for column in columns
        ]
        return cls(list(numbers), np.concatenate(codes))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows) -> TextColumn:
        """The rows of a `[m]` integer or a `[num_rows]` boolean array."""
        return TextColumn(self.values, self.codes[rows])

    def count(self, value: str) -> int:
        """The number of rows with a text."""
        return int(np.count_nonzero(self.equals(value)))

    def equals(self, value: str) -> np.ndarray:
        """`[num_rows]` boolean array, which rows have a text."""
        is_value = np.array([each == value for each in self.values], bool)
        return is_value[self.codes]

    def distinct(self) -> list:
        """The texts that rows have, sorted."""
        return [self.values[code] for code in self._sorted_codes()]

    def numbered(self) -> tuple[tuple, np.ndarray]:
        """The texts that rows have, sorted, and the number of each row's."""
        order = self._sorted_codes()
        numbers = np.zeros(len(self.values), np.int32)
        numbers[order] = np.arange(len(order))
        return (
            tuple(self.values[code] for code in order),
            numbers[self.codes],
        )

    def _sorted_codes(self):
        counts = np.bincount(self.codes, minlength=len(self.values))
        used = np.flatnonzero(counts).tolist()
        return sorted(used, key=self.values.__getitem__)
