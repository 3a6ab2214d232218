"""Progress of long work: silent, unless a program asks to see it.

Then it is a bar on a terminal, and lines in a file or a pipe.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Callable
from typing import Optional

from tqdm import tqdm

from dnc_keras.support.durations import duration
from dnc_keras.support.printable import printable

_SECONDS_UNSEEN = 2  # Shorter work is not shown.
_SECONDS_TO_BEGIN = 10  # Longer work is announced.
_SECONDS_BETWEEN = 60  # Between two lines on how far it is.

_bars = {"disable": True}
# `line` prints a text as a line, or is None; `step` is what is done now.
_lines = {"line": None, "step": None}


@contextlib.contextmanager
def shown(line: Callable):
    """A context in which long work is seen.

    Args:
        line: function that prints a text as a line, used where stderr is not
            a terminal, on which bars are shown.
    """
    with _as_before():
        # None means: not where the output is no terminal.
        _bars.update(disable=None)
        if not _is_terminal():
            _lines.update(line=line)
        yield


@contextlib.contextmanager
def hidden():
    """A context in which nothing is shown, as in workers but the chief."""
    with _as_before():
        _bars.update(disable=True)
        _lines.update(line=None)
        yield


@contextlib.contextmanager
def bars(shown: bool):
    """Shows bars for a while, in notebooks too; not `shown`: as it was."""
    with _as_before():
        if shown:
            _bars.update(disable=False)
        yield


@contextlib.contextmanager
def _as_before():
    bars, lines = dict(_bars), dict(_lines)
    try:
        yield
    finally:
        _bars.update(bars)
        _lines.update(lines)


def _is_terminal():
    return sys.stderr is not None and sys.stderr.isatty()


def tell(text: str):
    """Prints a line where lines are shown, that is: not on a terminal."""
    if _lines["line"]:
        _lines["line"](text)


@contextlib.contextmanager
def step(description: str):
    """A context for work in one piece, which has a line if it is long.

    The line says how long it took; work of more than ten seconds is announced,
    too. Steps within a step have none.

    Args:
        description: what is done, for people.
    """
    if not _lines["line"] or _lines["step"]:
        yield
        return
    start = time.monotonic()
    announcing = threading.Timer(
        _SECONDS_TO_BEGIN, tell, [f"{description} ..."]
    )
    announcing.daemon = True
    announcing.start()
    _lines.update(step=description)
    try:
        yield
    finally:
        _lines.update(step=None)
        announcing.cancel()
        announcing.join()
    seconds = time.monotonic() - start
    if seconds >= _SECONDS_UNSEEN:
        tell(f"{description}: {duration(seconds)}")


class Counted:
    """A context for work whose parts are counted, shown as `step` is.

    A minute or more, and lines say how far it is.

    Args:
        description: what is done, for people.
        total: how many parts there are; None or 0: nobody knows.

    Attributes:
        update: method that is given the number of parts that were done.
    """

    def __init__(self, description: str, total: Optional[int] = None):
        self._description = printable(description)
        self._total = total or None
        self._num = 0

    def __enter__(self):
        self._bar = tqdm(
            *(None, self._description, self._total),
            delay=_SECONDS_UNSEEN,
            leave=False,
            **_bars,
        )
        self._start = self._told = time.monotonic()
        self._step = step(self._description)
        self._step.__enter__()
        return self

    def __exit__(self, *error):
        self._bar.close()
        return self._step.__exit__(*error)

    def update(self, num: int = 1):
        """Counts some parts more."""
        self._num += num
        self._bar.update(num)
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN:
            self._told = now
            tell(f"{self._description}: {self._how_far(now - self._start)}")

    def _how_far(self, seconds):
        if self._total is None:
            return f"{self._num:,} done"
        left = seconds * (self._total - self._num) / self._num
        percent = 100 * self._num // self._total
        return f"{percent}%, {duration(max(left, 0))} left"


def track(
    items: Iterable, description: str, total: Optional[int] = None
) -> Iterator:
    """The items, while it is shown how many have been taken.

    Args:
        items: what the work is done for, one after the other.
        description: what is done, for people.
        total: number of items. None, the default: ask them for their length.

    Returns:
        An iterator over `items`.
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)
    with Counted(description, total) as progress:
        for item in items:
            yield item
            progress.update()


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
