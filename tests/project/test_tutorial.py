"""The commands of docs/tutorial.md work, one after the other, on photos."""

from __future__ import annotations

import importlib.util
import shutil

import numpy as np
import pytest
from helpers.image_files import write_image
from helpers.pages import commands_of
from helpers.pages import run_command
from helpers.settings import MODEL
from helpers.settings import as_flags

from dnc_keras import datasets

# What makes a command short; the last of two equal flags counts.
SMALL = {
    **MODEL,
    "train_batch_norm": True,
    "image_size": 32,
    "epochs": 1,
    "steps_per_epoch": 2,
}
SHORTER = {
    "train": as_flags(SMALL),
    "evaluate": ["--nmi_runs=1"],
    "experiment": [
        *as_flags(SMALL),
        *("--freeze=", "--variants=margin", "--seeds=0"),
    ],
    "search": ["--cache_dir=cache"],
    "tools/check_served_model.py": ["--seconds=0.1"],
}
WRITTEN = (
    "folder_data.json",
    "runs/photos/report.html",
    "runs/recipes/experiment.md",
    "runs/mine/result.json",
    "served/1/saved_model.pb",
    "found.html",
)


@pytest.fixture
def photos(tmp_path):
    """Sixteen classes that differ little, and a photo to search for."""
    random = np.random.default_rng(0)
    for number in range(16):
        folder = tmp_path / "photos" / f"class_{number}"
        colour = random.integers(0, 20, 3)
        for photo in range(4):
            shade = random.integers(0, 100)
            pixels = colour + shade + random.integers(0, 100, [32, 32, 3])
            write_image(folder / f"{photo}.jpg", pixels)
    shutil.copy(folder / "0.jpg", tmp_path / "query.jpg")
    return tmp_path


def test_the_commands_run_in_order(photos, start):
    names = []
    for name, arguments in commands_of("tutorial.md"):
        names.append(name)
        if name.startswith("tools/"):
            if importlib.util.find_spec("tensorflow_serving") is None:
                continue
        assert run_command(start, name, arguments + SHORTER.get(name, []))
        if name == "search":
            assert all((photos / file).is_file() for file in WRITTEN)
    assert names == [
        *("datasets", "train", "evaluate", "experiment", "train"),
        *("export_model", "search", "tools/check_served_model.py"),
    ]


@pytest.mark.parametrize("num_classes", [7, 8])
def test_eight_classes_are_enough_to_split(photos, num_classes):
    for number in range(num_classes, 16):
        shutil.rmtree(photos / "photos" / f"class_{number}")
    dataset = datasets.load("folder", photos / "photos")
    if num_classes < 8:
        with pytest.raises(ValueError, match="at least four"):
            dataset.train.split_classes(0.1, seed=0)
    else:
        rest, held_out = dataset.train.split_classes(0.1, seed=0)
        assert [rest.num_classes, held_out.num_classes] == [2, 2]
        assert dataset.test.num_classes == 4
