"""Every module of tools/ can be imported, whether a test runs it or not."""

from __future__ import annotations

import importlib
import pathlib
import sys
from unittest import mock

import pytest

TOOLS = pathlib.Path(__file__).parents[2] / "tools"
MODULES = [
    ".".join(path.relative_to(TOOLS).with_suffix("").parts)
    for path in sorted(TOOLS.rglob("*.py"))
]

OURS = {"dnc_keras", *(module.split(".")[0] for module in MODULES)}


@pytest.mark.parametrize("module", MODULES)
def test_modules_find_what_they_import(module, monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    # What checks a served model forbids some imports, to be sure.
    with mock.patch.dict(sys.modules):
        _import(module)


def _import(module):
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        # Peers and what draws need not be installed.
        assert error.name.split(".")[0] not in OURS
