"""The backbones and inputs that people bring, each small.

A walk is a function without arguments that returns (backbone, inputs,
arguments of the model): a new backbone each time, always with the same inputs
of 8 examples.
"""

import numpy as np
import tensorflow as tf

from dnc_keras._keras import keras

layers = keras.layers
LABELS = np.repeat([0, 1], 4)
# The same two classes; floats of 16 or 32 bits would merge some.
LABEL_KINDS = {
    "small": LABELS,
    "booleans": LABELS > 0,
    "bytes": LABELS.astype(np.int8),
    "13 digits": LABELS + 4006381333000,
    "unsigned, of 64 bits": LABELS.astype(np.uint64) + np.uint64(2**63),
    "a column": LABELS[:, None] + 2**24,
}

_RANDOM = np.random.default_rng(0)
IMAGES = _RANDOM.uniform(0, 255, [8, 8, 8, 3]).astype(np.float32)
VECTORS = _RANDOM.normal(size=[8, 5]).astype(np.float32)
TOKENS = _RANDOM.integers(1, 50, [8, 6])
TEXTS = tf.constant([f"{color} shoe" for color in "abcdefgh"])


@keras.utils.register_keras_serializable("walks")
class Conv(keras.Model):
    """A subclassed model, which declares nothing."""

    def __init__(self, width=4, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.conv = layers.Conv2D(width, 3)
        self.pool = layers.GlobalAveragePooling2D()

    def call(self, images, training=False):
        return self.pool(self.conv(images))

    def get_config(self):
        return {"width": self.width}


@keras.utils.register_keras_serializable("walks")
class Tokens(keras.Model):
    """Subclassed, of integers, without an argument `training`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = layers.Embedding(50, 4)

    def call(self, tokens):
        return tf.reduce_mean(self.table(tokens), axis=1)

    def get_config(self):
        return {}


@keras.utils.register_keras_serializable("walks")
class Branches(keras.Model):
    """Subclassed, of a dict."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Dense(4)
        self.second = layers.Dense(4)

    def call(self, inputs):
        return self.first(inputs["size"]) + self.second(inputs["color"])

    def get_config(self):
        return {}


def _features(shape, *parts, dtype="float32"):
    """A functional model of layers, one after the other."""
    inputs = outputs = keras.Input(shape, dtype=dtype)
    for part in parts:
        outputs = part(outputs)
    return keras.Model(inputs, outputs)


def functional():
    return _features([8, 8, 3], layers.Conv2D(4, 3)), IMAGES, {}


def gray_rectangles():
    images = np.tile(IMAGES[..., :1], (1, 1, 2, 1))
    return _features([8, 16, 1], layers.Conv2D(4, 3)), images, {}


def sequential_of_pixels():
    parts = [layers.Conv2D(4, 3), layers.BatchNormalization()]
    arguments = {"train_batch_norm": True}
    return keras.Sequential(parts), IMAGES.astype(np.uint8), arguments


def subclassed():
    return Conv(), IMAGES, {}


def subclassed_tokens():
    return Tokens(), TOKENS, {}


def subclassed_branches():
    return Branches(), {"size": VECTORS, "color": VECTORS[:, ::-1]}, {}


def masked_tokens():
    table = layers.Embedding(50, 4, mask_zero=True)
    return _features([6], table, dtype="int32"), TOKENS.astype(np.int32), {}


def text():
    words = layers.TextVectorization(
        vocabulary=["shoe", *"abcdefgh"], output_sequence_length=2
    )
    table = layers.Embedding(20, 4)
    return _features([], words, table, dtype="string"), TEXTS, {}


def transformer():
    patches = keras.Input([8, 8, 3])
    tokens = layers.Conv2D(8, 2, strides=2)(patches)
    tokens = layers.Reshape([16, 8])(tokens)
    mixed = layers.MultiHeadAttention(2, 4)(tokens, tokens)
    tokens = layers.LayerNormalization()(tokens + mixed)
    return keras.Model(patches, tokens), IMAGES, {"pooling": "first"}


def several_outputs():
    inputs = keras.Input([5])
    outputs = {"rows": layers.Dense(4)(inputs), "other": inputs}
    arguments = {"feature_key": "rows"}
    return keras.Model(inputs, outputs), VECTORS, arguments


def list_of_inputs():
    pixels, size = keras.Input([8, 8, 3]), keras.Input([5])
    rows = [layers.Flatten()(pixels), layers.Dense(4)(size)]
    model = keras.Model([pixels, size], layers.Concatenate()(rows))
    return model, [IMAGES, VECTORS], {}


def dict_of_inputs():
    shapes = {"image": [8, 8, 3], "size": [5]}
    inputs = {k: keras.Input(shape, name=k) for k, shape in shapes.items()}
    rows = [layers.Flatten()(inputs["image"]), layers.Dense(4)(inputs["size"])]
    model = keras.Model(inputs, layers.Concatenate()(rows))
    return model, {"image": IMAGES, "size": VECTORS}, {}


def frozen_vectors():
    inputs = keras.Input([5])
    return keras.Model(inputs, inputs), VECTORS, {}


def layer_alone():
    return layers.LayerNormalization(), VECTORS, {}


WALKS = (
    functional,
    gray_rectangles,
    sequential_of_pixels,
    subclassed,
    subclassed_tokens,
    subclassed_branches,
    masked_tokens,
    text,
    transformer,
    several_outputs,
    list_of_inputs,
    dict_of_inputs,
    frozen_vectors,
    layer_alone,
)
