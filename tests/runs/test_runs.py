"""A run's folder belongs to one run and one process, and is written whole."""

from __future__ import annotations

import json
import os
import zipfile

import pytest

from dnc_keras.gallery.embedding_file import read_embeddings
from dnc_keras.runs import Checkpoints
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.files import read_arrays
from dnc_keras.runs.reading import read_run
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.formats import stamped
from dnc_keras.support.whole_files import read_json
from dnc_keras.support.whole_files import write_json

CONFIG = {"run_dir": "run", "epochs": 2, "seed": 0}


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path / "runs" / "run")


@pytest.fixture
def writer(run, another_writer):
    """Another process that holds the folder."""
    with another_writer(run.path) as process:
        yield process


def _message_of_claim(run, config):
    with pytest.raises(ValueError) as raised, run.claim(config):
        pass
    return str(raised.value)


def test_a_claimed_folder_holds_the_settings(run):
    with run.claim(CONFIG):
        assert json.loads(run.config.read_text()) == stamped(CONFIG)
        assert run.assignments.is_dir()
        assert run.checkpoints.is_dir()


def test_a_run_is_refused_unless_it_is_gone_on_with(run):
    with run.claim(CONFIG):
        pass
    assert _message_of_claim(run, CONFIG) == (
        f"run_dir must be a new folder. Received: {run.path}, which holds an "
        "unfinished run. Use another --run_dir, remove that folder, or go on "
        "with --resume=auto."
    )
    other_places = {**CONFIG, "run_dir": "elsewhere", "checkpoint_every": 5}
    with run.claim(other_places, resume=True):
        assert read_json(run.config) == stamped(CONFIG)


@pytest.mark.parametrize(
    "place",
    [
        *("config.json", "log.jsonl", "result.json", "report.html"),
        *("assignments/epoch_0000.npz", "checkpoints/last.keras"),
        *("embeddings/train.npz", "tensorboard/sprite.png", "export/1"),
    ],
)
def test_a_pipe_is_told_before_anything_waits_for_it(tmp_path, place):
    pipe = tmp_path / place
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    message = (
        "The folder of a run must hold files and folders alone. Received: "
        f"{str(pipe)!r}, a FIFO. Remove it, or use another folder."
    )
    readers = (
        TrainedRun,
        read_run,
        lambda path: RunDirectory(path).check(CONFIG, resume=True),
    )
    for read in readers:
        with pytest.raises(ValueError, match="alone") as raised:
            read(tmp_path)
        assert str(raised.value) == message


def test_a_folder_with_a_pipe_is_no_run_that_waits(tmp_path):
    (tmp_path / "run").mkdir()
    os.mkfifo(tmp_path / "run" / "config.json")
    found = RunDirectory.next_free(tmp_path / "run", CONFIG, resume=True)
    assert found.path == tmp_path / "run-2"


def test_arrays_that_unpack_to_gigabytes_are_refused_unread(tmp_path):
    path = tmp_path / "some.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            for _ in range(1025):
                member.write(bytes(2**20))
    with pytest.raises(ValueError, match="unpacked, more than 1,073,741,824"):
        read_arrays(path)
    with pytest.raises(ValueError, match="unpacked, more than 1,073,741,824"):
        read_embeddings(path)


def test_a_finished_run_is_refused(run):
    with run.claim(CONFIG):
        write_json(run.result, {})
    assert "which holds a finished run. Use" in _message_of_claim(run, CONFIG)


def test_a_different_run_is_refused_with_its_differences(run):
    with run.claim(CONFIG):
        write_json(run.result, {})
    message = _message_of_claim(run, {"run_dir": "x", "epochs": 3, "seed": 1})
    assert message == (
        "run_dir must be a new folder, or hold a run of the same settings. "
        f"Received: {run.path}, which holds a finished run with another "
        "epochs, seed. Use another --run_dir, or the settings in its "
        "config.json."
    )
    assert read_json(run.config) == stamped(CONFIG)


def test_a_folder_that_another_process_writes_is_refused(run, writer):
    assert _message_of_claim(run, CONFIG) == (
        f"run_dir must be a new folder. Received: {run.path}, which another "
        "process is writing now. Use another run_dir."
    )
    assert [path.name for path in run.path.iterdir()] == [".lock"]


def test_a_folder_is_free_again_when_its_process_was_killed(run, writer):
    writer.kill()
    writer.wait()
    with run.claim(CONFIG):
        assert read_json(run.config) == stamped(CONFIG)


def test_the_next_free_folder_has_a_number(tmp_path):
    paths = []
    for _ in range(3):
        run = RunDirectory.next_free(tmp_path / "digits", CONFIG)
        run.path.mkdir()
        paths.append(run.path.name)
    assert paths == ["digits", "digits-2", "digits-3"]


