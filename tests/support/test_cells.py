"""No cell that is written is a formula."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from dnc_keras.support.cells import defused


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-x.png", "@a", "\ta", "\ra", "\na", " =a", "\u00a0@a"),
        *("\u200b=a", "\ufeff-a", "\uff1d1", "-1.5 =a", "-1-1", "-", "-inf"),
    ],
)
def test_what_begins_as_a_formula_is_text(text):
    assert defused(text) == "'" + text
    assert defused(defused(text)) == "'" + text


@pytest.mark.parametrize(
    "value",
    [
        *(None, -1.5, True, np.float32(-2.0), np.int64(-3)),
        *("-1.5", "-3", "-1e-05", "a=b", "'=a", "", " a", "1+1", "\u00e9"),
    ],
)
def test_other_values_stay(value):
    assert defused(value) is value


def test_other_objects_are_their_text():
    assert defused(pathlib.Path("-a/b.png")) == "'-a/b.png"
    assert defused(["=a"]) == "['=a']"
