"""Tests of rectangles cut out of images, with Pillow as the judge."""

import io

import numpy as np
import pytest
from helpers.image_files import png
from helpers.image_files import smooth
from PIL import Image
from PIL import ImageOps

from dnc_keras import images


def _with_pillow(contents, height, width, fraction):
    """Covers a rectangle with the upright image and cuts its middle out."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(contents)))
    scale = max(height / image.height, width / image.width) / fraction
    box_height, box_width = height / scale, width / scale
    top = (image.height - box_height) / 2
    left = (image.width - box_width) / 2
    box = (left, top, left + box_width, top + box_height)
    resized = image.convert("RGB").resize(
        (width, height), Image.Resampling.BILINEAR, box=box
    )
    return np.asarray(resized, np.float32)


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (64, 64), (24, 12)])
@pytest.mark.parametrize("fraction", [1.0, 0.8])
def test_the_middle_is_resized_as_pillow_does(size, fraction):
    contents = png(smooth(*size))
    received = images.resize_and_center_crop_to(contents, 12, 24, fraction)
    expected = _with_pillow(contents, 12, 24, fraction)
    assert received.shape == [12, 24, 3]
    # Pillow rounds to whole numbers, and so it does between both axes.
    assert np.abs(received - expected).max() < 1.6


def test_a_photo_on_its_side_is_turned_first():
    image = Image.fromarray(smooth(60, 40).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "jpeg", exif=exif, quality=95)
    received = images.resize_and_center_crop_to(file.getvalue(), 8, 12, 1.0)
    expected = _with_pillow(file.getvalue(), 8, 12, 1.0)
    assert np.abs(received - expected).max() < 3.0
