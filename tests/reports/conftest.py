"""A run to report on."""

from __future__ import annotations

import pytest
from helpers.reported_run import write_reported_images
from helpers.reported_run import write_reported_run


@pytest.fixture
def data_dir(tmp_path):
    write_reported_images(tmp_path / "images")
    return tmp_path / "images"


@pytest.fixture
def run(tmp_path, data_dir):
    return write_reported_run(tmp_path / "<run>", data_dir)
