"""Embeddings as points of a plane, to look at."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Optional

import numpy as np
from sklearn.decomposition import PCA

from dnc_keras.support.checks import check_choice

METHODS = ("auto", "pca", "umap")
NUM_NEIGHBORS = 15  # UMAP's own default
SEED = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Projection:
    """A picture of embeddings.

    points: `[num_images, 2]` float32 array.
    name: "PCA" or "UMAP", for captions.
    explained: share of the embeddings' variance that the points keep, in
        [0, 1]; None for UMAP, which keeps neighbours and no distances.
    """

    points: np.ndarray
    name: str
    explained: Optional[float]


def project(embeddings, method: str = "auto") -> Projection:
    """Lays embeddings out in a plane.

    PCA is linear: distances in the plane are never larger than the true ones,
    and far points are far, but two dimensions keep little of many. UMAP
    (McInnes et al. 2018, https://arxiv.org/abs/1802.03426) keeps neighbours
    together, and shows classes better; sizes and distances of its groups mean
    nothing. Both give the same points each time.

    Args:
        embeddings: `[num_images, dim]` array, at least one image.
        method: "pca"; "umap", which needs the package umap-learn and more
            images than its 15 neighbours; "auto", the default: UMAP where that
            is possible, PCA elsewhere.

    Returns:
        A `Projection`.

    Example:

    >>> project(np.array([[0.0, 0.0], [2.0, 0.0]]), method="pca").points
    array([[-1.,  0.],
           [ 1.,  0.]], dtype=float32)
    """
    check_choice("method", method, METHODS)
    embeddings = np.asarray(embeddings)
    _check_embeddings(embeddings)
    if method == "umap":
        _check_enough(len(embeddings))
        return _umap(_import_umap(), embeddings)
    if method == "auto" and len(embeddings) > NUM_NEIGHBORS:
        try:
            return _umap(_import_umap(), embeddings)
        except ValueError:
            pass
    return _pca(embeddings)


def _pca(embeddings):
    # In float64, and about 0: nothing is lost where the mean is large.
    centred = embeddings - embeddings.mean(axis=0, dtype=np.float64)
    points = np.zeros([len(centred), 2], np.float32)
    if not centred.any():
        return Projection(points, "PCA", 1.0)
    # Exact, in memory of [dim, dim]; "auto" may draw at random.
    pca = PCA(min(2, *centred.shape), svd_solver="covariance_eigh")
    found = pca.fit_transform(centred)
    points[:, : found.shape[1]] = found
    kept = float(pca.explained_variance_ratio_.sum())
    return Projection(points, "PCA", kept)


def _import_umap():
    with warnings.catch_warnings():
        # That TensorFlow is missing, or is old: for its ParametricUMAP.
        warnings.simplefilter("ignore")
        try:
            from umap import UMAP
        except ImportError as error:
            raise ValueError(
                'method="umap" needs the package umap-learn. Received: '
                f"{error}. Install it by `pip install umap-learn`, or use "
                'method="pca".'
            ) from error
    return UMAP


def _umap(UMAP, embeddings):
    with warnings.catch_warnings():
        # That a fixed seed takes one thread, and of few or equal points.
        warnings.simplefilter("ignore")
        points = UMAP(
            n_neighbors=NUM_NEIGHBORS, metric="cosine", random_state=SEED
        ).fit_transform(embeddings)
    return Projection(np.asarray(points, np.float32), "UMAP", None)


def _check_enough(num_images):
    if num_images <= NUM_NEIGHBORS:
        raise ValueError(
            f'method="umap" needs more than {NUM_NEIGHBORS} images. '
            f'Received: {num_images}. Use method="pca".'
        )


def _check_embeddings(embeddings):
    if embeddings.ndim != 2 or not embeddings.size:
        raise ValueError(
            "embeddings must be [num_images, dim] with at least one image. "
            f"Received: shape {list(embeddings.shape)}. "
            "Pass the embedding of each image as a row."
        )
    if not np.isfinite(embeddings).all():
        raise ValueError(
            "embeddings must be finite. Received: NaN or infinity. "
            "Drop the broken rows."
        )
