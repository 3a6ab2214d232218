"""What a server runs: signatures for pixels, encoded images and search."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import raw_variables
from dnc_keras.export.learners import check_has_learners
from dnc_keras.export.learners import learner_parts
from dnc_keras.images import MAX_PIXELS
from dnc_keras.images import check_header
from dnc_keras.images import resize_and_center_crop

_IMAGE_BYTES = tf.TensorSpec([None], tf.string, "image_bytes")


class ServingModel(tf.Module):
    """A model with all that is done to images before, and search after.

    It holds the variables: a Keras model itself would drag its layers in.

    Args:
        model: a `DivideAndConquer`, or another Keras model from images to
            embeddings.
        image_size: height and width that the model takes, in pixels.
        center_crop: share of the short side of encoded images that is kept.
        per_learner: whether the outputs have `per_learner`, as
            `learner_parts` makes it.
        gallery: a `Gallery`, for the signature `search`, or None; may be set
            later.
        max_pixels: encoded images with more pixels are refused.
    """

    def __init__(
        self,
        model,
        image_size,
        center_crop=0.875,
        per_learner=False,
        gallery=None,
        max_pixels=MAX_PIXELS,
    ):
        super().__init__()
        if per_learner:
            check_has_learners(model, "per_learner")
        self._keras_model = lambda images: model(images, training=False)
        self._learner_parts = (
            (lambda embedding: learner_parts(model, embedding))
            if per_learner
            else None
        )
        self.image_size = image_size
        self.center_crop = center_crop
        self.max_pixels = max_pixels
        self.gallery = gallery
        self.num_learners = getattr(model, "num_learners", None)
        self.masks = getattr(model, "masks", None)
        self.model_variables = raw_variables(model)
        images = tf.TensorSpec(self.image_shape, tf.float32, "images")
        self.from_images = tf.function(self._from_images, [images])
        self.from_bytes = tf.function(self._from_bytes, [_IMAGE_BYTES])

    @property
    def image_shape(self):
        """`[None, image_size, image_size, 3]`."""
        return [None, self.image_size, self.image_size, 3]

    @property
    def embedding_dim(self):
        outputs = self.from_images.get_concrete_function().structured_outputs
        return outputs["embedding"].shape[-1]

    def signatures(self):
        """The functions of the signatures, by name."""
        signatures = {
            "serving_default": self.from_images,
            "serving_bytes": self.from_bytes,
        }
        if self.gallery is not None:
            self.search = tf.function(self._search, [_IMAGE_BYTES])
            signatures["search"] = self.search
        return signatures

    def pixels_function(self):
        """The way from pixels to embeddings alone, without any check.

        For programs that are no server: what is checked and decoded in
        TensorFlow has no counterpart there.
        """
        images = tf.TensorSpec(self.image_shape, tf.float32, "images")
        return tf.function(
            lambda images: {"embedding": self._keras_model(images)}, [images]
        )

    def embed(self, images):
        """The outputs for pixels of the right shape.

        Args:
            images: `[batch_size, image_size, image_size, 3]` float32 tensor,
                values 0 to 255.

        Returns:
            A dict of `embedding`, and `per_learner` if asked for.
        """
        num_images = tf.shape(images)[0]
        embedding = self._keras_model(self._at_least_one(images))[:num_images]
        outputs = {"embedding": embedding}
        if self._learner_parts:
            outputs["per_learner"] = self._learner_parts(embedding)
        return outputs

    def _at_least_one(self, images):
        """A black image where there is none.

        A convolution of no images has a wrong shape with oneDNN, which
        TensorFlow takes on processors that suit it.
        """
        return tf.cond(
            tf.shape(images)[0] > 0,
            lambda: images,
            lambda: tf.zeros([1, *self.image_shape[1:]]),
        )

    def _from_images(self, images):
        return self.embed(_check_shape(images, "images"))

    def _from_bytes(self, image_bytes):
        images = tf.map_fn(
            self._pixels,
            _check_shape(image_bytes, "image_bytes"),
            fn_output_signature=tf.TensorSpec(self.image_shape[1:]),
        )
        return self.embed(images)

    def _search(self, image_bytes):
        return self.gallery.search(self._from_bytes(image_bytes)["embedding"])

    def _pixels(self, contents):
        contents = check_header(contents, self.max_pixels)
        return resize_and_center_crop(
            contents, self.image_size, self.center_crop
        )


def _check_shape(tensor, name):
    """Checks the shape when it runs: a server feeds tensors of any shape."""
    expected = tensor.shape
    # With a placeholder TensorFlow takes no shape for granted.
    unknown = tf.compat.v1.placeholder_with_default(tensor, None, name)
    return tf.ensure_shape(unknown, expected)
