"""TFRecord files that are damaged are named."""

from __future__ import annotations

import pytest
from helpers.prepared_files import prepare

from dnc_keras import datasets

pytestmark = pytest.mark.usefixtures("no_network")


def _check_shard_refused(data_dir, message):
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("cars196", data_dir)
    assert "cars196-train.tfrecord-00000-of-00002'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["header", "image", "end"])
def test_a_truncated_file_is_named(tmp_path, place):
    shard = prepare(tmp_path) / "cars196-train.tfrecord-00000-of-00002"
    content = shard.read_bytes()
    length = 16 + int.from_bytes(content[:8], "little")
    # At the end of a record, only the number of records tells.
    size = {"header": length + 5, "image": len(content) - 60, "end": length}
    shard.write_bytes(content[: size[place]])
    message = "must hold 2 records. Received: 1 that are whole. Copy it again"
    _check_shard_refused(tmp_path, message)


def test_a_damaged_file_is_named(tmp_path):
    shard = prepare(tmp_path) / "cars196-train.tfrecord-00000-of-00002"
    content = bytearray(shard.read_bytes())
    content[40] ^= 255
    shard.write_bytes(content)
    _check_shard_refused(tmp_path, "2 records. Received: 0 that are whole.")
