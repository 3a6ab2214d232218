"""RetrievalEvaluation measures held-out images in training."""

import pathlib

import numpy as np
import pytest
from helpers.feature_models import IMAGES
from helpers.feature_models import LABELS
from helpers.feature_models import fit
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import RetrievalEvaluation


class Line:
    """Stands for a model: an embedding is the image itself."""

    def __call__(self, images):
        return images


def evaluation(num_epochs=4, **kwargs):
    # The nearest of 0 and 1 is each other; of 3 it is 1; of 10 it is 3.
    images = np.array([[0.0], [1.0], [3.0], [10.0]], np.float32)
    callback = RetrievalEvaluation(images, [0, 0, 1, 1], ks=(1, 3), **kwargs)
    callback.set_model(Line())
    callback.set_params({"epochs": num_epochs})
    callback.on_train_begin()
    return callback


def test_retrieval_metrics_are_added_to_the_logs():
    logs = {"loss": 1.0}
    evaluation().on_epoch_end(0, logs)
    assert logs["loss"] == 1.0
    assert logs["val_recall_at_1"] == 0.75  # 10 finds 3, 3 finds 1
    assert logs["val_recall_at_3"] == 1.0
    assert logs["val_map_at_r"] == 0.75


def test_prefix_of_the_metrics_can_be_chosen():
    logs = {}
    evaluation(prefix="held_out_").on_epoch_end(0, logs)
    assert logs["held_out_recall_at_1"] == 0.75


def test_between_evaluations_the_last_values_are_logged():
    callback = evaluation(num_epochs=6, every=3)
    recalls = []
    for epoch in range(6):
        if epoch == 1:  # Now every image is nearest to one of its class.
            callback.images = callback.images * [[1], [1], [3], [1]]
        logs = {}
        callback.on_epoch_end(epoch, logs)
        recalls.append(logs["val_recall_at_1"])
    assert recalls == [0.75, 0.75, 0.75, 1.0, 1.0, 1.0]


def test_the_last_epoch_has_an_evaluation_always():
    callback = evaluation(num_epochs=3, every=5)
    callback.on_epoch_end(0, {})
    callback.images = callback.images * [[1], [1], [3], [1]]
    logs = {}
    callback.on_epoch_end(2, logs)
    assert logs["val_recall_at_1"] == 1.0


def test_retrieval_is_part_of_the_history_and_chooses_checkpoints(tmp_path):
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    model = small_model()
    path = tmp_path / "best.keras"
    history = fit(
        model,
        sampler,
        [
            RetrievalEvaluation(IMAGES, LABELS, ks=(1,)),
            keras.callbacks.ModelCheckpoint(
                str(path),
                monitor="val_recall_at_1",
                mode="max",
                save_best_only=True,
            ),
        ],
    )
    best = keras.models.load_model(path)
    values = dnc.metrics.retrieval_metrics(best(IMAGES), LABELS, ks=(1,))
    assert values["recall_at_1"] == max(history["val_recall_at_1"])


def test_callbacks_that_monitor_its_metrics_may_stand_before_it(tmp_path):
    best = str(tmp_path / "best.keras")
    monitored = {"monitor": "val_recall_at_1", "mode": "max"}
    seen = []
    callbacks = [
        keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append(sorted(logs))
        ),
        keras.callbacks.ModelCheckpoint(best, save_best_only=True, **monitored),
        keras.callbacks.EarlyStopping(patience=0, min_delta=2.0, **monitored),
        RetrievalEvaluation(IMAGES, LABELS, ks=[1]),
    ]
    sampler = dnc.ClusterSampler(LABELS, 3, 8, 2)
    history = fit(small_model(), sampler, callbacks, epochs=5)
    assert pathlib.Path(best).exists()
    assert len(history["val_recall_at_1"]) == 2
    # Others keep their places.
    assert seen[0] == ["loss"]


def test_images_alone_of_their_class_are_told_or_refused(caplog):
    RetrievalEvaluation(None, ["a", "a", "b"])
    assert "leaves 1 of 3 images out of its metrics: single" in caplog.text
    with pytest.raises(ValueError, match="RetrievalEvaluation needs queries"):
        RetrievalEvaluation(None, [[1], [2], [3]])
