"""Arguments that make no sense are refused by every public constructor."""

from __future__ import annotations

import numpy as np
import pytest

import dnc_keras as dnc
from dnc_keras import gallery
from dnc_keras._keras import keras
from dnc_keras.export.built_in_gallery import Gallery

NAN, INF = float("nan"), float("inf")
LABELS = np.repeat(np.arange(4), 4)
ROWS = np.eye(4, dtype=np.float32)


def _backbone():
    return keras.Sequential([keras.Input([3]), keras.layers.Dense(4)])


def _model(**arguments):
    return dnc.DivideAndConquer(
        _backbone(), **{"embedding_dim": 4, "num_learners": 2, **arguments}
    )


def _compiled(**arguments):
    model = _model()
    model.compile("sgd", **arguments)
    return model


def _set_multiplier(multiplier):
    model = _compiled(learning_rate_multipliers={"backbone": 1.0})
    model.set_learning_rate_multiplier("backbone", multiplier)


def _images_model():
    return keras.Sequential([keras.Input([8, 8, 3]), keras.layers.Flatten()])


def _export(**arguments):
    dnc.export_saved_model(_images_model(), "never_written", **arguments)


def _sampler(**arguments):
    return dnc.ClusterSampler(
        LABELS,
        **{
            "num_clusters": 2,
            "batch_size": 4,
            "samples_per_class": 2,
            **arguments,
        },
    )


def _recluster(**arguments):
    return dnc.callbacks.Recluster(None, None, **arguments)


def _evaluation(**arguments):
    return dnc.callbacks.RetrievalEvaluation(None, **arguments)


def _kmeans(**arguments):
    return dnc.clustering.kmeans(ROWS, **{"num_clusters": 2, **arguments})


def _neighbors(**arguments):
    return dnc.metrics.nearest_neighbors(ROWS, ROWS, **{"k": 1, **arguments})


def _retrieval(**arguments):
    return dnc.metrics.retrieval_metrics(ROWS, [0, 0, 1, 1], **arguments)


def _intervals(**arguments):
    values = {"recall_at_1": np.ones(4)}
    return dnc.metrics.confidence_intervals(values, [0, 0, 1, 1], **arguments)


def _differences(**arguments):
    values = {"recall_at_1": np.ones(4)}
    return dnc.metrics.query_differences(
        values, values, [0, 0, 1, 1], **arguments
    )


def _clusters(**arguments):
    return dnc.metrics.clustering_metrics(ROWS, [0, 0, 1, 1], **arguments)


def _one_gallery(**arguments):
    return dnc.metrics.one_gallery_metrics(ROWS, [0, 0, 1, 1], **arguments)


def _proxies(**arguments):
    return dnc.losses.ProxyAnchorLoss(
        **{"num_classes": 2, "embedding_dim": 2, **arguments}
    )


def _matches(**arguments):
    rows = gallery.Collection(list("abcd"), ROWS)
    return gallery.find_matches(
        gallery.ExactIndex(ROWS), rows, rows, **{"top_k": 1, **arguments}
    )


def _calibrate(**arguments):
    return gallery.calibrate(ROWS, [0, 0, 1, 1], **arguments)


def _gallery(**arguments):
    return Gallery(ROWS, list("abcd"), list("abcd"), **arguments)


def _batches(**arguments):
    return dnc.clustered_dataset(_sampler(), lambda index: index, **arguments)


def _images(**arguments):
    given = {"num_images": 4, **arguments}
    return dnc.image_dataset(load_image=lambda index: index, **given)


