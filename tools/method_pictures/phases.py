"""What is trained in each epoch: of the CVPR recipe, and the TPAMI one."""

from __future__ import annotations

from matplotlib import patches
from matplotlib import pyplot as plt

import dnc_keras as dnc
from method_pictures.shapes import COLOURS
from method_pictures.shapes import COLOURS_OF_HALVES
from method_pictures.shapes import INK

EPOCHS = 20


def draw():
    """A row for each recipe; returns the figure."""
    figure, rows = plt.subplots(2, figsize=(6.4, 4.6), sharex=True)
    cvpr = dnc.TrainConfig(epochs=EPOCHS)
    tpami = dnc.TrainConfig(
        epochs=EPOCHS,
        num_learners=8,
        division="hierarchical",
        whole_embedding_from=0.444,
        one_cluster_from=1.0,
    )
    _schedule(rows[0], cvpr, "Flat (CVPR 2019), 4 learners", COLOURS)
    _schedule(
        *(rows[1], tpami, "Hierarchical (TPAMI 2021), 8 learners"),
        COLOURS_OF_HALVES,
    )
    rows[1].set_xlabel("epoch; triangles: the images are clustered again")
    rows[1].set_xticks(range(0, EPOCHS + 1, 2))
    figure.tight_layout()
    return figure


def _schedule(axes, config, title, colours):
    whole, merged = (
        config.epoch_of(share)
        for share in (config.whole_embedding_from, config.one_cluster_from)
    )
    for epoch in range(config.epochs):
        num = _num_clusters(config, epoch) if epoch < merged else 1
        is_whole = epoch >= whole or num == 1
        for cluster in range(num):
            axes.add_patch(
                patches.Rectangle(
                    (epoch, cluster / num),
                    1,
                    1 / num,
                    facecolor=colours[cluster * len(colours) // num],
                    alpha=0.35 if is_whole else 1,
                    linewidth=0.5,
                    edgecolor="white",
                )
            )
        first = config.division == "hierarchical" and epoch == 0
        if epoch % config.recluster_every == 0 and epoch < merged and not first:
            axes.plot(epoch, 1.06, "v", color=INK, ms=4, clip_on=False)
    divided = 0 if config.division == "flat" else config.recluster_every
    _label(axes, (divided + whole) / 2, "one learner\na batch")
    _label(axes, (whole + merged) / 2, "whole embedding,\nbatches of a cluster")
    if merged < config.epochs:
        axes.annotate(
            "one cluster",
            (merged + 0.5, 0.1),
            (merged - 2, -0.5),
            arrowprops={"arrowstyle": "->", "color": INK},
            ha="right",
            annotation_clip=False,
        )
    axes.set(xlim=(0, config.epochs), ylim=(0, 1), yticks=[])
    axes.set_title(title, loc="left", pad=12, size=10)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _label(axes, epoch, text):
    axes.text(
        *(epoch, 0.5, text),
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def _num_clusters(config, epoch):
    if config.division == "flat":
        return config.num_learners
    return min(2 ** (epoch // config.recluster_every), config.num_learners)
