"""What an export loses against the trained model."""

from __future__ import annotations

import numpy as np
from absl import logging

from dnc_keras import metrics
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.passes import batches_of
from dnc_keras.batches.passes import inputs_in

_NUM_CALIBRATION_IMAGES = 200
# Recall at 1 of fewer classes is near 1 whatever happens to the embeddings.
FEW_CLASSES = 20
# A point of recall; and cosines at which an embedding is as far as 0.2 (half of
# them) or 0.45 (the worst) from what it should be. Neighbours of one class
# often are 0.5 to 1 apart, so that orders and thresholds change from there on.
MAX_LOST = 0.01
MIN_MEDIAN_COSINE = 0.98
MIN_COSINE = 0.9


class ExportImages:
    """The images of a run that calibrate and measure its export.

    Measured is on the validation classes where there are 20 of them, or else
    on the test classes.

    Args:
        batches: function from an `ImageIndex` to what a model takes.
        train: the `ImageIndex` of the training.
        held_out: that of the validation classes, or None.
        test: that of the test classes.
    """

    def __init__(self, batches, train, held_out, test):
        self._batches = batches
        self._train = train
        self._validates = (
            held_out is not None and held_out.num_classes >= FEW_CLASSES
        )
        self._index = held_out if self._validates else test

    def for_calibration(self):
        """Images that the model was trained on, of all classes, in an array."""
        by_class = np.argsort(self._train.labels, kind="stable")
        last = len(by_class) - 1
        places = np.linspace(0, last, _NUM_CALIBRATION_IMAGES).astype(int)
        some = self._train.subset(np.sort(by_class[np.unique(places)]))
        # Rows in files are read in batches, too.
        batches = batches_of(self._batches(some))
        return np.concatenate([inputs_in(batch) for batch in batches])

    def measure(self, forms) -> dict:
        """Measures functions from images to embeddings.

        Args:
            forms: a dict of functions by name; "trained" is the model as it
                was trained, "saved_model" what the export embeds with.

        Returns:
            A dict for JSON, as `export_run` returns it.
        """
        embeddings = {
            name: extract(embed, self._batches(self._index))
            for name, embed in forms.items()
        }
        served = embeddings["saved_model"]
        recall = {name: self._recall(rows) for name, rows in embeddings.items()}
        cosines = {
            name: _cosines(rows, served)
            for name, rows in embeddings.items()
            if name not in ("trained", "saved_model")
        }
        return {
            "images": "validation" if self._validates else "test",
            "num_images": self._index.num_images,
            "num_classes": self._index.num_classes,
            "recall_at_1": recall,
            "recall_at_1_lost": {
                name: recall["trained"] - value
                for name, value in recall.items()
                if name != "trained"
            },
            "cosine": {k: float(np.min(c)) for k, c in cosines.items()},
            "median_cosine": {
                k: float(np.median(c)) for k, c in cosines.items()
            },
        }

    def _recall(self, embeddings):
        labels = self._index.labels
        return metrics.retrieval_metrics(embeddings, labels, ks=(1,))[
            "recall_at_1"
        ]


def warn_of_losses(measured):
    """Warns of each file whose embeddings are not those of the SavedModel.

    Args:
        measured: what `ExportImages.measure` returned.
    """
    recall = measured["recall_at_1"]
    for name, smallest in measured["cosine"].items():
        median = measured["median_cosine"][name]
        lost = recall["saved_model"] - recall[name]
        if (
            lost > MAX_LOST
            or median < MIN_MEDIAN_COSINE
            or smallest < MIN_COSINE
        ):
            logging.warning(
                "%s is not the SavedModel: it loses %.4f of R@1 (limit %.2f), "
                "the smallest cosine is %.4f (limit %.2f), the median %.4f "
                "(limit %.2f). %s, and embed queries and gallery with the same "
                "file.",
                *(name, lost, MAX_LOST, smallest, MIN_COSINE),
                *(median, MIN_MEDIAN_COSINE, _remedy(name)),
            )


def _remedy(name):
    if "int8" in name:
        return "Export with --precisions=float16, half the size of float32"
    return "Take the SavedModel"


def _cosines(one, other):
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.sum(one * other, axis=1) / lengths
