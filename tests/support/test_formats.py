"""Files name the version of their format, and newer ones get a warning."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.support.formats import is_newer
from dnc_keras.support.formats import stamped
from dnc_keras.support.formats import unstamped


def test_what_is_stamped_comes_back_unstamped(caplog):
    contents = {"epoch": 3}
    assert stamped(contents) == {"format_version": 1, "epoch": 3}
    assert unstamped("log.jsonl", stamped(contents)) == [contents]
    assert not caplog.text


def test_files_of_the_time_before_formats_are_read(caplog):
    assert unstamped("log.jsonl", {"epoch": 3}) == [{"epoch": 3}]
    assert not caplog.text


@pytest.mark.parametrize("version", [2, 99, "two", None, [1]])
def test_a_newer_format_is_named_once(version, caplog):
    line = {"format_version": version, "epoch": 3}
    assert unstamped("log.jsonl", line, line) == [{"epoch": 3}] * 2
    assert caplog.text.count(f"log.jsonl has format {version}") == 1


def test_a_version_may_be_an_array():
    assert not is_newer({"format_version": np.array(1)})
    assert is_newer({"format_version": np.array(2)})
    assert is_newer({"format_version": np.array([1])})
