"""In-Shop Clothes Retrieval, a part of DeepFashion (Liu et al. 2016)."""

from __future__ import annotations

import functools

import numpy as np
from absl import logging

from dnc_keras.datasets.benchmark import Benchmark
from dnc_keras.datasets.benchmark import Form
from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.dataset import QUERY_AGAINST_GALLERY
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.files import locate
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.text_table import read_columns

_LIST = "list_eval_partition.txt"
_COUNTS = {
    "train": (25882, 3997),
    "query": (14218, 3985),
    "gallery": (12612, 3985),
}


def load(data_dir, max_unpacked_gb: float = 0.0) -> Dataset:
    """Loads the official split into train, query and gallery.

    Args:
        data_dir: folder in one of the forms of `FORMS`.
        max_unpacked_gb: how much an archive may unpack to, in 10**9 bytes. 0,
            the default: 4 times its size, or 1 if that is more.

    Returns:
        A `Dataset` with `query` and `gallery`; 3,997 items train, 3,985 test.
        A class is named as the item, "id_00000080".
    """
    return _BENCHMARK.load(
        data_dir,
        max_unpacked_gb=max_unpacked_gb,
        protocol=QUERY_AGAINST_GALLERY,
        ks=(1, 10, 20, 30, 50),
    )


def _find_folder(root, name):
    file = locate(root, _LIST)
    # One of the two folders in it, because some call the outer one Img/.
    inner = locate(root, f"{name}/WOMEN") or locate(root, f"{name}/MEN")
    if file is None or inner is None:
        return None
    return _read(file, inner.parent)


def _find_archive(root, extract, name):
    archive = locate(root, f"{name}.zip")
    if archive is None or locate(root, _LIST) is None:
        return None
    products = {f"{name}.zip": f"{name}/WOMEN"}
    # In downloads/manual/ it goes to data_dir, elsewhere beside the archive.
    if not extract(root, products):
        extract(archive.parent, products)
    return _find_folder(root, name)


def _read(file, images):
    names, items, statuses = read_columns(file, [str, str, str], 2, "first")
    _check_statuses(file, names, statuses)
    _check_number(file, len(names))
    # Each name begins with img/, whatever the folder is called.
    paths = [f"{images}/{name.partition('/')[2]}" for name in names]
    class_names, class_ids = np.unique(items, return_inverse=True)
    return Listing(
        paths, class_ids, statuses, dict(enumerate(class_names.tolist()))
    )


def _check_statuses(file, names, statuses):
    unknown = sorted(set(statuses) - set(_COUNTS))
    if unknown:
        example = names[statuses.index(unknown[0])]
        raise ValueError(
            f"The last column of {str(file)!r} must be train, query or "
            f"gallery. Received: {first_few(unknown)}, as for {example!r}. "
            "Download the file again."
        )


def _check_number(file, num_rows):
    with open(file, encoding="utf-8-sig") as text:
        number = text.readline().strip()
    if not number.isdecimal():
        raise ValueError(
            f"The first line of {str(file)!r} must be the number of images, "
            f"the second the names of the columns. Received: {number!r}. "
            "Download the file again."
        )
    if int(number) != num_rows:
        logging.warning(
            "The first line of %r promises %s images. Received: %d lines.",
            *(str(file), number, num_rows),
        )


FORMS = (
    Form(
        f"{_LIST} (in Eval/, Anno/ or data_dir) with img/, by its name the "
        "images of 256 pixels",
        functools.partial(_find_folder, name="img"),
    ),
    Form(
        f"{_LIST} with img_highres/, the images of high resolution",
        functools.partial(_find_folder, name="img_highres"),
    ),
    Form(
        f"{_LIST} with the archive img.zip, the images of 256 pixels",
        functools.partial(_find_archive, name="img"),
        has_archives=True,
    ),
    Form(
        f"{_LIST} with img_highres.zip, the images of high resolution, where "
        "the archive has no password",
        functools.partial(_find_archive, name="img_highres"),
        has_archives=True,
    ),
)
_BENCHMARK = Benchmark(
    name="in_shop",
    forms=FORMS,
    counts=_COUNTS,
    origin=(
        "Files and terms of use at https://mmlab.ie.cuhk.edu.hk/projects/"
        "DeepFashion/InShopRetrieval.html; img_highres.zip has a password, "
        "which its authors give on request, so unpack it yourself. The "
        "numbers of images and items are checked after loading."
    ),
)
