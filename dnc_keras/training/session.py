"""The parts of a training run, and the order in which they work."""

from __future__ import annotations

import contextlib
import dataclasses
import functools

from dnc_keras.arrays.workers import workers_of
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.extraction import traced
from dnc_keras.callbacks import LearnerSummaries
from dnc_keras.callbacks import RetrievalEvaluation
from dnc_keras.callbacks import StopOnNaN
from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.datasets.configured import image_parts
from dnc_keras.datasets.configured import split_train
from dnc_keras.evaluation.searched_dataset import check_queries
from dnc_keras.evaluation.searched_dataset import search_dataset
from dnc_keras.metrics import query_matches
from dnc_keras.models.configured import build_model
from dnc_keras.models.hidden_layers import below_head
from dnc_keras.models.hidden_layers import copy_trained
from dnc_keras.models.keras_file import open_keras_file
from dnc_keras.runs import Checkpoints
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunState
from dnc_keras.runs import Saver
from dnc_keras.runs import SharedCheckpoints
from dnc_keras.runs import save_embeddings
from dnc_keras.runs.repair import repair_run
from dnc_keras.support.progress import step
from dnc_keras.training.fitting import Fitting
from dnc_keras.training.frozen_features import digest_of_weights
from dnc_keras.training.parts import build_batches
from dnc_keras.training.parts import build_freezing
from dnc_keras.training.parts import build_recluster
from dnc_keras.training.parts import build_sampler
from dnc_keras.training.parts import build_tensorboard
from dnc_keras.training.results import write_results
from dnc_keras.training.seconds import Seconds
from dnc_keras.training.validation import monitor_of
from dnc_keras.training.validation import warn_of_validation


