"""Loss, batches and learning rates."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options


@dataclasses.dataclass(frozen=True)
class OptimizationSettings:
    """Loss, batches and learning rates."""

    mask_multiplier: float = options.not_negative(
        100.0, "learning rate of learned masks, as a multiple"
    )
    loss: str = options.option(
        "margin",
        "margin, triplet_semi_hard, triplet_hard, lifted_struct, npairs, "
        "contrastive, proxy_anchor, multi_similarity, or tfa.NAME for one of "
        "tensorflow-addons, or package.module:function for yours",
    )
    negatives: str = options.option(
        "distance_weighted",
        "margin loss: which negative pairs are used",
        ("distance_weighted", "nearest", "all"),
    )
    margin: float = options.not_negative(
        0.2, "margin loss: half the width of its band"
    )
    beta: float = options.positive(
        1.2, "margin loss: distance that divides pairs of a class from others"
    )
    learn_beta: bool = options.option(
        False, "margin loss: learn a boundary for each class, from beta on"
    )
    epochs: int = options.count(200, "passes over the training images")
    steps_per_epoch: int = options.count_or_zero(
        0, "batches of an epoch; 0: as many as the images fill"
    )
    batch_size: int = options.count(80, "images of a batch")
    samples_per_class: int = options.count(4, "images of one class in a batch")
    learning_rate: float = options.not_negative(
        1e-5, "of Adam, for the backbone"
    )
    schedule: str = options.option(
        "constant",
        "learning rate over the training: as it is, as in both papers, or "
        "down to 0 by half a cosine",
        ("constant", "cosine"),
    )
    embedding_multiplier: float = options.not_negative(
        1.0, "learning rate of the embedding layer, as a multiple"
    )
    loss_multiplier: float = options.not_negative(
        1.0, "learning rate of what the loss learns, as a multiple"
    )
    weight_decay: float = options.not_negative(
        1e-4, "L2 penalty added to the gradient"
    )
    unfreeze: int = options.count_or_all(
        -1, "last blocks of the backbone that are trained; 0: none; -1: all"
    )
    layer_decay: float = options.share(
        1.0,
        "learning rate from one block of the backbone to the one before it, "
        "as a multiple; 1: the same for all",
    )
