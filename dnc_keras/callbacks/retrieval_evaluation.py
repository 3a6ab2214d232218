"""Retrieval metrics on held-out images after an epoch."""

from __future__ import annotations

import copy

from absl import logging

from dnc_keras import metrics
from dnc_keras._keras import keras
from dnc_keras.arrays.workers import strategy_of
from dnc_keras.arrays.workers import workers_of
from dnc_keras.batches.extraction import extract_own
from dnc_keras.batches.extraction import traced
from dnc_keras.batches.passes import check_order
from dnc_keras.callbacks.calling_fit import call_first
from dnc_keras.callbacks.carried_labels import evaluation_labels
from dnc_keras.metrics.arguments import check_ks
from dnc_keras.metrics.names import PREFIX
from dnc_keras.support.checks import check_count
from dnc_keras.support.labels import class_ids
from dnc_keras.support.progress import step
from dnc_keras.support.stopwatch import Stopwatch


class RetrievalEvaluation(keras.callbacks.Callback):
    """Adds retrieval metrics of held-out images to the logs of an epoch.

    Every image is a query against all others, with the whole embedding.
    Callbacks with a `monitor`, such as `ModelCheckpoint(
    monitor="val_recall_at_1", mode="max")`, are called after it wherever it
    stands; put it before others that read the logs. Use images of classes that
    are not trained on, and not the test images, if the metrics choose anything.

    Args:
        images: a `tf.data.Dataset` of batches of images, or of (images,
            labels), whose own labels are used then, in whatever order they
            come; or an array. With several workers each gives its part of
            them.
        labels: `[num_images]` labels of any type, the class of each image.
            None: the dataset has them.
        ks: the k of recall at k.
        every: epochs between two evaluations; the last epoch has one always.
        prefix: what the metrics' names begin with in the logs.

    Adds to the logs the metrics of `dnc_keras.metrics.retrieval_metrics`,
    such as `val_recall_at_1`; between two evaluations the last values.

    Images that are alone of their class are left out of the metrics.

    Raises:
        ValueError: where all images are, for images without end, whose order
            changes from pass to pass or whose own labels are others than
            those given.
    """

    def __init__(
        self, images, labels=None, ks=(1, 2, 4, 8), every=1, prefix=PREFIX
    ):
        super().__init__()
        check_ks(ks)
        check_count("every", every)
        check_labels(labels, "RetrievalEvaluation")
        self.images = images
        self.labels = labels
        self.ks = ks
        self.every = every
        self.prefix = prefix
        self._stopwatch = Stopwatch()
        self.results = {}

    @property
    def seconds(self):
        """All that the evaluations took so far."""
        return self._stopwatch.total

    def __deepcopy__(self, memo):
        # Of KerasTuner, for each trial: the images stay the same.
        copied = copy.copy(self)
        copied._stopwatch, copied.results = Stopwatch(), {}
        return copied

    def set_model(self, model):
        super().set_model(model)
        call_first(self, lambda other: hasattr(other, "monitor"))

    def on_train_begin(self, logs=None):
        self._embed = traced(self.model)
        check_order(self.images)

    def on_epoch_end(self, epoch, logs=None):
        if self.is_due(epoch):
            with self._stopwatch.running(), step("validation"):
                self.results = self._measure(self.model, self._embed)
        if logs is not None:
            logs.update(self.results)

    def is_due(self, epoch):
        """Whether an epoch is evaluated; others have the values before."""
        is_last = epoch + 1 == self.params["epochs"]
        return is_last or epoch % self.every == 0

    def measure(self, model):
        """The metrics of a model as it is, by the names that logs have."""
        return self._measure(model, traced(model))

    def _measure(self, model, embed):
        values, _ = retrieval_of(
            *(model, embed, self.images, self.labels, self.ks)
        )
        return {
            self.prefix + name: mean
            for name, mean in metrics.mean_values(values).items()
        }


def retrieval_of(model, embed, images, labels, ks) -> tuple:
    """The retrieval values of images, each searched among the others.

    Args:
        model: the Keras model.
        embed: its `traced` function from images to embeddings.
        images, labels, ks: as for `RetrievalEvaluation`.

    Returns:
        (values, labels): as `retrieval_values` returns them, and the
        `[num_images]` labels.
    """
    strategy = strategy_of(model)
    workers = workers_of(strategy)
    num_images = None if labels is None else len(labels)
    with strategy.scope():
        own, carried = extract_own(embed, images, num_images)
    if workers.num > 1:
        carried = None  # Those of the own images alone.
    embeddings = workers.gather(own)
    labels = evaluation_labels(carried, labels, len(embeddings))
    return metrics.retrieval_values(embeddings, labels, ks=ks), labels


def check_labels(labels, name):
    """Raises ValueError if each image is alone of its class.

    Tells in a warning how many are, if some are.

    Args:
        labels: `[num_images]` labels of any type, or None, which pass.
        name: what needs them, for the message.
    """
    if labels is None or not len(labels):
        return
    matches = metrics.query_matches(class_ids(labels)[0])
    matches.check(name)
    if matches.num_queries_without_match:
        logging.warning(
            "%s leaves %d of %d images out of its metrics: %s.",
            *(name, matches.num_queries_without_match, matches.num_queries),
            matches.reason,
        )
