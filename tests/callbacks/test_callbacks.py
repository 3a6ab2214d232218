"""The callbacks, inside `fit` and with a model that only has features."""

import logging

import numpy as np
import pytest
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import FreezeBackbone
from dnc_keras.callbacks import ProgressBar
from dnc_keras.callbacks import Recluster
from dnc_keras.callbacks import RetrievalEvaluation
from dnc_keras.callbacks import StopOnNaN
from dnc_keras.clustering import division

# Three clusters, two classes in each, four images of every class.
LABELS = np.repeat(np.arange(6), 4)
CLUSTERS = LABELS // 2
CORNERS = np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9]], np.float32)


def separable(clusters=CLUSTERS, seed=0):
    """Features near the corner of their cluster."""
    noise = np.random.default_rng(seed).normal(size=[len(clusters), 3])
    return (CORNERS[clusters] + 0.1 * noise).astype(np.float32)


class FeatureModel:
    """Stands for a model: the images are the features already."""

    num_active_learners = 3
    feature_listener = None

    def features(self, images):
        return images

    def embed_features(self, features):
        return features[:, -3:] ** 3

    def __call__(self, images):
        return self.embed_features(images)

    def activate_learners(self, num_active):
        self.num_active_learners = num_active

    def double_learners(self):
        self.num_active_learners *= 2


def recluster(features, sampler=None, num_epochs=10, **kwargs):
    sampler = sampler or dnc.ClusterSampler(LABELS, 3, 8, 2)
    callback = Recluster(features, sampler, **kwargs)
    callback.set_model(FeatureModel())
    callback.set_params({"epochs": num_epochs})
    return callback, sampler


def run_epochs(callback, sampler, num_epochs):
    """The calls of `fit`; yields the epoch and its logs."""
    callback.on_train_begin()
    for epoch in range(num_epochs):
        callback.on_epoch_begin(epoch)
        logs = {}
        yield epoch, logs
        callback.on_epoch_end(epoch, logs)


def same_partition(first, second):
    pairs = set(zip(first.tolist(), second.tolist()))
    return len(pairs) == len(set(first)) == len(set(second))


def test_clusters_of_separable_features_are_found():
    callback, sampler = recluster(separable())
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_features_may_be_a_dataset():
    dataset = tf.data.Dataset.from_tensor_slices(separable()).batch(5)
    callback, sampler = recluster(dataset)
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_features_are_scaled_to_length_1():
    lengths = np.tile([1.0, 100.0], 12)[:, None].astype(np.float32)
    callback, sampler = recluster(separable() * lengths)
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_clusters_keep_their_learner():
    # Another seed of k-means gives the clusters other numbers.
    callback, sampler = recluster(separable(), every=1)
    names = set()
    for epoch, _ in run_epochs(callback, sampler, 8):
        names.add(tuple(sampler.assignment))
        callback.seed = epoch + 1
    assert len(names) == 1
    numbers = {
        tuple(dnc.clustering.kmeans(separable(), 3, seed=s).assignment)
        for s in range(8)
    }
    assert len(numbers) > 1


def test_a_second_fit_keeps_the_learners_of_the_first():
    callback, sampler = recluster(separable())
    callback.on_train_begin()
    renamed = (sampler.assignment + 1) % 3
    sampler.update(renamed)
    callback.on_train_begin()
    np.testing.assert_array_equal(sampler.assignment, renamed)


def test_a_training_goes_on_with_the_clusters_of_another():
    settings = {"every": 1, "whole_embedding_from": 3}
    callback, sampler = recluster(separable(), **settings)
    callback.on_train_begin()
    sampler.update((sampler.assignment + 1) % 3)
    state = callback.get_state()
    other, other_sampler = recluster(separable(seed=1), **settings)
    other.set_state(3, state)
    other.on_train_begin()
    assert (other_sampler.epoch, other_sampler.whole_embedding) == (3, True)
    np.testing.assert_array_equal(other_sampler.assignment, sampler.assignment)
    # And keeps its names when it clusters.
    other.on_epoch_end(3, {})
    np.testing.assert_array_equal(other_sampler.assignment, sampler.assignment)


