"""The programs, as a user starts them; bad input ends in one line."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import TrainConfig
from dnc_keras import _cli
from dnc_keras.backbones import BACKBONES
from dnc_keras.callbacks import recluster

TINY = (
    "--backbone=small_cnn",
    "--weights=",
    "--train_batch_norm",
    "--image_size=8",
    "--center_crop=1",
    "--embedding_dim=8",
    "--epochs=1",
    "--select=last",
    "--learning_rate=1e-3",
)
SMALL = (
    *TINY,
    "--dataset=folder",
    "--num_learners=1",
    "--batch_size=4",
    "--samples_per_class=2",
)
RECIPES = sorted(path.name for path in _cli.recipes().glob("*.cfg"))


@pytest.fixture
def refused(start):
    """Runs a program that refuses its input; returns its one line."""

    def refused(program, *arguments):
        ended = start(program, *arguments)
        assert ended.code == 2
        assert ended.stderr.endswith("\n")
        assert "Traceback" not in ended.stderr
        lines = ended.stderr.splitlines()
        assert [n for n, x in enumerate(lines) if x.startswith("error: ")] == [
            len(lines) - 1
        ]
        return lines[-1]

    return refused


def _run(program, *arguments, cwd):
    """Runs a program in a process of its own; returns its stdout."""
    command = [sys.executable, "-m", f"dnc_keras.{program}"]
    ended = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _write_image(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(tf.cast(image, tf.uint8)).numpy())
    return path


def _write_classes(root, num_images=4):
    """Class folders `c0` to `c3` of random images; returns the root."""
    random = np.random.default_rng(0)
    for label in range(4):
        for number in range(num_images):
            image = random.integers(0, 256, [8, 8, 3])
            _write_image(root / f"c{label}" / f"{number}.png", image)
    return root


def _truncate(path):
    path.write_bytes(path.read_bytes()[:60])
    return path


def _values(flagfile):
    """The `--name=value` lines of a flagfile."""
    lines = flagfile.read_text().splitlines()
    pairs = [x[2:].split("=") for x in lines if x[:2] == "--" and "=" in x]
    assert len(pairs) > 5
    return dict(pairs)


def _files(root):
    """Every file below `root` with its bytes."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    return _write_classes(tmp_path_factory.mktemp("classes"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run, and what its program printed."""
    folder = tmp_path_factory.mktemp("trained")
    stdout = _run("train", *TINY, cwd=folder)
    return folder / "runs" / "digits", stdout


def test_train_ends_with_a_table_and_the_next_command(trained):
    run_dir, stdout = trained
    result = json.loads((run_dir / "result.json").read_text())
    lines = stdout.splitlines()
    assert lines[0].split() == ["before", "after"]
    for metric in ("recall_at_1", "recall_at_8", "map_at_r", "nmi"):
        before, after = result["before"][metric], result["test"][metric]
        assert [metric, f"{before:.4f}", f"{after:.4f}"] in [
            line.split() for line in lines
        ]
    assert lines[-2].split() == ["SavedModel", "runs/digits/export/1"]
    assert lines[-1].endswith(
        "python -m dnc_keras.evaluate --run_dir=runs/digits"
    )


def test_the_export_of_a_training_tells_of_it(trained):
    run_dir, _ = trained
    result = json.loads((run_dir / "result.json").read_text())
    told = run_dir / "export" / "1" / "assets.extra" / "dnc_keras.json"
    training_told = json.loads(told.read_text())["training"]
    for name in ("protocol", "num_train_classes", "test", "versions"):
        assert training_told[name] == result[name]


def test_all_programs_measure_the_same(trained, start, tmp_path):
    run_dir, _ = trained
    result = json.loads((run_dir / "result.json").read_text())
    of_run, of_export = tmp_path / "run.json", tmp_path / "export.json"
    ended = start("evaluate", f"--run_dir={run_dir}", f"--json={of_run}")
    assert ended.code == 0
    exported = start(
        "export_model", f"--run_dir={run_dir}", "--export_dir=served"
    )
    assert exported.stdout.split() == ["SavedModel", "served/1"]
    _run(
        "evaluate",
        "--export_dir=served",
        "--dataset=digits",
        f"--json={of_export}",
        cwd=tmp_path,
    )
    for file in (of_run, of_export):
        measured = json.loads(file.read_text())
        for name in (
            "dataset",
            "source",
            "protocol",
            "num_test_images",
            "num_test_classes",
            "versions",
        ):
            assert measured[name] == result[name]
        assert measured["test"] == pytest.approx(result["test"], abs=1e-4)
        assert measured["nmi_runs"] == 10
        assert measured["confidence"] is None


