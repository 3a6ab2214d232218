"""Ten million rows of a csv file, whose images all exist."""

import os
import pathlib
import tempfile

import dnc_keras as dnc
from benchmarks.measures import MEGABYTE
from benchmarks.measures import peak_bytes
from benchmarks.measures import seconds_of

NUM_FOLDERS = 1_000
NUM_FILES = 10_000


def run(arguments):
    with tempfile.TemporaryDirectory() as folder:
        file = _write(pathlib.Path(folder))
        before = peak_bytes()
        seconds = seconds_of(lambda: dnc.datasets.load("csv", file))
    return [
        {
            "work": f"csv, {NUM_FOLDERS * NUM_FILES:,} rows to an index, each "
            "path checked",
            "ours": f"{seconds:.0f} s, {peak_bytes() / MEGABYTE:.0f} MB",
            "against": f"{before / MEGABYTE:.0f} MB, the process before",
            "ratio": "-",
            "goal": "< 60 s, < 2048 MB",
        }
    ]


def _write(folder):
    """The images of a folder are names of one file."""
    names = [f"img_{number:05d}.jpg" for number in range(NUM_FILES)]
    file = folder / "labels.csv"
    with open(file, "w", encoding="utf-8") as text:
        text.write("path,label,split\n")
        for number in range(NUM_FOLDERS):
            part = f"part{number:04d}"
            _fill(folder / part, names)
            split = "train" if number % 2 else "test"
            text.writelines(
                f"{part}/{name},{split} {number}-{row % 100},{split}\n"
                for row, name in enumerate(names)
            )
    return file


def _fill(folder, names):
    folder.mkdir()
    first = folder / names[0]
    first.touch()
    for name in names[1:]:
        os.link(first, folder / name)
