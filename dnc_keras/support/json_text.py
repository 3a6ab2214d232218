"""JSON as the standard has it."""

from __future__ import annotations

import json
import math


def json_text(value, indent=None) -> str:
    """The JSON of a value, in which NaN and infinity are null.

    Python's own would write `NaN`, at which other readers stop.

    >>> json_text({"loss": float("nan"), "best": [1.5, float("inf")]})
    '{"loss": null, "best": [1.5, null]}'
    """
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def _finite(value):
    if isinstance(value, dict):
        return {_finite_name(key): _finite(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    is_none = isinstance(value, float) and not math.isfinite(value)
    return None if is_none else value


def _finite_name(key):
    is_none = isinstance(key, float) and not math.isfinite(key)
    return str(key) if is_none else key
