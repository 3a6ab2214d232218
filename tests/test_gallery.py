"""Indexes, calibration and cache against plain loops."""

from __future__ import annotations

import concurrent.futures
import sys

import numpy as np
import pytest
import rounding
import tensorflow as tf

from dnc_keras import gallery
from dnc_keras.clustering.rows import aligned_empty
from dnc_keras.gallery import exact_index
from dnc_keras.gallery import faiss_index
from dnc_keras.gallery import page


def points(num_rows, dim=4, seed=0):
    rows = np.random.default_rng(seed).normal(size=[num_rows, dim])
    return rows.astype(np.float32)


def plain(queries, rows, k):
    """(distances, indices) by a loop in float64; the lower index first."""
    distances = [
        np.linalg.norm(np.float64(rows) - query, axis=1) for query in queries
    ]
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(np.array(distances), order, axis=1), order


def check(found, expected):
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-6)
    assert (found[0].dtype, found[1].dtype) == (np.float32, np.int32)


@pytest.mark.parametrize("num_queries", [1, 3, 20, 70])
@pytest.mark.parametrize("k", [1, 5, 300])
def test_exact_neighbors_are_those_of_a_plain_loop(num_queries, k):
    queries = rounding.exact_points(num_queries)
    rows = rounding.exact_points(300, seed=1)
    index = gallery.ExactIndex(rows)
    check(index.search(queries, k), plain(queries, rows, k))
    check(index.search(queries, k), plain(queries, rows, k))


def test_no_query_has_no_neighbors():
    distances, indices = gallery.ExactIndex(points(9)).search(points(0), 2)
    assert distances.shape == indices.shape == (0, 2)


@pytest.mark.parametrize("k", [1, 4])
def test_lower_index_comes_first_among_many_copies(k):
    rows = np.tile(points(3), [40, 1])
    found = gallery.ExactIndex(rows).search(rows[1:2], k)
    np.testing.assert_array_equal(found[1], [1 + 3 * np.arange(k)])
    np.testing.assert_array_equal(found[0], np.zeros([1, k]))


def test_rows_far_from_the_origin_keep_their_neighbors():
    rows = points(400) + np.float32(1000.0)
    check(
        gallery.ExactIndex(rows).search(rows[:5], 3), plain(rows[:5], rows, 3)
    )


def test_few_queries_leave_the_slow_way_alone(monkeypatch):
    rows = points(2000, 16)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = gallery.ExactIndex(rows)
    monkeypatch.delattr(exact_index, "nearest_neighbors")
    check(index.search(rows[:20], 5), plain(rows[:20], rows, 5))


def test_gallery_is_not_copied():
    rows = aligned_empty([70_000, 128])
    rows[:] = 1.0
    index = gallery.ExactIndex(rows)
    assert np.shares_memory(index._array, rows)


@pytest.mark.parametrize("make", [np.float64, tf.constant, np.ndarray.tolist])
def test_any_array_is_searched(make):
    rows = points(20)
    check(
        gallery.ExactIndex(make(rows)).search(make(rows[:2]), 3),
        plain(rows[:2], rows, 3),
    )


@pytest.mark.parametrize("make", [gallery.ExactIndex, gallery.FaissIndex])
@pytest.mark.parametrize(
    "queries, rows, k, words",
    [
        (points(1), points(3), 4, "Use a smaller k or a larger gallery"),
        (points(1, 5), points(3), 1, "Compute both with the same model"),
        (points(1) * np.nan, points(3), 1, "must be finite"),
        (points(1), points(3) * np.inf, 1, "must be finite"),
    ],
)
def test_impossible_search_is_an_error_with_advice(
    make, queries, rows, k, words
):
    if make is gallery.FaissIndex:
        pytest.importorskip("faiss")
    with pytest.raises(ValueError, match=words):
        make(rows).search(queries, k)


@pytest.fixture
def clustered():
    """3,000 rows around 100 centres."""
    centers = points(100, 16)
    return np.repeat(centers, 30, axis=0) + 0.1 * points(3000, 16, seed=1)


