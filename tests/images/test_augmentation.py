"""What training images become is a function of their seed alone."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from dnc_keras import images
from dnc_keras.images import augmentation as augmentations
from dnc_keras.images.augmentation import augmentation

SIZE = 32
IMAGE = (
    np.random.default_rng(0)
    .integers(0, 256, [SIZE, SIZE, 3])
    .astype(np.float32)
)
SEED = [3, 4]


def _of_seeds(function, num, image=IMAGE):
    """`[num, ...]` results for different seeds, from a pipeline."""
    seeds = tf.data.Dataset.range(num).map(lambda n: tf.stack([7, n]))
    mapped = seeds.map(lambda seed: function(image, seed), tf.data.AUTOTUNE)
    return np.stack(list(mapped.as_numpy_iterator()))


def _own(tmp_path, monkeypatch, body):
    """The name of a function of a module that Python finds."""
    name = f"own_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(
        f"import tensorflow as tf\ndef augment(image, seed):\n    {body}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return f"{name}:augment"


@pytest.mark.parametrize("name", ["standard", "none"])
def test_nothing_comes_after_the_crop(name):
    assert augmentation(name, SIZE) is None


def test_strong_is_a_function_of_its_seed():
    augment = augmentation("strong", SIZE)
    first, again, other = (
        augment(IMAGE, seed).numpy() for seed in (SEED, SEED, [3, 5])
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1.0


def test_strong_keeps_shape_type_and_range_in_a_pipeline():
    augment = augmentation("strong", SIZE)
    dataset = tf.data.Dataset.range(1).map(
        lambda n: augment(tf.constant(IMAGE), tf.stack([n, n]))
    )
    assert dataset.element_spec == tf.TensorSpec([SIZE, SIZE, 3], tf.float32)
    results = _of_seeds(augment, 200)
    assert 0.0 <= results.min() and results.max() <= 255.0


def test_strong_makes_a_fifth_gray():
    results = _of_seeds(images.strong_augmentation, 1000)
    gray = np.ptp(results, axis=-1).max(axis=(1, 2)) < 1e-3
    assert 0.16 < gray.mean() < 0.24  # three standard deviations


@pytest.mark.parametrize(
    "change, share", [("jitter", 0.8), ("random_blur", 0.5)]
)
def test_strong_changes_a_share_of_the_images(monkeypatch, change, share):
    # What is erased of a constant image stays as it is.
    monkeypatch.setattr(augmentations, change, lambda image, _: 0 * image + 9)
    results = _of_seeds(images.strong_augmentation, 1000)
    changed = np.ptp(results, axis=(1, 2, 3)) < 1e-3
    assert abs(changed.mean() - share) < 3 * np.sqrt(share * (1 - share) / 1000)


def test_jitter_without_noise_changes_nothing():
    jittered = augmentations.jitter(IMAGE, tf.constant([0.5] * 4))
    np.testing.assert_allclose(jittered, IMAGE, atol=1e-3)


def test_jitter_changes_brightness_by_up_to_its_strength():
    noise = tf.constant([1.0, 0.5, 0.5, 0.5])
    jittered = augmentations.jitter(IMAGE, noise)
    np.testing.assert_allclose(jittered, np.minimum(1.4 * IMAGE, 255), atol=0.1)


@pytest.mark.parametrize(
    "size, noise, sigma", [(224, 1.0, 2.0), (224, 0.0, 0.1), (112, 1.0, 1.0)]
)
def test_blur_is_a_part_of_the_image(size, noise, sigma):
    image = np.random.default_rng(1).uniform(0, 255, [size, size, 3])
    blurred = augmentations.random_blur(tf.constant(image, tf.float32), noise)
    expected = scipy.ndimage.gaussian_filter(
        image, (sigma, sigma, 0), mode="mirror", truncate=3.0
    )
    np.testing.assert_allclose(blurred, expected, atol=0.01)


def test_erased_boxes_have_the_areas_and_ratios_of_the_paper():
    image = np.random.default_rng(1).uniform(0, 255, [64, 64, 3])
    image = image.astype(np.float32)
    results = _of_seeds(augmentations.random_erasing, 400, image)
    erased = np.any(results != image, axis=-1)
    share = erased.mean(axis=(1, 2))
    assert 0.42 < (share > 0).mean() < 0.58  # three standard deviations
    share = share[share > 0]
    assert 0.015 < share.min() < 0.05 and 0.3 < share.max() < 0.345
    # Uniform from 0.02 to 0.33: mean 0.175, error 0.0063.
    assert 0.155 < share.mean() < 0.195
    height, width = (erased.any(axis=axis).sum(axis=1) for axis in (2, 1))
    ratios = (width / np.maximum(height, 1))[erased.any(axis=(1, 2))]
    assert 0.25 < ratios.min() < 0.5 and 2.0 < ratios.max() < 3.9


def test_own_function_gets_a_seed_that_the_crop_did_not_use():
    seen = augmentation(lambda image, seed: image + 0 * image, SIZE)
    np.testing.assert_array_equal(seen(tf.constant(IMAGE), SEED), IMAGE)

    def draw(image, seed):
        return 0 * image + tf.random.stateless_uniform([], seed, 2, 200)

    drawn = augmentation(draw, SIZE)(tf.constant(IMAGE), SEED)
    crop_draws = tf.random.stateless_uniform([], SEED, 2, 200)
    assert abs(drawn[0, 0, 0] - crop_draws) > 1e-3


def test_own_function_is_found_by_name(tmp_path, monkeypatch):
    name = _own(tmp_path, monkeypatch, "return 255.0 - image")
    changed = augmentation(name, SIZE)(tf.constant(IMAGE), SEED)
    np.testing.assert_array_equal(changed, 255.0 - IMAGE)


def test_shape_of_a_numpy_function_is_known_in_the_pipeline():
    def roll(image, seed):
        return tf.numpy_function(lambda x: x[::-1], [image], tf.float32)

    augment = augmentation(roll, SIZE)
    dataset = tf.data.Dataset.range(1).map(
        lambda n: augment(tf.constant(IMAGE), tf.stack([n, n]))
    )
    assert dataset.element_spec.shape == [SIZE, SIZE, 3]
    np.testing.assert_array_equal(next(iter(dataset)), IMAGE[::-1])


@pytest.mark.parametrize(
    "body, told",
    [
        (
            "return image / 255.0",
            "values 0.0.* to 0.99.* from",
        ),
        ("return image * 2.0", "values .* to 5"),
        ("return image * float('nan')", "values nan to nan"),
        ("return image[:16]", r"float32 of shape \(16, 32, 3\)"),
        ("return tf.cast(image, tf.uint8)", "uint8 of shape"),
        ("return image, seed", "tuple"),
        ("return image.numpy()", "AttributeError"),
        (
            "return tf.random.uniform(image.shape, 2, 200)",
            "two images from one",
        ),
        ("return undefined", "NameError"),
    ],
)
def test_own_function_that_returns_something_else_is_one_line(
    tmp_path, monkeypatch, body, told
):
    name = _own(tmp_path, monkeypatch, body)
    with pytest.raises(ValueError, match=told) as raised:
        augmentation(name, SIZE)
    message = str(raised.value)
    assert message.startswith("augment must be a function of (image, seed)")
    assert "\n" not in message and name in message


def test_name_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="^augment must be standard, strong"):
        augmentation("strnog", SIZE)