def test_an_image_that_moves_changes_its_learner():
    callback, sampler = recluster(separable(), every=1)
    callback.on_train_begin()
    before = sampler.assignment.copy()
    moved = CLUSTERS.copy()
    moved[[20, 21]] = 0
    callback.images = separable(moved)
    logs = {}
    callback.on_epoch_end(0, logs)
    names = before[[0, 8, 16]]  # of the three clusters
    np.testing.assert_array_equal(sampler.assignment, names[moved])
    np.testing.assert_allclose(logs["recluster_agreement"], 22 / 24)


def test_agreement_is_1_where_nothing_was_clustered():
    callback, sampler = recluster(separable(), every=3)
    seen = [logs for _, logs in run_epochs(callback, sampler, 3)]
    assert [logs["recluster_agreement"] for logs in seen] == [1.0] * 3


def test_clusters_are_made_every_few_epochs(monkeypatch):
    epochs = []
    callback, sampler = recluster(separable(), num_epochs=8, every=3)
    kmeans = division.kmeans

    def counting(*args, **kwargs):
        epochs.append(sampler.epoch)
        return kmeans(*args, **kwargs)

    monkeypatch.setattr(division, "kmeans", counting)
    list(run_epochs(callback, sampler, 8))
    assert epochs == [0, 3, 6]


def test_nothing_is_clustered_after_the_last_epoch():
    callback, sampler = recluster(separable(), num_epochs=1, every=1)
    list(run_epochs(callback, sampler, 1))
    before = sampler.assignment.copy()
    callback.images = None  # would fail
    callback.on_epoch_end(0, {})
    np.testing.assert_array_equal(sampler.assignment, before)


def test_phases_follow_each_other():
    callback, sampler = recluster(
        separable(),
        num_epochs=6,
        every=1,
        whole_embedding_from=2,
        one_cluster_from=4,
    )
    phases = [
        (sampler.epoch, sampler.whole_embedding, len(set(sampler.assignment)))
        for _ in run_epochs(callback, sampler, 6)
    ]
    assert phases == [
        (0, False, 3),
        (1, False, 3),
        (2, True, 3),
        (3, True, 3),
        (4, True, 1),
        (5, True, 1),
    ]


def test_one_cluster_alone_means_the_whole_embedding():
    callback, sampler = recluster(separable(), one_cluster_from=0)
    callback.on_train_begin()
    assert sampler.assignment.tolist() == [0] * 24
    assert sampler.batch(0, 0)[1] == -1


def test_a_single_learner_needs_no_clustering():
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    callback, _ = recluster(None, sampler)
    epochs = [sampler.epoch for _ in run_epochs(callback, sampler, 3)]
    assert epochs == [0, 1, 2]
    assert sampler.batch(0, 0)[1] == 0


def test_an_image_alone_of_its_class_in_its_cluster_is_left_out():
    clusters = CLUSTERS.copy()
    clusters[0] = 2
    callback, sampler = recluster(separable(clusters))
    callback.on_train_begin()
    assert np.flatnonzero(sampler.assignment == -1).tolist() == [0]


def test_an_image_alone_of_its_class_is_left_out_of_one_cluster_too():
    labels = np.append(LABELS, 99)
    sampler = dnc.ClusterSampler(labels, 3, 8, 2)
    callback, _ = recluster(None, sampler, one_cluster_from=0)
    callback.on_train_begin()
    assert sampler.assignment.tolist() == [0] * 24 + [-1]


def test_a_left_out_image_comes_back():
    clusters = CLUSTERS.copy()
    clusters[0] = 2
    callback, sampler = recluster(separable(clusters), every=1)
    callback.on_train_begin()
    callback.images = separable()
    callback.on_epoch_end(0, {})
    assert same_partition(sampler.assignment, CLUSTERS)


