"""Finds what differs between two runs of one training."""

from __future__ import annotations

import json
import pathlib

import numpy as np

_CLOCK = ("seconds", "input_wait")
_RESULTS = ("before", "test", "selected_epoch")


def differences(first, second):
    """Compares clusters, weights, optimizers, logs and results, bit by bit.

    Args:
        first: folder of a finished run.
        second: another one.

    Returns:
        A list of names, empty where only times differ.
    """
    first, second = _contents(first), _contents(second)
    return sorted(
        name
        for name in first.keys() | second.keys()
        if first.get(name) != second.get(name)
    )


def _contents(run):
    run = pathlib.Path(run)
    result = json.loads((run / "result.json").read_text())
    contents = {name: result[name] for name in _RESULTS}
    for line in (run / "log.jsonl").read_text().splitlines():
        logs = json.loads(line)
        epoch = logs["epoch"]
        contents[f"log of epoch {epoch}"] = {
            name: value for name, value in logs.items() if name not in _CLOCK
        }
    names = ("assignments/*", "checkpoints/step_*.npz")
    for path in (path for name in names for path in run.glob(name)):
        with np.load(path) as saved:
            for name in set(saved.files) - {"facts"}:
                array = saved[name]
                place = f"{path.relative_to(run)}: {name}"
                contents[place] = (str(array.dtype), array.tobytes())
    return contents
