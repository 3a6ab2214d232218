"""Argument checks that several modules share."""

from __future__ import annotations

import numbers

import numpy as np


def check_divides(divisor_name, divisor, number_name, number):
    """Raises ValueError unless `divisor` cuts `number` into equal parts."""
    if divisor >= 1 and number >= 1 and number % divisor == 0:
        return
    raise ValueError(
        f"{divisor_name} must divide {number_name}. Received: "
        f"{number_name}={number}, {divisor_name}={divisor}. "
        f"Use {number_name}={_nearest_multiples(divisor, number)}."
    )


def check_choice(name, value, choices):
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(choices)}. Received: {value!r}."
        )


def check_count(name, value):
    """Raises ValueError unless `value` is an integer above 0."""
    is_integer = isinstance(value, numbers.Integral)
    if not is_integer or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"{name} must be an integer above 0. Received: {value!r}."
        )


def check_positive(name, value):
    """Raises ValueError unless `value` is a number above 0."""
    if not isinstance(value, numbers.Real) or not 0 < value < np.inf:
        raise ValueError(f"{name} must be above 0. Received: {value!r}.")


def check_not_negative(name, value):
    """Raises ValueError unless `value` is a number from 0 on."""
    if not isinstance(value, numbers.Real) or not 0 <= value < np.inf:
        raise ValueError(f"{name} must be 0 or more. Received: {value!r}.")


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


def _nearest_multiples(divisor, number):
    divisor = max(divisor, 1)
    below = number // divisor * divisor
    above = below + divisor
    return f"{below} or {above}" if below > 0 else f"{above}"