def test_evaluate_says_which_model_it_measured(trained, start, tmp_path):
    run_dir, _ = trained
    result = json.loads((run_dir / "result.json").read_text())
    start("evaluate", f"--run_dir={run_dir}", "--nonmi", "--json=run.json")
    of_run = json.loads((tmp_path / "run.json").read_text())
    assert of_run["run_dir"] == str(run_dir)
    assert of_run["config"] == result["config"]
    start(
        "evaluate",
        f"--export_dir={run_dir}/export/1",
        "--nonmi",
        "--json=export.json",
    )
    of_export = json.loads((tmp_path / "export.json").read_text())
    assert of_export["export_dir"] == f"{run_dir}/export/1"


def test_evaluate_prints_intervals_beside_the_metrics(trained, start, tmp_path):
    ended = start(
        "evaluate",
        f"--run_dir={trained[0]}",
        "--confidence=0.9",
        "--nmi_runs=2",
        "--json=out.json",
    )
    measured = json.loads((tmp_path / "out.json").read_text())
    assert measured["confidence"] == 0.9
    assert measured["nmi_runs"] == 2
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[0] == ["test", "low", "high"]
    columns = [measured[name]["map_at_r"] for name in ("test", "low", "high")]
    assert columns[1] < columns[0] < columns[2]
    assert ["map_at_r", *(f"{value:.4f}" for value in columns)] in lines
    assert ["nmi", f"{measured['test']['nmi']:.4f}"] in lines
    assert "NMI, AMI    mean of 2 runs of k-means" in ended.stdout
    assert "90% interval, bootstrap over these classes" in ended.stdout


def test_evaluate_takes_other_ks_and_no_clustering(trained, start, tmp_path):
    start(
        "evaluate",
        f"--run_dir={trained[0]}",
        "--ks=1,100",
        "--nonmi",
        "--json=out.json",
    )
    measured = json.loads((tmp_path / "out.json").read_text())
    assert list(measured["test"]) == [
        "recall_at_1",
        "recall_at_100",
        "r_precision",
        "map_at_r",
        "marp_dnc",
    ]
    assert measured["nmi_runs"] == 0


@pytest.mark.parametrize(
    "argument, words",
    [
        ("--ks=1,x", "Received: '1,x'. Use --ks=1,2,4,8."),
        ("--ks=0", "--ks must be integers of at least 1"),
        ("--confidence=95", "Received: 95.0. Use confidence=0.95."),
        ("--confidence=-0.1", "confidence must be above 0"),
        ("--nmi_runs=0", "Received: 0. Use --nonmi for none."),
    ],
)
def test_evaluate_refuses_bad_settings_before_it_works(
    refused, argument, words
):
    assert words in refused("evaluate", "--run_dir=gone", argument)


def test_export_model_adds_a_version_to_the_run(trained, start):
    run_dir, _ = trained
    ended = start("export_model", f"--run_dir={run_dir}")
    assert ended.code == 0
    assert ended.stdout.split()[1] == str(run_dir / "export" / "2")


def test_export_model_tells_what_a_shorter_embedding_loses(
    untrained_run, start
):
    ended = start(
        "export_model",
        f"--run_dir={untrained_run.path}",
        "--export_dir=served",
        "--embedding_dim=4",
    )
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[0] == ["R@1", "lost", "cosine"]
    assert [line[0] for line in lines[1:3]] == ["trained", "saved_model"]
    trained, (shorter, lost) = float(lines[1][1]), map(float, lines[2][1:])
    assert lost == pytest.approx(trained - shorter, abs=2e-4)
    assert lines[3][2:] == ["validation", "images", "of", "2", "classes"]
    assert lines[4] == ["SavedModel", "served/1"]


@pytest.mark.parametrize(
    "argument, words",
    [
        ("--embedding_dim=5", "Received: 5. Use one of 4, 8."),
        (
            "--gallery=gone",
            "Received: 'gone', which does not exist. Check the path.",
        ),
    ],
)
def test_export_model_refuses(refused, untrained_run, argument, words):
    run_dir = f"--run_dir={untrained_run.path}"
    line = refused("export_model", run_dir, "--export_dir=served", argument)
    assert words in line


def test_unreadable_images_can_be_skipped(start, tmp_path):
    broken = _truncate(_write_classes(tmp_path / "data") / "c3" / "3.png")
    ended = start(
        "train",
        *SMALL,
        "--data_dir=data",
        "--test_classes=c0,c1",
        "--unreadable=skip",
        "--run_dir=run",
    )
    assert ended.code == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["num_train_images"] == 7
    assert broken.exists()


def test_an_unreadable_image_is_named(refused, tmp_path):
    _truncate(_write_classes(tmp_path / "data") / "c3" / "3.png")
    line = refused("train", *SMALL, "--data_dir=data", "--run_dir=run")
    assert line.startswith(
        "error: Every image must be readable. Received: 1 that are not, the "
        "first is data/c3/3.png ("
    )
    assert line.endswith("Repair or remove them, or use --unreadable=skip.")


