"""The network: backbone, embedding and masks."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options


@dataclasses.dataclass(frozen=True)
class NetworkSettings:
    """The network: backbone, embedding and masks."""

    backbone: str = options.option(
        "resnet50",
        "network, from pixels to features: small_cnn, resnet50_torchvision, "
        "or one of keras.applications, such as mobilenet_v3_large",
    )
    weights: str = options.path(
        "imagenet", "start of the backbone: imagenet, a file, or '' for random"
    )
    train_batch_norm: bool = options.option(
        False, "use batch statistics: for a backbone that starts at random"
    )
    image_size: int = options.count(
        224, "height and width of the images, in pixels"
    )
    embedding_dim: int = options.count(128, "length of the embedding")
    masks: str = options.option(
        "fixed", "how learners share the embedding", ("fixed", "learned")
    )
    normalization: str = options.option(
        "per_learner", "what is scaled to one length", ("whole", "per_learner")
    )
    mask_penalty: float = options.not_negative(
        0.01, "weight of the mean cosine between learned masks"
    )
    dropout: float = options.below_one(
        0.01, "share of features dropped in training"
    )