@pytest.mark.parametrize(
    "clusters, message",
    [
        (np.minimum(LABELS, 2), "Received: 1 in cluster"),
        (
            # A single image, which is left out, and leaves a cluster empty.
            np.where(np.arange(24) == 0, 0, np.where(LABELS < 3, 1, 2)),
            r"A cluster needs images. Received: none in cluster \d of 3. Use "
            "fewer learners",
        ),
    ],
)
def test_a_first_clustering_without_pairs_is_refused(clusters, message):
    callback, sampler = recluster(separable(clusters))
    with pytest.raises(ValueError, match=message):
        callback.on_train_begin()
    assert sampler.assignment.tolist() == [0] * 24


def test_a_later_clustering_without_pairs_keeps_the_one_before(caplog):
    callback, sampler = recluster(separable(), every=1)
    callback.on_train_begin()
    before = sampler.assignment.copy()
    callback.images = separable(np.minimum(LABELS, 2))
    logs = {}
    with caplog.at_level(logging.WARNING, logger="absl"):
        callback.on_epoch_end(0, logs)
    np.testing.assert_array_equal(sampler.assignment, before)
    assert logs["recluster_agreement"] == 1.0
    assert caplog.messages[0].startswith(
        "Kept the assignment before: 30 clusterings failed, the last one "
        "with: A cluster needs two classes at least"
    )


def test_other_images_than_the_samplers_are_refused():
    callback, _ = recluster(separable()[:23])
    with pytest.raises(ValueError) as raised:
        callback.on_train_begin()
    assert str(raised.value) == (
        "images must be those of the sampler's labels, in their order. "
        "Received: 23 images, 24 labels."
    )


def test_every_must_be_an_epoch_at_least():
    with pytest.raises(ValueError) as raised:
        Recluster(None, None, every=0)
    assert str(raised.value) == (
        "every counts epochs and must be 1 or more. Received: every=0."
    )


# Images whose first three pixels tell the cluster.
IMAGES = np.random.default_rng(2).normal(size=[24, 64])
IMAGES[:, :3] += CORNERS[CLUSTERS]
IMAGES = IMAGES.reshape(24, 8, 8, 1).astype(np.float32)


class SeenModel(dnc.DivideAndConquer):
    """Remembers what it was trained on."""

    def train_step(self, data):
        images, target = data[:2]
        self.seen.append(
            (images.numpy(), target["label"].numpy(), target["learner"].numpy())
        )
        return super().train_step(data)


def small_model(model_class=dnc.DivideAndConquer, **kwargs):
    backbone = keras.Sequential(
        [
            keras.Input([8, 8, 1]),
            keras.layers.Flatten(),
            keras.layers.Dense(
                6, kernel_initializer=keras.initializers.GlorotUniform(seed=1)
            ),
        ]
    )
    model = model_class(backbone, embedding_dim=6, num_learners=3)
    model.compile(keras.optimizers.SGD(0.01), **kwargs)
    return model


def fit(model, sampler, callbacks, epochs=3):
    dataset = dnc.clustered_dataset(sampler, lambda i: tf.gather(IMAGES, i))
    return model.fit(
        dataset,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    ).history


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


def test_a_loss_that_is_no_number_stops_the_training():
    callback = StopOnNaN()
    callback.on_epoch_begin(3)
    callback.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(FloatingPointError) as raised:
        callback.on_train_batch_end(7, {"loss": float("nan")})
    assert str(raised.value) == (
        "The loss must be a finite number. Received: loss=nan in epoch 3, "
        "step 7. Lower the learning rate, or look for broken images."
    )


def test_a_training_that_diverges_stops_in_fit():
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    model = small_model()
    model.embedding.bias.assign(np.full(6, np.nan))
    with pytest.raises(FloatingPointError, match="loss=nan in epoch 0, step 0"):
        fit(model, sampler, [StopOnNaN()])


def test_a_training_with_finite_losses_goes_on():
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    history = fit(small_model(), sampler, [StopOnNaN()], epochs=1)
    assert np.isfinite(history["loss"]).all()


def test_the_bar_shows_epoch_loss_and_time_left(capsys, monkeypatch):
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    bar = ProgressBar()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    fit(small_model(), sampler, [bar], epochs=2)
    shown = capsys.readouterr().err
    assert "epoch 1/2" in shown
    assert "epoch 2/2" in shown
    assert "loss=" in shown
    assert "6/6" in shown


