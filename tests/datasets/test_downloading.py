"""tensorflow-datasets fetches and prepares a data set, or says why not."""

from __future__ import annotations

import sys
import types

import pytest
from helpers.prepared_files import Toy
from helpers.prepared_files import check_cars
from helpers.prepared_files import prepare
from helpers.prepared_files import toy

from dnc_keras import datasets
from dnc_keras.datasets import downloading

pytestmark = pytest.mark.usefixtures("no_network")


def _remove_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets.public_api", None)


def test_without_the_package_its_extra_is_told(tmp_path, monkeypatch):
    prepare(tmp_path)
    _remove_package(monkeypatch)
    message = (
        "2.1.0' needs tensorflow-datasets. Received: .*. Run "
        r'`pip install "dnc-keras\[datasets\]"`.$'
    )
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", tmp_path)
    assert "\n" not in str(caught.value)


def test_without_the_package_other_forms_are_looked_for(tmp_path, monkeypatch):
    _remove_package(monkeypatch)
    with pytest.raises(FileNotFoundError, match="No images of cars196 in"):
        datasets.load("cars196", tmp_path)


def _install(monkeypatch, module):
    monkeypatch.setitem(
        sys.modules, module, types.SimpleNamespace(__spec__="installed")
    )


def _offer(monkeypatch, base=Toy):
    """Lets the package have the toys in place of the official builders."""
    _install(monkeypatch, "importlib_resources")
    monkeypatch.setattr(
        "tensorflow_datasets.public_api.builder",
        lambda name, data_dir: toy(name, data_dir, base),
    )


def test_a_download_is_prepared_and_loaded(tmp_path, monkeypatch):
    _offer(monkeypatch)
    data_dir = tmp_path / "new" / "data"
    loaded = datasets.load("cars196", data_dir, download=True)
    check_cars(loaded)
    assert loaded.source.startswith("cars196/ with a version as prepared by")
    assert (data_dir / "cars196" / "2.1.0" / "dataset_info.json").is_file()


def test_what_is_there_is_not_downloaded(tmp_path, monkeypatch):
    prepare(tmp_path)
    monkeypatch.delattr("tensorflow_datasets.public_api.builder")
    check_cars(datasets.load("cars196", tmp_path, download=True))


def test_the_download_takes_archives_of_the_user(tmp_path, monkeypatch):
    class Manual(Toy, skip_registration=True):
        def _split_generators(self, dl_manager):
            assert (dl_manager.manual_dir / "mine.tgz").exists()
            return super()._split_generators(dl_manager)

    _offer(monkeypatch, Manual)
    (tmp_path / "downloads" / "manual").mkdir(parents=True)
    (tmp_path / "downloads" / "manual" / "mine.tgz").write_bytes(b"")
    check_cars(datasets.load("cars196", tmp_path, download=True))


def test_a_failed_download_tells_where_else_to_look(tmp_path, monkeypatch):
    class Failing(Toy, skip_registration=True):
        def _split_generators(self, dl_manager):
            raise OSError("Failed to get url x. HTTP code: 404.\nMore lines.")

    _offer(monkeypatch, Failing)
    message = (
        "tensorflow-datasets cannot download and prepare cars196: OSError: "
        "Failed to get url x. HTTP code: 404. Get it by hand. The links at .*"
        "are dead since 2023; copies are on Kaggle: "
    )
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", tmp_path, download=True)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("cars196/*"))


def test_a_download_without_the_package_tells_its_extra(tmp_path, monkeypatch):
    _remove_package(monkeypatch)
    message = "--download of cars196 needs tensorflow-datasets. Received: "
    with pytest.raises(ValueError, match=message):
        datasets.load("cars196", tmp_path, download=True)


@pytest.mark.parametrize(
    "missing, packages",
    [
        (["cv2"], "opencv-python-headless"),
        (["importlib_resources"], "importlib_resources"),
        (
            ["cv2", "importlib_resources"],
            "importlib_resources opencv-python-headless",
        ),
    ],
)
def test_packages_are_asked_for_before_the_download(
    tmp_path, monkeypatch, missing, packages
):
    _offer(monkeypatch)
    _install(monkeypatch, "cv2")
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)
    message = (
        "To prepare caltech_birds2011, tensorflow-datasets needs more "
        f"packages: pip install {packages}.$"
    )
    with pytest.raises(ValueError, match=message):
        datasets.load("cub200_2011", tmp_path, download=True)


def test_a_download_needs_a_folder(tmp_path):
    with pytest.raises(ValueError, match="needs a data_dir"):
        datasets.load("cars196", None, download=True)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="data_dir must be a folder."):
        datasets.load("cars196", tmp_path / "file", download=True)


@pytest.mark.parametrize(
    "name, helps",
    [
        ("cars196", False),
        ("cub200_2011", True),
        ("stanford_online_products", True),
    ],
)
def test_the_download_is_told_where_it_can_help(tmp_path, name, helps):
    with pytest.raises(FileNotFoundError) as caught:
        datasets.load(name, tmp_path)
    end = " --download lets tensorflow-datasets fetch and prepare it."
    assert str(caught.value).endswith(end) == helps


def test_the_reason_of_an_error_is_one_line():
    assert downloading.reason(OSError("\nno disk.\nnone")) == "OSError: no disk"
    assert downloading.reason(KeyError()) == "KeyError"
