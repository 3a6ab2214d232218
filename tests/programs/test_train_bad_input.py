"""What cannot be trained on is named in one line."""

from __future__ import annotations

import pytest
from helpers.image_files import plain
from helpers.image_files import truncate
from helpers.image_files import write_classes
from helpers.image_files import write_image
from helpers.settings import DIGITS_FLAGS
from helpers.settings import SMALL_FLAGS

from dnc_keras import _cli
from dnc_keras.backbones import BACKBONES
from dnc_keras.callbacks import dividing
from dnc_keras.images import kinds

RECIPES = sorted(path.name for path in _cli.recipes().glob("*.cfg"))


def _files(root):
    """Every file below `root` with its bytes."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_an_unreadable_image_is_named(refused, tmp_path):
    truncate(write_classes(tmp_path / "data") / "c3" / "3.png")
    line = refused("train", *SMALL_FLAGS, "--data_dir=data", "--run_dir=run")
    assert line.startswith(
        "error: Every image must be readable. Received: 1 that are not, the "
        "first is data/c3/3.png ("
    )
    assert line.endswith("Repair or remove them, or use --unreadable=skip.")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--dataset=mnist"],
            "No data set has this name. Received: 'mnist'. "
            "Names: digits, omniglot, cars196, cub200_2011, "
            "stanford_online_products, in_shop, vehicle_id, folder, csv, "
            "vectors, webdataset, hf:NAME_OR_PATH, tfds:NAME, "
            "package.module:function.",
        ),
        (
            ["--dataset=folder"],
            "This data set needs a data_dir: your own images as "
            "data_dir/<class>/<images>, or as "
            "data_dir/train/<class>/<images> and "
            "data_dir/test/<class>/<images>.",
        ),
        (
            ["--dataset=omniglot", "--data_dir=gone"],
            "data_dir does not exist. Received: 'gone'. Looked for: "
            "images_background.zip and images_evaluation.zip, or their "
            "folders images_background/<alphabet>/<character>/*.png, from "
            "https://github.com/brendenlake/omniglot (folder python).",
        ),
        (
            ["--num_learners=3"],
            "num_learners must divide embedding_dim. Received: "
            "embedding_dim=8, num_learners=3. Use embedding_dim=6 or 9.",
        ),
        (
            ["--batch_size=10", "--samples_per_class=4"],
            "samples_per_class must divide batch_size. Received: "
            "batch_size=10, samples_per_class=4. Use batch_size=8 or 12.",
        ),
        (
            ["--batch_size=4", "--samples_per_class=4"],
            "A batch needs two classes at least. Received: batch_size=4, "
            "samples_per_class=4. Use batch_size=8 or more.",
        ),
        (
            ["--backbone=alexnet"],
            f"backbone must be one of {', '.join(BACKBONES)}; hub:PRESET, "
            "PATH.keras or package.module:function. Received: 'alexnet'.",
        ),
        (
            ["digits"],
            "Arguments must be flags, --name=value. Received: 'digits'. "
            "See --help.",
        ),
        (
            ["--epochs=3", "stray", "--seed=1"],
            "Arguments must be flags, --name=value. Received: 'stray'. "
            "See --help.",
        ),
        (
            ["--epochs=many"],
            "flag --epochs=many: invalid literal for int() with base 10: "
            "'many'. See --help.",
        ),
        (
            ["--epoch_count=3"],
            "Unknown command line flag 'epoch_count'. See --help.",
        ),
        (
            ["--flagfile=gone.cfg"],
            "--flagfile must be a file or a recipe. Received: 'gone.cfg'. "
            f"Recipes: {', '.join(RECIPES)}.",
        ),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    refused, tmp_path, arguments, message
):
    line = refused("train", *DIGITS_FLAGS, *arguments, "--run_dir=run")
    assert line == f"error: {message}"
    assert list(tmp_path.iterdir()) == []


def test_a_class_folder_with_one_image_is_named(refused, tmp_path):
    data = write_classes(tmp_path / "data")
    for number in (1, 2, 3):
        (data / "c2" / f"{number}.png").unlink()
    line = refused("train", *SMALL_FLAGS, f"--data_dir={data}", "--run_dir=run")
    endings = ".jpg .jpeg .png .bmp .gif" + " .webp" * kinds.READS_WEBP
    assert line == (
        "error: Each class folder needs at least two images. 1 in "
        f"{str(data)!r} with fewer: 'c2'. Add images ({endings}) or remove "
        "the folder."
    )
    assert not (tmp_path / "run").exists()


def test_a_cluster_with_one_class_is_told(refused, tmp_path):
    # Two classes of plain colours: k-means divides them by class.
    for label, shade in enumerate((0, 255, 0, 255)):
        for number in range(4):
            path = tmp_path / "data" / f"c{label}" / f"{number}.png"
            write_image(path, plain(abs(shade - number)))
    line = refused(
        "train",
        *SMALL_FLAGS,
        "--data_dir=data",
        "--test_classes=c2,c3",
        "--num_learners=2",
    )
    assert line == (
        "error: A cluster needs two classes at least, for pairs that are not "
        "alike. Received: 1 in cluster 0 of 2. Use fewer learners "
        "(num_learners, num_clusters) or more classes."
    )


def test_an_empty_cluster_is_told(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(dividing, "NUM_TRIALS", 1)
    # All images are alike: nothing is left for a second cluster.
    for label in range(4):
        for number in range(4):
            path = tmp_path / "data" / f"c{label}" / f"{number}.png"
            write_image(path, plain(0))
    line = refused("train", *SMALL_FLAGS, "--data_dir=data", "--num_learners=2")
    # Rounding decides which of the two it is.
    assert line.replace("cluster 0", "cluster 1") == (
        "error: A cluster needs images. Received: none in cluster 1 of 2. Use "
        "fewer learners (num_learners, num_clusters), or look for images that "
        "are all alike."
    )


def test_a_finished_run_is_not_overwritten(refused, trained):
    run_dir, _ = trained
    before = _files(run_dir)
    line = refused("train", *DIGITS_FLAGS, f"--run_dir={run_dir}", "--seed=5")
    assert line == (
        "error: run_dir must be a new folder, or hold a run of the same "
        f"settings. Received: {run_dir}, which holds a finished run with "
        "another seed. Use another --run_dir, or the settings in its "
        "config.json."
    )
    assert _files(run_dir) == before


def test_two_processes_cannot_write_one_run(refused, tmp_path, another_writer):
    run_dir = tmp_path / "run"
    with another_writer(run_dir):
        line = refused("train", *DIGITS_FLAGS, "--run_dir=run")
    assert line == (
        "error: run_dir must be a new folder. Received: run, which another "
        "process is writing now. Use another run_dir."
    )
    assert [path.name for path in run_dir.iterdir()] == [".lock"]
