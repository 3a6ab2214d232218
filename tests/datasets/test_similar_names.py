"""Classes that people would take for one are named."""

from __future__ import annotations

import pytest

from dnc_keras.datasets.similar_names import warn_of_similar


@pytest.mark.parametrize(
    "other",
    [
        *("Shoe\u0301", "shoe\u0301 ", "\u00a0shoe\u0301", "sho\u00e9"),
        *("SHO\u00c9", "s\u200bho\u00e9", "\ufeffsho\u00e9", "\uff53ho\u00e9"),
        *("sho\u00e9\x00", "sho\u00e9\ufe0f", "\u017fhoe\u0301"),
    ],
)
def test_blanks_case_and_unicode_form_are_told(caplog, other):
    warn_of_similar(["hat", "shoe\u0301", other])
    assert ascii(other) in caplog.text
    assert "'hat'" not in caplog.text


def test_other_names_are_not(caplog):
    warn_of_similar(["shoe", "shoes", "sho\u00e9", "shoe", "1", "01"])
    assert not caplog.text
