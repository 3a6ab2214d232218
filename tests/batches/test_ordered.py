"""All images come out once, in their order."""

from __future__ import annotations

from helpers.image_files import index_of
from helpers.image_files import left_dark

from dnc_keras.batches.ordered import encoded_images
from dnc_keras.batches.ordered import image_dataset


def test_workers_share_all_images_in_their_order():
    parts = [image_dataset(7, lambda i: i, 2, 3, shard) for shard in range(3)]
    shared = [[batch.numpy().tolist() for batch in part] for part in parts]
    assert shared == [[[0, 1]], [[2, 3]], [[4, 5], [6]]]


def test_image_dataset_keeps_the_order_and_the_last_few():
    dataset = image_dataset(5, lambda i: i * 10, batch_size=2)
    batches = [batch.numpy().tolist() for batch in dataset]
    assert batches == [[0, 10], [20, 30], [40]]


def test_encoded_images_are_the_bytes_themselves():
    index = index_of(left_dark(), left_dark(4))
    (contents,) = encoded_images(index)
    assert contents.numpy().tolist() == [index.contents[0], index.contents[1]]
