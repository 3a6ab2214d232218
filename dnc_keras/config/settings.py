"""The settings of a training run: their defaults, choices and help."""

from __future__ import annotations

import dataclasses

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
    "test_fraction",
    "test_classes",
    "test_list",
    "protocol",
    "seed",
)


def _option(default, help, choices=None):
    return dataclasses.field(
        default=default, metadata={"help": help, "choices": choices}
    )


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """The settings of `training.train`; each is a flag of the program.

    The defaults are the recipe of the CVPR 2019 paper for ResNet-50; the files
    in `flags/` change what a data set needs otherwise.
    """

    dataset: str = _option(
        "digits",
        "name of the data set: digits, omniglot, cars196, cub200_2011, "
        "stanford_online_products, in_shop, vehicle_id, folder or csv",
    )
    data_dir: str = _option("", "folder of the data set's files")
    download: bool = _option(
        False, "let tensorflow-datasets fetch what data_dir does not hold"
    )
    run_dir: str = _option(
        "", "folder to write; default: runs/DATASET, with a free number"
    )
    test_fraction: float = _option(
        0.5, "dataset=folder without train/ and test/: share of test classes"
    )
    test_classes: str = _option(
        "", "dataset=folder: names of the test classes, separated by commas"
    )
    test_list: str = _option(
        "large", "dataset=vehicle_id: list of test vehicles", TEST_LISTS
    )
    protocol: str = _option(
        "all_against_all",
        "dataset=vehicle_id: what is searched; one_gallery_image: one random "
        "image of each vehicle, ten times, as in re-identification",
        PROTOCOLS,
    )
    cache: str = _option(
        "", "keep encoded images: memory, or a folder; '' reads the files"
    )
    unreadable: str = _option(
        "stop", "what to do with images that cannot be decoded", UNREADABLE
    )
    backbone: str = _option(
        "resnet50",
        "network, from pixels to features: small_cnn, resnet50_torchvision, "
        "or one of keras.applications, such as mobilenet_v3_large",
    )
    weights: str = _option(
        "imagenet", "start of the backbone: imagenet, a file, or '' for random"
    )
    train_batch_norm: bool = _option(
        False, "use batch statistics: for a backbone that starts at random"
    )
    image_size: int = _option(224, "height and width of the images, in pixels")
    crop_scale: float = _option(
        0.08, "training: smallest share of an image's area in a random crop"
    )
    flip: bool = _option(True, "training: mirror half of the images")
    center_crop: float = _option(
        0.875, "evaluation: share of the short side in the centre crop"
    )
    embedding_dim: int = _option(128, "length of the embedding")
    num_learners: int = _option(4, "clusters and learners; 1 is the control")
    masks: str = _option(
        "fixed", "how learners share the embedding", ("fixed", "learned")
    )
    normalization: str = _option(
        "per_learner",
        "what is scaled to one length",
        ("whole", "per_learner"),
    )
    mask_multiplier: float = _option(
        100.0, "learning rate of learned masks, as a multiple"
    )
    mask_penalty: float = _option(
        0.01, "weight of the mean cosine between learned masks"
    )
    dropout: float = _option(0.01, "share of features dropped in training")
    division: str = _option(
        "flat",
        "all learners from the start, or from one learner on each is cut in "
        "two at every clustering",
        ("flat", "hierarchical"),
    )
    recluster_every: int = _option(2, "epochs between two clusterings")
    recluster_features: str = _option(
        "fresh",
        "clusters: pass all images through the model, or take what training "
        "computed",
        ("fresh", "cached"),
    )
    recluster_drift: float = _option(
        0.0,
        "cluster only when this share of the images is nearer to the mean of "
        "another cluster; 0: every time",
    )
    cluster_on: str = _option(
        "features",
        "clusters: of the backbone's features or of the embedding",
        ("features", "embedding"),
    )
    frozen_epochs: int = _option(
        0, "epochs after each clustering in which the backbone is not trained"
    )
    whole_embedding_from: float = _option(
        0.4, "share of the epochs after which batches train all learners"
    )
    one_cluster_from: float = _option(
        0.95, "share of the epochs after which all images are one cluster"
    )
    loss: str = _option(
        "margin",
        "margin, triplet_semi_hard, triplet_hard, lifted_struct, npairs, "
        "contrastive, proxy_anchor, multi_similarity, or tfa.NAME for one of "
        "tensorflow-addons",
    )
    negatives: str = _option(
        "distance_weighted",
        "margin loss: which negative pairs are used",
        ("distance_weighted", "nearest", "all"),
    )
    margin: float = _option(0.2, "margin loss: half the width of its band")
    beta: float = _option(
        1.2, "margin loss: distance that divides pairs of a class from others"
    )
    learn_beta: bool = _option(
        False, "margin loss: learn a boundary for each class, from beta on"
    )
    epochs: int = _option(200, "passes over the training images")
    steps_per_epoch: int = _option(
        0, "batches of an epoch; 0: as many as the images fill"
    )
    batch_size: int = _option(80, "images of a batch")
    samples_per_class: int = _option(4, "images of one class in a batch")
    turns: str = _option(
        "equal",
        "batches of each cluster: as many as of others, or by its size",
        ("equal", "proportional"),
    )
    fill: str = _option(
        "repeat",
        "what fills a batch where a class has too few images: its own again, "
        "or others of the cluster",
        ("repeat", "others"),
    )
    learning_rate: float = _option(1e-5, "of Adam, for the backbone")
    schedule: str = _option(
        "constant",
        "learning rate over the training: as it is, as in both papers, or "
        "down to 0 by half a cosine",
        ("constant", "cosine"),
    )
    embedding_multiplier: float = _option(
        1.0, "learning rate of the embedding layer, as a multiple"
    )
    loss_multiplier: float = _option(
        1.0, "learning rate of what the loss learns, as a multiple"
    )
    weight_decay: float = _option(1e-4, "L2 penalty added to the gradient")
    select: str = _option(
        "validation",
        "which epoch is kept: best on held-out training classes, the last, "
        "or best on the test classes (the papers' habit)",
        SELECTIONS,
    )
    validation_fraction: float = _option(
        0.1, "select=validation: share of the training classes held out"
    )
    evaluate_before: bool = _option(
        True, "measure the test images before the training, too"
    )
    report: bool = _option(
        True,
        "embed the training images at the end, too, for the pictures of the "
        "report",
    )
    strategy: str = _option(
        "auto",
        "devices; auto: mirrored with several GPUs; multi_worker: several "
        "processes, which TF_CONFIG names",
        STRATEGIES,
    )
    resume: str = _option(
        "auto",
        "whether a run that was stopped is gone on with, if it has the same "
        "settings",
        ("auto", "never"),
    )
    checkpoint_every: int = _option(
        0, "steps between two checkpoints; 0: there is one after each epoch"
    )
    deterministic: bool = _option(
        False,
        "use operations that give the same bits every time, even where they "
        "are slower, as on GPUs",
    )
    mixed_precision: str = _option(
        "",
        "arithmetic of the backbone, 16 bits on GPUs made for it: "
        "mixed_bfloat16, mixed_float16, or '' for 32",
        MIXED_PRECISION,
    )
    jit_compile: bool = _option(
        False, "compile the training step with XLA, for one device"
    )
    seed: int = _option(0, "fixes everything that is drawn")

    def __post_init__(self):
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
        return cls(**known_settings(settings, dataclasses.fields(cls), name))

    def epoch_of(self, share: float) -> int:
        """The epoch after `share` of all epochs."""
        return round(share * self.epochs)


DEFAULTS = {
    field.name: field.default for field in dataclasses.fields(TrainConfig)
}
