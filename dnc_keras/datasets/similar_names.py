"""Names of classes and cameras that people would take for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from absl import logging

_NUM_NAMED = 5


def warn_of_similar(names: Iterable, kind: str = "Classes"):
    """Warns of names that differ only by blanks, case or Unicode form.

    Args:
        names: text.
        kind: what they are names of, for the warning.

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
            "%s that differ only by blanks, case or Unicode form are taken "
            "for different ones, %d times: %s. Rename them if they are one.",
            *(kind, len(similar), "; ".join(similar[:_NUM_NAMED])),
        )


def _key(name):
    """The name without what people do not see: case, width, blanks, marks."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(filter(_is_seen, unicodedata.normalize("NFKC", folded)))


def _is_seen(character):
    # Cc and Cf: controls, such as zero-width characters and byte order marks.
    return not (
        character.isspace()
        or unicodedata.category(character) in ("Cc", "Cf")
        or "\ufe00" <= character <= "\ufe0f"  # Variation selectors.
    )
