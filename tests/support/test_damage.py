"""Damaged files are named in one line; faults of code are not hidden."""

from __future__ import annotations

import json
import lzma
import struct
import zipfile
import zlib

import numpy as np
import pytest

from dnc_keras.support.damage import reading


def read(path, function):
    with open(path, "rb") as file, reading(path, "a file", "Write it anew."):
        return function(file)


READERS = {
    "json": json.load,
    "text": lambda file: file.read().decode(),
    "npz": lambda file: np.load(file)["a"],
    "zip": lambda file: zipfile.ZipFile(file).read("a"),
    "zlib": lambda file: zlib.decompress(file.read()),
    "lzma": lambda file: lzma.decompress(file.read()),
    "struct": lambda file: struct.unpack("<4d", file.read()),
    "wrong structure": lambda file: json.load(file)["a"]["b"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", [b"\xff\xfe", b'"a"', b"[" * 100_000])
def test_a_damaged_file_is_named(tmp_path, reader, content):
    if (reader, content) in (("json", b'"a"'), ("text", b'"a"')):
        return
    if reader == "text":
        content = b"\xff" + content
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError) as raised:
        read(path, READERS[reader])
    message = str(raised.value)
    assert message.startswith(f"{str(path)!r} must be a file. Received: ")
    assert message.endswith(". Write it anew.")
    assert "\n" not in message


def test_a_missing_file_keeps_its_kind(tmp_path):
    with pytest.raises(FileNotFoundError):
        with reading(tmp_path / "gone", "a file", "Write it anew."):
            open(tmp_path / "gone")


def test_a_fault_of_code_is_none_of_a_file(tmp_path):
    with pytest.raises(AssertionError):
        with reading(tmp_path / "file", "a file", "Write it anew."):
            raise AssertionError


def test_an_error_without_a_word_is_told_by_its_kind(tmp_path):
    with pytest.raises(ValueError, match="Received: EOFError. Write"):
        with reading(tmp_path / "file", "a file", "Write it anew."):
            raise EOFError
