"""The parts of a training run, and the order in which they work."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import shutil

import numpy as np
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras._keras import versions
from dnc_keras.arrays.workers import strategy_of
from dnc_keras.arrays.workers import workers_of
from dnc_keras.batches.clustered import clustered_dataset
from dnc_keras.batches.clustered import distributed
from dnc_keras.batches.clustered import training_loader
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.ordered import evaluation_images
from dnc_keras.batches.wait_clock import WaitClock
from dnc_keras.callbacks import FreezeBackbone
from dnc_keras.callbacks import LearnerSummaries
from dnc_keras.callbacks import Recluster
from dnc_keras.callbacks import RetrievalEvaluation
from dnc_keras.callbacks import StopOnNaN
from dnc_keras.datasets.configured import image_parts
from dnc_keras.evaluation import describe_test
from dnc_keras.evaluation import search_dataset
from dnc_keras.export import export_saved_model
from dnc_keras.export.description import describe_result
from dnc_keras.reports import write_report
from dnc_keras.reports.projector import write_projector
from dnc_keras.runs import Checkpoints
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunState
from dnc_keras.runs import Saver
from dnc_keras.runs import SharedCheckpoints
from dnc_keras.runs import save_embeddings
from dnc_keras.support.stopwatch import Stopwatch
from dnc_keras.support.whole_files import write_json
from dnc_keras.training.fitting import Fitting

MONITOR = "val_recall_at_1"


class Session:
    """The steps of `train`, with what they share."""

    def __init__(self, config, dataset, sampler, model, run, interruption):
        self._config = config
        self._dataset = dataset
        self._sampler = sampler
        self._model = model
        self._run = run
        self._interruption = interruption
        self._strategy = strategy_of(model)
        self._workers = workers_of(self._strategy)
        self._state = RunState()
        self._wait = WaitClock()
        self._fit_seconds = Stopwatch()
        self._evaluate_seconds = Stopwatch()
        self._report_seconds = Stopwatch()

    def run(self, train_index, held_out, callbacks):
        self._recluster = self._build_recluster(train_index)
        self._evaluations = self._build_evaluations(held_out)
        saver = self._build_saver()
        saver.restore(self._model)
        self._earlier = self._state.seconds
        if self._config.evaluate_before and self._state.before is None:
            self._state.before = self._search(self._model).metrics()
        self._fit(train_index, [*callbacks, saver])
        # Other workers write no model that matters.
        chosen = None
        if self._workers.is_chief:
            chosen = keras.models.load_model(self._run.chosen_model)
        on_replicas = self._on_replicas(chosen)
        searched = self._search(on_replicas)
        with self._evaluate_seconds.running():
            after = searched.metrics()
        if self._config.report:
            self._keep_embeddings(on_replicas, searched)
        return self._workers.on_chief(
            lambda: self._write_result(train_index, chosen, searched, after)
        )

    def _write_result(self, train_index, chosen, searched, after):
        result = {
            **describe_test(self._dataset),
            "num_train_images": train_index.num_images,
            "num_train_classes": train_index.num_classes,
            "before": self._state.before or {},
            "test": after,
            "intervals": _intervals(searched),
            "selected_epoch": self._selected_epoch(),
            "selection": self._config.select,
            "seconds": self._seconds(),
            "versions": versions(),
            "config": dataclasses.asdict(self._config),
            "run_dir": str(self._run.path),
        }
        # Of a run that ended while it wrote its results.
        shutil.rmtree(self._run.export, ignore_errors=True)
        export_dir = export_saved_model(
            chosen,
            self._run.export,
            self._config.image_size,
            self._config.center_crop,
            description=describe_result(result),
        )
        result["export_dir"] = str(export_dir)
        self._write_projector(searched)
        write_json(self._run.result, result)
        write_report(self._run, self._dataset)
        return result

    def _write_projector(self, searched):
        part = self._dataset.gallery_part
        index = self._dataset.test_parts[part]
        write_projector(self._run.tensorboard, searched.parts[part], index)

    def _build_saver(self):
        return Saver(
            SharedCheckpoints(
                Checkpoints(self._run.checkpoints), self._workers
            ),
            self._state,
            self._recluster,
            self._seconds,
            self._config.checkpoint_every,
            self._interruption,
        )

    def _fit(self, index, callbacks):
        config = self._config
        monitor = MONITOR if self._evaluations else None
        fitting = Fitting(
            [
                self._recluster,
                *self._freeze(),
                *self._evaluations,
                StopOnNaN(),
                Recorder(
                    self._run, self._sampler, self._wait, self._state, monitor
                ),
                _tensorboard(self._run),
                LearnerSummaries(self._run.tensorboard, self._sampler),
                *callbacks,
            ],
            self._model,
            self._state,
            config.epochs,
            self._sampler.num_steps,
        )
        with self._can_finish_step(), self._fit_seconds.running():
            fitting.run(functools.lru_cache(self._batches_of(index)))

    def _can_finish_step(self):
        # A worker that stops alone cannot save, as others do not join in.
        if self._workers.num > 1:
            return contextlib.nullcontext()
        return self._interruption.deferred()

    def _batches_of(self, index):
        """Function from the first step of an epoch to its batches."""
        config = self._config
        load_image = training_loader(
            index, config.image_size, config.crop_scale, config.flip
        )

        def batches_from(first_step):
            def dataset_of(num_shards, shard):
                dataset = clustered_dataset(
                    self._sampler,
                    load_image,
                    num_shards,
                    shard,
                    with_index=config.recluster_features == "cached",
                    first_step=first_step,
                )
                return self._wait.time(dataset)

            return distributed(self._strategy, dataset_of)

        return batches_from

    def _selected_epoch(self):
        """The epoch whose weights are chosen."""
        best = self._state.best_epoch
        return self._state.epoch - 1 if best is None else best

    def _seconds(self):
        """What all processes of this run spent in each part."""
        recluster = self._recluster.seconds
        evaluated = sum(evaluation.seconds for evaluation in self._evaluations)
        now = {
            "train": self._fit_seconds.total - evaluated - recluster,
            "recluster": recluster,
            "evaluate": evaluated + self._evaluate_seconds.total,
            "report": self._report_seconds.total,
            "input_wait": self._wait.seconds,
        }
        return {
            part: self._earlier.get(part, 0.0) + seconds
            for part, seconds in now.items()
        }

    def _images(self, index):
        """The images of an index that this worker passes through a model."""
        return evaluation_images(
            index,
            self._config.image_size,
            self._config.center_crop,
            self._workers.num,
            self._workers.index,
        )

    def _build_recluster(self, index):
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

    def _build_evaluations(self, held_out):
        if held_out is None:
            return []
        return [RetrievalEvaluation(self._images(held_out), held_out.labels)]

    def _on_replicas(self, chosen):
        """A model of the chosen weights that all replicas have."""
        if self._strategy.num_replicas_in_sync == 1:
            return chosen
        weights = None if chosen is None else chosen.get_weights()
        self._model.set_weights(self._workers.from_chief(weights))
        return self._model

    def _search(self, model):
        with self._evaluate_seconds.running(), self._strategy.scope():
            return search_dataset(
                _embedding_of(model), self._dataset, self._images
            )

    def _keep_embeddings(self, model, searched):
        """Saves the embedding of each image, those of all workers' parts."""
        embed = _embedding_of(model)
        for part, index in image_parts(self._config, self._dataset).items():
            embeddings = searched.parts.get(part)
            if embeddings is None:
                with self._report_seconds.running(), self._strategy.scope():
                    embeddings = extract(embed, self._images(index))
            if self._workers.is_chief:
                save_embeddings(self._run, part, embeddings, index.labels)


def _embedding_of(model):
    return tf.function(lambda images: model(images))


def _intervals(searched):
    """Of 95%, by metric; none of a single class, which they are drawn of."""
    if len(np.unique(searched.query_labels)) < 2:
        return {}
    low, high = searched.intervals()
    return {name: [low[name], high[name]] for name in low}


def _tensorboard(run):
    return keras.callbacks.TensorBoard(
        str(run.tensorboard), write_graph=False, profile_batch=0
    )
