"""Tiny copies of CARS196, with the annotations of its official files."""

from __future__ import annotations

import numpy as np
import scipy.io
from helpers.image_files import write_image

CLASSES = [f"Car {number:03d}" for number in range(1, 197)]
BOX = [("bbox_x1", 1), ("bbox_y1", 1), ("bbox_x2", 8), ("bbox_y2", 8)]
# Each official half has all classes; 98 is the last one to train on.
TRAIN = {"00001.jpg": 99, "00002.jpg": 1, "00003.JPG": 98}
TEST = {"00001.jpg": 98, "00002.jpg": 196, "00003.jpg": 1}
TEST_NAMES = ("Car 099", "Car 196")


def write_images(folder, names):
    for name in names:
        write_image(folder / name)


def write_mat(file, rows, **variables):
    """An array of structs, `[1, num_rows]` as MATLAB writes it."""
    annotations = np.empty([1, len(rows)], [(key, object) for key in rows[0]])
    for column, row in enumerate(rows):
        for key, value in row.items():
            annotations[key][0, column] = value
    file.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(file, {"annotations": annotations, **variables})


def cell_array(names):
    """Names as a cell array of MATLAB."""
    cells = np.empty([1, len(names)], object)
    cells[0] = names
    return cells


def annotation_rows(classes):
    """Annotations of images, from `{name: class}`."""
    return [
        {**dict(BOX), "class": np.uint8(number), "fname": name}
        for name, number in classes.items()
    ]


def write_annotations(root):
    write_mat(root / "devkit" / "cars_train_annos.mat", annotation_rows(TRAIN))
    write_mat(root / "cars_test_annos_withlabels.mat", annotation_rows(TEST))
    meta = {"class_names": cell_array(CLASSES)}
    scipy.io.savemat(root / "devkit" / "cars_meta.mat", meta)


def write_split(root, train="cars_train", test="cars_test"):
    """Writes the two official folders of images, with their labels."""
    write_annotations(root)
    write_images(root / train, TRAIN)
    write_images(root / test, TEST)


def write_full_annotations(root):
    """Writes the file that annotates the folder of all images."""
    both = [*TRAIN.values(), *TEST.values()]
    rows = [
        {
            "relative_im_path": f"car_ims/{number:06d}.jpg",
            **dict(BOX),
            "class": np.uint8(class_id),
            "test": np.uint8(number > 3),
        }
        for number, class_id in enumerate(both, 1)
    ]
    names = cell_array(CLASSES)
    write_mat(root / "cars_annos.mat", rows, class_names=names)


def file_names(paths):
    """The last two parts of each path."""
    return ["/".join(path.rsplit("/", 2)[-2:]) for path in paths]
