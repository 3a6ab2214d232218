"""The files of a run that tell which learner each image had."""

from __future__ import annotations

import numpy as np
from absl import logging

from dnc_keras.runs.files import read_arrays
from dnc_keras.support.formats import stamped
from dnc_keras.support.whole_files import write_npz

_NAME = "assignment"


def assignment_file(folder, epoch: int):
    """The file of the assignment that is new in an epoch."""
    return folder / f"epoch_{epoch:04d}.npz"


def write_assignment(folder, epoch: int, assignment):
    """Writes `[num_images]` integers."""
    write_npz(assignment_file(folder, epoch), stamped({_NAME: assignment}))


def read_assignments(folder) -> tuple[dict, list]:
    """Returns (found, damaged).

    Returns:
        found: `[num_images]` integers by the epoch that they were new in;
            damaged: the epochs whose file is not whole, which get a warning.
    """
    found, damaged = {}, []
    for epoch in _epochs(folder):
        path = assignment_file(folder, epoch)
        try:
            found[epoch] = _read(path)
        except (OSError, ValueError) as error:
            logging.warning("Passed over an assignment: %s", error)
            damaged.append(epoch)
    return found, damaged


def assignment_in(found: dict, epoch: int):
    """The assignment in an epoch, of those that were found, or None."""
    before = [number for number in found if number <= epoch]
    return found[max(before)] if before else None


def repair_assignments(folder, epoch: int, assignment):
    """Writes the assignment of an epoch again where its file is lost.

    Damaged files are removed: what they held is known no more.

    Args:
        folder: of the files.
        epoch: the last one that was trained in.
        assignment: `[num_images]` integers, those in this epoch.
    """
    found, damaged = read_assignments(folder)
    for number in damaged:
        assignment_file(folder, number).unlink()
    if np.array_equal(assignment_in(found, epoch), assignment):
        return
    lost = [n for n in damaged if n <= epoch and n >= max(found, default=0)]
    path = assignment_file(folder, max(lost, default=epoch))
    logging.warning("%s was lost, and is written again.", path)
    write_assignment(folder, max(lost, default=epoch), assignment)


def _epochs(folder):
    names = [path.stem.partition("_")[2] for path in folder.glob("epoch_*.npz")]
    return sorted(int(name) for name in names if name.isdecimal())


def _read(path):
    assignment = read_arrays(path).get(_NAME)
    if getattr(assignment, "ndim", 0) != 1 or assignment.dtype.kind not in "iu":
        raise ValueError(f"{path} holds no assignment")
    return assignment
