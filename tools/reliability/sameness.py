"""Finds what differs between two runs of one training."""

from __future__ import annotations

from dnc_keras.runs.files import read_arrays
from dnc_keras.runs.trained import TrainedRun

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


def _contents(path):
    run = TrainedRun(path)
    contents = {name: run.result[name] for name in _RESULTS}
    for line in run.log:
        contents[f"log of epoch {line['epoch']}"] = {
            name: value for name, value in line.items() if name not in _CLOCK
        }
    folder = run.directory.path
    for name in ("assignments/*", "checkpoints/step_*.npz"):
        for file in folder.glob(name):
            contents.update(_arrays(file, file.relative_to(folder)))
    return contents


def _arrays(file, name):
    """Type and bits of each array of a file, without the facts in JSON."""
    arrays = read_arrays(file)
    arrays.pop("facts", None)
    return {
        f"{name}: {key}": (str(array.dtype), array.tobytes())
        for key, array in arrays.items()
    }
