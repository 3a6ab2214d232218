"""`~` is the home folder in every flag that is a path."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.compared_runs import write_run
from helpers.image_files import write_classes
from helpers.settings import SMALL_FLAGS


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The home folder, which is not the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def nothing_elsewhere(tmp_path):
    """Nothing but the home folder is there afterwards."""
    yield
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_run_is_trained_and_read_at_home(start, home):
    write_classes(home / "data")
    paths = ["--data_dir=~/data", "--run_dir=~/runs/a", "--cache=~/cache"]
    ended = start("train", *SMALL_FLAGS, *paths, "--epochs=1")
    assert ended.code == 0, ended.stderr
    assert any((home / "cache").iterdir())
    config = json.loads((home / "runs" / "a" / "config.json").read_text())
    assert config["data_dir"] == f"{home}/data"
    # The same command goes on with it.
    assert start("train", *SMALL_FLAGS, *paths, "--epochs=1").code == 0
    run = "--run_dir=~/runs/a"
    for program, *flags in (
        ("evaluate", run, "--nonmi", "--json=~/e.json"),
        ("export_model", run, "--export_dir=~/served", "--gallery=~/data"),
        ("evaluate", "--export_dir=~/served", "--nonmi", "--dataset=folder")
        + ("--data_dir=~/data", "--json=~/s.json"),
        ("search", "--export_dir=~/served", "--gallery=~/data")
        + ("--query=~/data/c0", "--cache_dir=~/kept", "--html=~/a.html"),
        ("report", run, "--compare=~/runs/a", "--data_dir=~/data"),
    ):
        ended = start(program, *flags)
        assert ended.code == 0, ended.stderr
    for file in ("e.json", "s.json", "served/1/saved_model.pb", "a.html"):
        assert (home / file).is_file()
    assert (home / "runs/a/report.html").is_file()
    assert any((home / "kept").iterdir())


def test_a_run_that_was_saved_with_a_tilde_is_gone_on_with(start, home):
    write_classes(home / "data")
    flags = [*SMALL_FLAGS, "--data_dir=~/data", "--run_dir=~/a", "--epochs=1"]
    assert start("train", *flags).code == 0
    file = home / "a" / "config.json"
    config = {**json.loads(file.read_text()), "data_dir": "~/data"}
    file.write_text(json.dumps(config))
    (home / "a" / "result.json").unlink()
    ended = start("train", *flags)
    assert ended.code == 0, ended.stderr


def test_flagfiles_are_found_and_expanded(settings_of, home):
    (home / "mine.cfg").write_text("--weights=~/w.h5\n--dataset=csv\n")
    for words in (["--flagfile=~/mine.cfg"], ["--flagfile", "~/mine.cfg"]):
        assert settings_of(*words).weights == f"{home}/w.h5"


def test_special_words_are_no_paths(settings_of):
    settings = settings_of("--cache=memory", "--weights=imagenet")
    assert (settings.cache, settings.weights) == ("memory", "imagenet")


def test_compare_reads_and_writes_at_home(start, home):
    for name in "ab":
        write_run(home / name)
    files = ["--csv=~/c.csv", "--json=~/c.json"]
    assert start("compare", "~/a", "~/b", *files).code == 0
    assert (home / "c.csv").is_file() and (home / "c.json").is_file()


def test_datasets_writes_at_home_and_nowhere_unasked(start, home):
    assert start("datasets", "--json=~/found.json").code == 0
    assert [path.name for path in home.iterdir()] == ["found.json"]
    assert start("datasets").code == 0


def test_search_takes_files_at_home(start, home):
    np.save(home / "rows.npy", np.eye(3, dtype=np.float32))
    ended = start(
        "search",
        "--gallery=~/rows.npy",
        "--query=~/rows.npy",
        "--top_k=9",
        "--json=~/found.json",
    )
    assert ended.code == 0, ended.stderr
    found = json.loads((home / "found.json").read_text())
    assert [len(one["neighbors"]) for one in found["queries"]] == [3, 3, 3]


def test_the_name_of_no_user_is_one_line(start):
    ended = start("datasets", "--dataset=csv", "--data_dir=~nobody_has_this")
    assert ended.code == 2
    assert "Received: '~nobody_has_this'" in ended.stderr
