"""What a server runs: signatures for inputs, encoded images and search."""

from __future__ import annotations

import tensorflow as tf
from absl import logging

from dnc_keras._keras import check_same_keras
from dnc_keras._keras import lookup_tables
from dnc_keras._keras import raw_variables
from dnc_keras.batches.clustered import with_seed
from dnc_keras.export.learners import check_has_learners
from dnc_keras.export.learners import learner_parts
from dnc_keras.export.python_ops import runs_python
from dnc_keras.export.served_inputs import ServedInputs
from dnc_keras.images import MAX_PIXELS
from dnc_keras.images import resize_and_center_crop
from dnc_keras.images import resize_and_center_crop_to
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_share

_IMAGE_BYTES = tf.TensorSpec([None], tf.string, "image_bytes")


class ServingModel(tf.Module):
    """A model with all that is done to images before, and search after.

    It holds the variables: a Keras model itself would drag its layers in.

    Args:
        model: a `DivideAndConquer`, or another Keras model to embeddings.
        image_size: height and width of images that the model takes, in
            pixels, one number or two. None: as the model declares them.
        center_crop: share of encoded images that is kept, of the side that
            fits more tightly.
        per_learner: whether the outputs have `per_learner`, as
            `learner_parts` makes it.
        gallery: a `Gallery`, for the signature `search`, or None; may be set
            later.
        max_pixels: encoded images with more pixels are refused.
        load_image: as for `export_saved_model`.

    Attributes:
        inputs: the `ServedInputs`.
    """

    def __init__(
        self,
        model,
        image_size=None,
        center_crop=0.875,
        per_learner=False,
        gallery=None,
        max_pixels=MAX_PIXELS,
        load_image=None,
    ):
        super().__init__()
        check_same_keras(model, "model")
        check_share("center_crop", center_crop)
        check_count("max_pixels", max_pixels)
        if per_learner:
            check_has_learners(model, "per_learner")
        self._keras_model = lambda inputs: model(inputs, training=False)
        self._learner_parts = (
            (lambda embedding: learner_parts(model, embedding))
            if per_learner
            else None
        )
        self.inputs = ServedInputs(model, image_size)
        self.center_crop = center_crop
        self.max_pixels = max_pixels
        self.load_image = load_image
        self.gallery = gallery
        self.num_learners = getattr(model, "num_learners", None)
        self.masks = getattr(model, "masks", None)
        self.model_variables = raw_variables(model)
        self.lookup_tables = lookup_tables(model)
        self._embed_inputs = tf.function(self._from_inputs)
        self.from_inputs = self._embed_inputs.get_concrete_function(
            **self.inputs.specs
        )
        self.takes_bytes = self._can_take_bytes()
        if self.takes_bytes:
            self.from_bytes = tf.function(self._from_bytes, [_IMAGE_BYTES])

    @property
    def image_size(self):
        """Height and width of images, one number if equal; None without."""
        if self.inputs.image_shape is None:
            return None
        height, width, _ = self.inputs.image_shape
        return height if height == width else [height, width]

    @property
    def embedding_dim(self):
        return self.from_inputs.structured_outputs["embedding"].shape[-1]

    def signatures(self):
        """The functions of the signatures, by name."""
        signatures = {"serving_default": self.from_inputs}
        if self.takes_bytes:
            signatures["serving_bytes"] = self.from_bytes
        if self.gallery is not None:
            self.check_takes_bytes()
            self.search = tf.function(self._search, [_IMAGE_BYTES])
            signatures["search"] = self.search
        return signatures

    def check_takes_bytes(self):
        """Raises ValueError unless a gallery of images can be searched."""
        if not self.takes_bytes:
            raise ValueError(
                "gallery is for models of encoded images. Received: a model of "
                f"{', '.join(self.inputs.specs)}. Leave it out; dnc_keras."
                "search --gallery=FILE searches among vectors."
            )

    def bare_function(self):
        """The way from pixels or features to embeddings, without any check.

        For programs that are no server: what is checked and decoded in
        TensorFlow has no counterpart there.

        Raises:
            ValueError: for a model of several inputs.
        """
        if len(self.inputs.specs) > 1:
            raise ValueError(
                "Other formats than SavedModel are for models of one input. "
                f"Received: {', '.join(self.inputs.specs)}. Export without "
                "them."
            )
        return tf.function(
            lambda inputs: {"embedding": self._keras_model(inputs)},
            list(self.inputs.specs.values()),
        )

    def embed(self, tensors):
        """The outputs for inputs of the right shapes.

        Args:
            tensors: a dict of the arguments of `serving_default` by name.

        Returns:
            A dict of `embedding`, and `per_learner` if asked for.
        """
        num_rows = tf.shape(next(iter(tensors.values())))[0]
        inputs = {name: _at_least_one(x) for name, x in tensors.items()}
        embedding = self._keras_model(self.inputs.as_model_inputs(inputs))
        outputs = {"embedding": embedding[:num_rows]}
        if self._learner_parts:
            outputs["per_learner"] = self._learner_parts(outputs["embedding"])
        return outputs

    def _from_inputs(self, **tensors):
        return self.embed({k: _checked(x, k) for k, x in tensors.items()})

    def _can_take_bytes(self):
        if self.load_image is None:
            return self.inputs.are_images
        if not runs_python(self._load_own, tf.TensorSpec([], tf.string)):
            return True
        logging.warning(
            "The export has no signature serving_bytes: load_image runs "
            "Python (tf.py_function or tf.numpy_function), which a server "
            "cannot. Write it with TensorFlow's operations."
        )
        return False

    def _from_bytes(self, image_bytes):
        load = self._load_own if self.load_image else self._load_pixels
        inputs = tf.map_fn(
            load,
            tf.ensure_shape(image_bytes, [None]),
            fn_output_signature={
                name: tf.TensorSpec(spec.shape[1:], spec.dtype)
                for name, spec in self.inputs.specs.items()
            },
        )
        return self.embed(inputs)

    def _load_own(self, contents):
        load = with_seed(self.load_image)
        parts = tf.nest.flatten(load(contents, None))
        return {
            name: tf.ensure_shape(tf.cast(part, spec.dtype), spec.shape[1:])
            for part, (name, spec) in zip(parts, self.inputs.specs.items())
        }

    def _load_pixels(self, contents):
        return {"images": self._pixels(contents)}

    def _search(self, image_bytes):
        return self.gallery.search(self._from_bytes(image_bytes)["embedding"])

    def _pixels(self, contents):
        height, width, channels = self.inputs.image_shape
        if height == width:
            image = resize_and_center_crop(
                contents, height, self.center_crop, self.max_pixels
            )
        else:
            image = resize_and_center_crop_to(
                contents, height, width, self.center_crop, self.max_pixels
            )
        return _gray(image) if channels == 1 else image


def _gray(image):
    """The luma of RGB, as Pillow and JPEG have it (ITU-R BT.601)."""
    return tf.reduce_sum(image * [0.299, 0.587, 0.114], 2, keepdims=True)


def _at_least_one(tensor):
    """A row of zeros where there is none.

    A convolution of no images has a wrong shape with oneDNN, which TensorFlow
    takes on processors that suit it. Padding, not `tf.cond`: after a branch
    OpenVINO's first embeddings are wrong.
    """
    num_missing = tf.cast(tf.equal(tf.shape(tensor)[0], 0), tf.int32)
    padded = tf.pad(
        tensor,
        [[0, num_missing if size is None else 0] for size in tensor.shape],
    )
    row = tensor.shape[1:]
    # Converters to LiteRT need a shape that padding hides.
    return tf.reshape(padded, [-1, *row]) if None not in row else padded


def _checked(tensor, name):
    """Checks shape and values when it runs: a server feeds any tensor.

    NaN would go through many networks and come out as a number.
    """
    tensor = tf.ensure_shape(tensor, tensor.shape)
    if not tensor.dtype.is_floating:
        return tensor
    return tf.debugging.assert_all_finite(
        tensor, f"{name} must be finite numbers; correct the request"
    )
