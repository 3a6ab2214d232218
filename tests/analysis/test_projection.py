"""Embeddings in a plane: PCA by hand, UMAP where it is installed."""

import sys
import types
import warnings

import numpy as np
import pytest

from dnc_keras import analysis

# Variance 8 along (3, 4), 2 across it: 0.8 and 0.2 of all.
CROSS = 5.0 + np.array([[6, 8], [-6, -8], [-4, 3], [4, -3]]) / 5.0
GROUPS = np.repeat(np.eye(3), 10, axis=0) + 0.01 * np.eye(30, 3)


@pytest.fixture
def no_umap(monkeypatch):
    """An installation without umap-learn."""
    monkeypatch.setitem(sys.modules, "umap", None)


@pytest.fixture
def fake_umap(monkeypatch):
    """A package that warns as UMAP does; gives its arguments."""
    received = {}

    class UMAP:
        def __init__(self, **arguments):
            received.update(arguments)

        def fit_transform(self, embeddings):
            warnings.warn("n_jobs value overridden", UserWarning)
            return np.zeros([len(embeddings), 2])

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=UMAP))
    return received


def test_pca_turns_the_largest_variance_into_the_first_axis():
    projection = analysis.project(CROSS, method="pca")
    np.testing.assert_allclose(
        projection.points, [[2, 0], [-2, 0], [0, -1], [0, 1]], atol=1e-6
    )
    assert projection.points.dtype == np.float32
    assert projection.name == "PCA"


def test_pca_tells_the_share_of_variance_that_it_keeps():
    # Variances 8, 2 and 2 of three columns at right angles.
    rows = np.array([[2.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    projection = analysis.project(np.vstack([rows, -rows]), method="pca")
    assert projection.explained == pytest.approx(10 / 12)


def test_pca_gives_the_same_points_each_time():
    first, second = (analysis.project(CROSS, method="pca") for _ in range(2))
    np.testing.assert_array_equal(first.points, second.points)


def test_a_single_column_has_its_points_on_a_line():
    projection = analysis.project(np.array([[1.0], [5.0]]), method="pca")
    np.testing.assert_array_equal(projection.points, [[-2, 0], [2, 0]])


def test_equal_images_share_a_point():
    projection = analysis.project(np.ones([3, 4]), method="pca")
    np.testing.assert_array_equal(projection.points, np.zeros([3, 2]))
    assert projection.explained == 1.0


def test_auto_is_pca_without_umap(no_umap):
    assert analysis.project(GROUPS).name == "PCA"


def test_auto_is_pca_for_few_images(fake_umap):
    assert analysis.project(GROUPS[:15]).name == "PCA"


def test_auto_is_umap_where_it_is_installed(fake_umap):
    projection = analysis.project(GROUPS)
    assert (projection.name, projection.explained) == ("UMAP", None)
    assert projection.points.dtype == np.float32


def test_umap_measures_angles_with_a_fixed_seed_and_without_warnings(fake_umap):
    analysis.project(GROUPS, method="umap")
    assert fake_umap["metric"] == "cosine"
    assert fake_umap["random_state"] == 0


def test_umap_lays_classes_apart():
    pytest.importorskip("umap")
    first, second = (analysis.project(GROUPS, "umap").points for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (30, 2)
    assert np.isfinite(first).all()


def test_missing_umap_is_told_with_its_remedy(no_umap):
    with pytest.raises(ValueError, match="pip install umap-learn"):
        analysis.project(GROUPS, method="umap")


def test_umap_of_few_images_is_refused():
    with pytest.raises(ValueError, match="more than 15 images. Received: 15"):
        analysis.project(GROUPS[:15], method="umap")


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="auto, pca, umap. Received: 'tsne'"):
        analysis.project(CROSS, method="tsne")


@pytest.mark.parametrize("embeddings", [np.ones(3), np.ones([0, 2])])
def test_what_is_no_table_of_embeddings_is_refused(embeddings):
    with pytest.raises(ValueError, match=r"must be \[num_images, dim\]"):
        analysis.project(embeddings)


def test_embeddings_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="must be finite"):
        analysis.project(np.array([[1.0, np.nan]]))


def test_pca_of_many_columns_is_that_of_a_singular_value_decomposition():
    generator = np.random.default_rng(0)
    scales = 1.0 / np.arange(1, 41)
    rows = (100.0 + generator.normal(size=[300, 40]) * scales).astype("float32")
    projection = analysis.project(rows, method="pca")
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(
        np.abs(projection.points), np.abs(centred @ axes[:2].T), atol=1e-5
    )
    shares = lengths**2 / (lengths**2).sum()
    assert projection.explained == pytest.approx(shares[:2].sum())


def test_a_single_image_is_a_point_that_keeps_everything():
    projection = analysis.project(np.array([[0.3, 0.4]]), method="pca")
    np.testing.assert_array_equal(projection.points, [[0, 0]])
    assert projection.explained == 1.0