def test_faiss_finds_most_neighbors(clustered):
    pytest.importorskip("faiss")
    index = gallery.FaissIndex(clustered)
    exact = gallery.ExactIndex(clustered)
    distances, indices = index.search(clustered[:50], 5)
    expected = exact.search(clustered[:50], 5)
    hits = np.mean([len({*a} & {*b}) for a, b in zip(indices, expected[1])]) / 5
    assert hits > 0.8
    measured = np.linalg.norm(clustered[:50, None] - clustered[indices], axis=2)
    np.testing.assert_allclose(distances, measured, rtol=1e-3, atol=1e-3)
    assert indices.dtype == np.int32


def test_faiss_looks_further_where_its_lists_hold_too_few(clustered):
    pytest.importorskip("faiss")
    index = gallery.FaissIndex(clustered)
    found = index.search(clustered[:2], 2000)[1]
    expected = gallery.ExactIndex(clustered).search(clustered[:2], 2000)[1]
    np.testing.assert_array_equal(np.sort(found), np.sort(expected))


def test_faiss_index_is_kept_for_the_same_gallery(
    clustered, tmp_path, monkeypatch
):
    pytest.importorskip("faiss")
    built = gallery.FaissIndex(clustered, tmp_path).search(clustered[:9], 5)
    monkeypatch.delattr(faiss_index, "_build")
    again = gallery.FaissIndex(clustered, tmp_path).search(clustered[:9], 5)
    np.testing.assert_array_equal(built, again)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(NameError):
        gallery.FaissIndex(clustered[1:], tmp_path)


def test_faiss_takes_a_gallery_of_one_row():
    pytest.importorskip("faiss")
    found = gallery.FaissIndex(points(1)).search(points(2, seed=1), 1)
    np.testing.assert_array_equal(found[1], [[0], [0]])


def test_recall_is_the_share_of_the_neighbors_that_are_found():
    class Half:
        """Knows the even rows only."""

        def search(self, queries, k):
            distances, indices = plain(queries, rows[::2], k)
            return distances, 2 * indices

    rows = np.arange(40.0)[:, None].astype(np.float32)
    exact = gallery.ExactIndex(rows)
    assert gallery.recall(exact, exact, rows, k=3) == 1.0
    # Of a row's two nearest, one below and one above it, only odd rows have
    # even ones; both are found then, and none for even rows but at the end.
    true = plain(rows, rows, 3)[1]
    half = Half().search(rows, 3)[1]
    expected = np.mean(
        [
            len(({*a} & {*b}) - {row}) / 2
            for row, (a, b) in enumerate(zip(true, half))
        ]
    )
    assert gallery.recall(Half(), exact, rows, k=2) == pytest.approx(expected)


def test_faiss_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ValueError, match=r'pip install "dnc-keras\[faiss\]"'):
        gallery.FaissIndex(points(3))


@pytest.mark.parametrize("fmr", [0.002, 0.05, 0.5])
@pytest.mark.parametrize("block_pairs", [1, 1000, 2**22])
def test_calibration_is_that_of_a_plain_loop(fmr, block_pairs, monkeypatch):
    monkeypatch.setattr(
        "dnc_keras.gallery.calibration._BLOCK_PAIRS", block_pairs
    )
    rows, labels = points(60), np.arange(60) % 7
    told = gallery.calibrate(rows, labels, fmr)
    pairs = [(a, b) for a in range(60) for b in range(a)]
    distances = np.array([np.linalg.norm(rows[a] - rows[b]) for a, b in pairs])
    same = np.array([labels[a] == labels[b] for a, b in pairs])
    assert (told.num_mated, told.num_non_mated) == (sum(same), sum(~same))
    assert told.fmr == np.mean(distances[~same] <= told.threshold) <= fmr
    assert told.fnmr == np.mean(distances[same] > told.threshold)
    # No threshold of four decimals is larger and allowed.
    larger = distances[~same] <= told.threshold + 1.01e-4
    assert np.mean(larger) > fmr


@pytest.mark.parametrize(
    "labels, fmr, words",
    [
        ([0, 0, 1, 1], 0.0, "fmr must be above 0 and below 1. Received: 0.0"),
        ([0, 0, 0, 0], 0.5, "Received: 6 pairs of one class, 0 of different"),
        ([0, 1, 2, 3], 0.5, "Received: 0 pairs of one class, 6 of different"),
        ([0, 0, 1, 1], 0.1, "Received: 4. Use fmr=0.25 or more images"),
    ],
)
def test_impossible_calibration_is_an_error_with_advice(labels, fmr, words):
    with pytest.raises(ValueError, match=words):
        gallery.calibrate(points(4), labels, fmr)


