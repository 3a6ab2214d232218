"""Tensor maths against plain loops and hand-made values."""

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.layers import group_overlap
from dnc_keras.losses.choosing import choose_largest
from dnc_keras.losses.choosing import gumbel_noise
from dnc_keras.losses.choosing import is_compiled
from dnc_keras.losses.distances import distances_of_pairs
from dnc_keras.losses.distances import pairwise_distances
from dnc_keras.losses.pairs import pair_masks
from dnc_keras.models.replicas import gather_replicas
from dnc_keras.models.replicas import stateless_dropout

INFINITY = float("inf")


def per_replica(strategy, rows):
    """Cuts rows into one part for each replica."""
    parts = np.split(rows, strategy.num_replicas_in_sync)
    return strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )


def run(strategy, function, rows):
    """What `function` gives on each replica, as a list."""
    step = tf.function(lambda part: strategy.run(function, args=(part,)))
    values = step(per_replica(strategy, rows))
    return [v.numpy() for v in strategy.experimental_local_results(values)]


def test_distances_are_those_of_plain_loops():
    rows = np.random.default_rng(0).normal(size=[5, 3]).astype(np.float32)
    expected = [[np.sqrt(sum((a - b) ** 2) + 1e-8) for b in rows] for a in rows]
    distances = pairwise_distances(tf.constant(rows))
    # The diagonal is sqrt(1e-8 + rounding of float32).
    np.testing.assert_allclose(distances, expected, rtol=1e-5, atol=2e-3)


def test_distance_of_equal_rows_has_a_finite_gradient():
    rows = tf.ones([3, 2])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        distances = pairwise_distances(rows)
    np.testing.assert_allclose(distances, np.full([3, 3], 1e-4), rtol=1e-5)
    assert np.isfinite(tape.gradient(distances, rows)).all()


def test_pairs_are_those_of_equal_and_different_classes():
    positives, negatives = pair_masks(tf.constant([7, 7, 2]))
    assert positives.numpy().tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
    ]
    assert negatives.numpy().tolist() == [
        [False, False, True],
        [False, False, True],
        [True, True, False],
    ]


def test_largest_keys_are_chosen_in_each_row():
    keys = tf.constant([[3.0, 1.0, 2.0], [5.0, 6.0, 4.0], [1.0, 2.0, 3.0]])
    chosen = choose_largest(keys, tf.constant([2, 1, 0]))
    assert chosen.numpy().astype(int).tolist() == [
        [1, 0, 1],
        [0, 1, 0],
        [0, 0, 0],
    ]


def test_keys_of_minus_infinity_are_never_chosen():
    keys = tf.constant([[-INFINITY, 1.0, -INFINITY], [-INFINITY] * 3])
    chosen = choose_largest(keys, tf.constant([2, 2]))
    assert chosen.numpy().astype(int).tolist() == [[0, 1, 0], [0, 0, 0]]


def test_keys_that_tie_with_the_last_are_chosen_too():
    chosen = choose_largest(
        tf.constant([[1.0, 1.0, 0.0]]), tf.ones([1], tf.int32)
    )
    assert chosen.numpy().astype(int).tolist() == [[1, 1, 0]]


def test_nothing_is_chosen_where_no_row_asks():
    chosen = choose_largest(tf.zeros([2, 3]), tf.zeros([2], tf.int32))
    assert not chosen.numpy().any()


@pytest.mark.parametrize("jit_compile", [True, False])
def test_what_xla_compiles_is_known(jit_compile):
    told = []

    @tf.function(jit_compile=jit_compile)
    def outer(x):
        return tf.cond(x > 0.0, lambda: inner(x), lambda: x)

    @tf.function
    def inner(x):
        told.append(is_compiled())
        return x + 1.0

    assert outer(tf.constant(1.0)) == 2.0
    assert told == [jit_compile]
    assert not is_compiled()


def test_distances_of_pairs_are_those_of_all_pairs():
    rows = np.random.default_rng(0).normal(size=[5, 3]).astype(np.float32)
    pairs = tf.constant([[0, 3], [4, 1], [2, 2]])
    expected = [
        np.sqrt(sum((rows[i] - rows[j]) ** 2) + 1e-8) for i, j in pairs.numpy()
    ]
    distances = distances_of_pairs(tf.constant(rows), pairs)
    np.testing.assert_allclose(distances, expected, rtol=1e-5)


def test_distance_of_an_equal_pair_has_a_finite_gradient():
    rows = tf.ones([2, 2])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        distances = distances_of_pairs(rows, tf.constant([[0, 1]]))
    np.testing.assert_allclose(distances, [1e-4], rtol=1e-5)
    assert np.isfinite(tape.gradient(distances, rows)).all()


def test_noise_turns_the_largest_log_weight_into_a_weighted_draw():
    weights = np.array([1.0, 2.0, 5.0])
    noise = gumbel_noise([20000, 3], seed=[1, 2])
    drawn = np.argmax(np.log(weights) + noise, axis=1)
    shares = np.bincount(drawn) / len(drawn)
    np.testing.assert_allclose(shares, weights / 8, atol=0.01)


def test_noise_is_finite_and_a_function_of_the_seed():
    noise = gumbel_noise([1000], seed=[1, 2])
    assert np.isfinite(noise).all()
    np.testing.assert_array_equal(noise, gumbel_noise([1000], seed=[1, 2]))
    assert (noise != gumbel_noise([1000], seed=[1, 3])).numpy().any()


def test_gather_without_a_strategy_changes_nothing():
    rows = tf.ones([2, 3])
    assert gather_replicas(rows) is rows


def test_gather_gives_each_replica_all_rows_in_order(two_replicas):
    rows = np.arange(8.0).reshape(4, 2)
    for gathered in run(two_replicas, gather_replicas, rows):
        np.testing.assert_array_equal(gathered, rows)


def test_gradient_of_gathered_rows_is_summed_over_replicas(two_replicas):
    def gradient(rows):
        with tf.GradientTape() as tape:
            tape.watch(rows)
            total = tf.reduce_sum(gather_replicas(rows) ** 2)
        return tape.gradient(total, rows)

    rows = np.arange(8.0).reshape(4, 2)
    gradients = np.concatenate(run(two_replicas, gradient, rows))
    np.testing.assert_array_equal(gradients, 2 * 2 * rows)


def test_dropout_sets_its_share_to_zero_and_scales_the_rest():
    dropped = stateless_dropout(tf.ones([100, 100]), 0.2, [3, 4]).numpy()
    assert abs((dropped == 0).mean() - 0.2) < 0.02
    np.testing.assert_allclose(dropped[dropped != 0], 1 / 0.8, rtol=1e-6)


def test_dropout_of_two_replicas_is_that_of_one(two_replicas):
    def dropout(rows):
        return stateless_dropout(rows, 0.5, [3, 4])

    rows = np.arange(1.0, 41.0, dtype=np.float32).reshape(8, 5)
    parts = run(two_replicas, dropout, rows)
    np.testing.assert_array_equal(np.concatenate(parts), dropout(rows))


def test_overlap_is_the_mean_cosine_of_different_masks():
    # cosines: 0 of the first two, 1 / sqrt(2) of each with the third.
    masks = tf.constant([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    expected = (0 + 2 / np.sqrt(2)) / 3
    np.testing.assert_allclose(group_overlap(masks, 3.0), expected, rtol=1e-6)


def test_overlap_of_a_single_mask_is_zero():
    assert group_overlap(tf.constant([[1.0, 0.0]]), 1.0).numpy() == 0.0
