"""Each check takes what makes sense and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.support import checks

NAN, INF = float("nan"), float("inf")
NO_NUMBERS = (NAN, INF, -INF, "1", None, True, 1j, [1])
TAKEN = {
    "check_count": (1, 7, np.int32(3), 2**31 - 1),
    "check_count_or_zero": (0, 1, np.int64(3)),
    "check_seed": (0, 2**40),
    "check_number": (-1.5, 0, 3, np.float32(0.5)),
    "check_positive": (1e-9, 1, np.float64(2)),
    "check_not_negative": (0, 0.0, 5),
    "check_fraction": (0, 0.5, 1),
    "check_share": (1e-9, 1.0),
    "check_below_one": (0.0, 0.999),
    "check_cosine": (-1, 0.5, 1),
}
REFUSED = {
    "check_count": (0, -1, 1.0, 2**31, *NO_NUMBERS),
    "check_count_or_zero": (-1, 0.0, 2**31, *NO_NUMBERS),
    "check_seed": (-1, 0.5, *NO_NUMBERS),
    # Infinite in float32.
    "check_number": (1e39, -1e39, *NO_NUMBERS),
    "check_positive": (0, -1e-9, *NO_NUMBERS),
    "check_not_negative": (-1e-9, -1, *NO_NUMBERS),
    "check_fraction": (-0.1, 1.1, *NO_NUMBERS),
    "check_share": (0, 1.1, *NO_NUMBERS),
    "check_below_one": (-0.1, 1, *NO_NUMBERS),
    "check_cosine": (-1.1, 1.1, *NO_NUMBERS),
}


@pytest.mark.parametrize(
    "name, value", [(name, v) for name, all_ in TAKEN.items() for v in all_]
)
def test_what_makes_sense_is_taken(name, value):
    getattr(checks, name)("size", value)


@pytest.mark.parametrize(
    "name, value", [(name, v) for name, all_ in REFUSED.items() for v in all_]
)
def test_what_makes_no_sense_is_refused(name, value):
    with pytest.raises(ValueError) as raised:
        getattr(checks, name)("size", value)
    message = str(raised.value)
    assert message.startswith("size must be ")
    assert message.endswith(f"Received: {value!r}.")


def test_a_part_names_an_example():
    checks.check_part("fmr", 0.5, example=0.001)
    for value in (0, 1):
        with pytest.raises(ValueError) as raised:
            checks.check_part("fmr", value, example=0.001)
        assert str(raised.value) == (
            f"fmr must be above 0 and below 1. Received: {value}. "
            "Use fmr=0.001."
        )


@pytest.mark.parametrize("divisor, number", [(2.0, 4), (2, 4.0), (0, 4)])
def test_only_counts_divide(divisor, number):
    with pytest.raises(ValueError, match="^groups must divide units"):
        checks.check_divides("groups", divisor, "units", number)


@pytest.mark.parametrize("shard", [-1, 2, 0.5])
def test_a_shard_is_one_of_those_there_are(shard):
    checks.check_shard(2, 1)
    with pytest.raises(ValueError, match="^shard must be "):
        checks.check_shard(2, shard)
