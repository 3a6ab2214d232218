"""Recluster within `fit`."""

import numpy as np
from helpers.feature_models import IMAGES
from helpers.feature_models import LABELS
from helpers.feature_models import fit
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import Recluster


class SeenModel(dnc.DivideAndConquer):
    """Remembers what it was trained on."""

    def train_step(self, data):
        images, target = data[:2]
        self.seen.append(
            (images.numpy(), target["label"].numpy(), target["learner"].numpy())
        )
        return super().train_step(data)


def test_fit_trains_the_batches_of_the_epoch():
    sampler = dnc.ClusterSampler(LABELS, 3, 4, 2)
    model = small_model(SeenModel, run_eagerly=True)
    model.seen = []
    expected = []

    class Expect(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            for step in range(sampler.num_steps):
                indices, learner = sampler.batch(epoch, step)
                expected.append((indices, learner))

    fit(
        model,
        sampler,
        [Recluster(IMAGES, sampler, every=1, whole_embedding_from=2), Expect()],
    )
    assert len(model.seen) == len(expected) == 3 * 6
    for (images, labels, learners), (indices, learner) in zip(
        model.seen, expected
    ):
        np.testing.assert_array_equal(images, IMAGES[indices])
        np.testing.assert_array_equal(labels, LABELS[indices])
        assert (learners == learner).all()
    first, second = expected[:6], expected[6:12]
    assert [i.tolist() for i, _ in first] != [i.tolist() for i, _ in second]
    assert {learner for _, learner in first} == {0, 1, 2}
    assert {learner for _, learner in expected[12:]} == {-1}


def test_fit_logs_the_agreement_of_every_epoch():
    sampler = dnc.ClusterSampler(LABELS, 3, 4, 2)
    history = fit(small_model(), sampler, [Recluster(IMAGES, sampler)])
    assert len(history["recluster_agreement"]) == 3
    assert history["recluster_agreement"][-1] == 1.0


def test_two_runs_are_alike():
    losses = []
    for _ in range(2):
        sampler = dnc.ClusterSampler(LABELS, 3, 4, 2)
        history = fit(small_model(), sampler, [Recluster(IMAGES, sampler)])
        losses.append(history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
