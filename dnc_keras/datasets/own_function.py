"""Data sets that a function of the user returns."""

from __future__ import annotations

import inspect

from dnc_keras.datasets.dataset import ALL_AGAINST_ALL
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.zero_shot import ZeroShot
from dnc_keras.support.own_code import call_with
from dnc_keras.support.own_code import import_function

_ARGS = inspect.Parameter.VAR_POSITIONAL
_KWARGS = inspect.Parameter.VAR_KEYWORD


def load(name: str, data_dir=None, **rules) -> Dataset:
    """Imports a function and calls it: this runs the user's code.

    Args:
        name: `package.module:function`. It may take `data_dir` and `seed`.
            It returns a `Dataset`, or a pair (train, test) of `ImageIndex`, or
            one `ImageIndex`, whose classes are divided.
        data_dir: for the function.
        **rules: the fields of `ZeroShot`, for one `ImageIndex`.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: where there is no such function, or it returns something
            else, or takes no `data_dir` but one is given.
    """
    function = import_function(name, "dataset")
    _check_arguments(name, function, data_dir)
    rule = ZeroShot(**rules)
    # A default of the function's own stays where no data_dir is given.
    given = {"data_dir": data_dir} if data_dir else {}
    made = call_with(function, f"dataset={name}", seed=rule.seed, **given)
    return _as_dataset(name, made, rule)


def _check_arguments(name, function, data_dir):
    parameters = inspect.signature(function).parameters
    needed = [
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (_ARGS, _KWARGS)
    ]
    unknown = sorted(set(needed) - {"data_dir", "seed"})
    if unknown:
        raise ValueError(
            f"{name} may need data_dir and seed alone. Received: a function "
            f"that also needs {', '.join(unknown)}. Give these a default."
        )
    if data_dir and "data_dir" not in parameters:
        raise ValueError(
            f"{name} must take data_dir, as one is given. Received: a function "
            f"without, and data_dir={str(data_dir)!r}. Add the argument, or "
            "drop --data_dir."
        )
    if "data_dir" in needed and not data_dir:
        raise ValueError(
            f"{name} needs a data_dir. Received: none. Use --data_dir=DIR."
        )


def _as_dataset(name, made, rule):
    if isinstance(made, ImageIndex):
        _check_rule(name, rule.split == "own", "all images", rule)
        train, test = rule.parts(made)
        protocol = f"{ALL_AGAINST_ALL}; {rule.described}"
        return Dataset(name, train, test, protocol=protocol)
    if isinstance(made, Dataset) or _is_pair(made):
        divides = rule.split == "classes" or bool(rule.test_classes)
        _check_rule(name, divides, "train and test", rule)
        return made if isinstance(made, Dataset) else Dataset(name, *made)
    raise ValueError(
        f"{name} must return a dnc_keras.datasets.Dataset, or one ImageIndex, "
        f"or a pair of them, train and test. Received: {_kinds(made)}."
    )


def _check_rule(name, contradicts, returned, rule):
    if contradicts:
        raise ValueError(
            f"{name} returns {returned}, so split and test_classes must fit "
            f"that. Received: split={rule.split}, "
            f"test_classes={rule.test_classes}. Drop them."
        )


def _is_pair(made):
    return (
        isinstance(made, (tuple, list))
        and len(made) == 2
        and all(isinstance(index, ImageIndex) for index in made)
    )


def _kinds(made):
    kind = type(made).__name__
    if isinstance(made, (tuple, list)):
        return f"a {kind} of {[type(part).__name__ for part in made[:5]]}"
    return f"an object of type {kind}"
