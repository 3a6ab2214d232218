"""What a killed process leaves is removed; what a living one writes is not."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from dnc_keras.support.hidden_folders import hidden_folder
from dnc_keras.support.whole_files import whole_folder
from dnc_keras.support.whole_files import write_text

WRITE = """
import sys
from dnc_keras.support.whole_files import whole_file

with whole_file(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
    file.write(b" and half")
"""


def start_writer(path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"written\n"
    return process


def test_a_killed_writer_leaves_the_file_and_the_next_cleans(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("of yesterday")
    with start_writer(path) as one, start_writer(path) as other:
        one.send_signal(signal.SIGKILL)
        other.send_signal(signal.SIGKILL)
    assert path.read_text() == "of yesterday"
    assert len(os.listdir(tmp_path)) == 3
    write_text(path, "of today")
    assert path.read_text() == "of today"
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_kill_leaves_no_half_folder(tmp_path):
    program = (
        "import os, signal, sys; from dnc_keras.export.versions import *\n"
        "with new_version(sys.argv[1]) as (version, folder):\n"
        "    folder.mkdir(); (folder / 'saved_model.pb').touch()\n"
        "    if version.name == '2': os.kill(os.getpid(), signal.SIGKILL)"
    )
    for names in (["1"], [".2.tmp-1", "1"]):
        subprocess.run([sys.executable, "-c", program, str(tmp_path)])
        assert sorted(os.listdir(tmp_path)) == names
    with whole_folder(tmp_path / "2") as folder:
        folder.mkdir()
    assert sorted(os.listdir(tmp_path)) == ["1", "2"]


def test_a_living_writer_is_left_alone(tmp_path):
    path = tmp_path / "page.html"
    with start_writer(path) as process:
        write_text(path, "quick")
        assert path.read_text() == "quick"
        process.stdin.close()
    assert process.returncode == 0
    assert path.read_text() == "half and half"
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_link_under_the_hidden_name_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".page.html.tmp-1").symlink_to(outside)
    write_text(home / "page.html", "text")
    assert (outside / "file").read_text() == "kept"
    assert (home / "page.html").read_text() == "text"


def test_a_link_under_the_name_of_the_lock_is_not_opened(tmp_path):
    (tmp_path / "file").write_text("kept")
    folder = tmp_path / ".page.html.tmp-1"
    folder.mkdir()
    (folder / ".lock").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match="symbolic links"):
        write_text(tmp_path / "page.html", "text")
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\udce9"])
def test_a_name_may_be_as_long_as_names_are(tmp_path, letter):
    name = letter * (255 // len(os.fsencode(letter)))
    write_text(tmp_path / name, "text")
    assert os.listdir(tmp_path) == [name]


def test_the_folder_is_empty_whatever_was_left_there(tmp_path):
    left = tmp_path / ".page.html.tmp-1"
    (left / "page.html" / "deep").mkdir(parents=True)
    (left / "file").write_text("half")
    with hidden_folder(tmp_path / "page.html") as folder:
        assert folder == left
        assert os.listdir(folder) == [".lock"]
    assert os.listdir(tmp_path) == []


def test_files_are_written_where_no_file_system_locks(tmp_path, monkeypatch):
    """As on some of networks; then what others left stays."""

    def fail(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    (tmp_path / ".page.html.tmp-1").mkdir()
    for text in ("one", "two"):
        write_text(tmp_path / "page.html", text)
        assert (tmp_path / "page.html").read_text() == text
        assert sorted(os.listdir(tmp_path)) == [".page.html.tmp-1", "page.html"]
