"""Where and how a run is made, and what it leaves."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker")
SELECTIONS = ("validation", "last", "test")
# What `callbacks.RetrievalEvaluation` measures.
MONITORS = (
    *("recall_at_1", "recall_at_2", "recall_at_4", "recall_at_8"),
    *("r_precision", "map_at_r", "marp_dnc"),
)
# Names of Keras policies; "" computes in float32.
MIXED_PRECISION = ("", "mixed_bfloat16", "mixed_float16")


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """Where and how a run is made, and what it leaves."""

    run_dir: str = options.path(
        "", "folder to write; default: runs/DATASET, with a free number"
    )
    select: str = options.option(
        "validation",
        "which epoch is kept: best on held-out training classes, the last, "
        "or best on the test classes (the papers' habit)",
        SELECTIONS,
    )
    monitor: str = options.option(
        "recall_at_1",
        "select=validation and test: metric whose best epoch is kept; of equal "
        "ones that with the best map_at_r, then the last",
        MONITORS,
    )
    validation_fraction: float = options.below_one(
        0.1, "select=validation: share of the training classes held out"
    )
    evaluate_before: bool = options.option(
        True, "measure the test images before the training, too"
    )
    evaluate_last: bool = options.option(
        False,
        "measure the test images by the last epoch, too, where another is kept",
    )
    report: bool = options.option(
        True,
        "embed the training images at the end, too, for the pictures of the "
        "report",
    )
    export: bool = options.option(
        True,
        "write the SavedModel and the files of TensorBoard's projector at the "
        "end",
    )
    strategy: str = options.option(
        "auto",
        "devices; auto: mirrored with several GPUs; multi_worker: several "
        "processes, which TF_CONFIG names",
        STRATEGIES,
    )
    resume: str = options.option(
        "auto",
        "whether a run that was stopped is gone on with, if it has the same "
        "settings",
        ("auto", "never"),
    )
    checkpoint_every: int = options.count_or_zero(
        0, "steps between two checkpoints; 0: there is one after each epoch"
    )
    deterministic: bool = options.option(
        False,
        "use operations that give the same bits every time, even where they "
        "are slower, as on GPUs",
    )
    mixed_precision: str = options.option(
        "",
        "arithmetic of the backbone, 16 bits on GPUs made for it: "
        "mixed_bfloat16, mixed_float16, or '' for 32",
        MIXED_PRECISION,
    )
    jit_compile: bool = options.option(
        False, "compile the training step with XLA, for one device"
    )
    seed: int = options.count_or_zero(
        0, "fixes everything that is drawn, but for the test classes"
    )
