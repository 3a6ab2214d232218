"""From what an index holds to what a model takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence
from typing import Optional

import tensorflow as tf

from dnc_keras import images
from dnc_keras.arrays.workers import own_part
from dnc_keras.batches.clustered import with_seed
from dnc_keras.batches.ordered import image_dataset


class Loading:
    """How the examples of an `ImageIndex` are read.

    Attributes:
        is_batched: whether the loaders take `[batch_size]` positions and
            `[batch_size, 2]` seeds at once, instead of a scalar and `[2]`.
        load_image: the user's own function, where there is one.
    """

    is_batched = False
    load_image = None

    def training_loader(self, index) -> Callable:
        """The function of (position, seed) for `clustered_dataset`."""
        raise NotImplementedError

    def evaluation_loader(self, index) -> Callable:
        """The function of a position, without anything random."""
        raise NotImplementedError

    def evaluation_batches(self, index, num_shards=1, shard=0):
        """All examples of an index in their order, for one pass or several.

        Args:
            index: an `ImageIndex`.
            num_shards: number of workers that share the examples.
            shard: which of them this is.

        Returns:
            A `tf.data.Dataset` of batches, or `StoredRows`.
        """
        return image_dataset(
            len(index),
            self.evaluation_loader(index),
            num_shards=num_shards,
            shard=shard,
            batched=self.is_batched,
        )


@dataclasses.dataclass(frozen=True)
class ImageLoading(Loading):
    """Decodes images: random crops in training, else the centre crop.

    Args:
        image_size: height and width of the result, in pixels.
        crop_scale: smallest share of the area in a random crop.
        flip: whether half of the images are mirrored in training.
        center_crop: share of the short side in the centre crop.
        is_random: whether training crops and mirrors at random; if not, it
            sees what evaluation sees.
        augment: what is done in training after that: a function from an image,
            `[image_size, image_size, 3]`, values 0 to 255, and a seed, `[2]`
            int64, to such an image. None: nothing.
    """

    image_size: int
    crop_scale: float = 0.08
    flip: bool = True
    center_crop: float = 0.875
    is_random: bool = True
    augment: Optional[Callable] = None

    def training_loader(self, index):
        read = index.reader()

        def load(position, seed):
            image = self._crop(read(position), seed)
            return self.augment(image, seed) if self.augment else image

        return load

    def _crop(self, contents, seed):
        if not self.is_random:
            return self._center_crop(contents)
        scale = (self.crop_scale, 1.0)
        return images.random_resized_crop(
            contents, self.image_size, seed, scale, flip=self.flip
        )

    def evaluation_loader(self, index):
        read = index.reader()
        return lambda position: self._center_crop(read(position))

    def _center_crop(self, contents):
        return images.resize_and_center_crop(
            contents, self.image_size, self.center_crop
        )


class VectorLoading(Loading):
    """Reads rows of features, those of a whole batch at once."""

    is_batched = True

    def training_loader(self, index):
        read = index.contents.batch_reader()
        return lambda positions, seed: read(positions)

    def evaluation_loader(self, index):
        return index.contents.batch_reader()

    def evaluation_batches(self, index, num_shards=1, shard=0):
        # Rows where they are, so that clustering need not copy them.
        return index.contents[own_part(len(index), num_shards, shard)]


@dataclasses.dataclass(frozen=True)
class ViewLoading(VectorLoading):
    """Reads rows of features, of several views of each example in training.

    Args:
        views: the features of the training examples, a `VectorRows` of
            `num_views * len(index)` rows: all of the first view, then all of
            the second, and so on.
        num_views: how many there are.
    """

    views: Sequence
    num_views: int

    def training_loader(self, index):
        read = self.views.batch_reader()

        def load(positions, seed):
            # In turn, from another one on in each epoch.
            view = tf.reduce_sum(seed, axis=1) % self.num_views
            return read(positions + view * len(index))

        return load


@dataclasses.dataclass(frozen=True)
class OwnLoading(Loading):
    """Hands what an index holds to a function of the user's.

    Args:
        load_image: function from what an example is, a scalar string tensor of
            the encoded image, or a `[feature_dim]` float32 row, to what the
            model takes. It may take a second argument, `seed`: a `[2]` int64
            tensor in training, None in evaluation.
    """

    load_image: Callable

    def training_loader(self, index):
        read, load = index.reader(), with_seed(self.load_image)
        return lambda position, seed: load(read(position), seed)

    def evaluation_loader(self, index):
        read, load = index.reader(), with_seed(self.load_image)
        return lambda position: load(read(position), None)
