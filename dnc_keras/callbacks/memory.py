"""What callbacks remember from epoch to epoch, to be saved and given back."""

from __future__ import annotations

import numpy as np

from dnc_keras.support.prefixes import with_prefix
from dnc_keras.support.prefixes import without_prefix

# The one that is a list of arrays.
_WEIGHTS = "best_weights"
# Of Keras' own callbacks that watch an entry of the logs, of `History`, of
# `RetrievalEvaluation`, and of all that are derived from them.
_NAMES = (
    _WEIGHTS,
    "best",
    "best_epoch",
    "wait",
    "stopped_epoch",
    "cooldown_counter",
    "epochs_since_last_save",
    "_batches_seen_since_last_saving",
    "_last_batch_seen",
    "history",
    "epoch",
    "results",
)


def remembered(callbacks) -> tuple[dict, dict]:
    """Returns (arrays, facts): what a checkpoint takes.

    Args:
        callbacks: all callbacks of a `fit`, in their order.
    """
    arrays, facts = {}, {}
    for name, callback in _named(callbacks):
        facts[name] = {}
        for key in _NAMES:
            value = getattr(callback, key, None)
            if key == _WEIGHTS and value is not None:
                parts = {f"{n:04d}": part for n, part in enumerate(value)}
                arrays |= with_prefix(parts, f"{name}/{_WEIGHTS}/")
            elif _is_plain(_plain(value)):
                facts[name][key] = _plain(value)
    return arrays, facts


def remind(callbacks, arrays, facts):
    """Gives callbacks what `remembered` returned.

    Args:
        callbacks: the same callbacks, after their `on_train_begin`.
        arrays, facts: what was saved.
    """
    for name, callback in _named(callbacks):
        for key, value in facts.get(name, {}).items():
            setattr(callback, key, value)
        parts = without_prefix(arrays, f"{name}/{_WEIGHTS}/")
        if parts:
            setattr(callback, _WEIGHTS, [parts[n] for n in sorted(parts)])


def _named(callbacks):
    """Yields (name, callback); several of one type are numbered."""
    counts = {}
    for callback in callbacks:
        kind = type(callback).__name__
        number = counts[kind] = counts.get(kind, -1) + 1
        yield f"{kind}-{number}", callback


def _plain(value):
    """Numbers, text, and lists and dicts of them, as JSON can hold them.

    None for anything else.
    """
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return np.asarray(value).tolist() if np.ndim(value) == 0 else None


def _is_plain(value):
    return isinstance(value, (bool, int, float, str, list, dict))
