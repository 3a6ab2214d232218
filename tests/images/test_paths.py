"""What cannot be read as an image is told before it is opened."""

from __future__ import annotations

import os
import socket

import pytest

from dnc_keras.images import paths


@pytest.fixture
def image(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"1")
    return file


def test_a_file_and_a_link_to_it_are_fit(image):
    link = image.with_name("b.png")
    link.symlink_to(image)
    assert paths.why_unfit(image) == paths.why_unfit(link) == ""


def test_a_fifo_is_told_without_opening_it(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    assert paths.why_unfit(tmp_path / "x.png") == "a FIFO, not a file"


def test_a_link_to_a_device_is_told(tmp_path):
    (tmp_path / "x.png").symlink_to("/dev/zero")
    assert paths.why_unfit(tmp_path / "x.png") == "a device, not a file"


def test_folders_and_sockets_are_told(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "x.png"))
        assert paths.why_unfit(tmp_path / "x.png") == "a socket, not a file"
    assert paths.why_unfit(tmp_path) == "a folder, not a file"


def test_links_to_nothing_and_to_themselves_are_told(tmp_path):
    (tmp_path / "x.png").symlink_to("absent")
    (tmp_path / "y.png").symlink_to("y.png")
    assert "No such file" in paths.why_unfit(tmp_path / "x.png")
    assert "symbolic links" in paths.why_unfit(tmp_path / "y.png")


def test_a_file_that_is_too_large_is_told_without_reading_it(image):
    os.truncate(image, paths.MAX_BYTES + 1)  # Takes no room on the disk.
    assert paths.why_unfit(image) == "536870913 bytes, more than 536870912"


def test_names_that_are_no_utf8_become_a_tensor():
    name = os.fsdecode(b"caf\xe9.png")
    assert paths.as_tensor(["a", name]).numpy().tolist() == [
        b"a",
        b"caf\xe9.png",
    ]
