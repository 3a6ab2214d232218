"""Encoded images are read in batches of a bounded size."""

from __future__ import annotations

import os

from dnc_keras.gallery.encoded_images import bounded_batches
from dnc_keras.gallery.encoded_images import size_of_file


def test_a_batch_has_a_bound_of_files_and_of_bytes(tmp_path):
    sizes = [2**27, 2**27, 1, 2**28 + 1, *[1] * 130]
    files = [tmp_path / f"{number:03}.png" for number in range(len(sizes))]
    for file, size in zip(files, sizes):
        file.touch()
        os.truncate(file, size)  # Takes no room on the disk.
    batches = list(bounded_batches(files, size_of_file))
    assert [len(batch) for batch in batches] == [2, 1, 1, 128, 2]
    assert sum(batches, []) == files


def test_a_file_that_is_gone_is_left_to_its_reader(tmp_path):
    files = [tmp_path / "x"]
    assert list(bounded_batches(files, size_of_file)) == [files]
