"""Runs that are finished."""

from __future__ import annotations

import pytest
from helpers.settings import SMALL
from helpers.training_runs import train

from dnc_keras.runs import RunDirectory


@pytest.fixture
def finished(digits_run):
    """A run on the digits, chosen by held-out training classes."""
    return digits_run.run, digits_run.result


@pytest.fixture(scope="session")
def control(classes, tmp_path_factory):
    """A run on two training classes with one learner."""
    path = tmp_path_factory.mktemp("control") / "run"
    result = train(path, SMALL, data_dir=classes)
    return RunDirectory(path), result
