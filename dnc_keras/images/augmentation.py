"""What is done to training images after the random crop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Optional
from typing import Union

import tensorflow as tf

from dnc_keras.images import changes
from dnc_keras.images.cropping import choose_box
from dnc_keras.images.own_augmentation import check_augmentation
from dnc_keras.support.own_code import import_function
from dnc_keras.support.own_code import names_own_code

# The crop draws from the seed itself, the rest from one made of it.
_AFTER_CROP = 1
_ERASING = 1
_BLUR_WIDTH = 224


def augmentation(
    augment: Union[str, Callable], image_size: int
) -> Optional[Callable]:
    """The function that changes a training image after its random crop.

    Args:
        augment: "standard" or "none": there is no such function; "strong":
            `strong_augmentation`; or a function of one's own, or its name as
            `package.module:function`: from an image, `[image_size,
            image_size, 3]` float32 tensor of values 0 to 255, and a seed,
            `[2]` integer tensor, to an image of the same shape, type and
            range. It runs in the graph of the input pipeline, and must draw
            from the seed alone (`tf.random.stateless_*`), so that a training
            that was stopped goes on with the same images. A name is imported:
            it must come from a command line or a program, never from a file.
        image_size: height and width of the images, in pixels.

    Returns:
        A function of (image, seed), or None. The seed that the image was
        cropped by may be given to it.

    Raises:
        ValueError: for a name that is not known, and for a function of one's
            own that does not do so: it is tried twice with one image and seed.
    """
    if augment in ("standard", "none"):
        return None
    if augment == "strong":
        return _with_own_seed(strong_augmentation)
    function, name = augment, getattr(augment, "__name__", repr(augment))
    if isinstance(augment, str):
        if not names_own_code(augment):
            raise ValueError(
                "augment must be standard, strong, none, a function or its "
                f"name, package.module:function. Received: {augment!r}."
            )
        function, name = import_function(augment, "augment"), augment
    check_augmentation(function, name, image_size)
    return _with_own_seed(function)


def strong_augmentation(image, seed) -> tf.Tensor:
    """Changes of color, grayscale, blur and erasing, each at random.

    - with 0.8: brightness, contrast and saturation times 0.6 to 1.4, then hue
      turned by up to 0.1 of the color wheel; with 0.2: gray; with 0.5: a
      Gaussian blur, sigma 0.1 to 2 pixels of 224. The order and the strengths
      are those of [MoCo v2](https://arxiv.org/abs/2003.04297), half of the
      color of [SimCLR](https://arxiv.org/abs/2002.05709), as colors tell
      classes apart here; brightness, contrast, saturation and hue come in
      this order always.
    - with 0.5: a box of 0.02 to 0.33 of the area, ratio 0.3 to 3.3, is
      [erased](https://arxiv.org/abs/1708.04896), that is, filled with the
      mean color.

    Args:
        image: `[image_size, image_size, 3]` float32 tensor, values 0 to 255,
            of a known shape.
        seed: `[2]` integer tensor; the same seed makes the same image.

    Returns:
        A tensor like `image`.
    """
    noise = tf.random.stateless_uniform([8], seed)
    image = _with(0.8, noise[0], lambda x: jitter(x, noise[1:5]), image)
    image = _with(0.2, noise[5], changes.grayscale, image)
    image = _with(0.5, noise[6], lambda x: random_blur(x, noise[7]), image)
    return random_erasing(
        image, tf.random.experimental.stateless_fold_in(seed, 1)
    )


def jitter(image, noise, strength: float = 0.4) -> tf.Tensor:
    """Changes brightness, contrast, saturation and hue.

    Args:
        image: as for `strong_augmentation`.
        noise: `[4]` float32 tensor, 0 to 1; 0.5 changes nothing.
        strength: how far the first three factors are from 1 at most; hue is
            turned by a quarter of it.
    """
    factors = 1.0 + strength * (2.0 * noise - 1.0)
    image = changes.brightness(image, factors[0])
    image = changes.contrast(image, factors[1])
    image = changes.saturation(image, factors[2])
    return changes.hue(image, 0.25 * (factors[3] - 1.0))


def random_blur(image, noise) -> tf.Tensor:
    """Blurs by 0.1 to 2 pixels of 224, for noise of 0 to 1."""
    pixel = min(image.shape[:2]) / _BLUR_WIDTH
    sigma = pixel * (0.1 + 1.9 * noise)
    return changes.blur(image, sigma, radius=math.ceil(6 * pixel))


def random_erasing(image, seed, probability: float = 0.5) -> tf.Tensor:
    """Erases a random box, or none."""
    noise = tf.random.stateless_uniform([41], seed)
    box = choose_box(
        image.shape[:2],
        tf.reshape(noise[:40], [4, 10]),
        scale=(0.02, 0.33),
        ratio=(0.3, 3.3),
    )
    return _with(probability, noise[40], lambda x: changes.erase(x, box), image)


def _with(probability, noise, change, image):
    changed = tf.cond(noise < probability, lambda: change(image), lambda: image)
    return tf.ensure_shape(changed, image.shape)


def _with_own_seed(function):
    def augment(image, seed):
        image = tf.convert_to_tensor(image)
        changed = function(image, _folded(seed, _AFTER_CROP))
        return tf.ensure_shape(changed, image.shape)

    return augment


def _folded(seed, number):
    return tf.random.experimental.stateless_fold_in(seed, number)
