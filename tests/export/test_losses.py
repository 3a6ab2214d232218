"""A warning where an exported file embeds worse than the SavedModel."""

from __future__ import annotations

import numpy as np
import pytest
from absl import logging

from dnc_keras.export.losses import ExportImages
from dnc_keras.export.losses import warn_of_losses
from dnc_keras.export.tflite import convert_to_tflite
from dnc_keras.runs.trained import TrainedRun


@pytest.fixture
def warned(monkeypatch):
    """The warnings, as text."""
    lines = []
    monkeypatch.setattr(
        logging, "warning", lambda text, *words: lines.append(text % words)
    )
    return lines


def _measured(name="embedding_int8.tflite", lost=0.0, smallest=1.0, median=1.0):
    return {
        "recall_at_1": {"trained": 0.6, "saved_model": 0.5, name: 0.5 - lost},
        "cosine": {name: smallest},
        "median_cosine": {name: median},
    }


def test_a_file_as_good_as_the_saved_model_has_no_warning(warned):
    warn_of_losses(_measured(lost=0.009, smallest=0.91, median=0.981))
    assert warned == []


@pytest.mark.parametrize(
    "worse", [{"lost": 0.02}, {"smallest": 0.89}, {"median": 0.97}]
)
def test_a_worse_file_has_a_warning_with_a_remedy(warned, worse):
    warn_of_losses(_measured(**worse))
    (line,) = warned
    assert line.startswith("embedding_int8.tflite is not the SavedModel")
    assert "Export with --precisions=float16" in line


def test_a_worse_file_of_another_kind_has_another_remedy(warned):
    warn_of_losses(_measured("embedding.onnx", smallest=0.5))
    assert "Take the SavedModel" in warned[0]


def test_cosines_are_of_the_files_to_the_saved_model(untrained_run):
    run = TrainedRun(untrained_run)
    test = run.dataset.test
    images = ExportImages(run.images, run.dataset.train, None, test)
    num_images = len(test)
    turned = np.tile([0.6, 0.8], [num_images, 1])
    turned[0] = [0.0, 1.0]

    def served(batch):
        return np.tile([1.0, 0.0], [len(batch), 1])

    def file(batch):
        start = file.start
        file.start += len(batch)
        return turned[start : file.start]

    file.start = 0
    measured = images.measure(
        {"trained": served, "saved_model": served, "a.tflite": file}
    )
    assert list(measured["cosine"]) == ["a.tflite"]
    assert measured["cosine"]["a.tflite"] == pytest.approx(0.0)
    assert measured["median_cosine"]["a.tflite"] == pytest.approx(0.6)


@pytest.mark.parametrize("precision, images", [("int8", None), ("float16", [])])
def test_images_are_for_int8_alone(precision, images):
    with pytest.raises(ValueError, match="Only int8 needs images"):
        convert_to_tflite(None, precision, images)
