"""A file is there when it is whole, and the one before until then."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.support.whole_files import read_json
from dnc_keras.support.whole_files import whole_file
from dnc_keras.support.whole_files import write_csv
from dnc_keras.support.whole_files import write_json
from dnc_keras.support.whole_files import write_npz


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "file"
    with whole_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_file_before(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), whole_file(path) as file:
        file.write(b"half of the n")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    write_json(path, {"epoch": 1})
    with pytest.raises(TypeError):
        write_json(path, {"epoch": object()})
    assert read_json(path) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_numpy_reads_an_archive(tmp_path):
    arrays = {"a/b": np.arange(6).reshape(2, 3), "c": np.float32(0.5)}
    write_npz(tmp_path / "a.npz", arrays)
    with np.load(tmp_path / "a.npz") as saved:
        assert sorted(saved.files) == ["a/b", "c"]
        for name, array in arrays.items():
            np.testing.assert_array_equal(saved[name], array, strict=True)


def test_a_csv_file_has_the_columns_of_all_rows(tmp_path):
    path = tmp_path / "out.csv"
    write_csv(path, [{"a": 1}, {"b": "x,y", "a": 2}])
    assert path.read_text() == 'a,b\n1,\n2,"x,y"\n'


def test_a_csv_file_without_rows_has_its_header(tmp_path):
    write_csv(tmp_path / "out.csv", [], ["a", "b"])
    assert (tmp_path / "out.csv").read_text() == "a,b\n"


def test_a_csv_file_keeps_names_that_are_not_utf8(tmp_path):
    write_csv(tmp_path / "out.csv", [{"a": "caf\udce9"}])
    assert (tmp_path / "out.csv").read_text() == "a\ncaf\\udce9\n"
