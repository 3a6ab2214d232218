"""Cases by number: each is a function of (seed, number) and of nothing else."""

from __future__ import annotations

import dataclasses
import random

# Pictures are many and cheap, programs few and dear: one case in 32 starts a
# program, or sends odd requests to the served graph.
_TURNS = 32
_DEAR = (
    *("csv", "runs", "programs", "graph", "runs", "archives", "programs"),
    "vectors",
)
KINDS = ("images", "graph", "csv", "runs", "programs", "archives", "vectors")


@dataclasses.dataclass(frozen=True)
class Case:
    """One case.

    Args:
        seed: of all cases.
        number: of this one, from 0 on.
    """

    seed: int
    number: int

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        turn, place = divmod(self.number, _TURNS)
        return "images" if place < _TURNS - 1 else _DEAR[turn % len(_DEAR)]

    def generator(self) -> random.Random:
        """Draws the same numbers every time."""
        # Of a text, as `Random` spreads its bits.
        return random.Random(f"{self.seed}/{self.number}")  # noqa: S311


def numbered(seed: int, kinds, first: int = 0):
    """Yields all cases of some kinds, without end.

    Args:
        seed: of all cases.
        kinds: of `KINDS`.
        first: number to begin at.
    """
    number = first
    while True:
        case = Case(seed, number)
        if case.kind in kinds:
            yield case
        number += 1