COUNT = (0, -1, 1.5, NAN, INF, "1", True)
SEED = (-1, 0.5, NAN, "1")
NOT_NEGATIVE = (-1, NAN, INF, "1")
SHARE = (0, -0.5, 5, NAN, INF)
FRACTION = (-0.5, 5, NAN, INF)
KS = ((), (0,), (1.5,), (-1, 2), 3, (NAN,))
REFUSED = {
    _sampler: {
        "num_clusters": COUNT,
        "batch_size": COUNT,
        "samples_per_class": COUNT,
        "num_steps": COUNT,
        "seed": SEED,
    },
    _batches: {
        "num_shards": (0, -2, 0.5),
        "shard": (-1, 1, NAN),
        "first_step": (-1, 0.5),
    },
    _images: {
        "num_images": (-1, 0.5, NAN),
        "batch_size": COUNT,
        "num_shards": COUNT,
        "shard": (-1, 1, NAN),
    },
    _recluster: {
        "every": COUNT,
        "whole_embedding_from": NOT_NEGATIVE,
        "one_cluster_from": NOT_NEGATIVE,
        "min_drift": FRACTION,
        "seed": SEED,
    },
    dnc.callbacks.FreezeBackbone: {
        "num_epochs": (-1, 2, 0.5, NAN),
        "every": COUNT,
        "multiplier": NOT_NEGATIVE,
    },
    _evaluation: {"every": COUNT, "ks": KS},
    _model: {
        "embedding_dim": COUNT,
        "num_learners": (0, -1, 1.0, NAN),
        "dropout": (-0.1, 1, 1.5, NAN),
        "mask_penalty": NOT_NEGATIVE,
        "seed": SEED,
    },
    _compiled: {
        "weight_decay": NOT_NEGATIVE,
        "learning_rate_multipliers": ({"loss": -1}, {"masks": NAN}),
    },
    _set_multiplier: {"multiplier": NOT_NEGATIVE},
    dnc.layers.MaskedDense: {"units": COUNT},
    dnc.losses.MarginLoss: {
        "margin": NOT_NEGATIVE,
        "beta": (0, *NOT_NEGATIVE),
        "nu": NOT_NEGATIVE,
        "cutoff": NOT_NEGATIVE,
        "nonzero_loss_cutoff": (0, *NOT_NEGATIVE),
        "num_classes": COUNT,
    },
    dnc.losses.ContrastiveLoss: {"margin": NOT_NEGATIVE},
    dnc.losses.TripletHardLoss: {"margin": NOT_NEGATIVE},
    dnc.losses.TripletSemiHardLoss: {"margin": NOT_NEGATIVE},
    dnc.losses.LiftedStructLoss: {"margin": NOT_NEGATIVE},
    _proxies: {
        "num_classes": COUNT,
        "embedding_dim": COUNT,
        "margin": NOT_NEGATIVE,
        "alpha": (0, *NOT_NEGATIVE),
        "seed": SEED,
    },
    dnc.losses.MultiSimilarityLoss: {
        "alpha": (0, *NOT_NEGATIVE),
        "beta": (0, *NOT_NEGATIVE),
        "base": (2, -2, NAN, INF),
        "epsilon": NOT_NEGATIVE,
    },
    _kmeans: {
        "num_clusters": (0, -1, 5, 1.5, NAN),
        "num_init": COUNT,
        "max_iterations": COUNT,
        "tolerance": NOT_NEGATIVE,
        "seed": SEED,
    },
    _neighbors: {"k": (0, -1, 5, 1.5, NAN), "memory_budget": (0, -1, NAN)},
    _retrieval: {"ks": KS},
    _intervals: {
        "confidence": (0, 1, 95, -1, NAN, "1"),
        "num_resamples": COUNT,
        "seed": SEED,
    },
    _differences: {
        "confidence": (0, 1, 95, -1, NAN, "1"),
        "num_resamples": COUNT,
        "seed": SEED,
    },
    _clusters: {"num_runs": COUNT, "seed": SEED},
    _one_gallery: {"ks": KS, "num_draws": COUNT, "seed": SEED},
    _matches: {"top_k": COUNT, "threshold": NOT_NEGATIVE},
    _calibrate: {"fmr": (0, 1, -1, NAN, "1")},
    _gallery: {"top_k": COUNT},
    _export: {
        "center_crop": SHARE,
        "image_size": (0, -8, 8.5, (8, 0), NAN),
    },
}
CASES = [
    pytest.param(make, name, value, id=f"{make.__name__}-{name}-{value}")
    for make, arguments in REFUSED.items()
    for name, values in arguments.items()
    for value in values
]


@pytest.mark.parametrize("make, name, value", CASES)
def test_nonsense_is_refused(make, name, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="Received: "):
        make(**{name: value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", [m for m in REFUSED if m != _export])
def test_defaults_are_taken(make):
    needed = {
        _set_multiplier: {"multiplier": 0},
        dnc.layers.MaskedDense: {"units": 4},
        _calibrate: {"fmr": 0.5},
    }
    make(**needed.get(make, {}))
