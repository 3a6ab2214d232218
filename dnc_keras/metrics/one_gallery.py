"""Re-identification with one gallery image of each class."""

from __future__ import annotations

import numpy as np

from dnc_keras.metrics.arguments import check_ks
from dnc_keras.metrics.arguments import check_names
from dnc_keras.metrics.retrieval import retrieval_values
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_seed
from dnc_keras.support.progress import track


def one_gallery_metrics(
    embeddings, labels, ks=(1, 5), num_draws: int = 10, seed: int = 0
) -> dict[str, float]:
    """How well one image of each class is found, over random galleries.

    The protocol of VehicleID (Liu et al. 2016): one random image of each class
    is the gallery, all others search it, and the metrics are averaged over the
    draws. Each query has one image to find, so that `r_precision`, `map_at_r`
    and `marp_dnc` would all be `recall_at_1`; they are left out. A class of
    one image is in every gallery and never searched for.

    Args:
        embeddings: `[num_rows, dim]` array.
        labels: `[num_rows]` array, the class of each row.
        ks: the k of `recall_at_k`, which is CMC@k here.
        num_draws: number of galleries.
        seed: seed of the first draw; each next one is 1 higher.

    Returns:
        A dict of floats: `recall_at_k` and `mean_average_precision`, which is
        the mean of 1 / rank, and for each its standard deviation over the
        draws, such as `recall_at_1_std`.

    Example:

    >>> one_gallery_metrics([[0.0], [1.0], [9.0]], [5, 5, 6])["recall_at_1"]
    1.0
    """
    values, _ = one_gallery_values(embeddings, labels, ks, num_draws, seed)
    return mean_draws(values)


def one_gallery_values(
    embeddings,
    labels,
    ks=(1, 5),
    num_draws=10,
    seed=0,
    values_of=retrieval_values,
):
    """The metrics of each query in each draw of `one_gallery_metrics`.

    Args:
        embeddings, labels, ks, num_draws, seed: as there.
        values_of: function with the arguments and results of
            `retrieval_values`.

    Returns:
        (values, classes): a dict of `[num_draws, num_queries]` arrays, and the
        `[num_queries]` class of each column, the same in every draw.
    """
    embeddings, labels = np.asarray(embeddings), np.asarray(labels)
    check_names("labels", labels, len(embeddings))
    check_ks(ks)
    check_count("num_draws", num_draws)
    check_seed("seed", seed)
    order = np.argsort(labels, kind="stable")
    embeddings, labels = embeddings[order], labels[order]
    starts = np.unique(labels, return_index=True)[1]
    if len(starts) == len(labels):
        raise ValueError(
            "A class needs two images or more, one to be searched. Received: "
            f"{len(starts)} classes of one image each. Add images."
        )
    seeds = range(seed, seed + num_draws)
    galleries = [_draw(starts, len(labels), draw) for draw in seeds]
    draws = [
        _search(embeddings, labels, ks, gallery, values_of)
        for gallery in track(galleries, "draws of the gallery")
    ]
    values = {name: np.stack([d[name] for d in draws]) for name in draws[0]}
    return values, np.delete(labels, starts)


def mean_draws(values) -> dict[str, float]:
    """The mean and the standard deviation of each metric over the draws.

    Args:
        values: a dict of `[num_draws, num_queries]` arrays.
    """
    means = {name: each.mean(axis=1) for name, each in values.items()}
    return {
        **{name: float(each.mean()) for name, each in means.items()},
        **{f"{name}_std": float(each.std()) for name, each in means.items()},
    }


def _draw(starts, num_rows, seed):
    """One row of each class, which begin at `starts`."""
    sizes = np.diff(starts, append=num_rows)
    return starts + np.random.default_rng(seed).integers(sizes)


def _search(embeddings, labels, ks, gallery, values_of):
    values = values_of(
        np.delete(embeddings, gallery, axis=0),
        np.delete(labels, gallery),
        ks,
        gallery_embeddings=embeddings[gallery],
        gallery_labels=labels[gallery],
    )
    for name in ("r_precision", "map_at_r", "marp_dnc"):
        del values[name]
    return values
