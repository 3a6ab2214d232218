"""A file is there when it is whole, and the one before until then."""

from __future__ import annotations

import csv
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.full_disk import no_file_beyond

from dnc_keras.support.whole_files import read_json
from dnc_keras.support.whole_files import replaced
from dnc_keras.support.whole_files import whole_file
from dnc_keras.support.whole_files import whole_folder
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


def test_a_writer_gets_a_hidden_path_of_the_same_name(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    with replaced(path) as unfinished:
        assert unfinished.parent.parent == tmp_path
        assert unfinished.parent.name.startswith(".model.keras.tmp")
        assert unfinished.name == "model.keras"
        unfinished.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("half", [True, False])
def test_a_writer_that_fails_leaves_the_file_before(tmp_path, half):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replaced(path) as unfinished:
        if half:
            unfinished.write_bytes(b"ne")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "copy"
    with ThreadPoolExecutor(2) as pool, whole_file(path) as first:
        first.write(b"first")

        def write_second():
            with whole_file(path) as second:
                second.write(b"second")

        pool.submit(write_second).result()
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    events = []

    def fsync(descriptor):
        events.append(
            os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        )

    def replace(source, target, rename=os.replace):
        events.append("renamed")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    with whole_file(tmp_path / "file") as file:
        file.write(b"content")
    assert events == ["file", "renamed", tmp_path.name]
    assert (tmp_path / "file").read_bytes() == b"content"


def test_all_of_a_folder_is_on_the_disk_before_it_has_its_name(
    tmp_path, monkeypatch
):
    synced = set()
    rename = os.rename

    def fsync(descriptor):
        path = pathlib.Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        synced.add(path.name)

    def checked_rename(source, target):
        assert synced == {"1", "variables", "data", "model.pb"}
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", checked_rename)
    with whole_folder(tmp_path / "1") as unfinished:
        (unfinished / "variables").mkdir(parents=True)
        (unfinished / "variables" / "data").write_bytes(b"data")
        (unfinished / "model.pb").write_bytes(b"model")
    assert tmp_path.name in synced


def test_a_full_disk_is_told_with_the_file_and_what_to_do(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(OSError) as raised, no_file_beyond(10_000):
        with whole_file(path) as file:
            file.write(bytes(100_000))
    assert str(raised.value).startswith(
        f"{path} must have room to be written. Received: File too large. Make"
    )
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_when_it_is_whole(tmp_path):
    with whole_folder(tmp_path / "1") as unfinished:
        unfinished.mkdir()
        (unfinished / "file").write_bytes(b"content")
        assert not (tmp_path / "1").exists()
    assert (tmp_path / "1" / "file").read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [tmp_path / "1"]


def test_an_error_leaves_no_folder(tmp_path):
    folder = tmp_path / "1"
    with pytest.raises(RuntimeError), whole_folder(folder) as unfinished:
        unfinished.mkdir()
        (unfinished / "file").write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_writer_is_kept(tmp_path):
    with pytest.raises(OSError), whole_folder(tmp_path / "1") as unfinished:
        unfinished.mkdir()
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "file").write_bytes(b"of another writer")
    assert (tmp_path / "1" / "file").read_bytes() == b"of another writer"
    assert list(tmp_path.iterdir()) == [tmp_path / "1"]


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


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x.png", "@a", "\ta"])
def test_a_csv_file_has_no_formulas(tmp_path, text):
    write_csv(tmp_path / "out.csv", [{"a": text, "b": -1.5}, {"b": 2}])
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["a", "b"], ["'" + text, "-1.5"], ["", "2"]]


def test_the_header_of_a_csv_file_has_no_formulas(tmp_path):
    write_csv(tmp_path / "out.csv", [{"=a": 1}])
    assert (tmp_path / "out.csv").read_text() == "'=a\n1\n"


def test_a_csv_file_has_a_line_for_each_row(tmp_path):
    write_csv(tmp_path / "out.csv", [{"a": "b\rc"}])
    assert (tmp_path / "out.csv").read_bytes() == b"a\nb\\rc\n"


def test_json_has_null_for_what_is_no_number(tmp_path):
    numbers = {"nan": float("nan"), "all": [1.5, (float("-inf"), None)]}
    write_json(tmp_path / "a.json", numbers)
    text = (tmp_path / "a.json").read_text()
    assert text.split() == (
        '{ "nan": null, "all": [ 1.5, [ null, null ] ] }'.split()
    )


def test_a_redirected_output_is_written_into(tmp_path):
    program = (
        "from dnc_keras.support.whole_files import write_json\n"
        "print('first', flush=True); write_json('/dev/stdout', {})"
    )
    with open(tmp_path / "out", "a") as out:
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True)
    assert os.path.islink("/dev/stdout")
    assert (tmp_path / "out").read_text().endswith("{}\n")


def test_a_device_and_a_pipe_are_written_into_and_stay(tmp_path):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_json(pipe, {"a": 1})
    assert os.read(reader, 99) == b'{\n  "a": 1\n}\n'
    os.close(reader)
    assert pipe.is_fifo()
    write_json("/dev/null", {"a": 1})
    assert pathlib.Path("/dev/null").is_char_device()
    assert os.listdir(tmp_path) == ["pipe.json"]
