"""Draws the pictures of docs/how-it-works.md; needs the extra `experiments`.

Lengths of phases, clusterings and masks are those of the package, the learned
masks those of a short training on the digits.

Example: python tools/draw_method.py --pictures=docs/pictures
"""

import argparse
import pathlib
import tempfile

import matplotlib

matplotlib.use("svg")

import numpy as np  # noqa: E402
from matplotlib import patches  # noqa: E402
from matplotlib import pyplot as plt  # noqa: E402

import dnc_keras as dnc  # noqa: E402
from dnc_keras._keras import keras  # noqa: E402
from dnc_keras.runs import RunDirectory  # noqa: E402

# Wong's colours, told apart by colour-blind people too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
COLOURS_OF_HALVES = (
    *("#0072b2", "#56b4e9", "#d55e00", "#e69f00"),
    *("#009e73", "#8fce9f", "#cc79a7", "#e7bfd4"),
)
OFF = "#dddddd"
INK = "#222222"
STYLE = {
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    # A background of its own is read on dark pages, too.
    "figure.facecolor": "white",
    # The same bytes each time.
    "svg.hashsalt": "dnc_keras",
}
EPOCHS = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", default="docs/pictures")
    folder = pathlib.Path(parser.parse_args().pictures)
    folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(STYLE):
        for name, draw in {
            "division": draw_division,
            "phases": draw_phases,
            "masks": draw_masks,
            "data-flow": draw_data_flow,
        }.items():
            figure = draw()
            file = folder / f"{name}.svg"
            figure.savefig(file, metadata={"Date": None})
            plt.close(figure)
            print(file)


def draw_division():
    """Clusters, learners, slices of the embedding."""
    figure, axes = blank(6.4, 4.6)
    axes.text(0, 4.55, "Training: a batch of one cluster, and its learner")
    draw_clusters(axes, [0.1, 2.45], lit=1)
    arrow(axes, (1.75, 3.35), (2.45, 3.35), "batch")
    box(axes, (2.5, 2.95), (1.15, 0.8), "backbone", "shared by all")
    arrow(axes, (3.7, 3.35), (4.4, 3.35), "features")
    draw_slices(axes, 4.45, 2.55, lit=[1])
    axes.text(5.1, 3.35, "units of\nlearner 1\nare trained", va="center")
    axes.plot([0, 6.2], [2.15, 2.15], color=OFF)
    axes.text(0, 1.85, "In use: any image, and all learners together")
    axes.add_patch(patches.Rectangle((0.6, 0.55), 0.7, 0.7, color=OFF))
    axes.text(0.95, 0.9, "image", ha="center", va="center")
    arrow(axes, (1.75, 0.9), (2.45, 0.9))
    box(axes, (2.5, 0.5), (1.15, 0.8), "backbone", "")
    arrow(axes, (3.7, 0.9), (4.4, 0.9))
    draw_slices(axes, 4.45, 0.1, lit=range(4))
    axes.text(5.1, 0.9, "the embedding,\nof length 1", va="center")
    return figure


def draw_clusters(axes, corner, lit):
    random = np.random.default_rng(3)
    centres = np.array([[0.35, 1.3], [1.2, 1.3], [0.35, 0.4], [1.2, 0.4]])
    for cluster, centre in enumerate(centres):
        points = corner + centre + random.normal(0, 0.09, [18, 2])
        colour = COLOURS[cluster]
        axes.scatter(*points.T, s=9, color=colour)
        axes.text(
            *(corner + centre + [0, 0.32]),
            f"cluster {cluster}",
            color=colour,
            ha="center",
            size=8,
            weight="bold" if cluster == lit else "normal",
        )
        if cluster == lit:
            ring = patches.Circle(corner + centre, 0.29, fill=False, ec=colour)
            axes.add_patch(ring)


def draw_slices(axes, left, bottom, lit):
    for learner in range(4):
        top = bottom + 1.6 - 0.4 * learner
        is_lit = learner in lit
        axes.add_patch(
            patches.Rectangle(
                (left, top - 0.4),
                0.5,
                0.4,
                facecolor=COLOURS[learner] if is_lit else OFF,
                edgecolor="white",
            )
        )
        axes.text(
            *(left + 0.25, top - 0.2, str(learner)),
            color="white" if is_lit else INK,
            ha="center",
            va="center",
        )


def draw_phases():
    """What is trained in each epoch: of the CVPR recipe, and the TPAMI one."""
    figure, rows = plt.subplots(2, figsize=(6.4, 4.6), sharex=True)
    cvpr = dnc.TrainConfig(epochs=EPOCHS)
    tpami = dnc.TrainConfig(
        epochs=EPOCHS,
        num_learners=8,
        division="hierarchical",
        whole_embedding_from=0.444,
        one_cluster_from=1.0,
    )
    draw_schedule(rows[0], cvpr, "Flat (CVPR 2019), 4 learners", COLOURS)
    draw_schedule(
        *(rows[1], tpami, "Hierarchical (TPAMI 2021), 8 learners"),
        COLOURS_OF_HALVES,
    )
    rows[1].set_xlabel("epoch; triangles: the images are clustered again")
    rows[1].set_xticks(range(0, EPOCHS + 1, 2))
    figure.tight_layout()
    return figure


def draw_schedule(axes, config, title, colours):
    whole, merged = (
        config.epoch_of(share)
        for share in (config.whole_embedding_from, config.one_cluster_from)
    )
    for epoch in range(config.epochs):
        num = num_clusters(config, epoch) if epoch < merged else 1
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
    label(axes, (divided + whole) / 2, "one learner\na batch")
    label(axes, (whole + merged) / 2, "whole embedding,\nbatches of a cluster")
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


