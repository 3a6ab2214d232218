"""The network: backbone, embedding and masks."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options
from dnc_keras.support.checks import check_text


def widths_of(head: str) -> list[int]:
    """The widths in `--head`, such as [512, 256] of "512,256"."""
    return [int(width) for width in head.split(",")] if head else []


def _check_head(name, value):
    check_text(name, value)
    try:
        widths = widths_of(value)
    except ValueError:
        widths = [0]
    if any(width < 1 for width in widths):
        raise ValueError(
            f"{name} must be widths of layers, separated by commas. Received: "
            f"{value!r}. Use for example {name}=512,256, or {name}= for none."
        )


@dataclasses.dataclass(frozen=True)
class NetworkSettings:
    """The network: backbone, embedding and masks."""

    backbone: str = options.path(
        "resnet50",
        "network, from pixels to features: small_cnn, resnet50_torchvision, "
        "or one of keras.applications, such as mobilenet_v3_large; "
        "hub:PRESET of KerasHub; a file, PATH.keras; or a function of yours, "
        "package.module:function",
    )
    weights: str = options.path(
        "imagenet", "start of the backbone: imagenet, a file, or '' for random"
    )
    pooling: str = options.option(
        "auto",
        "backbone of yours or of KerasHub: what makes one row of its tokens or "
        "feature maps; auto: the class token if there is one, else the mean",
        ("auto", "mean", "max", "first"),
    )
    feature_key: str = options.option(
        "", "backbone of yours: name or position of the output to take"
    )
    pixel_scaling: str = options.option(
        "auto",
        "backbone of yours or of KerasHub: from pixels 0..255 to what it "
        "expects; auto: as it says",
        ("auto", "tf", "caffe", "torch", "unit", "none"),
    )
    train_batch_norm: bool = options.option(
        False, "use batch statistics: for a backbone that starts at random"
    )
    freeze: str = options.option(
        "",
        "backbone: keep it as it is; its features are computed once, and "
        "training runs on them",
        ("", "backbone"),
    )
    views: int = options.count(
        1,
        "freeze=backbone: features of each training image; 1: of the image as "
        "in evaluation, more: of so many random crops",
    )
    feature_cache: str = options.path(
        "",
        "freeze=backbone: folder that keeps features by content and backbone; "
        "default of the program: dnc_keras in your cache folder",
    )
    head: str = options.option(
        "",
        "widths of layers between features and embedding, as 512,256; '' for "
        "none",
        rule=_check_head,
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
