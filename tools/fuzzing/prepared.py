"""Good inputs, made once: pictures, a finished run, its export, experiment."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import shutil

import numpy as np
from PIL import Image

from fuzzing import plans
from fuzzing import vectors

_CLASSES = ("ant", "bee", "cat", "dog", "eel", "fox")
_NUM_IMAGES = 5
_SMALL = (
    "--backbone=small_cnn",
    "--weights=",
    "--image_size=8",
    "--center_crop=1",
    "--embedding_dim=4",
    "--num_learners=2",
    "--train_batch_norm",
    "--epochs=2",
    "--recluster_every=1",
    "--batch_size=4",
    "--samples_per_class=2",
    "--select=last",
)
# The program selects by validation classes.
_IN_EXPERIMENT = [
    *(flag for flag in _SMALL if not re.match("--(select|num_learners)", flag)),
    *("--noreport", "--noexport", "--noevaluate_before"),
    *("--test_fraction=0.34", "--validation_fraction=0.5"),
]


def training_flags(run_dir, report=False):
    """The flags of a training run of seconds, but for its data set."""
    more = [] if report else ["--noreport", "--noevaluate_before"]
    return [*_SMALL, *more, f"--run_dir={run_dir}"]


def experiment_flags(folder):
    """The flags of the experiment in a folder."""
    return [
        *(f"--plan={folder / plans.NAME}", f"--work_dir={folder / 'work'}"),
        "--seeds=0",
    ]


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Where the good inputs are.

    Args:
        folder: of all of them; they are only read.
    """

    folder: pathlib.Path

    @property
    def images(self):
        """Class folders."""
        return self.folder / "images"

    @property
    def table(self):
        return self.folder / "table.csv"

    @property
    def run(self):
        """Finished, with a report and an export."""
        return self.folder / "run"

    @property
    def export(self):
        """With a gallery, so that it has all signatures."""
        return self.folder / "export"

    @property
    def vectors(self):
        """A file of vectors."""
        return self.folder / "vectors.npz"

    @property
    def vectors_export(self):
        """Of a model that takes them."""
        return self.folder / "vectors_export"

    @property
    def experiment(self):
        """A plan, and the folder `work` of its finished runs."""
        return self.folder / "experiment"

    def paths(self):
        """Of the pictures, sorted."""
        return sorted(self.images.rglob("*.png"))


def prepare(folder, run) -> Prepared:
    """Makes what is not there yet.

    Args:
        folder: for all of it.
        run: function that runs a program, of its name and its flags, and
            returns its exit code.
    """
    prepared = Prepared(pathlib.Path(folder).resolve())
    if (prepared.experiment / "work/two-0/result.json").exists():
        return prepared
    shutil.rmtree(prepared.folder, ignore_errors=True)
    prepared.folder.mkdir(parents=True)
    write_images(prepared.images)
    _write_table(prepared)
    vectors.write_npz(prepared.vectors)
    prepared.experiment.mkdir()
    plans.write_plan(prepared.experiment, prepared.images, _IN_EXPERIMENT)
    data = ["--dataset=folder", f"--data_dir={prepared.images}"]
    export = [f"--run_dir={prepared.run}", f"--export_dir={prepared.export}"]
    of_vectors = ["--dataset=vectors", f"--data_dir={prepared.vectors}"]
    run_of_vectors = prepared.folder / "vectors_run"
    for program, flags in (
        ("train", [*data, *training_flags(prepared.run, report=True)]),
        ("export_model", [*export, f"--gallery={prepared.images}"]),
        ("train", [*of_vectors, *training_flags(run_of_vectors)]),
        (
            "export_model",
            [
                f"--run_dir={run_of_vectors}",
                f"--export_dir={prepared.vectors_export}",
            ],
        ),
        ("experiment", experiment_flags(prepared.experiment)),
    ):
        if run(program, flags):
            raise RuntimeError(f"{program} {' '.join(flags)} failed.")
    return prepared


def write_images(folder):
    """Class folders of small pictures."""
    noise = np.random.default_rng(0)
    for name in _CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(_NUM_IMAGES):
            pixels = noise.integers(0, 256, [9, 8, 3], dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def _write_table(prepared):
    lines = ["path,label,split"]
    for path in prepared.paths():
        label = path.parent.name
        split = "train" if label < "d" else "test"
        lines.append(f"{path.relative_to(prepared.folder)},{label},{split}")
    prepared.table.write_text("\n".join(lines) + "\n")


def copy_of(folder, target):
    """Copies a folder, as `cp -a`; returns the copy."""
    shutil.copytree(folder, target, symlinks=True)
    return target
