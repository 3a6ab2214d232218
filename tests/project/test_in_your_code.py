"""Each program of docs/in-your-code.md runs as it stands there."""

import pathlib
import re

import pytest

from dnc_keras._keras import keras

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "in-your-code.md"
HEADING_AND_PROGRAM = r"^## (.*?)$|^```python\n(.*?)^```$"


def programs():
    """Yields (heading, program); the first one is what all begin with."""
    heading = "start"
    text = PAGE.read_text(encoding="utf-8")
    for found in re.finditer(HEADING_AND_PROGRAM, text, re.M | re.S):
        if found[1]:
            heading = found[1]
        else:
            yield heading, found[2]


(_, START), *PROGRAMS = programs()


# KerasTuner, of threading.
@pytest.mark.filterwarnings(
    r"ignore:(currentThread|getName)\(\):DeprecationWarning"
)
@pytest.mark.parametrize("heading, program", PROGRAMS, ids=dict(PROGRAMS))
def test_a_program_of_the_page_runs(heading, program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "keras_tuner" in program and not _tuner_has_this_keras():
        pytest.skip("KerasTuner has another Keras")
    exec(compile(f"{START}\n{program}", PAGE.name, "exec"), {})  # noqa: S102


def _tuner_has_this_keras():
    # With TF_USE_LEGACY_KERAS it has not.
    return pytest.importorskip("keras").Model is keras.Model


def test_every_use_has_a_program():
    assert len(PROGRAMS) == 12
    # Loading one without the other would say so in another test.
    checked = [h for h, program in PROGRAMS if "assert " in program]
    assert len(checked) == len(PROGRAMS)
