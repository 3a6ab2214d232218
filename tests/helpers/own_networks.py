"""Networks that a user brings, as functions of a module of the user's."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras

_register = keras.utils.register_keras_serializable("own_networks")


@_register
class AddPositions(keras.layers.Layer):
    """Puts a class token before tokens, and adds what is learned of places."""

    def build(self, shape):
        self.class_token = self.add_weight(
            shape=(1, 1, shape[-1]), initializer="normal", name="class_token"
        )
        self.positions = self.add_weight(
            shape=(1, shape[1] + 1, shape[-1]),
            initializer="normal",
            name="positions",
        )
        self.built = True

    def call(self, tokens):
        first = tf.tile(self.class_token, [tf.shape(tokens)[0], 1, 1])
        return tf.concat([first, tokens], 1) + self.positions

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] + 1, shape[2])


def vit(image_size, num_blocks=3, width=8):
    """A vision transformer, from pixels -1 to 1 to tokens."""
    images = keras.Input([image_size, image_size, 3])
    tokens = keras.layers.Conv2D(width, 4, 4, name="patches")(images)
    tokens = keras.layers.Reshape([-1, width])(tokens)
    tokens = AddPositions(name="positions")(tokens)
    for block in range(num_blocks):
        tokens = _attend(tokens, width, f"block_{block}")
    tokens = keras.layers.LayerNormalization(name="norm")(tokens)
    return keras.Model(images, tokens, name="vit")


def _attend(tokens, width, name):
    rows = keras.layers.LayerNormalization(name=f"{name}_norm")(tokens)
    attention = keras.layers.MultiHeadAttention(
        2, width // 2, name=f"{name}_attention"
    )
    tokens = keras.layers.Add(name=f"{name}_add")(
        [tokens, attention(rows, rows)]
    )
    rows = keras.layers.Dense(width, "gelu", name=f"{name}_mlp")(tokens)
    return keras.layers.Add(name=f"{name}_add_mlp")([tokens, rows])


def scaled(image_size):
    """A network that scales by itself."""
    return keras.Sequential(
        [
            keras.Input([image_size, image_size, 3]),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, name="conv"),
        ]
    )


def any_size():
    """A network without an argument, of images of any size."""
    return keras.Sequential(
        [keras.Input([None, None, 3]), keras.layers.Conv2D(4, 3)]
    )


def two_outputs(image_size):
    images = keras.Input([image_size, image_size, 3])
    low = keras.layers.Conv2D(4, 3)(images)
    high = keras.layers.Conv2D(5, 3)(low)
    return keras.Model(images, {"low": low, "high": high})


def two_inputs():
    inputs = {name: keras.Input([8, 8, 3], name=name) for name in ("a", "b")}
    return keras.Model(inputs, keras.layers.Add()([inputs["a"], inputs["b"]]))


def fixed_batch():
    images = keras.Input(batch_shape=[4, 8, 8, 3])
    return keras.Model(images, keras.layers.Conv2D(4, 3)(images))


@_register
class MeanOfBatch(keras.layers.Layer):
    def call(self, rows):
        return tf.reduce_mean(rows, axis=0)

    def compute_output_shape(self, shape):
        return shape[1:]


def one_row(image_size):
    images = keras.Input([image_size, image_size, 3])
    return keras.Model(images, MeanOfBatch()(images))


def gray():
    images = keras.Input([8, 8, 1])
    return keras.Model(images, keras.layers.Conv2D(4, 3)(images))


def wide():
    images = keras.Input([8, 16, 3])
    return keras.Model(images, keras.layers.Conv2D(4, 3)(images))


class Unregistered(keras.layers.Layer):
    def call(self, images):
        return images / 255.0


def unregistered(image_size):
    images = keras.Input([image_size, image_size, 3])
    return keras.Model(images, Unregistered()(images))


def with_lambda(image_size):
    images = keras.Input([image_size, image_size, 3])
    return keras.Model(images, keras.layers.Lambda(lambda x: x / 255)(images))


def a_number(image_size):
    return image_size
