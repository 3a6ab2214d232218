"""What an extra brings is imported, or the advice is one line."""

import json
import sys

import pytest

from dnc_keras.support.extras import import_extra


def test_an_installed_module_is_returned():
    assert import_extra("json", "some", "a test needs json") is json


def test_a_missing_module_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ValueError) as raised:
        import_extra(
            "faiss", "faiss", "index=faiss needs faiss-cpu", ", or use exact"
        )
    assert str(raised.value) == (
        "index=faiss needs faiss-cpu. Received: import of faiss halted; None "
        'in sys.modules. Run `pip install "dnc-keras[faiss]"`, or use exact.'
    )


def test_a_module_that_does_not_work_is_named_in_one_line(
    tmp_path, monkeypatch
):
    text = 'raise ImportError("A library is too old.\\nMore lines.")\n'
    (tmp_path / "module_that_fails.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError) as raised:
        import_extra("module_that_fails", "some", "a test needs it")
    assert str(raised.value) == (
        "a test needs it. Received: A library is too old. "
        'Run `pip install "dnc-keras[some]"`.'
    )
