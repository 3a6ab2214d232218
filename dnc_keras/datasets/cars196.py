"""CARS196: photographs of 196 models of cars (Krause et al. 2013)."""

from __future__ import annotations

import functools
import pathlib

from dnc_keras.datasets.benchmark import Benchmark
from dnc_keras.datasets.benchmark import Form
from dnc_keras.datasets.class_folders import find_class_folders
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.downloading import Builder
from dnc_keras.datasets.files import join_paths
from dnc_keras.datasets.files import locate
from dnc_keras.datasets.folder import has_images
from dnc_keras.datasets.halves import halve
from dnc_keras.datasets.halves import list_halves
from dnc_keras.datasets.halves import list_halves_of_folders
from dnc_keras.datasets.mat_annotations import read_annotations
from dnc_keras.datasets.mat_annotations import read_class_names
from dnc_keras.datasets.prepared import prepared_form

_NUM_CLASSES = 196
_BUILDER = Builder("cars196")
_FULL = "cars_annos.mat"
_TRAIN = "cars_train_annos.mat"
_TEST = "cars_test_annos_withlabels.mat"
_SPLIT_ARCHIVES = {
    "cars_train.tgz": "cars_train",
    "cars_test.tgz": "cars_test",
    "car_devkit.tgz": _TRAIN,
}


def load(data_dir, download: bool = False, **fields) -> Dataset:
    """Loads the zero-shot split: classes 1 to 98 train, 99 to 196 test.

    The official split into cars_train and cars_test is within the classes:
    both are merged first.

    Args:
        data_dir: folder in one of the forms of `FORMS`.
        download: whether tensorflow-datasets may try to fetch and prepare
            what `data_dir` does not hold.
        **fields: `max_unpacked_gb`, as in `archives.extract_missing`, and more
            fields of the `Dataset`.

    Returns:
        A `Dataset` of 8,054 training and 8,131 test images. A class is named
        as the car, "Acura RL Sedan 2012", where the files have names.
    """
    return _BENCHMARK.load(data_dir, download, **fields)


def _find_full(root):
    file, folder = locate(root, _FULL), _image_folder(root, "car_ims")
    if file is None or folder is None:
        return None
    paths, class_ids = _paths_and_ids(file, folder, "relative_im_path")
    return list_halves(paths, class_ids, _NUM_CLASSES, read_class_names(file))


def _find_split(root):
    folders = [_image_folder(root, n) for n in ("cars_train", "cars_test")]
    files = [locate(root, _TRAIN), locate(root, _TEST)]
    if None in folders + files:
        return None
    paths, class_ids = [], []
    for file, folder in zip(files, folders):
        more_paths, more_ids = _paths_and_ids(file, folder, "fname")
        paths += more_paths
        class_ids += more_ids
    names = locate(root, "cars_meta.mat")
    return list_halves(
        paths, class_ids, _NUM_CLASSES, names and read_class_names(names)
    )


def _find_full_archive(root, extract):
    if locate(root, _FULL) is None:
        return None
    extracted = extract(root, {"car_ims.tgz": "car_ims"})
    return _find_full(root) if extracted else None


def _find_split_archives(root, extract):
    # First the labels, which no archive holds.
    if locate(root, _TEST) and extract(root, _SPLIT_ARCHIVES):
        return _find_split(root)
    return None


def _find_class_folders(root):
    _refuse_images_alone(root)
    images = find_class_folders(root)
    if len(images) < 2:
        return None
    if len(images) != _NUM_CLASSES:
        place = pathlib.Path(next(iter(images.values()))[0]).parent.parent
        raise ValueError(
            f"cars196 needs {_NUM_CLASSES} class folders. Received: "
            f"{len(images)} in {str(place)!r}. Which classes are for training "
            "cannot be known from a part of them: complete the copy, or use "
            "--dataset=folder."
        )
    # Names in sorted order are not numbered as the official ones, but the
    # first 98 are the same classes.
    names = sorted(images, key=_by_number_or_name)
    class_ids = {name: number for number, name in enumerate(names, 1)}
    return list_halves_of_folders(images, class_ids, _NUM_CLASSES)


def _by_number_or_name(name):
    return (int(name), "") if name.isdecimal() else (0, name)


def _image_folder(root, name):
    """The folder, or a folder of the same name in it, as on Kaggle."""
    folder = locate(root, name)
    if folder is None or not folder.is_dir():
        return None
    return folder / name if (folder / name).is_dir() else folder


def _refuse_images_alone(root):
    folders = [_image_folder(root, n) for n in ("cars_train", "cars_test")]
    if None in folders or not all(map(has_images, folders)):
        return
    missing = [_TRAIN] * (locate(root, _TRAIN) is None)
    missing += [_TEST] * (locate(root, _TEST) is None)
    raise FileNotFoundError(
        f"{str(folders[0].parent)!r} has cars_train/ and cars_test/, but "
        f"{' and '.join(missing)} must be there too. Neither cars_test_annos"
        ".mat, which has no labels, nor cars_annos.mat, which numbers the "
        f"images of car_ims/, can be used instead. {_ORIGIN}"
    )


def _paths_and_ids(file, folder, path_field):
    paths, class_ids = read_annotations(file, path_field)
    # Only the names, because the folder may have got another place.
    names = [path.rpartition("/")[2] for path in paths]
    return join_paths(folder, names), class_ids


FORMS = (
    Form(f"official folder car_ims/ with {_FULL}", _find_full),
    Form(
        f"official folders cars_train/ and cars_test/ with {_TRAIN} and "
        f"{_TEST}",
        _find_split,
    ),
    Form(
        f"official archive car_ims.tgz with {_FULL}",
        _find_full_archive,
        has_archives=True,
    ),
    Form(
        f"official archives {', '.join(_SPLIT_ARCHIVES)} with {_TEST}",
        _find_split_archives,
        has_archives=True,
    ),
    prepared_form(
        _BUILDER.name,
        label="label",
        name="id",
        finish=functools.partial(halve, num_classes=_NUM_CLASSES),
    ),
    Form(
        f"{_NUM_CLASSES} class folders, in data_dir, in images/, in train/ "
        "and test/, or in cars_train/ and cars_test/",
        _find_class_folders,
    ),
)
_ORIGIN = (
    "The links at ai.stanford.edu are dead since 2023; copies are on Kaggle: "
    "arghyadutta1/cars196, jutrera/stanford-car-dataset-by-classes-folder, "
    "or the images from jessicali9530/stanford-cars-dataset with the devkit "
    "and the labels as people collect them in torchvision's issue \"Stanford "
    'cars download url is broken". Official sizes: cars_train.tgz 979,269,282 '
    f"bytes, cars_test.tgz 977,350,468, {_TEST} 185,758. The numbers of "
    "images and classes are checked after loading."
)
_BENCHMARK = Benchmark(
    name="cars196",
    forms=FORMS,
    counts={"train": (8054, 98), "test": (8131, 98)},
    origin=_ORIGIN,
    builder=_BUILDER,
)
