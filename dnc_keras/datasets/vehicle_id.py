"""PKU VehicleID: cars seen by surveillance cameras (Liu et al. 2016)."""

from __future__ import annotations

import functools

from dnc_keras.datasets.benchmark import Benchmark
from dnc_keras.datasets.benchmark import Form
from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.dataset import ALL_AGAINST_ALL
from dnc_keras.datasets.dataset import ONE_GALLERY_IMAGE
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.files import locate
from dnc_keras.datasets.text_table import read_columns
from dnc_keras.support.checks import check_choice

# The (images, vehicles) of each test list.
TEST_LISTS = {
    "small": (6493, 800),
    "medium": (13377, 1600),
    "large": (19777, 2400),
}
# What is said of each protocol, and how often it draws a gallery.
PROTOCOLS = {
    "all_against_all": (ALL_AGAINST_ALL, 0),
    "one_gallery_image": (ONE_GALLERY_IMAGE, 10),
}
_FOLDER = "VehicleID_V1.0"
_EXTENSIONS = ("zip", "tar", "tar.gz")


def load(
    data_dir,
    test_list: str = "large",
    protocol: str = "all_against_all",
    max_unpacked_gb: float = 0.0,
) -> Dataset:
    """Loads the training list and one of the test lists.

    Args:
        data_dir: folder in one of the forms that `forms` names.
        test_list: small, medium or large: 800, 1,600 or 2,400 vehicles.
        protocol: "all_against_all", as the papers of divide and conquer: each
            test image is searched among all others; or "one_gallery_image", as
            re-identification: one random image of each vehicle is the gallery,
            ten times. The first gives much higher numbers.
        max_unpacked_gb: how much an archive may unpack to, in 10**9 bytes. 0,
            the default: 4 times its size, or 1 if that is more.

    Returns:
        A `Dataset` whose `protocol` names both; 13,164 vehicles train.
    """
    check_choice("test_list", test_list, TEST_LISTS)
    check_choice("protocol", protocol, PROTOCOLS)
    sentence, num_gallery_draws = PROTOCOLS[protocol]
    num_vehicles = TEST_LISTS[test_list][1]
    return _benchmark(test_list).load(
        data_dir,
        max_unpacked_gb=max_unpacked_gb,
        protocol=f"{test_list} list ({num_vehicles:,} vehicles); {sentence}",
        ks=(1, 5),
        num_gallery_draws=num_gallery_draws,
    )


def forms(test_list: str) -> tuple[Form, ...]:
    """The forms in which the files may be there, the preferred one first."""
    name = f"test_list_{TEST_LISTS[test_list][1]}.txt"
    return (
        Form(
            "official folder: image/ beside train_test_split/ with "
            f"train_list.txt and {name}",
            functools.partial(_find_folder, test_list=name),
        ),
        Form(
            f"archive {_FOLDER}, {' or '.join(_EXTENSIONS)}",
            functools.partial(_find_archive, test_list=name),
            has_archives=True,
        ),
    )


def _find_folder(root, test_list):
    test = locate(root, f"train_test_split/{test_list}")
    if test is None or not test.with_name("train_list.txt").is_file():
        return None
    return _read(test)


def _find_archive(root, extract, test_list):
    product = f"{_FOLDER}/train_test_split"
    extracted = any(
        extract(root, {f"{_FOLDER}.{extension}": product})
        for extension in _EXTENSIONS
    )
    return _find_folder(root, test_list) if extracted else None


def _read(test):
    images = test.parent.parent / "image"
    paths, vehicles, splits = [], [], []
    for split, file in (
        ("train", test.with_name("train_list.txt")),
        ("test", test),
    ):
        # Image ids are text: their leading zeros are part of the file's name.
        image_ids, ids = read_columns(file, [str, int], rest="first")
        paths += [f"{images}/{image_id}.jpg" for image_id in image_ids]
        vehicles += ids
        splits += [split] * len(ids)
    class_names = {vehicle: f"vehicle {vehicle}" for vehicle in vehicles}
    return Listing(paths, vehicles, splits, class_names)


def _benchmark(test_list):
    return Benchmark(
        name="vehicle_id",
        forms=forms(test_list),
        counts={"train": (113346, 13164), "test": TEST_LISTS[test_list]},
        origin=(
            "Peking University gives it on request, for research only: "
            "https://www.pkuml.org/resources/pku-vehicleid.html; unpack an "
            "archive with a password yourself. The numbers of images and "
            "vehicles are checked after loading."
        ),
        if_counts_differ="Versions of its lists differ slightly.",
    )
