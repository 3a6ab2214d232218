"""The learners of an embedding, one by one and some of them."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.models import DivideAndConquer


def first_learners(
    model: DivideAndConquer, embedding_dim: int
) -> DivideAndConquer:
    """Makes a model of a shorter embedding: of the first learners alone.

    Embeddings are the first `embedding_dim` units of those of `model`, scaled
    to length 1. The backbone is shared.

    Args:
        model: a model with fixed masks, whose learners have units of their
            own.
        embedding_dim: units to keep, those of whole learners.

    Returns:
        A `DivideAndConquer` that is not compiled.

    Raises:
        ValueError: where no number of learners has so many units.
    """
    check_has_learners(model, "embedding_dim")
    if model.masks != "fixed":
        raise ValueError(
            "embedding_dim can be made smaller only with masks=fixed. "
            f"Received: masks={model.masks!r}, whose learners share all "
            "units. Export the whole embedding."
        )
    units = model.embedding_dim // model.num_learners
    choices = range(units, model.embedding_dim + 1, units)
    if embedding_dim not in choices:
        raise ValueError(
            "embedding_dim must be the units of whole learners. Received: "
            f"{embedding_dim}. Use one of {', '.join(map(str, choices))}."
        )
    config = {
        **model.get_config(),
        "backbone": model.backbone,
        "embedding_dim": embedding_dim,
        "num_learners": embedding_dim // units,
    }
    smaller = DivideAndConquer(**config)
    smaller.embedding.kernel.assign(model.embedding.kernel[:, :embedding_dim])
    smaller.embedding.bias.assign(model.embedding.bias[:embedding_dim])
    return smaller


def learner_parts(model: DivideAndConquer, embedding) -> tf.Tensor:
    """What each learner has in an embedding.

    Args:
        model: a model with `num_learners` learners.
        embedding: `[batch_size, embedding_dim]` tensor, made by it.

    Returns:
        With fixed masks `[batch_size, num_learners, embedding_dim /
        num_learners]`: the embedding, cut. With learned masks `[batch_size,
        num_learners, embedding_dim]`: the embedding times the mask of each
        learner, which may use any unit.
    """
    if model.masks == "learned":
        return embedding[:, None] * model.learner_masks
    units = model.embedding_dim // model.num_learners
    return tf.reshape(embedding, [-1, model.num_learners, units])


def check_has_learners(model, name):
    """Raises TypeError where option `name` has no meaning for a model."""
    if not isinstance(model, DivideAndConquer):
        raise TypeError(
            f"{name} needs a DivideAndConquer. Received: a "
            f"{type(model).__name__}. Leave it out."
        )
