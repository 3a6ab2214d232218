"""The small pictures of a page are each kept once."""

from __future__ import annotations

import base64
import io

import numpy as np
from helpers.reported_run import BLUE
from helpers.reported_run import GREEN
from helpers.reported_run import RED
from PIL import Image

from dnc_keras import datasets
from dnc_keras.reports.pictures import TILE
from dnc_keras.reports.pictures import PictureSheet


def _image(content, number):
    text = content["head"] + content["bodies"][number]
    file = io.BytesIO(base64.b64decode(text, validate=True))
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


def _train(data_dir):
    return datasets.load("folder", str(data_dir)).train


def test_each_picture_is_kept_once_with_what_it_shows(data_dir):
    index = _train(data_dir)
    sheet = PictureSheet({"train": index}, str(data_dir))
    row_of = {str(p).split("train/")[1]: r for r, p in enumerate(index.paths)}
    wanted = {"ant/0.png": RED, "cow/1.png": BLUE, "ant/2.png": GREEN}
    numbers = [
        sheet.add("train", row_of[name]) for name in [*wanted, "ant/0.png"]
    ]
    assert numbers == [0, 1, 2, 0]
    content = sheet.content()
    assert len(content["bodies"]) == len(sheet) == 3
    assert content["files"] == [f"train/{name}" for name in wanted]
    classes = [content["classes"][label] for label in content["labels"]]
    assert classes == ["ant", "cow", "ant"]
    assert [content["parts"][place] for place in content["places"]] == [
        "train"
    ] * 3
    for number, color in enumerate(wanted.values()):
        image = _image(content, number)
        assert image.shape == (TILE, TILE, 3)
        assert np.abs(image - color).max() < 12


def test_what_all_files_begin_with_is_kept_once(data_dir):
    sheet = PictureSheet({"train": _train(data_dir)}, str(data_dir))
    for row in range(4):
        sheet.add("train", row)
    content = sheet.content()
    # The tables of a JPEG, without which a plain picture is small.
    assert len(content["head"]) > 500
    assert max(map(len, content["bodies"])) < 500


def test_originals_are_found_from_the_folder_of_the_data(data_dir):
    sheet = PictureSheet({"train": _train(data_dir)}, str(data_dir))
    sheet.add("train", 0)
    folder = sheet.content()["originals"]
    assert folder == [f"{data_dir.as_uri()}/"]


def test_images_in_memory_have_no_originals():
    index = datasets.load("digits").train
    content = PictureSheet({"train": index}, "somewhere").content()
    assert content["originals"] == [""]
    assert content["head"] == ""


def test_an_image_that_is_gone_is_grey(data_dir):
    index = _train(data_dir)
    sheet = PictureSheet({"train": index})
    sheet.add("train", 0)
    (data_dir / "train" / index.class_names[0]).rename(data_dir / "gone")
    assert np.abs(_image(sheet.content(), 0) - 128).max() < 3
