"""Trains, evaluates and exports a model: every part meets here."""

from __future__ import annotations

import dataclasses
import time

import tensorflow as tf

from dnc_keras import assembly
from dnc_keras import input_pipeline
from dnc_keras._keras import keras
from dnc_keras._keras import versions
from dnc_keras.callbacks import FreezeBackbone
from dnc_keras.callbacks import Recluster
from dnc_keras.callbacks import RetrievalEvaluation
from dnc_keras.callbacks import StopOnNaN
from dnc_keras.config import TrainConfig
from dnc_keras.evaluation import describe_test
from dnc_keras.evaluation import evaluate_dataset
from dnc_keras.export import export_saved_model
from dnc_keras.export.description import describe_result
from dnc_keras.recorder import Recorder
from dnc_keras.report import write_report
from dnc_keras.run_directory import RunDirectory
from dnc_keras.run_directory import write_json
from dnc_keras.sampling import ClusterSampler

MONITOR = "val_recall_at_1"


def train(config: TrainConfig, callbacks=()) -> dict:
    """Trains one model and leaves a folder with everything about it.

    Args:
        config: all settings.
        callbacks: more Keras callbacks, such as a progress bar.

    Returns:
        What `result.json` holds: counts, metrics before and after, seconds,
        versions, settings; and `run_dir` and `export_dir`.

    Raises:
        ValueError, OSError: for settings and data that cannot be trained on.
        FloatingPointError: where the loss or a weight is no number any more;
            the checkpoint of the last good epoch stays.
    """
    run = _run_directory(config)
    run.check_new(dataclasses.asdict(config))
    dataset = assembly.load_dataset(config)
    train_index, held_out = assembly.split_train(config, dataset)
    sampler = ClusterSampler(
        train_index.labels,
        config.num_learners,
        config.batch_size,
        config.samples_per_class,
        config.seed,
        turns=config.turns,
        fill=config.fill,
        num_steps=config.steps_per_epoch,
    )
    keras.utils.set_random_seed(config.seed)
    with assembly.build_strategy(config.strategy).scope():
        model = assembly.build_model(
            config,
            train_index.num_classes,
            config.epochs * sampler.num_steps,
        )
    claim = run.claim(dataclasses.asdict(config))
    with claim, assembly.unreadable_named(dataset):
        return _Training(config, dataset, sampler, model, run).run(
            train_index, held_out, callbacks
        )


class _Training:
    """The steps of `train`, with what they share."""

    def __init__(self, config, dataset, sampler, model, run):
        self._config = config
        self._dataset = dataset
        self._sampler = sampler
        self._model = model
        self._run = run
        self._seconds = {}

    def run(self, train_index, held_out, callbacks):
        before = {}
        if self._config.evaluate_before:
            before = self._evaluate(self._model)
        selected_epoch = self._fit(train_index, held_out, callbacks)
        chosen = keras.models.load_model(self._run.chosen_model)
        after = self._evaluate(chosen)
        result = {
            **describe_test(self._dataset),
            "num_train_images": train_index.num_images,
            "num_train_classes": train_index.num_classes,
            "before": before,
            "test": after,
            "selected_epoch": selected_epoch,
            "selection": self._config.select,
            "seconds": self._seconds,
            "versions": versions(),
            "config": dataclasses.asdict(self._config),
            "run_dir": str(self._run.path),
        }
        export_dir = export_saved_model(
            chosen,
            self._run.export,
            self._config.image_size,
            self._config.center_crop,
            description=describe_result(result),
        )
        result["export_dir"] = str(export_dir)
        write_json(self._run.result, result)
        write_report(self._run)
        return result

    def _fit(self, train_index, held_out, callbacks):
        """Trains all epochs; returns the one whose weights are chosen."""
        wait = input_pipeline.WaitClock()
        recluster = self._recluster(train_index)
        evaluations = self._evaluations(held_out)
        recorder = Recorder(
            self._run, self._sampler, wait, MONITOR if evaluations else None
        )
        start = time.perf_counter()
        self._model.fit(
            wait.time(self._batches(train_index)),
            epochs=self._config.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                recluster,
                *self._freeze(),
                *evaluations,
                StopOnNaN(),
                recorder,
                _tensorboard(self._run),
                *callbacks,
            ],
        )
        evaluated = sum(evaluation.seconds for evaluation in evaluations)
        self._add_seconds("evaluate", evaluated)
        self._add_seconds("recluster", recluster.seconds)
        self._add_seconds("input_wait", wait.seconds)
        self._add_seconds(
            "train",
            time.perf_counter() - start - evaluated - recluster.seconds,
        )
        last = self._config.epochs - 1
        return last if recorder.best_epoch is None else recorder.best_epoch

    def _batches(self, index):
        config = self._config
        load_image = input_pipeline.training_loader(
            index, config.image_size, config.crop_scale, config.flip
        )
        return input_pipeline.clustered_dataset(
            self._sampler,
            load_image,
            with_index=config.recluster_features == "cached",
        )

    def _images(self, index):
        return input_pipeline.evaluation_images(
            index, self._config.image_size, self._config.center_crop
        )

    def _recluster(self, index):
        config = self._config
        return Recluster(
            self._images(index),
            self._sampler,
            every=config.recluster_every,
            whole_embedding_from=config.epoch_of(config.whole_embedding_from),
            one_cluster_from=config.epoch_of(config.one_cluster_from),
            seed=config.seed,
            division=config.division,
            cluster_on=config.cluster_on,
            source=config.recluster_features,
            min_drift=config.recluster_drift,
        )

    def _freeze(self):
        config = self._config
        if not config.frozen_epochs:
            return []
        return [FreezeBackbone(config.frozen_epochs, config.recluster_every)]

    def _evaluations(self, held_out):
        if held_out is None:
            return []
        return [RetrievalEvaluation(self._images(held_out), held_out.labels)]

    def _evaluate(self, model):
        start = time.perf_counter()
        metrics = evaluate_dataset(
            tf.function(lambda images: model(images)),
            self._dataset,
            self._images,
        )
        self._add_seconds("evaluate", time.perf_counter() - start)
        return metrics

    def _add_seconds(self, part, seconds):
        self._seconds[part] = self._seconds.get(part, 0.0) + seconds


def _run_directory(config):
    if config.run_dir:
        return RunDirectory(config.run_dir)
    return RunDirectory.next_free(f"runs/{config.dataset}")


def _tensorboard(run):
    return keras.callbacks.TensorBoard(
        str(run.tensorboard), write_graph=False, profile_batch=0
    )