def test_off_a_terminal_the_bar_is_silent(capsys):
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    fit(small_model(), sampler, [ProgressBar()], epochs=1)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_the_logs_count_what_moved_and_what_was_left_out():
    callback, sampler = recluster(separable(), every=1)
    callback.on_train_begin()
    moved = CLUSTERS.copy()
    moved[[20, 21]] = 0  # two of the four images of class 5
    moved[0] = 1  # alone of class 0 there
    callback.images = separable(moved)
    logs = {}
    callback.on_epoch_end(0, logs)
    np.testing.assert_allclose(logs.pop("recluster_agreement"), 21 / 23)
    assert logs == {
        "recluster_moved": 2,
        "recluster_dropped": 1,
        "recluster_clusters": 3,
    }


# Four clusters in two pairs, two classes in each.
FOUR_LABELS = np.repeat(np.arange(8), 4)
FOUR = FOUR_LABELS // 2
PAIRS_OF_CORNERS = np.array(
    [[9, 0, 1], [9, 0, -1], [-9, 1, 0], [-9, -1, 0]], np.float32
)


def hierarchical(num_epochs=8, **kwargs):
    sampler = dnc.ClusterSampler(FOUR_LABELS, 4, 8, 2)
    noise = np.random.default_rng(0).normal(size=[32, 3]).astype(np.float32)
    features = PAIRS_OF_CORNERS[FOUR] + 0.1 * noise
    return recluster(
        features, sampler, num_epochs, division="hierarchical", **kwargs
    )


def test_a_hierarchical_division_doubles_until_all_learners_have_a_cluster():
    callback, sampler = hierarchical()
    stages = [
        (len(set(sampler.assignment)), callback.model.num_active_learners)
        for _ in run_epochs(callback, sampler, 8)
    ]
    assert stages == [(1, 1)] * 2 + [(2, 2)] * 2 + [(4, 4)] * 4
    assert same_partition(sampler.assignment, FOUR)


