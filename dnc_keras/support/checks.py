"""Argument checks that several modules share.

Each takes the name of an argument, for the message, and its value. NaN,
infinity and what is no number are refused by all that want a number.
"""

from __future__ import annotations

import numbers

import numpy as np

# Integers and numbers become int32 and float32 in TensorFlow.
_END_OF_INTEGERS = 2**31
_LARGEST_NUMBER = float(np.finfo(np.float32).max)


def check_divides(divisor_name, divisor, number_name, number):
    """Raises ValueError unless `divisor` cuts `number` into equal parts."""
    are_integers = _is_integer(divisor) and _is_integer(number)
    if are_integers and divisor >= 1 and number >= 1 and number % divisor == 0:
        return
    advice = "integers"
    if are_integers:
        advice = f"{number_name}={_nearest_multiples(divisor, number)}"
    raise ValueError(
        f"{divisor_name} must divide {number_name}. Received: "
        f"{number_name}={number}, {divisor_name}={divisor}. Use {advice}."
    )


def check_choice(name, value, choices):
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(choices)}. Received: {value!r}."
        )


def check_switch(name, value):
    """Raises ValueError unless `value` is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False. Received: {value!r}.")


def check_text(name, value):
    """Raises ValueError unless `value` is a text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text. Received: {value!r}.")


def check_count(name, value):
    """Raises ValueError unless `value` is an integer above 0."""
    _check_integer(name, value, 1, "an integer above 0")


def check_count_or_zero(name, value):
    """Raises ValueError unless `value` is an integer from 0 on."""
    _check_integer(name, value, 0, "an integer of 0 or more")


def check_count_or_all(name, value):
    """Raises ValueError unless `value` is an integer from 0 on, or -1."""
    _check_integer(name, value, -1, "an integer of 0 or more, or -1 for all")


def check_seed(name, value):
    """Raises ValueError unless `value` is a seed of NumPy's generators."""
    if not _is_integer(value) or value < 0:
        raise ValueError(
            f"{name} must be an integer of 0 or more. Received: {value!r}."
        )


def check_number(name, value):
    """Raises ValueError unless `value` is a finite number."""
    is_number = isinstance(value, numbers.Real) and not _is_bool(value)
    if not is_number or not abs(value) <= _LARGEST_NUMBER:
        raise ValueError(
            f"{name} must be a finite number. Received: {value!r}."
        )


def check_positive(name, value):
    """Raises ValueError unless `value` is a number above 0."""
    check_number(name, value)
    if value <= 0:
        raise ValueError(f"{name} must be above 0. Received: {value!r}.")


def check_not_negative(name, value):
    """Raises ValueError unless `value` is a number from 0 on."""
    check_number(name, value)
    if value < 0:
        raise ValueError(f"{name} must be 0 or more. Received: {value!r}.")


def check_fraction(name, value):
    """Raises ValueError unless `value` is a number from 0 to 1."""
    check_number(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be from 0 to 1. Received: {value!r}.")


def check_share(name, value):
    """Raises ValueError unless `value` is a number above 0, at most 1."""
    check_number(name, value)
    if not 0 < value <= 1:
        raise ValueError(
            f"{name} must be above 0 and at most 1. Received: {value!r}."
        )


def check_below_one(name, value):
    """Raises ValueError unless `value` is a number from 0 on, below 1."""
    check_number(name, value)
    if not 0 <= value < 1:
        raise ValueError(
            f"{name} must be 0 or more and below 1. Received: {value!r}."
        )


def check_cosine(name, value):
    """Raises ValueError unless `value` is a number from -1 to 1."""
    check_number(name, value)
    if not -1 <= value <= 1:
        raise ValueError(
            f"{name} must be a cosine, from -1 to 1. Received: {value!r}."
        )


def check_part(name, value, example):
    """Raises ValueError unless `value` is a number above 0 and below 1.

    Args:
        name: of the argument.
        value: of the argument.
        example: a value that the message names.
    """
    check_number(name, value)
    if not 0 < value < 1:
        raise ValueError(
            f"{name} must be above 0 and below 1. Received: {value!r}. "
            f"Use {name}={example}."
        )


def check_shard(num_shards, shard):
    """Raises ValueError unless `shard` is one of 0 to `num_shards - 1`."""
    check_count("num_shards", num_shards)
    check_count_or_zero("shard", shard)
    if shard >= num_shards:
        raise ValueError(
            "shard must be below num_shards. Received: "
            f"shard={shard}, num_shards={num_shards}."
        )


def check_finite(weights, moment):
    """Raises FloatingPointError unless all numbers of arrays are finite.

    Args:
        weights: arrays that are about to be saved.
        moment: says when, for the message.
    """
    if all(np.isfinite(weight).all() for weight in weights):
        return
    raise FloatingPointError(
        "Weights must be finite numbers. Received: NaN or infinite weights "
        f"{moment}, which were not saved. Lower the learning rate."
    )


def _check_integer(name, value, smallest, expected):
    if not _is_integer(value) or value < smallest:
        raise ValueError(f"{name} must be {expected}. Received: {value!r}.")
    if value >= _END_OF_INTEGERS:
        raise ValueError(
            f"{name} must be below {_END_OF_INTEGERS}. Received: {value!r}."
        )


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not _is_bool(value)


def _is_bool(value):
    # In Python a bool is an integer.
    return isinstance(value, (bool, np.bool_))


def _nearest_multiples(divisor, number):
    divisor = max(divisor, 1)
    below = number // divisor * divisor
    above = below + divisor
    return f"{below} or {above}" if below > 0 else f"{above}"
