"""Starts a training run, or resumes one."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import tempfile

import tensorflow as tf
from absl import logging

from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras.arrays.workers import workers_of
from dnc_keras.config import TrainConfig
from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.config.saved import as_begun
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.configured import may_be_vectors
from dnc_keras.datasets.configured import unreadable_named
from dnc_keras.models.configured import build_configured_backbone
from dnc_keras.models.configured import join_configured
from dnc_keras.reports import write_report
from dnc_keras.runs import Checkpoints
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.dropped import keep_list
from dnc_keras.runs.dropped import with_kept_list
from dnc_keras.runs.remains import is_whole_model
from dnc_keras.runs.remains import read_result
from dnc_keras.support import progress
from dnc_keras.support.checks import check_divides
from dnc_keras.support.full_disk import explained
from dnc_keras.support.interruption import Interruption
from dnc_keras.training.own_parts import OwnParts
from dnc_keras.training.session import Session
from dnc_keras.training.strategies import build_strategy
from dnc_keras.training.task import build_task


def train(
    config: TrainConfig,
    callbacks=(),
    *,
    backbone=None,
    dataset=None,
    loss=None,
    load_image=None,
    augment=None,
) -> dict:
    """Trains one model and leaves a folder with everything about it.

    A part of your own replaces the one that the settings name; all else stays:
    resume, evaluation, report, export. What is known of it, such as its class,
    is kept in `config.json`, and a run is resumed with the same parts only.

    Args:
        config: all settings.
        callbacks: more Keras callbacks, such as a progress bar.
        backbone: a Keras model or layer that the embedding is built on, or a
            function without arguments that makes one, as several replicas
            need. Of images it takes pixels 0 to 255 if it scales them itself;
            if it does not say so, `config.pixel_scaling` must. A model is
            trained itself: a second run with it begins with its weights then,
            a function makes new ones.
        dataset: a `datasets.Dataset`, of images or of vectors.
        loss: a Keras loss with `call(labels, embeddings)`; those with weights
            of their own train them.
        load_image: function from an encoded image, a scalar string tensor, or
            from a row of a data set of vectors, to what the backbone takes. It
            may take a second argument `seed`: a `[2]` int64 tensor in
            training, None in evaluation. The export takes what the backbone
            takes.
        augment: Keras layers from images to images, a layer or a model, that
            work in training alone, or a function of (image, seed) to an image
            that is called after the random crop.

    Returns:
        What `result.json` holds: counts, metrics before and after, seconds,
        versions, settings; and `run_dir` and `export_dir`, which is None
        without an export.

    Raises:
        ValueError, TypeError, OSError: for settings, parts and data that
            cannot be trained on.
        FloatingPointError: where the loss or a weight is no number any more;
            the checkpoint of the last good epoch stays.
        ConnectionError: with several workers, where another one stopped.
    """
    own = OwnParts(backbone, dataset, loss, load_image, augment)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    # Several workers must meet before TensorFlow does anything else.
    strategy = build_strategy(config.strategy)
    workers = workers_of(strategy)
    seen = contextlib.nullcontext() if workers.is_chief else progress.hidden()
    with workers.loss_named(), seen:
        return _train(config, callbacks, own, strategy, workers)


def _train(config, callbacks, own, strategy, workers):
    check_divides(
        "The number of replicas",
        strategy.num_replicas_in_sync,
        "batch_size",
        config.batch_size,
    )
    settings = {**dataclasses.asdict(config), OWN_PARTS: own.describe()}
    resume = config.resume == "auto"
    run = _run_directory(config, own, settings, resume)
    before = workers.on_chief(lambda: run.check(settings, resume))
    finished = workers.on_chief(lambda: _finished(run, own))
    if finished:
        return finished
    settings = as_begun(settings, before or {})
    config = dataclasses.replace(config, split_seed=settings["split_seed"])
    config = with_kept_list(config, run)
    dataset, backbone = _build_parts(config, own, strategy, run, workers)
    task = build_task(config, strategy, dataset, own, backbone)
    session = Session(config, strategy, task)
    interruption = Interruption(
        "Nothing is lost: the same command, started again, goes on with "
        f"{run.path}."
    )
    with (
        explained(run.path),
        _claimed(run, settings, resume, workers) as own_run,
        unreadable_named(dataset, own.name_of_loader(config)),
        interruption.handled(),
    ):
        keep_list(config, own_run)
        return session.run(own_run, settings, interruption, callbacks)


def _build_parts(config, own, strategy, run, workers):
    """(data set, backbone): the latter is None for vectors alone."""
    dataset = own.dataset
    if dataset is None and may_be_vectors(config):
        dataset = load_dataset(config)
    # First: the weights may have to be downloaded, which may fail.
    are_images = dataset is None or dataset.train.feature_dim is None
    keras.utils.set_random_seed(config.seed)
    backbone = None
    if own.backbone is not None:
        loads_itself = own.load_image is not None or config.load_image
        takes_pixels = are_images and not loads_itself
        with strategy.scope(), dtype_policy(config.mixed_precision):
            network = own.build_backbone(strategy.num_replicas_in_sync)
            backbone = join_configured(config, network, takes_pixels)
    elif are_images:
        backbone = _build_backbone(config, strategy, run, workers)
    return dataset or load_dataset(config), backbone


def _build_backbone(config, strategy, run, workers):
    """The backbone; one that is resumed needs no weights to start from."""
    with strategy.scope():
        try:
            return build_configured_backbone(config)
        except (ValueError, OSError) as error:
            # Of a frozen backbone no checkpoint holds the weights.
            checkpoints = Checkpoints(run.checkpoints)
            is_there = workers.on_chief(lambda: checkpoints.load() is not None)
            if config.freeze or not is_there:
                raise
            logging.warning("All weights come from the checkpoint. %s", error)
            random = dataclasses.replace(config, weights="")
            return build_configured_backbone(random)


def _run_directory(config, own, settings, resume):
    if config.run_dir:
        return RunDirectory(config.run_dir)
    # Such as hf_owner_name for hf:owner/name. A name has at most 255 bytes.
    name = own.dataset.name if own.dataset else config.dataset
    name = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII)[-100:]
    folder = f"runs/{name.strip('._-') or 'dataset'}"
    return RunDirectory.next_free(folder, settings, resume)


def _finished(run, own):
    """The result of this run if it was finished before, or None."""
    result = read_result(run)
    if result is None or _is_model_lost(run, result):
        return None
    logging.warning("%s holds this run, finished before.", run.path)
    if not run.report.exists():
        write_report(run, own.dataset)
    return result


def _is_model_lost(run, result):
    """Whether the model of a finished run must be made of its checkpoint."""
    chose_last = result.get("selection", "last") == "last"
    model = run.last_model if chose_last else run.best_model
    if is_whole_model(model) or Checkpoints(run.checkpoints).load() is None:
        return False
    logging.warning(
        "%s is lost. The end of the run is done again from its checkpoint.",
        model,
    )
    return True


@contextlib.contextmanager
def _claimed(run, settings, resume, workers):
    """The folder that this worker writes: the chief's is that of the run.

    Saving a model is work that all workers must do together.
    """
    if workers.is_chief:
        with run.claim(settings, resume):
            yield run
        return
    with tempfile.TemporaryDirectory() as folder:
        own = RunDirectory(pathlib.Path(folder) / "run")
        with own.claim(settings):
            yield own