def test_an_unreadable_image_is_named_by_evaluate(refused, trained, tmp_path):
    _truncate(_write_classes(tmp_path / "data") / "c3" / "3.png")
    line = refused(
        "evaluate",
        f"--export_dir={trained[0]}/export",
        "--dataset=folder",
        "--data_dir=data",
        "--test_classes=c2,c3",
    )
    assert "the first is data/c3/3.png (" in line


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--dataset=mnist"],
            "No data set has this name. Received: 'mnist'. "
            "Names: digits, omniglot, cars196, cub200_2011, "
            "stanford_online_products, in_shop, vehicle_id, folder, csv.",
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
            f"backbone must be one of {', '.join(BACKBONES)}. "
            "Received: 'alexnet'.",
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
    line = refused("train", *TINY, *arguments, "--run_dir=run")
    assert line == f"error: {message}"
    assert list(tmp_path.iterdir()) == []


def test_a_class_folder_with_one_image_is_named(refused, tmp_path):
    data = _write_classes(tmp_path / "data")
    for number in (1, 2, 3):
        (data / "c2" / f"{number}.png").unlink()
    line = refused("train", *SMALL, f"--data_dir={data}", "--run_dir=run")
    assert line == (
        "error: Each class folder needs at least two images. 1 in "
        f"{str(data)!r} with fewer: 'c2'. Add images (.jpg .jpeg .png .bmp "
        ".gif) or remove the folder."
    )
    assert not (tmp_path / "run").exists()


