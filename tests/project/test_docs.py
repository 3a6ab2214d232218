"""The reference shows every public name, and the site every page."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

import dnc_keras as dnc

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHOWN = {
    name
    for page in (DOCS / "reference").glob("*.md")
    for name in re.findall(
        r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.M
    )
}
PACKAGES = sorted(
    ".".join(file.parent.relative_to(ROOT).parts)
    for file in ROOT.glob("dnc_keras/*/__init__.py")
)


def public_names(package):
    """`__all__` as it is written: some packages want extras."""
    file = ROOT.joinpath(*package.split("."), "__init__.py")
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign):
            if statement.targets[0].id == "__all__":
                return ast.literal_eval(statement.value)
    return []


def is_shown(package, name):
    """Under the package's name, or at the top, where users import it."""
    return f"{package}.{name}" in SHOWN or (
        name in dnc.__all__ and f"dnc_keras.{name}" in SHOWN
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_of_a_package_is_shown(package):
    names = public_names(package)
    assert [name for name in names if not is_shown(package, name)] == []


def test_every_public_name_of_the_top_is_shown():
    prefixes = {name.split(".")[1] for name in SHOWN}
    # Or where it is made, as the program `dnc_keras.train` hides a function.
    prefixes |= {name.split(".")[-1] for name in SHOWN}
    missing = [
        name
        for name in dnc.__all__
        if name != "__version__" and name not in prefixes
    ]
    assert missing == []


def test_every_page_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    navigation = re.findall(r"^ +- (?:.*: )?(\S+\.md)$", text, re.M)
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(navigation) == sorted(pages)


@pytest.mark.parametrize(
    "page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem
)
def test_links_are_files_of_the_docs(page):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in link:
            target = (page.parent / link).resolve()
            assert target.is_file() and DOCS in target.parents, link
