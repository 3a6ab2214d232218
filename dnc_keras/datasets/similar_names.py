"""Class names that people would take for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from absl import logging

_NUM_NAMED = 5


def warn_of_similar(names: Iterable):
    """Warns of names that differ only by blanks, case or Unicode form.

    >>> warn_of_similar(["shoe", "Shoe "])  # Logs a warning.
    """
    by_key = {}
    for name in sorted(set(names)):
        by_key.setdefault(_key(name), []).append(name)
    similar = [
        " = ".join(map(ascii, group))
        for group in by_key.values()
        if len(group) > 1
    ]
    if similar:
        logging.warning(
            "Classes that differ only by blanks, case or Unicode form are "
            "different classes, %d of them: %s. Rename them if they are one.",
            *(len(similar), "; ".join(similar[:_NUM_NAMED])),
        )


def _key(name):
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(unicodedata.normalize("NFKC", folded).split())
