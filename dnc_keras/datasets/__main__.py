"""Reads a whole data set, and tells what it holds and what is wrong with it.

Example: python -m dnc_keras.datasets --dataset=cars196 --data_dir=cars
"""

from __future__ import annotations

import pathlib

from absl import flags

from dnc_keras import _cli
from dnc_keras._outputs import say
from dnc_keras.config import TrainConfig
from dnc_keras.config.settings import DATA_SETTINGS
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.inspection import inspect_dataset
from dnc_keras.evaluation.searched_dataset import find_matches
from dnc_keras.support.whole_files import write_json

_NUM_SHOWN = 5
_cli.define_path("json", "file to write all of it to")
_cli.define_flags(TrainConfig, DATA_SETTINGS)


def main():
    config = _cli.read_flags(TrainConfig, DATA_SETTINGS)
    _cli.check_output_files("json")
    dataset = load_dataset(config, refuse_unreadable=False)
    found = inspect_dataset(dataset)
    found.update(find_matches(dataset).describe())
    columns = {name: _rows(split) for name, split in found["splits"].items()}
    _cli.print_columns(columns, "{:,.10g}", "-", key_width=26, cell_width=10)
    _print_findings(found)
    say(f"Data set    {dataset.title}")
    say(f"Protocol    {dataset.protocol}")
    _cli.print_left_out(found)
    file = flags.FLAGS.json
    if file:
        write_json(file, found)
        say(f"All of it   {pathlib.Path(file).resolve()}")


def _rows(split):
    """The lines of the table for one split, by name."""
    spreads = {"images of a class": split["images_per_class"], **split["sizes"]}
    return {
        "images": split["num_images"],
        "classes": split["num_classes"],
        **{
            f"{name}, {kind}": value
            for name, spread in spreads.items()
            for kind, value in spread.items()
        },
        "classes of one image": split["classes_with_one_image"]["count"],
        **split["formats"],
        "unreadable": len(split["unreadable"]),
        "repeated": split["num_repeated"],
    }


def _print_findings(found):
    _print_first(
        "Unreadable",
        [
            f"{image['path']} ({image['reason']})"
            for split in ("train", "test")
            for image in found["splits"][split]["unreadable"]
        ],
    )
    titles = {
        "across_train_and_test": "Equal files in train and in test",
        "of_different_classes": "Equal files of different classes",
    }
    for name, title in titles.items():
        _print_first(title, list(map(_equation, found["duplicates"][name])))


def _equation(group):
    return " = ".join(
        f"{image['path']} ({image['split']}, {image['class']})"
        for image in group
    )


def _print_first(title, lines):
    if lines:
        say(f"{title}: {len(lines)}")
    for line in lines[:_NUM_SHOWN]:
        say(f"  {line}")
    if len(lines) > _NUM_SHOWN:
        say(f"  ... and {len(lines) - _NUM_SHOWN} more")


if __name__ == "__main__":
    _cli.run(main, prints_answer=True)
