"""Reads TFRecord files, and tells where in the file each record is."""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

# Before each record stand its length and a checksum, after it a checksum.
_HEADER_SIZE, _FOOTER_SIZE = 12, 4
_BUFFER_SIZE = 2**23


def read_records(file: str, num_records: int) -> Iterator[tuple[int, bytes]]:
    """The records of a file, one at a time.

    Args:
        file: a TFRecord file without compression.
        num_records: how many it must hold.

    Returns:
        A generator of (position of the first byte in the file, record).

    Raises:
        ValueError: for a file that is damaged or ends too early.
    """
    position, count = 0, 0
    try:
        records = tf.data.TFRecordDataset(file, buffer_size=_BUFFER_SIZE)
        for count, record in enumerate(records.as_numpy_iterator(), 1):
            yield position + _HEADER_SIZE, record
            position += _HEADER_SIZE + len(record) + _FOOTER_SIZE
    except tf.errors.DataLossError as error:
        raise ValueError(_damage(file, count, num_records)) from error
    if count != num_records:
        raise ValueError(_damage(file, count, num_records))


def _damage(file, count, num_records):
    return (
        f"{file!r} must hold {num_records} records. Received: {count} that are "
        "whole. Copy it again, or prepare the data set again."
    )