def label(axes, epoch, text):
    axes.text(
        *(epoch, 0.5, text),
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def num_clusters(config, epoch):
    if config.division == "flat":
        return config.num_learners
    return min(2 ** (epoch // config.recluster_every), config.num_learners)


def draw_masks():
    """Fixed masks, and learned ones at their start and after a training."""
    fixed = dnc.layers.MaskedDense(32, num_groups=4)
    start = dnc.layers.MaskedDense(32, num_groups=4, learned=True)
    for layer in (fixed, start):
        layer.build([None, 8])
    images = {
        "Fixed: units of its own for each learner": fixed.masks,
        "Learned, at the start: all units for all": start.masks,
        "Learned, after a training on the digits": learned_masks(),
    }
    figure, rows = plt.subplots(3, figsize=(6.4, 4.6), layout="constrained")
    highest = max(float(np.max(masks)) for masks in images.values())
    for axes, (title, masks) in zip(rows, images.items()):
        drawn = axes.imshow(
            *(masks, "Blues"), vmin=0, vmax=highest, aspect="auto"
        )
        axes.set_title(title, loc="left", size=10)
        axes.set(yticks=range(4), ylabel="learner", xticks=[])
    rows[-1].set(xlabel="unit of the embedding", xticks=range(0, 32, 4))
    figure.colorbar(drawn, ax=list(rows), label="factor of the unit")
    return figure


def learned_masks():
    with tempfile.TemporaryDirectory() as folder:
        config = dnc.TrainConfig(
            run_dir=f"{folder}/run",
            backbone="small_cnn",
            weights="",
            train_batch_norm=True,
            image_size=16,
            crop_scale=0.2,
            flip=False,
            center_crop=1.0,
            embedding_dim=32,
            num_learners=4,
            masks="learned",
            normalization="whole",
            epochs=10,
            batch_size=40,
            learning_rate=3e-4,
            whole_embedding_from=1.0,
            one_cluster_from=1.0,
            select="last",
            evaluate_before=False,
        )
        dnc.training.train(config)
        run = RunDirectory(f"{folder}/run")
        model = keras.models.load_model(run.chosen_model)
    return np.array(model.learner_masks)


def draw_data_flow():
    """From a command to a SavedModel."""
    figure, axes = blank(6.4, 6.4)
    wide = (6.1, 0.62)
    box(axes, (0.05, 5.7), wide, "command", "flags + the data set's recipe")
    arrow(axes, (1.45, 5.7), (1.45, 5.2))
    arrow(axes, (4.75, 5.7), (4.75, 5.2))
    size = (2.8, 0.62)
    box(axes, (0.05, 4.55), size, "datasets.load", "paths, labels")
    box(axes, (3.35, 4.55), size, "DivideAndConquer", "backbone + learners")
    arrow(axes, (1.45, 4.55), (1.45, 4.05))
    arrow(axes, (4.75, 4.55), (4.75, 4.05))
    axes.add_patch(
        patches.FancyBboxPatch(
            *((0.0, 1.85), 6.2, 2.15),
            boxstyle="round,pad=0.02",
            facecolor="#eef4fa",
            edgecolor="none",
        )
    )
    box(axes, (0.15, 3.2), (2.6, 0.62), "ClusterSampler", "indices, learner")
    box(axes, (3.45, 3.2), (2.6, 0.62), "model.fit", "one learner a batch")
    arrow(axes, (2.8, 3.51), (3.4, 3.51), "images")
    box(axes, (3.45, 2.0), (2.6, 0.62), "model.features", "of all images")
    arrow(axes, (4.75, 3.2), (4.75, 2.66))
    axes.text(4.85, 2.93, "every 2 epochs", va="center", size=8)
    box(axes, (0.15, 2.0), (2.6, 0.62), "Recluster", "k-means, matching")
    arrow(axes, (3.4, 2.31), (2.8, 2.31))
    arrow(axes, (1.45, 2.66), (1.45, 3.16))
    axes.text(1.55, 2.91, "a learner for each image", va="center", size=8)
    arrow(axes, (4.75, 1.85), (4.75, 1.35))
    box(axes, (0.05, 0.68), wide, "RetrievalEvaluation", "picks the epoch")
    arrow(axes, (1.45, 0.68), (1.45, 0.45))
    arrow(axes, (4.75, 0.68), (4.75, 0.45))
    axes.text(1.45, 0.2, "result.json, report.html", ha="center")
    axes.text(4.75, 0.2, "export/1, the SavedModel", ha="center")
    return figure


def blank(width, height):
    """A figure of inches to draw on."""
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes([0.01, 0.01, 0.98, 0.98])
    axes.set(xlim=(-0.05, width - 0.15), ylim=(-0.05, height + 0.25))
    axes.axis("off")
    return figure, axes


def box(axes, corner, size, title, text):
    axes.add_patch(
        patches.FancyBboxPatch(
            *(corner, *size),
            boxstyle="round,pad=0.02",
            facecolor="white",
            edgecolor=INK,
        )
    )
    x, y = np.add(corner, np.divide(size, 2))
    axes.text(x, y + 0.13 * bool(text), title, ha="center", va="center")
    axes.text(x, y - 0.16, text, ha="center", va="center", size=8)


def arrow(axes, start, end, text=""):
    axes.annotate(
        *("", end, start), arrowprops={"arrowstyle": "-|>", "color": INK}
    )
    x, y = np.add(start, end) / 2
    axes.text(x, y + 0.08, text, ha="center", size=8)


if __name__ == "__main__":
    main()
