"""Whatever `fit` begins with, batches are of its epoch, phase and clusters."""

import copy

import numpy as np
import pytest
import tensorflow as tf
from helpers.feature_models import IMAGES
from helpers.feature_models import LABELS
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import Recluster

PHASES = {"every": 2, "whole_embedding_from": 3, "one_cluster_from": 4}
EXPECTED = ["learners"] * 3 + ["whole embedding", "one cluster"]


class Stop(BaseException):
    """As a machine that is taken away."""


class Watch(keras.callbacks.Callback):
    """Notes the phase and the clusters of each epoch, and may stop one."""

    def __init__(self, sampler, stop_in=None):
        super().__init__()
        self.sampler = sampler
        self.stop_in = stop_in
        self.phases = {}
        self.clusters = {}

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.stop_in:
            raise Stop
        assert self.sampler.epoch == epoch
        num_clusters = self.sampler.assignment.max() + 1
        whole = self.sampler.whole_embedding
        self.clusters[epoch] = self.sampler.assignment.copy()
        self.phases[epoch] = (
            ("whole embedding" if num_clusters > 1 else "one cluster")
            if whole
            else "learners"
        )


def new_sampler():
    return dnc.ClusterSampler(LABELS, 3, 4, 2)


def batches(sampler):
    return dnc.clustered_dataset(sampler, lambda i: tf.gather(IMAGES, i))


def fit(model, sampler, callbacks, epochs=5, **kwargs):
    watch = Watch(sampler, kwargs.pop("stop_in", None))
    data = kwargs.pop("data", None)
    data = batches(sampler) if data is None else data
    arguments = {"epochs": epochs, "shuffle": False, "verbose": 0, **kwargs}
    try:
        model.fit(data, callbacks=[*callbacks, watch], **arguments)
    except Stop:
        pass
    return watch


def phases(watch):
    return [watch.phases[epoch] for epoch in sorted(watch.phases)]


@pytest.mark.parametrize("stop_in", [None, 4])
def test_a_second_fit_begins_with_the_first_phase(stop_in):
    sampler, model = new_sampler(), small_model()
    divide = Recluster(IMAGES, sampler, **PHASES)
    fit(model, sampler, [divide], stop_in=stop_in)
    assert phases(fit(model, sampler, [divide])) == EXPECTED


@pytest.mark.parametrize("first", [1, 3, 4])
def test_a_later_first_epoch_has_its_phase(first):
    sampler = new_sampler()
    divide = Recluster(IMAGES, sampler, **PHASES)
    watch = fit(small_model(), sampler, [divide], initial_epoch=first)
    assert phases(watch) == EXPECTED[first:]


def test_on_replicas_too_or_it_is_refused(two_replicas):
    sampler = new_sampler()
    with two_replicas.scope():
        model = small_model()
    divide = Recluster(IMAGES, sampler, **PHASES)
    assert phases(fit(model, sampler, [divide])) == EXPECTED
    try:
        watch = fit(model, sampler, [divide], initial_epoch=3)
    except RuntimeError as error:
        assert "must read its own batches" in str(error)
    else:
        assert phases(watch) == EXPECTED[3:]


def test_copies_drive_the_sampler_of_the_dataset_anew():
    sampler = new_sampler()
    data = batches(sampler)
    divide = Recluster(IMAGES, sampler, **PHASES)
    watches = []
    for _ in range(2):
        copied = copy.deepcopy(divide)
        assert copied.sampler is sampler and copied.images is IMAGES
        watches.append(fit(small_model(), sampler, [copied], data=data))
    assert phases(watches[0]) == phases(watches[1]) == EXPECTED
    for epoch, clusters in watches[0].clusters.items():
        np.testing.assert_array_equal(watches[1].clusters[epoch], clusters)


@pytest.mark.parametrize(
    "first, stop_in", [("backup", 2), ("backup", 3), ("recluster", 4)]
)
def test_a_backup_goes_on_with_the_same_bits(tmp_path, first, stop_in):
    def run(folder, stop_in=None):
        sampler, model = new_sampler(), small_model()
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / folder))
        callbacks = [backup, Recluster(IMAGES, sampler, **PHASES)]
        if first == "recluster":
            callbacks.reverse()
        return fit(model, sampler, callbacks, stop_in=stop_in), model

    whole, expected = run("whole")
    run("stopped", stop_in)
    rest, model = run("stopped")
    assert phases(rest) == EXPECTED[stop_in:]
    for epoch, clusters in rest.clusters.items():
        np.testing.assert_array_equal(clusters, whole.clusters[epoch])
    for a, b in zip(model.get_weights(), expected.get_weights()):
        np.testing.assert_array_equal(a, b)


