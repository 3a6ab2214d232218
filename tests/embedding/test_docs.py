"""The programs of docs/python.md run as they stand there."""

from __future__ import annotations

import pathlib
import re
import shutil

import numpy as np

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "python.md"


def test_programs_of_the_page_run(of_images, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(of_images.path, "runs/cars")
    shutil.copy(files[2], "new.jpg")
    programs = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names = {"paths": [str(file) for file in files]}
    for program in programs:
        exec(compile(program, PAGE.name, "exec"), names)  # noqa: S102
    assert names["rows"][0][0] == 2 and len(programs) == 2
    np.testing.assert_allclose(names["distances"][0][0], 0, atol=1e-6)
