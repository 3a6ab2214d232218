"""Masks and clusters in TensorBoard, read back from its files."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import LearnerSummaries

MASKS = np.array([[1, 1, 0, 0], [0, 0, 0.5, 0]], np.float32)
LABELS = np.repeat(np.arange(4), 2)


class MaskModel:
    """Stands for a model that has masks alone."""

    def __init__(self):
        self.learner_masks = tf.constant(MASKS)


def run(tmp_path, num_epochs, change=None, sampler=None):
    """The summaries of a training: {(tag, epoch): tensor}."""
    callback = LearnerSummaries(tmp_path, sampler)
    model = MaskModel()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(num_epochs):
        callback.on_epoch_begin(epoch)
        if change:
            change(epoch, model)
        callback.on_epoch_end(epoch)
    callback.on_train_end()
    return read(tmp_path)


def read(folder):
    found = {}
    for file in folder.glob("events*"):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                tensor = tf.make_ndarray(value.tensor)
                found[value.tag, event.step] = tensor
    return found


def test_masks_are_a_picture_with_a_row_for_each_learner(tmp_path):
    found = run(tmp_path, 1)
    _, _, png = found["learners/masks", 0]
    image = tf.io.decode_png(png).numpy()[..., 0]
    assert image.shape == (2 * 24 + 8, 4 * 256 + 8)
    assert image[0, 0] in (127, 128)
    # The middle of each unit.
    shades = image[16::24, 132::256]
    assert shades[:, :2].tolist() == [[255, 255], [0, 0]]
    assert shades[0, 2:].tolist() == [0, 0]
    assert shades[1, 2] in (127, 128)
    assert shades[1, 3] == 0


def test_masks_are_written_again_where_they_changed(tmp_path):
    def change(epoch, model):
        if epoch == 2:
            model.learner_masks = tf.constant(MASKS[::-1])

    found = run(tmp_path, 4, change)
    assert [step for tag, step in found] == [0, 2]


def test_clusters_are_counted_where_they_changed(tmp_path):
    sampler = dnc.ClusterSampler(LABELS, 2, batch_size=4, samples_per_class=2)
    sampler.update([0, 0, 0, 0, 1, 1, 1, 1])

    def change(epoch, _):
        if epoch == 1:  # As `Recluster` does: for the next epoch.
            sampler.update([0, 0, 0, 0, 1, 1, 1, -1])

    found = run(tmp_path, 4, change, sampler)
    sizes = {
        key: float(value) for key, value in found.items() if "/m" not in key[0]
    }
    assert sizes == {
        ("clusters/unused", 0): 0,
        ("clusters/images_0", 0): 4,
        ("clusters/images_1", 0): 4,
        ("clusters/unused", 2): 1,
        ("clusters/images_0", 2): 4,
        ("clusters/images_1", 2): 3,
    }


def test_another_training_writes_them_again(tmp_path):
    callback = LearnerSummaries(tmp_path)
    callback.set_model(MaskModel())
    for _ in range(2):
        callback.on_train_begin()
        callback.on_epoch_begin(0)
        callback.on_epoch_end(0)
        callback.on_train_end()
    assert len(list(tmp_path.glob("events*"))) == 2


def test_fit_writes_them_beside_a_real_model(tmp_path):
    backbone = keras.Sequential([keras.Input([6]), keras.layers.Dense(4)])
    model = dnc.DivideAndConquer(backbone, 8, 2, masks="learned")
    model.compile("sgd", dnc.losses.MarginLoss())
    images = np.eye(8, 6, dtype=np.float32)
    sampler = dnc.ClusterSampler(LABELS, 2, batch_size=4, samples_per_class=2)
    model.fit(
        dnc.clustered_dataset(sampler, lambda i: tf.gather(images, i)),
        epochs=1,
        shuffle=False,
        verbose=0,
        callbacks=[LearnerSummaries(tmp_path, sampler)],
    )
    assert {tag for tag, _ in read(tmp_path)} == {
        "learners/masks",
        "clusters/unused",
        "clusters/images_0",
        "clusters/images_1",
    }
