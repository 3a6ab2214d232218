"""A file may be called anything: the terminal shows it, and does not obey."""

from __future__ import annotations

import os
import re

import pytest
from absl import logging
from helpers.image_files import write_classes
from helpers.settings import SMALL_FLAGS

from dnc_keras._outputs import prepare_terminal
from dnc_keras._outputs import say

ODD = "a\x1b[2J\r\n\u202eb\x9b31m\udce9"
ESCAPED = r"a\x1b[2J\r\n\u202eb\x9b31m\udce9"
# Nothing but line ends and what has a shape.
HARMLESS = re.compile(
    r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u202e\ud800-\udfff]*"
)


def test_a_line_is_one_line(capsys):
    say(ODD)
    assert capsys.readouterr().out == ESCAPED + "\n"


def test_a_warning_is_one_line(caplog):
    prepare_terminal()
    record = logging.get_absl_logger().makeRecord(
        "absl", logging.logging.WARNING, "", 0, "%s is lost", (ODD,), None
    )
    assert logging.get_absl_handler().filter(record)
    assert record.getMessage() == f"{ESCAPED} is lost"


@pytest.mark.parametrize("program", ["datasets", "train", "search"])
def test_programs_print_harmless_names(start, tmp_path, program):
    write_classes(tmp_path / ODD)
    names = tmp_path / ODD / "c0"
    os.rename(names / "0.png", names / (ODD + ".png"))
    (tmp_path / ODD / "c1" / (ODD + ".png")).write_bytes(b"no image")
    flags = {
        "datasets": ["--dataset=folder", f"--data_dir={ODD}"],
        "train": [*SMALL_FLAGS, f"--data_dir={ODD}", "--run_dir=run"],
        "search": [f"--gallery={ODD}", f"--query={ODD}", f"--export_dir={ODD}"],
    }
    ended = start(program, *flags[program])
    printed = ended.stdout + ended.stderr
    assert r"b\x9b31m\udce9" in printed
    assert HARMLESS.fullmatch(printed), repr(printed)
    assert "Traceback" not in printed