def test_copies_in_two_classes_allow_no_threshold():
    with pytest.raises(ValueError, match="Look for copies"):
        gallery.calibrate(np.zeros([4, 2]), [0, 0, 1, 1], 0.25)


def test_cache_keeps_embeddings_by_model_and_digest(tmp_path):
    rows = {bytes([n]): points(1, seed=n)[0] for n in range(3)}
    gallery.EmbeddingCache(tmp_path).write("one", rows)
    cache = gallery.EmbeddingCache(tmp_path)
    found = cache.read("one", [b"\0", b"\2", b"none"])
    assert set(found) == {b"\0", b"\2"}
    np.testing.assert_array_equal(found[b"\2"], rows[b"\2"])
    assert cache.read("another", [b"\0"]) == {}


def test_cache_is_written_by_several_at_once(tmp_path):
    def write(number):
        cache = gallery.EmbeddingCache(tmp_path)
        cache.write("one", {bytes([number]): points(1)[0]})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    keys = [bytes([number]) for number in range(40)]
    assert len(gallery.EmbeddingCache(tmp_path).read("one", keys)) == 40


class _Served(tf.Module):
    def __init__(self, part_dim):
        super().__init__()
        self._part_dim = part_dim

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed(self, image_bytes):
        num = tf.size(image_bytes)
        parts = tf.ones([num, 3, self._part_dim])
        return {"embedding": tf.ones([num, 6]), "per_learner": parts}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def other(self, image_bytes):
        return {"logits": tf.zeros([tf.size(image_bytes), 2])}


# With learned masks each learner has all of the units.
@pytest.mark.parametrize("part_dim, num_learners", [(2, 3), (6, None)])
def test_signature_tells_the_slices(tmp_path, part_dim, num_learners):
    module = _Served(part_dim)
    signatures = {"serving_bytes": module.embed}
    tf.saved_model.save(module, str(tmp_path), signatures)
    model = gallery.ServedModel(tmp_path)
    assert model.num_learners == num_learners
    np.testing.assert_array_equal(model.embed([b"a", b"b"]), np.ones([2, 6]))


def test_model_that_embeds_no_bytes_is_told(tmp_path):
    module = _Served(2)
    tf.saved_model.save(module, str(tmp_path), {"serving_bytes": module.other})
    with pytest.raises(ValueError, match="with the signature serving_bytes"):
        gallery.ServedModel(tmp_path)


@pytest.mark.parametrize(
    "content, words",
    [
        (np.zeros(3), r"Received: float64 of shape \[3\]"),
        (np.zeros([0, 3]), r"Received: float64 of shape \[0, 3\]"),
        (np.array([["a"]]), "one row of numbers for each image"),
    ],
)
def test_file_of_something_else_is_told(tmp_path, content, words):
    np.save(tmp_path / "rows.npy", content)
    with pytest.raises(ValueError, match=words):
        gallery.read_embeddings(tmp_path / "rows.npy")


def test_file_without_embeddings_is_told(tmp_path):
    np.savez(tmp_path / "rows.npz", vectors=np.eye(3))
    with pytest.raises(ValueError, match=r"numpy\.savez\(path, embeddings="):
        gallery.read_embeddings(tmp_path / "rows.npz")


def test_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="which is no file"):
        gallery.read_embeddings(tmp_path / "rows.npz")


def test_file_of_half_precision_is_read_as_single(tmp_path):
    np.save(tmp_path / "rows.npy", np.eye(3, dtype=np.float16))
    rows = gallery.read_embeddings(tmp_path / "rows.npy")
    assert rows.names == ["0", "1", "2"]
    np.testing.assert_array_equal(rows.embeddings, np.eye(3))
    assert rows.embeddings.dtype == np.float32


@pytest.mark.parametrize("name", ["rows.npz", "rows.npy"])
def test_damaged_file_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="rows"):
        gallery.read_embeddings(tmp_path / name)


def test_page_of_many_queries_shows_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MAX_QUERIES", 2)
    rows = gallery.Collection(["a", "b", "c"], points(3))
    index = gallery.ExactIndex(rows.embeddings)
    matches = gallery.find_matches(index, rows, rows, 1)
    gallery.write_page(tmp_path / "out.html", matches)
    text = (tmp_path / "out.html").read_text()
    assert text.count("<section>") == 2
    assert "3 queries, of which the first 2" in text
