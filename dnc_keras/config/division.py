"""How images are divided among learners, and when."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options


@dataclasses.dataclass(frozen=True)
class DivisionSettings:
    """How images are divided among learners, and when."""

    num_learners: int = options.count(
        4, "clusters and learners; 1 is the control"
    )
    division: str = options.option(
        "flat",
        "all learners from the start, or from one learner on each is cut in "
        "two at every clustering",
        ("flat", "hierarchical"),
    )
    divide: str = options.option(
        "images",
        "what is divided among the learners: images, as in both papers, whole "
        "classes by their means, classes at random, or nothing: each batch of "
        "all images trains one learner in turn",
        ("images", "classes", "random_classes", "none"),
    )
    whole_weight: float = options.not_negative(
        0.0,
        "batches of a learner: weight of the loss of the whole embedding, "
        "added to that of the learner",
    )
    recluster_every: int = options.count(2, "epochs between two clusterings")
    recluster_features: str = options.option(
        "fresh",
        "clusters: pass all images through the model, or take what training "
        "computed",
        ("fresh", "cached"),
    )
    recluster_drift: float = options.fraction(
        0.0,
        "cluster only when this share of the images is nearer to the mean of "
        "another cluster; 0: every time",
    )
    cluster_on: str = options.option(
        "features",
        "clusters: of the backbone's features or of the embedding",
        ("features", "embedding"),
    )
    frozen_epochs: int = options.count_or_zero(
        0, "epochs after each clustering in which the backbone is not trained"
    )
    whole_embedding_from: float = options.fraction(
        0.4, "share of the epochs after which batches train all learners"
    )
    one_cluster_from: float = options.fraction(
        0.95, "share of the epochs after which all images are one cluster"
    )
    turns: str = options.option(
        "equal",
        "batches of each cluster: as many as of others, or by its size",
        ("equal", "proportional"),
    )
    fill: str = options.option(
        "repeat",
        "what fills a batch where a class has too few images: its own again, "
        "or others of the cluster",
        ("repeat", "others"),
    )
