"""All small pictures of a page are one image."""

from __future__ import annotations

import io
import re

import numpy as np
import tensorflow as tf
from helpers.reported_run import BLUE
from helpers.reported_run import GREEN
from helpers.reported_run import RED
from PIL import Image

from dnc_keras import datasets
from dnc_keras.reports.pictures import TILE
from dnc_keras.reports.pictures import PictureSheet


def test_the_sheet_holds_each_picture_once_at_its_place(data_dir):
    index = datasets.load("folder", str(data_dir)).train
    sheet = PictureSheet({"train": index})
    row_of = {str(p).split("train/")[1]: r for r, p in enumerate(index.paths)}
    wanted = {"ant/0.png": RED, "cow/1.png": BLUE, "ant/2.png": GREEN}
    numbers = {
        name: sheet.add("train", row_of[name])
        for name in [*wanted, "ant/0.png"]
    }
    assert len(sheet) == 3
    encoded = re.fullmatch("data:image/jpeg;base64,(.*)", sheet.encode())[1]
    content = tf.io.decode_base64(
        encoded.replace("+", "-").replace("/", "_").rstrip("=")
    )
    image = np.asarray(Image.open(io.BytesIO(content.numpy())).convert("RGB"))
    assert image.shape == (2 * TILE, 2 * TILE, 3)
    for name, color in wanted.items():
        left, top = sheet.place(numbers[name])
        # Percent of what the sheet is wider than a tile, as CSS counts.
        middle = TILE // 2 + np.array([top, left]) / 100 * TILE
        pixel = image[tuple(middle.astype(int))].astype(int)
        assert np.abs(pixel - color).max() < 12, name


def test_an_image_that_is_gone_is_grey(data_dir):
    index = datasets.load("folder", str(data_dir)).train
    sheet = PictureSheet({"train": index})
    sheet.add("train", 0)
    (data_dir / "train" / index.class_names[0]).rename(data_dir / "gone")
    assert sheet.encode().startswith("data:image/jpeg")
