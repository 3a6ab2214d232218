"""The settings of a training run: their defaults, choices and help."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options
from dnc_keras.config.checks import check_settings
from dnc_keras.config.saved import known_settings

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker")
TEST_LISTS = ("small", "medium", "large")
PROTOCOLS = ("all_against_all", "one_gallery_image")
SELECTIONS = ("validation", "last", "test")
UNREADABLE = ("stop", "skip")
# Names of Keras policies; "" computes in float32.
MIXED_PRECISION = ("", "mixed_bfloat16", "mixed_float16")
# The settings that say which images there are.
DATA_SETTINGS = (
    "dataset",
    "data_dir",
    "download",
    "max_unpacked_gb",
    "test_fraction",
    "test_classes",
    "test_list",
    "protocol",
    "seed",
)


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """The settings of `training.train`; each is a flag of the program.

    The defaults are the recipe of the CVPR 2019 paper for ResNet-50; the files
    in `flags/` change what a data set needs otherwise. `~` in a path is the
    home folder.

    Raises:
        ValueError: for a value that makes no sense.
    """

    dataset: str = options.option(
        "digits",
        "name of the data set: digits, omniglot, cars196, cub200_2011, "
        "stanford_online_products, in_shop, vehicle_id, folder or csv",
    )
    data_dir: str = options.path("", "folder of the data set's files")
    download: bool = options.option(
        False, "let tensorflow-datasets fetch what data_dir does not hold"
    )
    max_unpacked_gb: float = options.not_negative(
        0.0,
        "how much an archive may unpack to, in 10**9 bytes; 0: 4 times its "
        "size, or 1 if that is more",
    )
    run_dir: str = options.path(
        "", "folder to write; default: runs/DATASET, with a free number"
    )
    test_fraction: float = options.below_one(
        0.5, "dataset=folder without train/ and test/: share of test classes"
    )
    test_classes: str = options.option(
        "", "dataset=folder: names of the test classes, separated by commas"
    )
    test_list: str = options.option(
        "large", "dataset=vehicle_id: list of test vehicles", TEST_LISTS
    )
    protocol: str = options.option(
        "all_against_all",
        "dataset=vehicle_id: what is searched; one_gallery_image: one random "
        "image of each vehicle, ten times, as in re-identification",
        PROTOCOLS,
    )
    cache: str = options.path(
        "", "keep encoded images: memory, or a folder; '' reads the files"
    )
    unreadable: str = options.option(
        "stop", "what to do with images that cannot be decoded", UNREADABLE
    )
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
    crop_scale: float = options.share(
        0.08, "training: smallest share of an image's area in a random crop"
    )
    flip: bool = options.option(True, "training: mirror half of the images")
    center_crop: float = options.share(
        0.875, "evaluation: share of the short side in the centre crop"
    )
    embedding_dim: int = options.count(128, "length of the embedding")
    num_learners: int = options.count(
        4, "clusters and learners; 1 is the control"
    )
    masks: str = options.option(
        "fixed", "how learners share the embedding", ("fixed", "learned")
    )
    normalization: str = options.option(
        "per_learner", "what is scaled to one length", ("whole", "per_learner")
    )
    mask_multiplier: float = options.not_negative(
        100.0, "learning rate of learned masks, as a multiple"
    )
    mask_penalty: float = options.not_negative(
        0.01, "weight of the mean cosine between learned masks"
    )
    dropout: float = options.below_one(
        0.01, "share of features dropped in training"
    )
    division: str = options.option(
        "flat",
        "all learners from the start, or from one learner on each is cut in "
        "two at every clustering",
        ("flat", "hierarchical"),
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
    loss: str = options.option(
        "margin",
        "margin, triplet_semi_hard, triplet_hard, lifted_struct, npairs, "
        "contrastive, proxy_anchor, multi_similarity, or tfa.NAME for one of "
        "tensorflow-addons",
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
    select: str = options.option(
        "validation",
        "which epoch is kept: best on held-out training classes, the last, "
        "or best on the test classes (the papers' habit)",
        SELECTIONS,
    )
    validation_fraction: float = options.below_one(
        0.1, "select=validation: share of the training classes held out"
    )
    evaluate_before: bool = options.option(
        True, "measure the test images before the training, too"
    )
    report: bool = options.option(
        True,
        "embed the training images at the end, too, for the pictures of the "
        "report",
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
    seed: int = options.count_or_zero(0, "fixes everything that is drawn")

    def __post_init__(self):
        values = options.expand_paths(type(self), vars(self))
        for name, value in values.items():
            object.__setattr__(self, name, value)
        check_settings(self)

    @classmethod
    def from_saved(
        cls, settings: dict, name: str = "config.json"
    ) -> TrainConfig:
        """Returns the settings that a run of any version saved.

        What this version does not know is left out, with a warning; what that
        version did not know gets the default of today.

        Args:
            settings: the saved settings by name.
            name: the file that holds them, for messages.

        Raises:
            ValueError: if a value is not one that this version takes.
        """
        known = known_settings(settings, dataclasses.fields(cls), name)
        try:
            return cls(**known)
        except ValueError as error:
            raise ValueError(
                f"{name} must hold settings that make sense. Received: {error} "
                "Correct the file, or train again."
            ) from error

    def epoch_of(self, share: float) -> int:
        """The epoch after `share` of all epochs."""
        return round(share * self.epochs)


DEFAULTS = {
    field.name: field.default for field in dataclasses.fields(TrainConfig)
}