def test_a_cluster_with_one_class_is_told(refused, tmp_path):
    # Two classes of plain colours: k-means divides them by class.
    for label, shade in enumerate((0, 255, 0, 255)):
        for number in range(4):
            path = tmp_path / "data" / f"c{label}" / f"{number}.png"
            _write_image(path, tf.fill([8, 8, 3], abs(shade - number)))
    line = refused(
        "train",
        *SMALL,
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
    monkeypatch.setattr(recluster, "NUM_TRIALS", 1)
    # All images are alike: nothing is left for a second cluster.
    for label in range(4):
        for number in range(4):
            path = tmp_path / "data" / f"c{label}" / f"{number}.png"
            _write_image(path, tf.zeros([8, 8, 3]))
    line = refused("train", *SMALL, "--data_dir=data", "--num_learners=2")
    # Rounding decides which of the two it is.
    assert line.replace("cluster 0", "cluster 1") == (
        "error: A cluster needs images. Received: none in cluster 1 of 2. Use "
        "fewer learners (num_learners, num_clusters), or look for images that "
        "are all alike."
    )


def test_a_nan_loss_ends_the_training(refused, classes, tmp_path):
    line = refused(
        "train",
        *SMALL,
        f"--data_dir={classes}",
        "--learning_rate=1e30",
        "--epochs=3",
        "--run_dir=run",
    )
    assert "must be" in line
    assert "finite" in line
    assert "Lower the learning rate" in line
    assert not (tmp_path / "run" / "result.json").exists()


def test_a_signal_ends_a_training_that_can_go_on(classes, tmp_path):
    flags = [*SMALL, f"--data_dir={classes}", "--epochs=9999", "--run_dir=run"]
    flags.append("--deterministic")
    process = subprocess.Popen(
        [sys.executable, "-m", "dnc_keras.train", *flags],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "run" / "log.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, stderr = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    # TensorFlow may have its say after it.
    assert (
        "\nStopped by SIGTERM. Nothing is lost: the same command, started "
        "again, goes on with run.\n"
    ) in stderr
    assert list((tmp_path / "run" / "checkpoints").glob("step_*.npz"))


def test_a_finished_run_is_not_overwritten(refused, trained):
    run_dir, _ = trained
    before = _files(run_dir)
    line = refused("train", *TINY, f"--run_dir={run_dir}", "--seed=5")
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
        line = refused("train", *TINY, "--run_dir=run")
    assert line == (
        "error: run_dir must be a new folder. Received: run, which another "
        "process is writing now. Use another --run_dir."
    )
    assert [path.name for path in run_dir.iterdir()] == [".lock"]


@pytest.mark.parametrize("program", ["evaluate", "export_model"])
def test_a_folder_without_a_run_is_refused(refused, program):
    assert refused(program, "--run_dir=gone") == (
        "error: run_dir must be a folder written by dnc_keras.train, with a "
        "checkpoint. Received: 'gone'. Train first."
    )


@pytest.mark.parametrize("program", ["evaluate", "export_model"])
def test_every_program_refuses_stray_arguments(refused, program):
    assert "Received: 'runs/digits'" in refused(program, "runs/digits")


def test_evaluate_needs_one_model(refused):
    message = "error: Give one of --run_dir and --export_dir. Received: "
    assert refused("evaluate") == f"{message}neither."
    both = ["--run_dir=a", "--export_dir=b"]
    assert refused("evaluate", *both) == f"{message}both."


def test_evaluate_names_a_folder_without_a_model(refused):
    assert "Received: 'gone'. Export one" in refused(
        "evaluate", "--export_dir=gone"
    )


@pytest.mark.parametrize("form", ["--flagfile={}", "-flagfile={}"])
def test_a_flagfile_is_read_by_its_path(settings_of, tmp_path, form):
    path = tmp_path / "mine.cfg"
    path.write_text("# mine\n\n--dataset=csv\n--epochs=7\n--noflip\n")
    settings = settings_of(form.format(path))
    assert settings == TrainConfig(dataset="csv", epochs=7, flip=False)


def test_a_flagfile_may_be_a_word_of_its_own(settings_of, tmp_path):
    (tmp_path / "mine.cfg").write_text("--dataset=csv\n--epochs=7\n")
    assert settings_of("--flagfile", "mine.cfg").epochs == 7


def test_a_recipe_is_read_by_its_name(settings_of):
    settings = dataclasses.asdict(settings_of("--flagfile=digits.cfg"))
    for name, value in _values(_cli.recipes() / "digits.cfg").items():
        assert settings[name] == type(settings[name])(value), name


def test_flags_after_a_flagfile_win(settings_of, tmp_path):
    (tmp_path / "mine.cfg").write_text("--dataset=csv\n--epochs=7\n--seed=3\n")
    settings = settings_of("--flagfile=mine.cfg", "--epochs=9")
    assert (settings.epochs, settings.seed) == (9, 3)


def test_a_line_of_a_flagfile_without_dashes_is_named(refused, tmp_path):
    (tmp_path / "mine.cfg").write_text("# mine\n--seed=1\nepochs=7\n")
    assert refused("train", "--flagfile=mine.cfg") == (
        "error: Each line of a flagfile must be --name=value. Received: "
        "'epochs=7' in mine.cfg, line 3. Write --epochs=7."
    )


def test_an_unknown_flag_of_a_flagfile_is_named(refused, tmp_path):
    (tmp_path / "mine.cfg").write_text("--epoch_count=7\n")
    assert "'epoch_count'" in refused("train", "--flagfile=mine.cfg")


def test_a_data_set_brings_its_recipe(settings_of):
    by_recipe = settings_of("--flagfile=digits.cfg")
    assert by_recipe.backbone == "small_cnn"
    assert settings_of("--dataset=digits") == settings_of() == by_recipe


def test_flags_win_over_the_recipe_of_a_data_set(settings_of):
    settings = settings_of("--epochs=3", "--flip", "--dataset=digits")
    assert (settings.epochs, settings.flip) == (3, True)
    assert settings.backbone == "small_cnn"


@pytest.mark.parametrize(
    "recipe", sorted(path.name for path in _cli.recipes().glob("*.cfg"))
)
def test_every_recipe_makes_settings(settings_of, recipe):
    settings = settings_of(f"--flagfile={recipe}")
    assert recipe.startswith(settings.dataset)


def test_train_helps_with_every_flag_of_the_contract(start):
    ended = start("train", "--help")
    assert ended.code == 0
    assert "Trains an embedding by divide and conquer." in ended.stdout
    for name in (
        *(field.name for field in dataclasses.fields(TrainConfig)),
        "flagfile",
    ):
        assert f"--{name}" in ended.stdout.replace("--[no]", "--"), name


@pytest.mark.parametrize(
    "program, names",
    [
        (
            "evaluate",
            "run_dir export_dir dataset data_dir json ks confidence nmi "
            "nmi_runs".split(),
        ),
        (
            "export_model",
            "run_dir export_dir data_dir embedding_dim learners gallery top_k "
            "max_pixels tflite onnx".split(),
        ),
    ],
)
def test_other_programs_help(start, program, names):
    ended = start(program, "--help")
    assert ended.code == 0
    assert f"python -m dnc_keras.{program}" in ended.stdout
    for name in names:
        assert f"--{name}" in ended.stdout.replace("--[no]", "--")
    assert "--learning_rate" not in ended.stdout


@pytest.mark.parametrize(
    "name",
    "dataset data_dir num_learners embedding_dim recluster_every epochs "
    "batch_size samples_per_class loss backbone weights image_size masks "
    "learning_rate weight_decay seed strategy select run_dir".split(),
)
def test_the_contract_s_flags_are_settings(name):
    assert name in TrainConfig.__dataclass_fields__
