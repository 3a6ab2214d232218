"""The layout in docs/design.md is that of the tree."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "dnc_keras"


def _layout():
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    return re.search(r"## Layout\n.*?```\n(.*?)```", text, re.DOTALL)[1]


def _package_lines():
    """The lines of the package, which come first."""
    package = _layout().partition("\nflags/")[0]
    return package.splitlines()[1:]


def _described():
    """What the layout says of each folder of the package, by its name."""
    found, name = {}, None
    for line in _package_lines():
        entry = re.match(r"  ([\w.]+)(/?)", line)
        if entry:
            name = entry[1] if entry[2] else None
        if name:
            found[name] = found.get(name, "") + line
    return found


FOLDERS = sorted(
    path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()
)


def test_every_folder_of_the_package_has_a_place():
    assert sorted(_described()) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_that_a_folder_is_said_to_hold_exist(folder):
    named = re.findall(r"\b(\w+\.py)\b", _described()[folder])
    tree = {path.name for path in (PACKAGE / folder).glob("*.py")}
    assert set(named) <= tree


def test_modules_of_the_root_are_those_of_the_layout():
    named = {
        name
        for line in _package_lines()
        if re.match(r"  \w+\.py", line)
        for name in re.findall(r"(\w+\.py)\b", line.split("      ")[0])
    }
    assert named == {path.name for path in PACKAGE.glob("*.py")}


def test_what_stands_next_to_the_package_exists():
    lines = [line for line in _layout().splitlines() if line[:1].strip()]
    names = [name for line in lines for name in line.split("   ")[0].split()]
    paths = [name.strip(",") for name in names if not name.startswith("(")]
    assert "tools/" in paths
    assert [name for name in paths if not (ROOT / name).exists()] == []


def test_tests_have_a_folder_for_each_of_the_package():
    without = {"config"}  # In tests/test_config.py.
    tested = {path.name for path in (ROOT / "tests").iterdir()}
    assert set(FOLDERS) - without <= tested
