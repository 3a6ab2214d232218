"""The version of the format of a file, which the file itself names."""

from __future__ import annotations

import numpy as np
from absl import logging

# Goes up when the meaning of an entry changes, not when there is one more.
FORMAT_VERSION = 1
# Files without this entry are older than it, and are read the same way.
_KEY = "format_version"


def stamped(contents: dict) -> dict:
    """Returns the contents of a file, with the version of its format."""
    return {_KEY: FORMAT_VERSION, **contents}


def unstamped(path, *contents: dict) -> list[dict]:
    """Returns the contents without the version of their format.

    A version that is newer than this package gets a warning.

    Args:
        path: the file, for the warning.
        *contents: what the file holds, one dict or several.
    """
    newer = [each[_KEY] for each in contents if is_newer(each)]
    if newer:
        logging.warning(
            "%s has format %s, and this dnc_keras knows formats up to %d. It "
            "is read as far as it is understood; update dnc_keras.",
            *(path, newer[0], FORMAT_VERSION),
        )
    return [{k: v for k, v in each.items() if k != _KEY} for each in contents]


def is_newer(contents: dict) -> bool:
    """Whether a file is of a format that this version does not know."""
    try:
        version = np.asarray(contents.get(_KEY, 0))
        # NumPy makes an integer of one entry in a list, too, and warns.
        return version.ndim > 0 or int(version) > FORMAT_VERSION
    except (TypeError, ValueError):
        return True
