"""What is known of a run, read from its folder and from its data set."""

from __future__ import annotations

import dataclasses
import functools
import json
import zipfile
from typing import NamedTuple

import numpy as np

from dnc_keras.config import TrainConfig
from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.configured import image_parts
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import load_embeddings
from dnc_keras.support.whole_files import read_json


class Part(NamedTuple):
    """Some images of a run: what they are, and their embeddings."""

    index: ImageIndex
    embeddings: np.ndarray


class RunRecord:
    """Reads each thing of a run when it is asked for.

    Whatever is not there, or is broken, raises ValueError or OSError with a
    line about it, and hinders nothing else.

    Args:
        run: the training.
        dataset: its data set. None, the default: load it when needed.
        data_dir: where the images are now; "", the default: where they were.
    """

    def __init__(self, run: RunDirectory, dataset: Dataset = None, data_dir=""):
        self.run = run
        self._dataset = dataset
        self._data_dir = data_dir
        self._parts = {}

    @functools.cached_property
    def settings(self) -> dict:
        """All settings, as they were."""
        return _read(self.run.config)

    @functools.cached_property
    def config(self) -> TrainConfig:
        """All settings, those that a newer version added at their default."""
        known = {field.name for field in dataclasses.fields(TrainConfig)}
        own = {k: v for k, v in self.settings.items() if k in known}
        return TrainConfig(**own)

    @functools.cached_property
    def result(self) -> dict:
        """What `result.json` holds; there is none before the end."""
        return _read(self.run.result)

    @functools.cached_property
    def log(self) -> list[dict]:
        """The lines of the log that are whole, one for each epoch."""
        text = self.run.log.read_text(encoding="utf-8", errors="replace")
        lines = [line for line in map(_parsed, text.splitlines()) if line]
        if not lines:
            raise ValueError(f"{self.run.log} has no whole line.")
        return lines

    @functools.cached_property
    def assignments(self) -> dict:
        """The learner of each training image, by the epoch it was new in."""
        found = {}
        for path in sorted(self.run.assignments.glob("epoch_*.npz")):
            epoch = int(path.stem.rpartition("_")[2])
            found[epoch] = _read_assignment(self.run, epoch)
        if not found:
            raise ValueError(f"{self.run.assignments} holds no clustering.")
        return found

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data set of the run."""
        if self._dataset is not None:
            return self._dataset
        return load_dataset(
            dataclasses.replace(self.config, data_dir=self.data_dir, cache="")
        )

    @property
    def data_dir(self) -> str:
        """Where the images are."""
        return self._data_dir or self.config.data_dir

    @functools.cached_property
    def indices(self) -> dict:
        """The `ImageIndex` of each part: train, test and others."""
        return image_parts(self.config, self.dataset)

    @property
    def parts(self) -> dict:
        """A `Part` of each part."""
        return {name: self.part(name) for name in self.indices}

    @property
    def train(self) -> Part:
        """The images that were trained on."""
        return self.part("train")

    @property
    def searched(self) -> tuple[Part, Part]:
        """The test images that are searched for, and those that are searched.

        Twice the same where each is searched for among all others.
        """
        dataset = self.dataset
        return self.part(dataset.query_part), self.part(dataset.gallery_part)

    def part(self, name: str) -> Part:
        """Some images; the same object each time."""
        if name not in self._parts:
            index = self.indices[name]
            embeddings = load_embeddings(self.run, name, index.labels)
            self._parts[name] = Part(index, embeddings)
        return self._parts[name]


def _read_assignment(run, epoch):
    try:
        return run.read_assignment(epoch)
    except (zipfile.BadZipFile, LookupError, EOFError) as error:
        raise ValueError(
            f"{run.assignment_of(epoch)} cannot be read: {error}"
        ) from error


def _read(path):
    found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError(f"{path} must hold a JSON object.")
    return found


def _parsed(line):
    """The dict of a line, or None: the last one may not be whole."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
