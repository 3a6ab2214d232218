"""What is compared: the flags of each variant, on two real data sets."""

from __future__ import annotations

from typing import NamedTuple

CONTROL = "control"
# The shares of the epochs are those of the papers' codes, but that the last
# phase, 0.95 there, has one whole epoch of few.
_CVPR2019 = ("--whole_embedding_from=0.4", "--one_cluster_from=0.9")
_TPAMI2021 = (
    "--division=hierarchical",
    "--normalization=whole",
    "--fill=others",
    "--whole_embedding_from=0.444",
    "--one_cluster_from=1",
)
VARIANTS = {
    CONTROL: ("--num_learners=1",),
    "clusters_only": (
        "--normalization=whole",
        "--whole_embedding_from=0",
        "--one_cluster_from=1",
    ),
    "cvpr2019": _CVPR2019,
    "tpami2021_fixed": (*_TPAMI2021, "--masks=fixed"),
    "tpami2021_learned": (*_TPAMI2021, "--masks=learned"),
    "cached": (*_CVPR2019, "--recluster_features=cached"),
}


class Plan(NamedTuple):
    """What all variants of a comparison have in common.

    flags: of the program, beside those of the variant and the seed.
    needs_weights: whether `--weights` is to be given.
    """

    flags: tuple[str, ...]
    needs_weights: bool = False


_ALL = (
    "--num_learners=4",
    "--select=validation",
    "--validation_fraction=0.2",
    "--schedule=cosine",
    "--noevaluate_before",
    "--cache=memory",
)
PLANS = {
    "omniglot": Plan(
        (
            "--dataset=omniglot",
            "--image_size=20",
            "--epochs=10",
            "--steps_per_epoch=96",
            *_ALL,
        )
    ),
    "cars196": Plan(
        (
            "--dataset=cars196",
            "--backbone=mobilenet_v2",
            "--image_size=96",
            "--crop_scale=0.3",
            "--epochs=8",
            "--steps_per_epoch=40",
            "--learning_rate=3e-5",
            "--embedding_multiplier=10",
            *_ALL,
        ),
        needs_weights=True,
    ),
}
