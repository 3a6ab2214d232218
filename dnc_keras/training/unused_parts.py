"""Settings and parts that others would leave without an effect."""

from __future__ import annotations

from dnc_keras.config.settings import DEFAULTS
from dnc_keras.models.own_backbones import is_own_backbone

# What only a backbone has, beside what is refused by its own rules.
_OF_BACKBONES = (
    *("pooling", "feature_key", "pixel_scaling"),
    *("unfreeze", "frozen_epochs"),
)


def check_all_used(config, dataset, own):
    """Raises ValueError for what would be passed over without a word.

    Args:
        config: all settings.
        dataset: the `Dataset`, which tells whether there are images.
        own: the `OwnParts`.
    """
    if config.drop and own.dataset is not None:
        _refuse(
            [f"drop={config.drop}"],
            "drop leaves out images of a data set that the settings name",
            "give train(dataset=dataset.without(paths))",
        )
    are_vectors = dataset.train.feature_dim is not None
    if are_vectors and own.backbone is None:
        _refuse(
            _of_backbone(config),
            "A data set of vectors is embedded without a backbone",
            "for layers between use --head=512, or train(backbone=...)",
        )
    if are_vectors or own.load_image is not None or config.load_image:
        reader = "load_image" if not are_vectors else "a data set of vectors"
        _refuse(
            _of_augmentation(config, own),
            f"augment changes images that are read without {reader}",
            "change the examples in load_image, which may take a seed",
        )
    if config.freeze:
        _check_frozen(config, are_vectors, own)


def _check_frozen(config, are_vectors, own):
    received = ["a data set of vectors"] if are_vectors else []
    if own.augments_in_model:
        received.append("layers that augment")
    _refuse(
        received,
        "freeze=backbone computes features of images once, without training",
        "or train without freeze=backbone",
    )
    if config.views == 1:
        _refuse(
            _of_augmentation(config, own),
            "freeze=backbone has one view of each image as in evaluation",
            "or use --views=4 for views that are augmented",
        )


def _of_backbone(config):
    names = ["backbone"] if is_own_backbone(config.backbone) else []
    names += [n for n in _OF_BACKBONES if getattr(config, n) != DEFAULTS[n]]
    return [f"{name}={getattr(config, name)}" for name in names]


def _of_augmentation(config, own):
    if own.augment is not None:
        return [] if own.augments_in_model else ["an augment of your own"]
    is_plain = config.augment in ("standard", "none")
    return [] if is_plain else [f"augment={config.augment}"]


def _refuse(received, rule, remedy):
    if received:
        told = ", ".join(received)
        raise ValueError(f"{rule}. Received: {told}. Leave that out; {remedy}.")
