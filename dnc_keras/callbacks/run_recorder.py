"""Records a plain `fit` in a run's folder."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras._keras import versions
from dnc_keras.arrays.workers import OneWorker
from dnc_keras.arrays.workers import strategy_of
from dnc_keras.arrays.workers import workers_of
from dnc_keras.batches.extraction import traced
from dnc_keras.batches.passes import check_order
from dnc_keras.callbacks.calling_fit import call_last
from dnc_keras.callbacks.calling_fit import fellow_callbacks
from dnc_keras.callbacks.carried_labels import labels_of
from dnc_keras.callbacks.fit_run import FitRun
from dnc_keras.callbacks.fit_run import refuse_copy
from dnc_keras.callbacks.recluster import Recluster
from dnc_keras.callbacks.resume import Resume
from dnc_keras.callbacks.retrieval_evaluation import RetrievalEvaluation
from dnc_keras.callbacks.retrieval_evaluation import check_labels
from dnc_keras.callbacks.retrieval_evaluation import retrieval_of
from dnc_keras.metrics import mean_values
from dnc_keras.metrics import query_matches
from dnc_keras.metrics.arguments import check_ks
from dnc_keras.metrics.monitor import Monitor
from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.names import PREFIX
from dnc_keras.reports import write_report
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunState
from dnc_keras.runs.files import read_lines
from dnc_keras.runs.files import read_object
from dnc_keras.runs.queries import QueryValues
from dnc_keras.runs.queries import save_query_values
from dnc_keras.runs.remains import read_result
from dnc_keras.runs.repair import repair_models
from dnc_keras.support.checks import check_choice
from dnc_keras.support.formats import stamped
from dnc_keras.support.labels import class_ids
from dnc_keras.support.prefixes import without_prefix
from dnc_keras.support.whole_files import write_json

# A checkpoint is written after each epoch, and one of two may be broken.
_MAX_REPEATED = 2
# With test images, or without.
_PROTOCOLS = {
    True: "Each of the test images, searched for among the others",
    False: "The validation images of the training; there were no test images",
}


class RunRecorder(Recorder):
    """Leaves the folder of a run, as `dnc_keras.train` does.

    For `fit` of any Keras model; `dnc_keras.compare` and `dnc_keras.report`
    read the folder:

    - `config.json`: the settings of model, optimizer, loss, `Recluster` and
      its sampler, as far as they can be seen, and those of `settings`;
    - `log.jsonl`: a line an epoch, with all that callbacks put into the logs,
      and the seconds;
    - `assignments/`: each new division by `Recluster`;
    - `checkpoints/last.keras` and `best.keras`: the model after the last
      epoch and after the best one;
    - `tensorboard/`: the curves of the logs, for TensorBoard;
    - `result.json` and `report.html`, when `fit` has ended, and with test
      images `queries.npz`: the metrics of each, for `dnc_keras.compare`.

    It may stand anywhere among the callbacks: it has itself called last. With
    `Resume` of the same folder a run that was killed is recorded as if it had
    not been; without it a folder that holds a run is refused.

    Args:
        run_dir: the folder of the run, made where it is not there.
        monitor: the entry of the logs that chooses the best epoch; of equal
            ones that with the better `val_map_at_r`, if the logs have it, then
            the later one. None, the default: `val_recall_at_1` where
            `RetrievalEvaluation` gives it, else the last epoch counts.
        mode: which values of `monitor` are better: "max", "min", or "auto",
            the default: "min" where the name has "loss" in it, else "max".
        settings: what else `config.json` should say, such as the name of the
            data set; a dict, whose values become text where JSON cannot hold
            them.
        test_images: images to measure the chosen epoch on at the end, as for
            `RetrievalEvaluation`. None, the default: the result has the
            metrics of the logs alone, as `validation`.
        test_labels: their labels. None: `test_images` brings them.
        ks: the k of recall at k, for the test images.

    Raises:
        ValueError: if the folder holds a run that is not resumed, or one of
            other settings, or another process writes it; for a `monitor` that
            is not in the logs; where each test image is alone of its class.
        FloatingPointError: if a weight is NaN or infinite after an epoch; the
            models before are kept.
        TypeError: if it is copied.

    Example:

    >>> recorder = dnc_keras.callbacks.RunRecorder("runs/shoes")
    >>> model.fit(batches, epochs=20, callbacks=[divide, evaluate, recorder])
    """

    def __init__(
        self,
        run_dir,
        monitor=None,
        mode="auto",
        settings=None,
        test_images=None,
        test_labels=None,
        ks=(1, 2, 4, 8),
    ):
        check_choice("mode", mode, ("auto", "max", "min"))
        check_ks(ks)
        check_labels(test_labels, "RunRecorder")
        if monitor is None and mode == "min":
            raise ValueError(
                "mode says which values of monitor are better. Received: "
                f"mode={mode!r} without monitor. Add monitor, such as "
                '"loss".'
            )
        self.run_dir = run_dir
        self.monitor = monitor
        self.mode = mode
        self.test_images = test_images
        self.test_labels = test_labels
        self.ks = ks
        # `Resume` takes it along.
        self.best_weights = None
        self._fit_run = FitRun(run_dir, settings)
        super().__init__(self._fit_run.directory, RunState())

    def __deepcopy__(self, memo):
        refuse_copy(self)

    def set_model(self, model):
        super().set_model(model)
        call_last(self)
        self._fit_run.note(model)

    def on_train_begin(self, logs=None):
        self._check_test_labels()
        others = fellow_callbacks()
        resumes = any(
            isinstance(c, Resume) and self._fit_run.is_of(c.run_dir)
            for c in others
        )
        self._fit_run.begin(self.model, self.params["epochs"], resumes)
        self._evaluations = [
            c for c in others if isinstance(c, RetrievalEvaluation)
        ]
        dividing = [c for c in others if isinstance(c, Recluster)]
        self._sampler = dividing[0].sampler if dividing else None
        self._writer = tf.summary.create_file_writer(str(self._run.tensorboard))
        super().on_train_begin(logs)

    def _check_test_labels(self):
        """At the end it would be too late."""
        workers = workers_of(strategy_of(self.model))
        if self.test_labels is None and workers.num == 1:
            if self.test_images is not None:
                check_labels(labels_of(self.test_images), "RunRecorder")

    def on_epoch_begin(self, epoch, logs=None):
        if not self._is_begun:
            self._go_on_from(epoch)
        super().on_epoch_begin(epoch, logs)

    def _go_on_from(self, epoch):
        """Finds in the log which epoch was the best before this one."""
        log = self._log()
        later = [line for line in log if line["epoch"] >= epoch]
        if len(later) > _MAX_REPEATED:
            raise ValueError(
                f"A run must be resumed where it ended. Received: epoch {epoch}"
                f" for {self._run.log}, which has {len(later)} later "
                "ones. Restore the checkpoints, or use another run_dir."
            )
        self._state.best = self._state.best_tie = None
        self._state.best_epoch = self._rank_before = None
        for line in log[: len(log) - len(later)]:
            self._is_new_best(line["epoch"], line)
        if len(log) > len(later):
            self._state.epoch = epoch
            repair_models(
                *(self._run, self.model, self._state),
                *(OneWorker(), self.best_weights),
            )

    def on_epoch_end(self, epoch, logs=None):
        logs = dict(logs)  # What is added to it is not for Keras' history.
        super().on_epoch_end(epoch, logs)
        with self._writer.as_default(step=epoch):
            for name, value in logs.items():
                if np.ndim(value) == 0:
                    tf.summary.scalar(name, value)
        self._writer.flush()

    def _is_new_best(self, epoch, logs):
        self._monitor = self._monitor_in(logs)
        rank = self._monitor and self._monitor.rank(logs)
        before, self._rank_before = self._rank_before, rank
        # Between two evaluations the logs have the values of the one before.
        is_stale = rank == before and not self._is_evaluated(epoch)
        return not is_stale and super()._is_new_best(epoch, logs)

    def _is_evaluated(self, epoch):
        return all(each.is_due(epoch) for each in self._evaluations)

    def _monitor_in(self, logs):
        """The `Monitor` of an entry of the logs, or None."""
        if self.monitor is None:
            return Monitor() if MONITOR in logs else None
        if self.monitor not in logs:
            raise ValueError(
                "monitor must be an entry of the logs. Received: "
                f"{self.monitor!r}. Use one of {', '.join(logs)}."
            )
        return Monitor(self.monitor, _mode(self.monitor, self.mode))

    def _advice_on_bound(self):
        return (
            f'Use monitor="{self._monitor.tie_breaker}", or more images of '
            "other classes for RetrievalEvaluation."
        )

    def _save_best(self):
        super()._save_best()
        # Here too, as not every Keras model can be read from its file.
        self.best_weights = self.model.get_weights()

    def on_train_end(self, logs=None):
        self._writer.close()
        run, was_trained = self._run, self._is_begun
        if not was_trained:
            self._go_on_from(self.params["epochs"])
        if not self._log():
            return  # No epoch was asked for.
        # The process before may have been ended just here.
        if was_trained or read_result(run) is None:
            write_json(run.result, stamped(self._result()))
        if was_trained or not run.report.exists():
            write_report(run)

    def _result(self):
        log = self._log()
        best = self._state.best_epoch
        selected = log[-1]["epoch"] if best is None else best
        chosen = next(line for line in log if line["epoch"] == selected)
        return {
            "selected_epoch": selected,
            "selection": "last" if best is None else self._selection(),
            "protocol": _PROTOCOLS[self.test_images is not None],
            "validation": without_prefix(chosen, PREFIX),
            **self._test_metrics(),
            "seconds": {"fit": sum(line["seconds"] for line in log)},
            "versions": versions(),
            "config": read_object(self._run.config),
            "run_dir": str(self._run.path),
        }

    def _selection(self):
        return f"{self._monitor.mode} {self._monitor.name}"

    def _test_metrics(self):
        """Those of the chosen epoch; the model keeps its own weights."""
        if self.test_images is None:
            return {"test": {}}
        check_order(self.test_images)
        weights = self.model.get_weights()
        self.model.set_weights(self.best_weights or weights)
        values, labels = retrieval_of(
            *(self.model, traced(self.model)),
            *(self.test_images, self.test_labels, self.ks),
        )
        self.model.set_weights(weights)
        ids, names = class_ids(labels)
        queries = QueryValues(values, ids, tuple(map(str, names)))
        save_query_values(self._run, queries)
        matches = query_matches(labels)
        return {**matches.describe(), "test": mean_values(values)}

    def _log(self):
        log = self._run.log
        return read_lines(log)[0] if log.exists() else []


def _mode(monitor, mode):
    if mode != "auto":
        return mode
    return "min" if "loss" in (monitor or "") else "max"
