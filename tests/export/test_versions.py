"""Folders of a model's versions."""

from __future__ import annotations

import pytest
from helpers.small_models import IMAGE_SIZE

from dnc_keras.export import export_saved_model
from dnc_keras.export import latest_version


def test_versions_count_from_one(tmp_path, quick_save, model):
    path = tmp_path / "new" / "models"
    versions = [export_saved_model(model, path, IMAGE_SIZE) for _ in range(2)]
    assert versions == [path / "1", path / "2"]


def test_the_next_version_follows_the_largest_number(
    tmp_path, quick_save, model
):
    for name in ("2", "9", "10-old"):
        (tmp_path / name).mkdir()
    version = export_saved_model(model, tmp_path, IMAGE_SIZE)
    assert version == tmp_path / "10"


def test_the_latest_version_has_the_largest_number(tmp_path):
    for name in ("9", "10"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").touch()
    assert latest_version(tmp_path) == tmp_path / "10"


def test_a_version_is_its_own_latest(exported):
    assert latest_version(exported) == exported
    assert latest_version(exported.parent) == exported


@pytest.mark.parametrize("name", ["", "gone"])
def test_a_folder_without_a_model_is_named(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ValueError) as raised:
        latest_version(path)
    assert str(raised.value) == (
        "export_dir must be a SavedModel or the folder of its versions. "
        f"Received: {str(path)!r}. Export one: python -m "
        "dnc_keras.export_model --run_dir=RUN_DIR."
    )