class Session:
    """One process of a training run.

    Args:
        config: all settings.
        strategy: the `tf.distribute.Strategy` to train with.
        task: the `Task`, whose backbone was made in the strategy's scope.
    """

    def __init__(self, config, strategy, task):
        self._config = config
        self._strategy = strategy
        self._task = task
        self._dataset = dataset = task.dataset
        self._workers = workers_of(strategy)
        self._train_index, self._held_out = split_train(config, dataset)
        _check_queries(dataset, self._held_out)
        self._sampler = build_sampler(config, self._train_index)
        with strategy.scope():
            self._model = build_model(
                config,
                self._train_index.num_classes,
                config.epochs * self._sampler.num_steps,
                task.backbone,
                task.loss,
            )
        self._state = RunState()
        self._seconds = Seconds()

    def run(self, run, settings, interruption, callbacks) -> dict:
        """Trains, measures and exports; returns what `result.json` holds.

        Args:
            run: the `RunDirectory` that this process writes.
            settings: those of the run, a dict for its files.
            interruption: the `Interruption` that may ask to save and stop.
            callbacks: more Keras callbacks.
        """
        self._recluster = build_recluster(
            self._config, self._images(self._train_index), self._sampler
        )
        self._evaluations = self._build_evaluations()
        saver = self._build_saver(run, settings, interruption)
        if saver.restore(self._model):
            self._check_backbone(run)
            self._repair(run)
        self._state.backbone = self._digest_of_frozen()
        self._seconds.earlier = self._state.seconds
        self._warn_of_validation()
        if self._config.evaluate_before and self._state.before is None:
            self._state.before = self._metrics_now()
        with self._can_finish_step(interruption):
            self._fit(run, [*callbacks, saver])
        return self._finish(run, settings)

    def _check_backbone(self, run):
        if self._state.backbone != self._digest_of_frozen():
            raise ValueError(
                "A run is resumed with the frozen backbone that it began with. "
                f"Received: other weights than those of {run.path}. Restore "
                "them, or use another --run_dir."
            )

    def _digest_of_frozen(self):
        whole = self._task.whole
        if whole is None:
            return ""
        return digest_of_weights(below_head(whole.backbone))

    def _repair(self, run):
        with self._strategy.scope():
            repair_run(
                *(run, self._model, self._state, self._sampler.assignment),
                *(self._workers, self._to_save),
            )

    def _to_save(self, model):
        """The model that users get, of the one that is trained."""
        if self._task.whole is None:
            return model
        copy_trained(model, self._task.whole)
        return self._task.whole

    def _build_evaluations(self):
        if self._held_out is None:
            return []
        images = self._images(self._held_out)
        return [RetrievalEvaluation(images, self._held_out.labels)]

    def _warn_of_validation(self):
        is_begun = self._state.epoch or self._state.step
        if is_begun or self._config.select != "validation":
            return
        (evaluation,) = self._evaluations
        with self._seconds.evaluate.running():
            warn_of_validation(
                *(self._config, self._train_index, self._held_out),
                lambda: evaluation.measure(self._model),
            )

    def _build_saver(self, run, settings, interruption):
        return Saver(
            SharedCheckpoints(Checkpoints(run.checkpoints), self._workers),
            self._state,
            self._recluster,
            self._seconds_by_part,
            settings,
            self._config.checkpoint_every,
            interruption,
        )

    def _seconds_by_part(self):
        return self._seconds.by_part(self._recluster, self._evaluations)

    def _can_finish_step(self, interruption):
        # A worker that stops alone cannot save, as others do not join in.
        if self._workers.num > 1:
            return contextlib.nullcontext()
        return interruption.deferred()

    def _fit(self, run, callbacks):
        config, wait = self._config, self._seconds.wait
        monitor = monitor_of(config) if self._evaluations else None
        fitting = Fitting(
            [
                self._recluster,
                *build_freezing(config),
                *self._evaluations,
                StopOnNaN(),
                Recorder(
                    *(run, self._state, self._sampler, wait, monitor),
                    to_save=self._to_save,
                ),
                build_tensorboard(run),
                LearnerSummaries(run.tensorboard, self._sampler),
                *callbacks,
            ],
            self._model,
            self._state,
            config.epochs,
            self._sampler.num_steps,
        )
        batches = build_batches(
            *(config, self._task.loading, self._train_index, self._sampler),
            *(self._strategy, wait),
        )
        with self._seconds.fit.running():
            fitting.run(functools.lru_cache(batches))

    def _finish(self, run, settings):
        last = self._metrics_of_last()
        # Other workers write no model that matters.
        chosen = None
        if self._workers.is_chief:
            chosen = open_keras_file(run.chosen_model)
        embed = traced(self._on_replicas(chosen))
        searched = self._search(embed)
        after = self._metrics(searched)
        if self._config.report:
            self._keep_embeddings(run, embed, searched)
        return self._workers.on_chief(
            lambda: write_results(
                *(run, self._config, self._task, chosen, searched),
                self._measured(after, last, settings),
            )
        )

    def _metrics_of_last(self):
        """Those of the last epoch, if asked for and not those of the run."""
        is_kept = self._selected_epoch == self._last_epoch
        if is_kept or not self._config.evaluate_last:
            return None
        return self._metrics_now()

    @property
    def _last_epoch(self):
        return self._state.epoch - 1

    @property
    def _selected_epoch(self):
        best = self._state.best_epoch
        return self._last_epoch if best is None else best

    def _measured(self, after, last, settings):
        """What this run is and found, for its result."""
        is_chosen = self._state.best_epoch is not None
        return {
            "num_train_images": self._train_index.num_images,
            "num_train_classes": self._train_index.num_classes,
            "before": self._state.before or {},
            "test": after,
            "last": (last or after) if self._config.evaluate_last else {},
            "selected_epoch": self._selected_epoch,
            "selection": self._config.select if is_chosen else "last",
            "seconds": self._seconds_by_part(),
            "config": dataclasses.asdict(self._config),
            OWN_PARTS: settings[OWN_PARTS],
        }

    def _images(self, index):
        """The images of an index that this worker passes through a model."""
        return self._task.loading.evaluation_batches(
            index, self._workers.num, self._workers.index
        )

    def _on_replicas(self, chosen):
        """A model of the chosen weights that all replicas have."""
        if self._task.whole is not None:
            with self._strategy.scope():
                copy_trained(chosen, self._model)
            return self._model
        if self._strategy.num_replicas_in_sync == 1:
            return chosen
        weights = None if chosen is None else chosen.get_weights()
        self._model.set_weights(self._workers.from_chief(weights))
        return self._model

    def _search(self, embed):
        with self._seconds.evaluate.running(), self._strategy.scope():
            return search_dataset(embed, self._dataset, self._images)

    def _metrics_now(self):
        """Those of the test images by the model as it is."""
        return self._metrics(self._search(traced(self._model)))

    def _metrics(self, searched):
        with self._seconds.evaluate.running():
            return searched.metrics()

    def _keep_embeddings(self, run, embed, searched):
        """Saves the embedding of each image, those of all workers' parts."""
        for part, index in image_parts(self._config, self._dataset).items():
            embeddings = searched.parts.get(part)
            if embeddings is None:
                embedding = step(f"embedding {len(index):,} {part} images")
                with (
                    embedding,
                    self._seconds.report.running(),
                    self._strategy.scope(),
                ):
                    embeddings = extract(embed, self._images(index), len(index))
            if self._workers.is_chief:
                save_embeddings(run, part, embeddings, index.labels)


def _check_queries(dataset, held_out):
    """Refuses what could only be measured as 0, before anything is trained."""
    check_queries(dataset)
    if held_out is not None:
        query_matches(held_out.labels).check(
            "Choosing an epoch by held-out classes", ", or use --select=last"
        )
