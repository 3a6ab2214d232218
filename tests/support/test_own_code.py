"""Tests of the functions that settings name."""

import pytest

from dnc_keras.support.own_code import call_with
from dnc_keras.support.own_code import import_function
from dnc_keras.support.own_code import names_own_code


@pytest.mark.parametrize("name", ["os:getcwd", "a.b.c:d", "a:B.c", "größe:f"])
def test_function_of_a_module_is_own_code(name):
    assert names_own_code(name)


@pytest.mark.parametrize(
    "name",
    ["resnet50", "hub:", "a/b.keras", "hf:a/b", "C:\\a", "a.1:b", ""]
    + ["hub:dinov2_small", "hf:cifar10", "tfds:cars196"],
)
def test_other_names_are_not_own_code(name):
    assert not names_own_code(name)


def test_function_is_found_by_module_and_name():
    assert import_function("collections:Counter.fromkeys", "loss") is not None
    assert import_function("math:sqrt", "loss")(4) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no_such_module_here:f", "No module named"),
        ("math:no_such", "no_such"),
        ("math:pi", "a float"),
    ],
)
def test_what_is_no_function_is_one_line(name, told):
    with pytest.raises(ValueError, match=f"^loss must name .*{told}") as raised:
        import_function(name, "loss")
    assert "\n" not in str(raised.value)


def test_a_function_gets_what_it_takes():
    def size(image_size):
        return image_size

    assert call_with(size, "backbone=m:f", image_size=3, b=4) == 3
    assert call_with(lambda: "none", "backbone=m:f", image_size=3) == "none"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def (", "SyntaxError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_an_import_that_fails_is_one_line(text, told, tmp_path, monkeypatch):
    (tmp_path / "fails_at_import.py").write_text(text + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=f"^loss must name .*{told}") as raised:
        import_function("fails_at_import:f", "loss")
    assert "\n" not in str(raised.value)


def _raising():
    raise KeyError("mine")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (_raising, r"KeyError: 'mine' \(.*test_own_code.py:\d+\)"),
        (lambda more: more, "TypeError: .* 'more'"),
        (str.upper, "TypeError"),
    ],
)
def test_a_call_that_fails_names_the_function(function, told):
    with pytest.raises(ValueError, match=f"^loss=m:f is called .*{told}"):
        call_with(function, "loss=m:f", image_size=3)
