"""What the README shows works as it stands there."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).parents[2] / "README.md"


def _text():
    return README.read_text(encoding="utf-8")


def test_the_programs_run_one_after_the_other(tmp_path):
    programs = re.findall(r"^```python\n(.*?)^```$", _text(), re.M | re.S)
    assert len(programs) == 2
    program = "\n".join(programs)
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def test_both_commands_are_there():
    for command in (
        'pip install -e ".[tensorflow]" && python -m dnc_keras.train',
        'pip install -e ".[tensorflow,tests]" && python -m pytest',
    ):
        assert command in _text()


def test_it_is_read_in_a_few_minutes():
    assert len(_text().splitlines()) < 160