def test_both_halves_of_a_cluster_go_to_the_learners_it_became():
    callback, sampler = hierarchical(every=1)
    assignments, agreements = [], []
    for _, logs in run_epochs(callback, sampler, 4):
        assignments.append(sampler.assignment)
        agreements.append(logs)
    np.testing.assert_array_equal(assignments[2] // 2, assignments[1])
    assert [logs["recluster_agreement"] for logs in agreements] == [1.0] * 4
    assert [logs["recluster_clusters"] for logs in agreements] == [2, 4, 4, 4]


def test_a_division_that_fails_does_not_double_the_learners(caplog):
    callback, sampler = hierarchical(every=1)
    callback.on_train_begin()
    # One image is far from all others: no half of it can give a batch.
    callback.images = np.where(np.arange(32) == 0, 9.0, 0.0)[:, None] + [1.0, 0]
    callback.on_epoch_end(0, {})
    assert callback.model.num_active_learners == 1
    assert set(sampler.assignment) == {0}
    assert "Kept the assignment before" in caplog.text


def cached(**kwargs):
    callback, sampler = recluster(
        separable(), source="cached", every=1, **kwargs
    )
    callback.on_train_begin()
    return callback, sampler


def test_cached_features_are_those_that_training_reported():
    callback, sampler = cached()
    names = sampler.assignment[[0, 8, 16]]  # of the three clusters
    callback.images = None  # is not asked again
    moved = CLUSTERS.copy()
    moved[[16, 17, 20, 21]] = 0
    some = np.arange(12, 24)
    callback.model.feature_listener(some, separable(moved)[some])
    logs = {}
    callback.on_epoch_end(0, logs)
    np.testing.assert_array_equal(sampler.assignment, names[moved])
    assert logs["recluster_unseen"] == 12


def test_cached_features_are_embedded_where_that_is_clustered():
    callback, sampler = cached(cluster_on="embedding")
    before = sampler.assignment
    everything = np.arange(24)
    callback.model.feature_listener(everything, separable(seed=1))
    callback.on_epoch_end(0, {})
    np.testing.assert_array_equal(sampler.assignment, before)
    assert same_partition(before, CLUSTERS)


def test_cached_features_need_indices():
    callback, _ = cached()
    with pytest.raises(ValueError, match="Received: none since the last"):
        callback.on_epoch_end(0, {})


def test_fit_reports_features_to_the_cache():
    def assignment(source):
        sampler = dnc.ClusterSampler(LABELS, 3, 8, 2)
        model = small_model()
        model.compile(keras.optimizers.SGD(0.0))  # so that features stay
        batches = dnc.clustered_dataset(
            sampler, lambda i: tf.gather(IMAGES, i), with_index=True
        )
        history = model.fit(
            batches,
            epochs=3,
            shuffle=False,
            verbose=0,
            callbacks=[Recluster(IMAGES, sampler, source=source)],
        ).history
        assert model.feature_listener is None  # nothing is held any more
        return sampler.assignment, history

    cached, history = assignment("cached")
    np.testing.assert_array_equal(cached, assignment("fresh")[0])
    # Six batches of two epochs draw most of the 24 images.
    assert 0 <= history["recluster_unseen"][-1] < 12


def test_clusters_of_the_embedding_differ_from_those_of_features():
    # The features tell the clusters, the last three tell halves of classes.
    halves = 0.01 * CORNERS[np.arange(24) % 2]
    features = np.concatenate([separable(), halves], axis=1)
    callback, sampler = recluster(features, dnc.ClusterSampler(LABELS, 2, 8, 2))
    callback.cluster_on = "embedding"
    callback.on_train_begin()
    assert same_partition(sampler.assignment, np.arange(24) % 2)


def test_little_drift_keeps_the_clusters():
    callback, sampler = recluster(separable(), every=1, min_drift=0.1)
    callback.on_train_begin()
    before = sampler.assignment
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs["recluster_drift"] == 0.0
    moved = CLUSTERS.copy()
    moved[[20, 21]] = 0
    callback.images = separable(moved)
    callback.on_epoch_end(0, logs)
    np.testing.assert_allclose(logs["recluster_drift"], 2 / 24)
    np.testing.assert_array_equal(sampler.assignment, before)


def test_much_drift_clusters_again():
    callback, sampler = recluster(separable(), every=1, min_drift=0.1)
    callback.on_train_begin()
    names = sampler.assignment[[0, 8, 16]]
    moved = CLUSTERS.copy()
    moved[[16, 17, 20, 21]] = 0
    callback.images = separable(moved)
    logs = {}
    callback.on_epoch_end(0, logs)
    np.testing.assert_allclose(logs["recluster_drift"], 4 / 24)
    np.testing.assert_array_equal(sampler.assignment, names[moved])


@pytest.mark.parametrize("argument", ["division", "cluster_on", "source"])
def test_unknown_ways_to_cluster_are_refused(argument):
    with pytest.raises(ValueError, match=f"{argument} must be one of"):
        Recluster(None, None, **{argument: "other"})


def test_the_backbone_is_frozen_in_the_first_epochs_after_a_clustering():
    model = small_model(learning_rate_multipliers={"backbone": 1.0})
    kernel = model.backbone.layers[-1].kernel
    kernels = []

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kernels.append(kernel.numpy())

    start = kernel.numpy()
    fit(
        model,
        dnc.ClusterSampler(LABELS, 3, 8, 2),
        [FreezeBackbone(num_epochs=1, every=2), Keep()],
        epochs=4,
    )
    changes = [
        (now != before).any()
        for before, now in zip([start, *kernels[:-1]], kernels)
    ]
    assert changes == [False, True, False, True]


def test_a_backbone_that_is_never_trained_is_refused():
    with pytest.raises(ValueError) as raised:
        FreezeBackbone(num_epochs=2, every=2)
    assert str(raised.value) == (
        "num_epochs must be less than every, or the backbone is never "
        "trained. Received: num_epochs=2, every=2."
    )
