"""Names of a package that are imported late."""

from __future__ import annotations

import sys

import pytest

import dnc_keras
from dnc_keras.support.lazy_names import lazy_name

_PACKAGE = "a_package_of_a_test"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one module, that has one name."""
    folder = tmp_path / _PACKAGE
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "module.py").write_text("value = 3")
    (folder / "broken.py").write_text("import nothing_of_this_name")
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__(_PACKAGE)
    for name in [n for n in sys.modules if n.startswith(_PACKAGE)]:
        del sys.modules[name]


def test_a_name_comes_from_its_home_and_stays(package):
    assert lazy_name(_PACKAGE, "value", {"value": "module"}) == 3
    assert package.value == 3


def test_a_module_needs_no_home(package):
    assert lazy_name(_PACKAGE, "module", {}).value == 3


@pytest.mark.parametrize("name", ["nothing", "__wrapped__"])
def test_another_name_is_no_attribute(name, package):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        lazy_name(_PACKAGE, name, {})


def test_what_a_module_lacks_is_named(package):
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        lazy_name(_PACKAGE, "broken", {})


@pytest.mark.parametrize("package", [dnc_keras, dnc_keras.datasets])
def test_every_public_name_is_there(package):
    assert all(getattr(package, name) is not None for name in package.__all__)
