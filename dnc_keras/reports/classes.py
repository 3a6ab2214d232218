"""The test classes: how well each is found, and what it is taken for."""

from __future__ import annotations

from dnc_keras.analysis import examine_classes
from dnc_keras.evaluation.searched_dataset import search_arguments
from dnc_keras.evaluation.searched_dataset import search_parts
from dnc_keras.reports.class_sizes import class_sizes
from dnc_keras.reports.class_table import class_table
from dnc_keras.reports.confused_classes import confused_classes
from dnc_keras.reports.pair_distances import pair_distances
from dnc_keras.support.whole_files import write_csv
from dnc_keras.support.whole_files import write_json


def classes(record, sheet) -> dict:
    """Examines the test classes of a run, and writes tables of all.

    `per_class.csv`, `confusions.csv` and `pair_distances.csv` have a row for
    each class, pair of classes and threshold; `per_class.json` has all.

    Args:
        record: a `TrainedRun`.
        sheet: the `PictureSheet`.
    """
    examined = _examine(record)
    names = record.dataset.test.class_names
    _write(record.directory.path, examined, names)
    return {
        "table": class_table(examined, names),
        "confusions": confused_classes(record, examined, names, sheet),
        "distances": pair_distances(examined),
        "sizes": class_sizes(examined),
        "is_drawn": _is_drawn(record.dataset),
    }


def _examine(record):
    dataset = record.dataset
    parts = {name: record.part(name).embeddings for name in dataset.test_parts}
    _, values, labels = search_parts(dataset, parts, (1,))
    return examine_classes(values, labels, **search_arguments(dataset, parts))


def _is_drawn(dataset):
    return bool(dataset.num_gallery_draws and dataset.query is None)


def _write(folder, examined, names):
    tables = {
        "per_class": examined.class_rows(names),
        "confusions": examined.confusion_rows(names),
        "pair_distances": examined.curve_rows(),
    }
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    write_json(folder / "per_class.json", examined.describe(names))