def _next(tmp_path, resume=True, **changes):
    config = {**CONFIG, **changes}
    return RunDirectory.next_free(tmp_path / "digits", config, resume).path.name


def test_an_unfinished_run_of_the_same_settings_is_next(tmp_path):
    finished, unfinished = tmp_path / "digits", tmp_path / "digits-2"
    with RunDirectory(finished).claim(CONFIG):
        write_json(RunDirectory(finished).result, {"test": {}})
    with RunDirectory(unfinished).claim(CONFIG):
        assert _next(tmp_path) == "digits-3"  # It is being written.
    assert _next(tmp_path) == "digits-2"
    assert _next(tmp_path, seed=1) == "digits-3"
    assert _next(tmp_path, resume=False) == "digits-3"


def test_a_run_that_nobody_can_read_is_not_next(tmp_path):
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "config.json").write_text('{"epochs": 2, "se')
    assert _next(tmp_path) == "digits-2"


def test_settings_that_an_earlier_version_lacked_are_at_their_defaults(run):
    with run.claim(CONFIG):
        pass
    run.check({**CONFIG, "image_size": 224}, resume=True)
    with pytest.raises(ValueError, match="with another image_size"):
        run.check({**CONFIG, "image_size": 96}, resume=True)


def test_a_run_of_an_earlier_version_keeps_its_test_classes(run):
    """It drew them with its seed, and had no split_seed."""
    before = {"dataset": "folder", "seed": 3}
    with run.claim(before):
        pass
    run.check({**before, "split_seed": 0}, resume=True)
    run.check({**before, "split_seed": 3}, resume=True)
    with pytest.raises(ValueError, match="with another split_seed"):
        run.check({**before, "split_seed": 2}, resume=True)


def test_the_log_is_cut_where_an_epoch_begins(run):
    with run.claim(CONFIG):
        run.keep_log_until(0)
        assert not run.log.exists()
        run.log.write_text('{"epoch": 0}\n{"epoch": 1}\n{"epo')
        run.keep_log_until(1)
    assert run.log.read_text() == '{"epoch": 0}\n'


def test_a_damaged_line_costs_no_other(run):
    with run.claim(CONFIG):
        run.log.write_text('{"epoch": 0}\n{"epo\n{"epoch": 2}\n{"epoch": 3}')
        assert run.keep_log_until(4) == 3
    assert run.log.read_text() == '{"epoch": 0}\n{"epoch": 2}\n{"epoch": 3}\n'


def test_settings_are_found_in_three_places(run):
    assert run.check(CONFIG, resume=True) is None
    with run.claim(CONFIG):
        Checkpoints(run.checkpoints).save(1, {}, {"settings": CONFIG})
        write_json(run.result, {"test": {}, "config": CONFIG})
    for damaged in (run.config, run.result):
        damaged.write_bytes(b"")
        assert "another seed. Use" in _message_of_claim(run, {"seed": 1})
    with run.claim(CONFIG, resume=True):
        assert read_json(run.config) == stamped(CONFIG)


@pytest.mark.parametrize(
    "name, value",
    [("test", "x"), ("before", {"nmi": "x"}), ("selected_epoch", [1])],
)
def test_a_result_of_a_wrong_structure_is_refused(run, name, value):
    with run.claim(CONFIG):
        write_json(run.result, {"test": {"nmi": None}, name: value})
    with pytest.raises(ValueError, match=f"must hold numbers as {name}. Rec"):
        _ = TrainedRun(run).result


def test_a_lost_config_without_a_trace_is_told(run):
    with run.claim(CONFIG):
        run.config.write_bytes(b"{")
    assert "damaged file, and no whole checkpoint. Remove the folder" in (
        _message_of_claim(run, CONFIG)
    )


def test_the_best_model_is_chosen_where_there_is_one(run):
    with run.claim(CONFIG):
        run.last_model.touch()
        assert run.chosen_model == run.last_model
        run.best_model.touch()
        assert run.chosen_model == run.best_model


@pytest.mark.parametrize("name", ["nothing", "runs"])
def test_a_folder_without_a_run_is_named(tmp_path, name):
    (tmp_path / "runs").mkdir()
    with pytest.raises(ValueError) as raised:
        TrainedRun(tmp_path / name)
    assert str(raised.value) == (
        "run_dir must be a folder written by dnc_keras.train. Received: "
        f"{str(tmp_path / name)!r}. Train first."
    )


def test_a_run_without_a_checkpoint_has_no_model(run):
    with run.claim(CONFIG):
        pass
    with pytest.raises(ValueError, match="with a checkpoint"):
        TrainedRun(run).model
