"""Which images there are, and how they are read."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options
from dnc_keras.support.own_code import names_own_code

TEST_LISTS = ("small", "medium", "large")
PROTOCOLS = ("all_against_all", "one_gallery_image")
SPLITS = ("auto", "classes", "own")

# The data set of vectors, which need no backbone.
VECTORS = "vectors"
# Whose classes are divided unless they come divided; so are those of own
# functions and other libraries, whose names have a colon.
_DIVIDED = ("folder", "webdataset", VECTORS)
UNREADABLE = ("stop", "skip")
AUGMENTATIONS = ("standard", "strong", "none")


def may_draw_test_classes(settings: dict) -> bool:
    """Whether a loader may draw the test classes, as far as settings say.

    Only the files tell whether a folder, say, has `train/` and `test/`.

    Args:
        settings: some settings by name, as saved.
    """
    dataset = str(settings.get("dataset", ""))
    divides = dataset in _DIVIDED or ":" in dataset
    return (
        divides
        and settings.get("split") != "own"
        and not settings.get("test_classes")
    )


def _check_augment(name, value):
    is_known = isinstance(value, str) and (
        value in AUGMENTATIONS or names_own_code(value)
    )
    if not is_known:
        raise ValueError(
            f"{name} must be {', '.join(AUGMENTATIONS)} or a function of your "
            f"own, package.module:function. Received: {value!r}."
        )


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """Which images there are, and how they are read."""

    dataset: str = options.option(
        "digits",
        "name of the data set: digits, omniglot, cars196, cub200_2011, "
        "stanford_online_products, in_shop, vehicle_id, folder, csv, "
        "vectors or webdataset; hf:NAME_OR_PATH, tfds:NAME or "
        "package.module:function",
    )
    data_dir: str = options.path("", "folder of the data set's files")
    download: bool = options.option(
        False,
        "let tensorflow-datasets, or datasets of Hugging Face, fetch what is "
        "not there",
    )
    max_unpacked_gb: float = options.not_negative(
        0.0,
        "how much an archive may unpack to, in 10**9 bytes; 0: 4 times its "
        "size, or 1 if that is more",
    )
    test_fraction: float = options.below_one(
        0.5, "share of test classes, where classes are divided"
    )
    test_classes: str = options.option(
        "", "names of the test classes, separated by commas, instead of a draw"
    )
    split_seed: int = options.count_or_zero(
        0,
        "draws the test classes, where classes are divided: one number for all "
        "values of seed, so that all have the same test images",
    )
    split: str = options.option(
        "auto",
        "dataset=hf:, tfds:, webdataset and own functions: the set's own train "
        "and test, or all images divided by class; auto: own, if its test "
        "classes are unseen",
        SPLITS,
    )
    image_column: str = options.option(
        "", "dataset=hf: and tfds:, column of the images; '' finds it"
    )
    label_column: str = options.option(
        "", "dataset=hf:, tfds: and webdataset, column of the classes"
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
    drop: str = options.path(
        "",
        "csv file that lists images to leave out in its column file, relative "
        "to data_dir, as the report's page saves it",
    )
    unreadable: str = options.option(
        "stop", "what to do with images that cannot be decoded", UNREADABLE
    )
    load_image: str = options.option(
        "",
        "function of yours, package.module:function, from an encoded image (or "
        "a vector) and a seed to what the backbone takes",
    )
    crop_scale: float = options.share(
        0.08, "training: smallest share of an image's area in a random crop"
    )
    flip: bool = options.option(True, "training: mirror half of the images")
    augment: str = options.option(
        "standard",
        "training: standard (random crop, mirrored), strong (with changes of "
        "color, blur and erasing), none (the crop of evaluation), or your own "
        "package.module:function of (image, seed), after the random crop",
        rule=_check_augment,
    )
    center_crop: float = options.share(
        0.875, "evaluation: share of the short side in the centre crop"
    )
