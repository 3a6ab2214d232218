"""Bounds on how far apart two ways of computing the same may be.

Ways that are equal on paper, such as one replica and two, or NumPy and
TensorFlow, add numbers in another order. They differ by rounding, and by how
much depends on the processor: its kernels, the width of its vectors, the number
of its threads. A bound that holds on any processor follows from the arithmetic:

*One sum.* A float32 sum of n numbers, in any order, is off by at most
`n * EPS / 2` times the sum of their magnitudes (Higham, "Accuracy and Stability
of Numerical Algorithms", 2002, section 4.2). Two orders differ by up to twice
that: `sum_bound`. A scalar product is a sum of products.

*A long computation*, such as a training. A stable way of computing gives what
exact arithmetic gives of inputs that are off by some `EPS`. So two ways are as
far apart as the results of inputs that differ by as much, which shows how far
this computation amplifies rounding. It is measured on the processor at hand:
the computation is repeated with inputs that are `nudged`, and the largest of
the differences, times `SAFETY`, is the bound: `assert_equal_but_for_rounding`.

*A decision*, such as which of two rows is nearer. Nothing bounds what follows
from another one, so rounding must have no say in it. Of `exact_points` all that
a search computes is exact, in any order.
"""

import numpy as np

# From 1.0 to the next float32. To round is to be off by half of it.
EPS = float(np.finfo(np.float32).eps)
# Rounding of a way of computing may fall worse than the nudges that were tried.
SAFETY = 8
NUM_NUDGES = 4


def sum_bound(num_terms, magnitude):
    """How far apart float32 sums of the same numbers may be.

    Args:
        num_terms: how many numbers are added up, and the roundings of each
            before and after.
        magnitude: the sum of their magnitudes, or more; an array for several
            sums. For rows of length 1 it is at most 1, as of their products.
    """
    return num_terms * EPS * np.max(magnitude)


def nudged(array, seed):
    """A float32 array whose numbers are each off by `EPS`, up or down."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], np.shape(array))
    return (np.asarray(array) * (1.0 + EPS * signs)).astype(np.float32)


def exact_points(num_rows, dim=4, seed=0):
    """`[num_rows, dim]` integers, normal around a mean of exactly 0.

    Products and squared distances of up to 64 columns, and halves of them, are
    numbers that float32 holds: no order of sums rounds any. Distances that are
    equal are exactly equal.
    """
    random = np.random.default_rng(seed)
    rows = np.round(64.0 * random.normal(size=[num_rows, dim]))
    excess, rest = np.divmod(rows.sum(axis=0), num_rows)
    return rows - excess - (np.arange(num_rows)[:, None] < rest)


def assert_gives(function, inputs, received, num_terms, printed=0.0):
    """Compares what a function gives with another way of computing it.

    Args:
        function: of a float32 array, gives an array.
        inputs: its argument.
        received: what the other way gives.
        num_terms: as of `sum_bound`, for the sums of the last numbers.
        printed: how much of the other way was cut off.
    """
    nudged_results = [
        {"output": np.asarray(function(nudged(inputs, seed)))}
        for seed in range(NUM_NUDGES)
    ]
    assert_equal_but_for_rounding(
        {"output": np.asarray(received)},
        {"output": np.asarray(function(inputs))},
        nudged_results,
        num_terms,
        printed,
    )


def assert_equal_but_for_rounding(
    received, expected, nudged_results, num_terms, printed=0.0
):
    """Compares two ways of computing some arrays.

    Args:
        received: dict of arrays.
        expected: dict of arrays, those of the other way.
        nudged_results: list of dicts like `expected`, of nudged inputs.
        num_terms: as of `sum_bound`; for weights, the steps that add to them.
        printed: how much of one of the ways was cut off.
    """
    for name, value in expected.items():
        apart = [
            np.abs(result[name] - value).max() for result in nudged_results
        ]
        bound = SAFETY * max(apart) + sum_bound(num_terms, np.abs(value))
        np.testing.assert_allclose(
            received[name], value, rtol=0, atol=bound + printed, err_msg=name
        )
