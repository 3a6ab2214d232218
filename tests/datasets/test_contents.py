"""Images that are ranges of bytes in larger files."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.datasets.contents import ByteRanges


def _ranges(root):
    """Three images in two files: abc, de and fgh."""
    (root / "0.bin").write_bytes(b"..abcfgh")
    (root / "1.bin").write_bytes(b"de")
    return ByteRanges(
        [root / "0.bin", root / "1.bin"],
        np.array([0, 1, 0]),
        np.array([2, 0, 5]),
        np.array([3, 2, 3]),
    )


def test_byte_ranges_are_read_from_their_file(tmp_path):
    ranges = _ranges(tmp_path)
    assert len(ranges) == 3
    assert [ranges[i] for i in range(3)] == [b"abc", b"de", b"fgh"]


@pytest.mark.parametrize("key", [[2, 0], [True, False, True]])
def test_a_subset_of_byte_ranges_reads_the_same_files(tmp_path, key):
    subset = _ranges(tmp_path)[np.array(key)]
    assert len(subset) == 2
    assert sorted([subset[0], subset[1]]) == [b"abc", b"fgh"]


def test_a_file_that_became_shorter_is_named(tmp_path):
    ranges = _ranges(tmp_path)
    (tmp_path / "0.bin").write_bytes(b"..abcf")
    message = "0.bin' is shorter .* image 2 ended after 1 of 3 bytes. Write"
    with pytest.raises(OSError, match=message):
        ranges[2]
