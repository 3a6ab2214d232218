"""K-means against scikit-learn and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding
from helpers.square import SQUARE
from sklearn.cluster import KMeans

from dnc_keras import clustering
from dnc_keras.arrays import rows
from dnc_keras.arrays import scores
from dnc_keras.clustering import assigner


@pytest.fixture
def small_blocks(monkeypatch):
    """Seventy rows of `features` make a block, scored in parts of thirty."""
    monkeypatch.setattr(rows, "BLOCK_BYTES", 4 * 5 * 70)
    monkeypatch.setattr(assigner, "SCORE_BYTES", 4 * 6 * 30)


def scikit_learn(features, init, max_iterations=100):
    model = KMeans(
        len(init), init=init, n_init=1, max_iter=max_iterations, tol=1e-4
    )
    return model.fit(features)


def assert_close(centroids, expected, features):
    """Means of at most all rows."""
    atol = rounding.sum_bound(len(features), np.abs(features))
    np.testing.assert_allclose(centroids, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("num_clusters", [1, 6, 40])
@pytest.mark.parametrize("max_iterations", [2, 100])
def test_result_is_that_of_scikit_learn(features, num_clusters, max_iterations):
    init = features[:num_clusters]
    ours = clustering.kmeans(
        features, num_clusters, init=init, max_iterations=max_iterations
    )
    theirs = scikit_learn(features, init, max_iterations)
    np.testing.assert_array_equal(ours.assignment, theirs.labels_)
    assert_close(ours.centroids, theirs.cluster_centers_, features)
    rel = rounding.sum_bound(len(features), 1.0)
    assert ours.inertia == pytest.approx(theirs.inertia_, rel=rel)
    assert ours.num_iterations == theirs.n_iter_


def test_result_is_that_of_faiss(features):
    faiss = pytest.importorskip("faiss")
    init = features[:6]
    theirs = faiss.Kmeans(
        5, 6, niter=9, max_points_per_centroid=300, min_points_per_centroid=1
    )
    theirs.train(features, init_centroids=init)
    ours = clustering.kmeans(
        features, 6, init=init, max_iterations=9, tolerance=0.0
    )
    assert_close(ours.centroids, theirs.centroids, features)


def test_result_is_that_of_fastkmeans(features):
    torch = pytest.importorskip("torch")
    fastkmeans = pytest.importorskip("fastkmeans")
    theirs = fastkmeans.FastKMeans(5, 6, niter=9, gpu=False, use_triton=False)
    theirs.train(features)
    torch.manual_seed(0)
    init = features[torch.randperm(300)[:6].numpy()]
    ours = clustering.kmeans(
        features, 6, init=init, max_iterations=9, tolerance=0.0
    )
    assert_close(ours.centroids, theirs.centroids, features)


@pytest.mark.parametrize("num_clusters", [33, 1100])
def test_many_centroids_are_searched_in_tiles(num_clusters):
    features = rounding.exact_points(2000).astype(np.float32)
    init = features[:num_clusters]
    squares = ((features[:, None] - init) ** 2).sum(axis=2)
    found = assigner.nearest(init, np.zeros(4, np.float32))(
        tf.constant(features)
    )
    np.testing.assert_array_equal(found, squares.argmin(axis=1))


@pytest.mark.parametrize("num_clusters", [4, 70, 1100])
def test_lowest_of_equal_centroids_is_nearest(num_clusters):
    equal = np.ones([num_clusters, 3], np.float32)
    found = assigner.nearest(equal, np.zeros(3, np.float32))(tf.ones([9, 3]))
    np.testing.assert_array_equal(found, np.zeros(9))


@pytest.mark.parametrize("dim", [scores.LONG_ROW - 1, scores.LONG_ROW])
def test_long_rows_are_scored_like_others(dim):
    random = np.random.default_rng(0)
    block = random.integers(-3, 4, [600, dim]).astype(np.float32)
    points, bias = scores.shifted(block[:5], np.zeros(dim, np.float32))
    expected = block @ block[:5].T - 0.5 * (block[:5] ** 2).sum(axis=1)
    found = scores.scores(tf.constant(block), points, bias)
    np.testing.assert_array_equal(found, expected)


def test_far_from_the_origin_the_clusters_stay_the_same(features):
    init = features[:6]
    near = clustering.kmeans(features, 6, init=init)
    far = clustering.kmeans(features + 1000.0, 6, init=init + 1000.0)
    assert far.inertia == pytest.approx(near.inertia, rel=1e-3)


def test_blocks_do_not_change_the_clusters(features, small_blocks):
    ours = clustering.kmeans(features, 6, init=features[:6])
    theirs = scikit_learn(features, features[:6])
    np.testing.assert_array_equal(ours.assignment, theirs.labels_)


def test_block_of_rows_is_bounded_in_bytes():
    assert rows.rows_within(2**23, 2048) * 2048 * 4 <= 2**23
    assert rows.rows_within(100, 2048) == 1


def test_no_block_is_larger_than_its_bound(features, small_blocks):
    sizes = [block.shape[0] for _, block in rows.Rows(features).blocks()]
    assert sizes == [70, 70, 70, 70, 20]


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
def test_any_number_type_is_computed_in_float32(dtype):
    result = clustering.kmeans(SQUARE.astype(dtype), 2, init=SQUARE[[0, 2]])
    assert result.centroids.dtype == np.float32
    np.testing.assert_array_equal(result.centroids, [[0, 0.5], [9, 0.5]])
    assert result.inertia == 1.0


def test_tensor_and_array_give_the_same_bits(features):
    array = clustering.kmeans(features, 6)
    tensor = clustering.kmeans(tf.constant(features), 6)
    np.testing.assert_array_equal(array.centroids, tensor.centroids)


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_same_seed_gives_the_same_bits(features, init):
    first = clustering.kmeans(features, 6, init=init, seed=3)
    second = clustering.kmeans(features, 6, init=init, seed=3)
    np.testing.assert_array_equal(first.centroids, second.centroids)
    np.testing.assert_array_equal(first.assignment, second.assignment)
    assert first.inertia == second.inertia


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_other_seed_starts_elsewhere(features, init):
    first, second = (
        clustering.kmeans(features, 6, init=init, max_iterations=1, seed=seed)
        for seed in (0, 1)
    )
    assert not np.array_equal(first.centroids, second.centroids)


def test_random_start_uses_distinct_rows():
    result = clustering.kmeans(SQUARE, 4, init="random")
    assert sorted(result.assignment) == [0, 1, 2, 3]


def test_plus_plus_finds_separated_groups():
    centers = np.repeat(np.eye(8) * 100.0, 20, axis=0)
    noise = np.random.default_rng(0).normal(size=centers.shape)
    result = clustering.kmeans(centers + noise, 8)
    groups = result.assignment.reshape(8, 20)
    assert (groups == groups[:, :1]).all()
    assert len(set(groups[:, 0])) == 8


def test_more_runs_are_at_least_as_good(features):
    runs = [
        clustering.kmeans(features, 9, init="random", num_init=num, seed=1)
        for num in (1, 2, 5)
    ]
    assert runs[0].inertia >= runs[1].inertia >= runs[2].inertia
    assert runs[0].inertia > runs[2].inertia


def test_empty_cluster_takes_the_farthest_row():
    features = np.array([[0], [1], [2], [30]], np.float32)
    init = np.array([[1], [500]], np.float32)
    result = clustering.kmeans(features, 2, init=init)
    np.testing.assert_array_equal(result.assignment, [0, 0, 0, 1])
    np.testing.assert_array_equal(result.centroids, [[1], [30]])


def test_empty_clusters_are_filled_as_in_scikit_learn(features):
    init = np.concatenate([features[:3], np.full([3, 5], 50, np.float32)])
    ours = clustering.kmeans(features, 6, init=init)
    theirs = scikit_learn(features, init)
    assert ours.inertia == pytest.approx(theirs.inertia_, rel=0.05)
    assert set(ours.assignment) == set(range(6))


@pytest.mark.parametrize("max_iterations", [1, 2, 100])
def test_no_cluster_is_empty_with_enough_distinct_rows(max_iterations):
    features = np.repeat(SQUARE, [50, 1, 30, 1], axis=0)
    result = clustering.kmeans(
        features,
        4,
        init=np.zeros([4, 2], np.float32),
        max_iterations=max_iterations,
    )
    assert set(result.assignment) == {0, 1, 2, 3}


def test_equal_rows_are_clustered_without_an_error():
    result = clustering.kmeans(np.ones([10, 3], np.float32), 4)
    np.testing.assert_array_equal(result.centroids, np.ones([4, 3]))
    assert result.inertia == 0.0


@pytest.mark.parametrize("value", [0.1, 1e4 / 3])
def test_equal_rows_end_at_once_in_spite_of_rounding(value):
    features = np.full([5000, 7], value, np.float32)
    result = clustering.kmeans(features, 4)
    assert result.num_iterations <= 2
    assert_close(result.centroids, features[:4], features)


@pytest.mark.parametrize("aligned", [True, False])
def test_large_array_and_tensor_give_the_same_bits(monkeypatch, aligned):
    monkeypatch.setattr(rows, "RESIDENT_BYTES", 0)
    monkeypatch.setattr(rows, "BLOCK_BYTES", 4 * 300 * 512)
    random = np.random.default_rng(0)
    tensor = tf.constant(random.normal(size=[2100, 300]).astype(np.float32))
    array = tensor.numpy() if aligned else tensor.numpy().copy()
    first = clustering.kmeans(array, 6, max_iterations=5)
    second = clustering.kmeans(tensor, 6, max_iterations=5)
    np.testing.assert_array_equal(first.centroids, second.centroids)
    np.testing.assert_array_equal(first.assignment, second.assignment)
    assert first.inertia == second.inertia


def test_start_array_is_left_as_it_was(features):
    init = features[:6].copy()
    clustering.kmeans(features, 6, init=init)
    np.testing.assert_array_equal(init, features[:6])


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"num_clusters": 5}, "Use fewer clusters or more images"),
        ({"num_clusters": 0}, "num_clusters must be between 1"),
        ({"init": "best"}, 'init must be "k-means\\+\\+", "random"'),
        ({"init": np.ones([3, 2])}, r"Expected: \[2, 2\]. Received: \[3, 2\]"),
        ({"init": SQUARE[:2] * np.nan}, "init must be finite"),
        ({"num_init": 0}, "num_init must be an integer above 0"),
        ({"features": np.ones([4, 2, 2])}, "Pool or flatten"),
        ({"features": np.ones([4, 0])}, r"Received: shape \[4, 0\]"),
        ({"features": SQUARE * np.nan}, "features must be finite"),
        ({"features": SQUARE / 0.5 + np.inf}, "in 2 of 2 columns"),
    ],
)
def test_bad_argument_is_an_error_with_advice(arguments, words):
    arguments = {"features": SQUARE, "num_clusters": 2, **arguments}
    with pytest.raises(ValueError, match=words):
        clustering.kmeans(**arguments)