def _cached(sampler):
    return {"data": batches(sampler).cache()}


def _fewer_steps(sampler):
    return {"steps_per_epoch": 2}


def _repeated(sampler):
    data = batches(sampler).repeat()
    return {"data": data, "steps_per_epoch": sampler.num_steps}


def _repeated_twice(sampler):
    data = batches(sampler).repeat(2)
    return {"data": data, "steps_per_epoch": sampler.num_steps}


def _of_unknown_length(sampler):
    data = batches(sampler).filter(lambda *batch: True).repeat()
    return {"data": data, "steps_per_epoch": sampler.num_steps}


def _of_another(sampler):
    return {"data": batches(new_sampler())}


@pytest.mark.parametrize(
    "how",
    [
        *(_cached, _fewer_steps, _of_another),
        *(_repeated, _repeated_twice, _of_unknown_length),
    ],
)
def test_batches_of_another_epoch_or_division_are_noticed(how):
    sampler = new_sampler()
    divide = Recluster(IMAGES, sampler, every=1)
    with pytest.raises(RuntimeError, match="must read its own batches"):
        fit(small_model(), sampler, [divide], epochs=2, **how(sampler))


def test_several_steps_at_once_are_counted_right():
    sampler, model = new_sampler(), small_model(steps_per_execution=4)
    assert sampler.num_steps % 4
    divide = Recluster(IMAGES, sampler, **PHASES)
    assert phases(fit(model, sampler, [divide])) == EXPECTED


@pytest.mark.parametrize("how", ["taken", "own loop over batches"])
def test_other_ways_to_read_the_sampler_are_right(how):
    sampler = new_sampler()
    data = batches(sampler).take(2)
    if how == "own loop over batches":

        def rows():
            for step in range(sampler.num_steps):
                indices, learner = sampler.batch(sampler.epoch, step)
                target = {"label": sampler.labels[indices]}
                target["learner"] = np.full(4, learner)
                yield IMAGES[indices], target

        image = tf.TensorSpec([4, 8, 8, 1], tf.float32)
        number = tf.TensorSpec([4], tf.int64)
        data = tf.data.Dataset.from_generator(
            rows,
            output_signature=(image, {"label": number, "learner": number}),
        )
        data = data.apply(tf.data.experimental.assert_cardinality(6))
    divide = Recluster(IMAGES, sampler, **PHASES)
    watch = fit(small_model(), sampler, [divide], data=data)
    assert phases(watch) == EXPECTED


def test_more_clusters_than_learners_are_refused():
    sampler = dnc.ClusterSampler(LABELS, 4, 4, 2)
    with pytest.raises(ValueError, match="num_clusters=4 for num_learners=3"):
        fit(small_model(), sampler, [Recluster(IMAGES, sampler)])


def test_a_plain_model_is_clustered_on_a_layer_of_it():
    sampler = new_sampler()
    pixels = keras.Input([8, 8, 1])
    layer = keras.layers.Dense(3, name="hidden")
    hidden = layer(keras.layers.Flatten()(pixels))
    # The pixels that tell the clusters, or some may have a single class.
    layer.set_weights([np.eye(64, 3), np.zeros(3)])
    model = keras.Model(pixels, keras.layers.Dense(2)(hidden))
    model.compile(keras.optimizers.SGD(0.0), dnc.losses.TripletSemiHardLoss())
    data = batches(sampler).map(lambda x, target: (x, target["label"]))
    with pytest.raises(ValueError, match="here one of .*hidden"):
        fit(model, sampler, [Recluster(IMAGES, sampler)], data=data)
    divide = Recluster(IMAGES, sampler, cluster_on="hidden")
    watch = fit(model, sampler, [divide], data=data, epochs=1)
    other = new_sampler()
    shorter = keras.Model(pixels, hidden)
    shorter.compile(keras.optimizers.SGD(0.0), dnc.losses.TripletSemiHardLoss())
    divide = Recluster(IMAGES, other, cluster_on="embedding")
    data = batches(other).map(lambda x, target: (x, target["label"]))
    expected = fit(shorter, other, [divide], data=data, epochs=1)
    np.testing.assert_array_equal(watch.clusters[0], expected.clusters[0])
