"""Whitening against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.points import points
from sklearn.decomposition import PCA

from dnc_keras import reranking
from dnc_keras.reranking import whitening as whitening_module

MIXED = np.random.default_rng(5).normal(size=[6, 6])


def plain(fitted_on, rows, dim):
    """By scikit-learn's components and a division by the lengths."""
    pca = PCA(dim, whiten=True, svd_solver="full").fit(np.float64(fitted_on))
    whitened = pca.transform(np.float64(rows))
    return whitened / np.linalg.norm(whitened, axis=1, keepdims=True)


@pytest.mark.parametrize("dim", [1, 4, 6])
def test_rows_are_as_scikit_learn_whitens_them(dim, monkeypatch):
    monkeypatch.setattr(whitening_module, "_BLOCK_BYTES", 200)
    fitted_on, rows = points(50, 6) @ MIXED + 3.0, points(20, 6, 1) @ MIXED
    found = reranking.Whitening(fitted_on, dim)(rows)
    expected = plain(fitted_on, rows, dim)
    # The sign of a component is anybody's choice.
    np.testing.assert_allclose(
        found @ found.T, expected @ expected.T, atol=1e-5
    )
    assert found.shape == (20, dim)


def test_more_components_than_there_are_is_refused():
    line = np.outer(np.arange(9.0), [1.0, 2.0, 0.0])
    with pytest.raises(ValueError, match="dim=2, where 9 rows of 3 columns"):
        reranking.Whitening(line, 2)


def test_copies_of_one_row_have_no_component():
    with pytest.raises(ValueError, match="have 0"):
        reranking.Whitening(np.ones([5, 2]), 1)
