"""Each change of pixels against PIL, colorsys, SciPy or plain NumPy."""

from __future__ import annotations

import colorsys

import numpy as np
import PIL.Image
import PIL.ImageEnhance
import pytest
import scipy.ndimage
import tensorflow as tf

from dnc_keras.images import changes


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, [9, 13, 3])


def _float(image):
    return tf.constant(image, tf.float32)


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
@pytest.mark.parametrize(
    "change, of_pil",
    [
        (changes.brightness, PIL.ImageEnhance.Brightness),
        (changes.contrast, PIL.ImageEnhance.Contrast),
        (changes.saturation, PIL.ImageEnhance.Color),
    ],
)
def test_factor_changes_what_pil_changes(image, change, of_pil, factor):
    changed = change(_float(image), factor)
    pil = of_pil(PIL.Image.fromarray(image.astype(np.uint8))).enhance(factor)
    # PIL rounds twice: the gray, then the result.
    np.testing.assert_allclose(changed, np.asarray(pil), atol=1.5)


def test_hue_turns_on_the_color_wheel(image):
    changed = changes.hue(_float(image), 0.1).numpy()
    for old, new in zip(image.reshape(-1, 3), changed.reshape(-1, 3)):
        hue, saturation, value = colorsys.rgb_to_hsv(*(old / 255))
        turned = colorsys.hsv_to_rgb((hue + 0.1) % 1.0, saturation, value)
        np.testing.assert_allclose(new, 255 * np.array(turned), atol=0.01)


def test_grayscale_has_the_luma_in_each_channel():
    gray = changes.grayscale(_float([[[100, 50, 200]]]))
    luma = 0.299 * 100 + 0.587 * 50 + 0.114 * 200
    np.testing.assert_allclose(gray, [[[luma] * 3]], rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 0.8, 2.0])
def test_blur_is_the_gaussian_of_scipy(image, sigma):
    blurred = changes.blur(_float(image), sigma, radius=4)
    expected = scipy.ndimage.gaussian_filter(
        image.astype(float), (sigma, sigma, 0), mode="mirror", radius=(4, 4, 0)
    )
    np.testing.assert_allclose(blurred, expected, atol=1e-3)


def test_erased_box_has_the_mean_color(image):
    erased = changes.erase(_float(image), tf.constant([2, 3, 4, 5]))
    expected = image.astype(float)
    expected[2:6, 3:8] = image.mean(axis=(0, 1))
    np.testing.assert_allclose(erased, expected, rtol=1e-5)
