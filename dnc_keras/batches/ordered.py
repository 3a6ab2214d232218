"""All images in their order, in batches, without anything random."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.arrays.workers import own_part
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_shard
from dnc_keras.support.pipelines import map_in_parallel


def image_dataset(
    num_images,
    load_image,
    batch_size=128,
    num_shards=1,
    shard=0,
    batched=False,
):
    """All images in their order, in batches, for features and evaluation.

    Args:
        num_images: the indices are 0 to `num_images - 1`.
        load_image: function from an int64 scalar tensor to an image tensor.
        batch_size: images of a batch; the last one may be smaller.
        num_shards: number of workers that share the images.
        shard: which of them this is, 0 to `num_shards - 1`; the images of all
            shards, one after the other, are all images.
        batched: whether `load_image` takes `[batch_size]` indices and returns
            all of their images.

    Returns:
        A `tf.data.Dataset` of `[batch_size, height, width, channels]` tensors.
    """
    check_count_or_zero("num_images", num_images)
    check_count("batch_size", batch_size)
    check_shard(num_shards, shard)
    part = own_part(num_images, num_shards, shard)
    dataset = tf.data.Dataset.range(part.start, part.stop)
    if batched:
        dataset = map_in_parallel(dataset.batch(batch_size), load_image)
    else:
        dataset = map_in_parallel(dataset, load_image).batch(batch_size)
    return dataset.prefetch(2)


def encoded_images(index):
    """All images of an index as they are on disk.

    Args:
        index: an `ImageIndex`.

    Returns:
        A `tf.data.Dataset` of `[batch_size]` string tensors.
    """
    return image_dataset(len(index), index.reader())
