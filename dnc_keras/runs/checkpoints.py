"""Files that hold everything a training needs to go on."""

from __future__ import annotations

import json
import pathlib

import numpy as np
from absl import logging

from dnc_keras.runs.files import read_arrays
from dnc_keras.support.formats import is_newer
from dnc_keras.support.formats import stamped
from dnc_keras.support.formats import unstamped
from dnc_keras.support.whole_files import write_npz

# Of the array that holds the facts, as the bytes of a JSON text.
_FACTS = "facts"


class Checkpoints:
    """Keeps the newest states of a training, each in one `.npz` file.

    A file appears under its name when it is whole and on the disk, so that a
    process may be killed, or the disk be full, at any moment.

    Args:
        folder: where they are; must exist when one is written.
        num_kept: older ones are removed; 2, so that one is left when the
            newest turns out to be broken.
    """

    def __init__(self, folder, num_kept=2):
        self._folder = pathlib.Path(folder)
        self._num_kept = num_kept

    def save(self, step, arrays, facts):
        """Writes a state, then removes the oldest ones.

        Args:
            step: number of training steps before it; names the file.
            arrays: dict of names and arrays.
            facts: what JSON can hold.

        Raises:
            OSError: where it cannot be written; those before are kept.
        """
        text = np.frombuffer(json.dumps(stamped(facts)).encode(), np.uint8)
        path = self._folder / f"step_{step:010d}.npz"
        write_npz(path, {**arrays, _FACTS: text})
        for old in self._newest_first()[self._num_kept :]:
            old.unlink()

    def load(self):
        """The newest state that can be read.

        Returns:
            (arrays, facts), or None where there is none. A file that is not
            whole is passed over, with a warning.

        Raises:
            ValueError: if a newer version wrote it.
        """
        for path in self._newest_first():
            try:
                arrays, facts = _read(path)
            except (OSError, ValueError, KeyError) as error:
                logging.warning(
                    "Passed over the checkpoint %s, which cannot be read: %s",
                    path,
                    error,
                )
            else:
                _check_format(facts, path)
                return arrays, *unstamped(path, facts)
        return None

    def has_any(self) -> bool:
        """Whether there is one, whole or not."""
        return bool(self._newest_first())

    def _newest_first(self):
        return sorted(self._folder.glob("step_*.npz"), reverse=True)


def _read(path):
    arrays = read_arrays(path)
    return arrays, json.loads(arrays.pop(_FACTS).tobytes())


def _check_format(facts, path):
    # Passing over it would begin the run anew.
    if is_newer(facts):
        raise ValueError(
            "A run must be resumed by the version that began it, or a newer "
            f"one. Received: {path}, of a newer one. Update dnc_keras, or use "
            "another --run_dir."
        )
