"""A training run, opened: all that its folder and its data set hold."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from dnc_keras._keras import keras
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.extraction import traced
from dnc_keras.config import TrainConfig
from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import names_own_function
from dnc_keras.datasets.configured import build_loading
from dnc_keras.datasets.configured import image_parts
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.configured import unreadable_named
from dnc_keras.models.keras_file import open_keras_file
from dnc_keras.models.saved import load_model
from dnc_keras.runs.assignments import read_assignments
from dnc_keras.runs.checkpoints import Checkpoints
from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.directory import is_by_fit
from dnc_keras.runs.dropped import with_kept_list
from dnc_keras.runs.embeddings import has_embeddings
from dnc_keras.runs.embeddings import load_embeddings
from dnc_keras.runs.embeddings import save_embeddings
from dnc_keras.runs.files import check_result
from dnc_keras.runs.files import read_lines
from dnc_keras.runs.files import read_object
from dnc_keras.runs.own_code import OwnCode
from dnc_keras.runs.reading import Run
from dnc_keras.runs.reading import is_run
from dnc_keras.runs.reading import read_run
from dnc_keras.support.progress import step


class Part(NamedTuple):
    """Some images of a run: what they are, and their embeddings."""

    index: ImageIndex
    embeddings: np.ndarray


class TrainedRun:
    """Reads each thing of a run when it is asked for.

    The one way to open a run, of this version or an earlier one, finished or
    not, trained with this Keras or the other. Whatever is not there, or is
    broken, raises ValueError or OSError with a line about it, and hinders
    nothing else.

    Args:
        run: the `RunDirectory`, or its path.
        dataset: its data set. None, the default: load it when needed.
        data_dir: where the images are now; "", the default: where they were.
        load_image: the user's own function that the run was trained with.
        trust_own_code: whether the functions that the run's settings name, as
            package.module:function, are imported. False, the default: a run of
            somebody else's must not start code.

    Raises:
        ValueError: if it is not the folder of a run.

    Example:

    >>> run = TrainedRun("runs/digits")
    >>> embeddings = run.model.predict(run.images(run.dataset.test))
    """

    def __init__(
        self,
        run,
        dataset: Dataset = None,
        data_dir="",
        load_image=None,
        trust_own_code=False,
    ):
        is_directory = isinstance(run, RunDirectory)
        self.directory = run if is_directory else RunDirectory(run)
        self._dataset = dataset
        self._data_dir = data_dir
        self._load_image = load_image
        self._trusts_own_code = trust_own_code
        self._parts = {}
        if not is_run(self.directory):
            raise ValueError(
                "run_dir must be a folder written by dnc_keras.train. "
                f"Received: {str(run.path if is_directory else run)!r}. "
                "Train first."
            )

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.directory.path.name

    @functools.cached_property
    def files(self) -> Run:
        """What can be read of the files that hold text."""
        return read_run(self.directory.path)

    @property
    def settings(self) -> dict:
        """All settings, also those that this version does not know."""
        if self.files.settings is None:
            raise ValueError(
                f"{self.directory.config} must hold the settings of the run. "
                f"Received: {'; '.join(self.files.problems) or 'no file'}. "
                "Restore the file, or train again."
            )
        return self.files.settings

    @property
    def is_by_fit(self) -> bool:
        """Whether the user's own `fit` trained it, on images unknown here."""
        return is_by_fit(self.files.settings or {})

    @functools.cached_property
    def config(self) -> TrainConfig:
        """The settings that this version knows, with today's `data_dir`."""
        if self.is_by_fit:
            raise ValueError(
                f"{self.directory.config} must be of dnc_keras.train, which "
                "knows the images. Received: a run of a fit with RunRecorder. "
                f"Load {self.directory.chosen_model} with Keras instead."
            )
        config = TrainConfig.from_saved(
            self.settings, str(self.directory.config)
        )
        return dataclasses.replace(
            with_kept_list(config, self.directory),
            data_dir=self._data_dir or config.data_dir,
            cache="",
        )

    @functools.cached_property
    def result(self) -> dict:
        """What `result.json` holds; there is none before the end."""
        result = read_object(self.directory.result)
        check_result(self.directory.result, result)
        return result

    @functools.cached_property
    def log(self) -> list[dict]:
        """The lines of the log that are whole, one for each epoch."""
        lines, _ = read_lines(self.directory.log)
        if not lines:
            raise ValueError(f"{self.directory.log} has no whole line.")
        return lines

    @functools.cached_property
    def assignments(self) -> dict:
        """The learner of each training image, by the epoch it was new in."""
        found, _ = read_assignments(self.directory.assignments)
        if not found:
            raise ValueError(
                f"{self.directory.assignments} holds no clustering."
            )
        return found

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data set of the run."""
        if self._dataset is not None:
            return self._dataset
        is_code = names_own_function(self.config.dataset)
        self._own_code.check("dataset", is_code)
        return load_dataset(self.config)

    @functools.cached_property
    def model(self) -> keras.Model:
        """The model of the selected epoch."""
        best = self.directory.best_model
        path = best if self._has_best() else self.directory.chosen_model
        if not path.exists():
            raise ValueError(
                "run_dir must be a folder written by dnc_keras.train, with a "
                f"checkpoint. Received: {str(self.directory.path)!r}, without "
                f"{path.name}. {self._remedy()}"
            )
        self._own_code.import_layers()
        try:
            if self.is_by_fit:
                return open_keras_file(path)
            return load_model(path, self.config)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{str(error).rstrip('.')}. {self._remedy()}"
            ) from error

    def _remedy(self):
        if not Checkpoints(self.directory.checkpoints).has_any():
            return "Train first."
        return (
            "Or start the command of the training again, which saves the model "
            "anew from its checkpoint."
        )

    def _has_best(self):
        """Whether an epoch was chosen, as far as the result tells."""
        result = self.files.result
        is_chosen = (
            isinstance(result.get("test"), dict)
            and result.get("selection", "last") != "last"
        )
        return is_chosen or self.directory.best_model.exists()

    @functools.cached_property
    def embed(self):
        """Function from a batch of images to their embeddings."""
        return traced(self.model)

    def images(self, index: ImageIndex):
        """The images of an index as the model sees them, in batches.

        Of vectors the `StoredRows` themselves, which `extract` takes, too.
        """
        return self._loading.evaluation_batches(index)

    @property
    def load_image(self):
        """The user's own function that the run was trained with, or None."""
        return self._load_image or self._own_code.load_image()

    @functools.cached_property
    def _own_code(self):
        settings = self.files.settings or {}
        return OwnCode(self.directory.path, settings, self._trusts_own_code)

    @functools.cached_property
    def _loading(self):
        # Nothing is augmented here.
        config = dataclasses.replace(self.config, augment="none")
        return build_loading(config, self.dataset, self.load_image)

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

        Twice the same if each is searched for among all others.
        """
        dataset = self.dataset
        return self.part(dataset.query_part), self.part(dataset.gallery_part)

    def part(self, name: str) -> Part:
        """Some images; the same object each time."""
        if name not in self._parts:
            index = self.indices[name]
            embeddings = load_embeddings(self.directory, name, index.labels)
            self._parts[name] = Part(index, embeddings)
        return self._parts[name]

    def embed_parts(self):
        """Embeds all images with the model, unless that was done.

        A training run does it at its end, unless `report=False`; this is for
        runs that did not, or that were stopped.
        """
        with unreadable_named(self.dataset):
            for name, index in self.indices.items():
                if not has_embeddings(self.directory, name):
                    with step(f"embedding {len(index):,} {name} images"):
                        embeddings = extract(
                            self.embed, self.images(index), len(index)
                        )
                    save_embeddings(
                        self.directory, name, embeddings, index.labels
                    )
