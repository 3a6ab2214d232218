"""All images in their order, in batches, without anything random."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras import images
from dnc_keras.arrays.workers import own_part
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_shard


def image_dataset(
    num_images, load_image, batch_size=128, num_shards=1, shard=0
):
    """All images in their order, in batches, for features and evaluation.

    Args:
        num_images: the indices are 0 to `num_images - 1`.
        load_image: function from an int64 scalar tensor to an image tensor.
        batch_size: images of a batch; the last one may be smaller.
        num_shards: number of workers that share the images.
        shard: which of them this is, 0 to `num_shards - 1`; the images of all
            shards, one after the other, are all images.

    Returns:
        A `tf.data.Dataset` of `[batch_size, height, width, channels]` tensors.
    """
    check_count_or_zero("num_images", num_images)
    check_count("batch_size", batch_size)
    check_shard(num_shards, shard)
    part = own_part(num_images, num_shards, shard)
    dataset = tf.data.Dataset.range(part.start, part.stop)
    dataset = dataset.map(load_image, tf.data.AUTOTUNE)
    return dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def evaluation_images(
    index, image_size, center_crop=0.875, num_shards=1, shard=0
):
    """All images of an index, without anything random.

    Args:
        index: an `ImageIndex`.
        image_size: height and width of the images, in pixels.
        center_crop: share of the short side in the centre crop.
        num_shards: number of workers that share the images.
        shard: which of them this is.

    Returns:
        A `tf.data.Dataset` of `[batch_size, image_size, image_size, 3]`.
    """
    read = index.reader()

    def load_image(position):
        return images.resize_and_center_crop(
            read(position), image_size, center_crop
        )

    return image_dataset(
        len(index), load_image, num_shards=num_shards, shard=shard
    )


def encoded_images(index):
    """All images of an index as they are on disk.

    Args:
        index: an `ImageIndex`.

    Returns:
        A `tf.data.Dataset` of `[batch_size]` string tensors.
    """
    return image_dataset(len(index), index.reader())
