"""CUB200-2011: photographs of 200 species of birds (Wah et al. 2011)."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections import Counter

from dnc_keras.datasets.benchmark import Benchmark
from dnc_keras.datasets.benchmark import Form
from dnc_keras.datasets.class_folders import find_class_folders
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.downloading import Builder
from dnc_keras.datasets.files import join_paths
from dnc_keras.datasets.files import locate
from dnc_keras.datasets.halves import halve
from dnc_keras.datasets.halves import list_halves
from dnc_keras.datasets.halves import list_halves_of_folders
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.prepared import prepared_form
from dnc_keras.datasets.text_table import read_columns

_NUM_CLASSES = 200
_FOLDER = "CUB_200_2011"
_CLASS_FOLDER = re.compile(r"(\d+)\.")
_BUILDER = Builder(
    "caltech_birds2011",
    needs={"cv2": "opencv-python-headless"},
    note="--download lets tensorflow-datasets fetch and prepare it.",
)


def load(data_dir, download: bool = False, **fields) -> Dataset:
    """Loads the zero-shot split: classes 1 to 100 train, 101 to 200 test.

    The official split, which is within the classes, plays no part.

    Args:
        data_dir: folder in one of the forms of `FORMS`.
        download: whether tensorflow-datasets may fetch and prepare what
            `data_dir` does not hold.
        **fields: `max_unpacked_gb`, as in `archives.extract_missing`, and more
            fields of the `Dataset`.

    Returns:
        A `Dataset` of 5,864 training and 5,924 test images. A class is named
        as its folder, "001.Black_footed_Albatross".
    """
    return _BENCHMARK.load(data_dir, download, **fields)


def _find_official(root):
    labels = locate(root, "image_class_labels.txt")
    if labels is None:
        return None
    folder = labels.parent
    names = folder / "images.txt"
    if not names.is_file() or not (folder / "images").is_dir():
        return None
    image_ids, paths = read_columns(names, [int, str])
    labelled_ids, class_ids = read_columns(labels, [int, int])
    _check_same(image_ids, labelled_ids, folder)
    class_of = dict(zip(labelled_ids, class_ids))
    return list_halves(
        join_paths(folder / "images", paths),
        [class_of[image_id] for image_id in image_ids],
        _NUM_CLASSES,
        _class_names(folder / "classes.txt"),
    )


def _check_same(image_ids, labelled_ids, folder):
    images, labels = Counter(image_ids), Counter(labelled_ids)
    if images != labels:
        differing = sorted((images - labels) + (labels - images))
        raise ValueError(
            "images.txt and image_class_labels.txt must list the same ids. "
            f"Received in {str(folder)!r}: not the same number of lines for "
            f"{first_few(differing)}. Extract the official archive again."
        )


def _class_names(file):
    if not file.is_file():
        return None
    return dict(zip(*read_columns(file, [int, str])))


def _find_archive(root, extract):
    extracted = extract(root, {f"{_FOLDER}.tgz": _FOLDER})
    return _find_official(root) if extracted else None


def _find_class_folders(root):
    images = find_class_folders(root, _CLASS_FOLDER.match)
    class_ids = {name: int(_CLASS_FOLDER.match(name)[1]) for name in images}
    _check_numbered_once(class_ids)
    return (
        list_halves_of_folders(images, class_ids, _NUM_CLASSES)
        if images
        else None
    )


def _check_numbered_once(class_ids):
    counts = Counter(class_ids.values())
    repeated = [name for name, i in class_ids.items() if counts[i] > 1]
    if repeated:
        raise ValueError(
            "Each class folder needs a number of its own. Received: "
            f"{first_few(repeated)}. Remove or merge them."
        )


def _finish_prepared(listing):
    # Only the folders of the official archive tell the names.
    folders = (pathlib.PurePosixPath(path).parent for path in listing.paths)
    names = (folder.name for folder in folders)
    listing = dataclasses.replace(
        listing, class_names=dict(zip(listing.class_ids, names))
    )
    return halve(listing, _NUM_CLASSES)


FORMS = (
    Form(
        f"official folder {_FOLDER}/ with images/, images.txt and "
        "image_class_labels.txt",
        _find_official,
    ),
    Form(f"official archive {_FOLDER}.tgz", _find_archive, has_archives=True),
    prepared_form(
        _BUILDER.name,
        label="label",
        name="image/filename",
        finish=_finish_prepared,
    ),
    Form(
        "class folders 001.Black_footed_Albatross/ to "
        "200.Common_Yellowthroat/, in data_dir, in images/, or in train/ and "
        "test/",
        _find_class_folders,
    ),
)
_BENCHMARK = Benchmark(
    name="cub200_2011",
    forms=FORMS,
    counts={"train": (5864, 100), "test": (5924, 100)},
    origin=(
        "Archive at https://data.caltech.edu/records/65de6-vp158 "
        "(1,150,585,339 bytes, sha256 begins with 0c685df5); the download of "
        "tensorflow-datasets fails its checksum where it still asks Google "
        "Drive. The numbers of images and classes are checked after loading."
    ),
    builder=_BUILDER,
)
