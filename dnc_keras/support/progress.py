"""Progress of long work: silent, unless a program asks for bars."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Optional

from tqdm import tqdm

from dnc_keras.support.printable import printable

_bars = {"disable": True}


def show_bars():
    """Shows a bar on the terminal for work of more than two seconds."""
    # None means: not where the output is no terminal.
    _bars.update(disable=None)


def track(
    items: Iterable, description: str, total: Optional[int] = None
) -> Iterator:
    """The items, while a bar tells how many have been taken.

    Args:
        items: what the work is done for, one after the other.
        description: what is done, for people.
        total: number of items. None, the default: ask them for their length.

    Returns:
        An iterator over `items`.
    """
    name = printable(description)
    return iter(tqdm(items, name, total, delay=2, leave=False, **_bars))


def bar(unit: str, total: int, initial: int = 0) -> tqdm:
    """A bar that is shown where those of `track` are, and moved by `update`.

    Its time left is by the mean speed since it began, for steps of different
    lengths. It is told again by each `update`, also of 0.

    Args:
        unit: what is counted, for people.
        total: how many there will be.
        initial: how many there are already.
    """
    return tqdm(
        unit=unit,
        total=total,
        initial=initial,
        **dict(delay=2, leave=False, smoothing=0, miniters=0, mininterval=1),
        **_bars,
    )


@contextlib.contextmanager
def bars(shown: bool):
    """Shows bars for a while, in notebooks too; not `shown`: as it was."""
    before = dict(_bars)
    if shown:
        _bars.update(disable=False)
    try:
        yield
    finally:
        _bars.update(before)
