"""What the benchmarks measure with."""

import concurrent.futures
import multiprocessing
import resource
import statistics
import time

import numpy as np
from tqdm import tqdm

MEGABYTE = 2**20
TURN_SECONDS = 0.1


def repeated(num_runs):
    """Counts runs, with a bar on a terminal."""
    return tqdm(range(num_runs), disable=None)


def unit_rows(num_rows, dim, seed=0):
    """`[num_rows, dim]` float32 array of random rows of length 1."""
    rows = np.random.default_rng(seed).standard_normal(
        (num_rows, dim), dtype=np.float32
    )
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def alone(function, *arguments):
    """Runs a function in a process of its own, whose memory is its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        return pool.submit(function, *arguments).result()


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def seconds_in_turn(functions, num_runs):
    """Runs each function in turn, once more than told: the first warms up.

    Returns:
        A dict like `functions`, of lists of `num_runs` seconds.
    """
    seconds = {name: [] for name in functions}
    for run in repeated(num_runs + 1):
        for name, function in functions.items():
            taken = _seconds_of_a_turn(function)
            if run:
                seconds[name].append(taken)
    return seconds


def _seconds_of_a_turn(function):
    """Seconds of a call, of as many as fit into a tenth of a second, or one.

    The threads of the function before go on spinning for a while: what takes
    a millisecond would be measured beside them.
    """
    calls, taken = 0, 0.0
    while taken < TURN_SECONDS:
        taken += seconds_of(function)
        calls += 1
    return taken / calls


def median_ratio(first, second):
    """The median of the ratios of neighbouring runs."""
    return statistics.median(a / b for a, b in zip(first, second))


def peak_bytes():
    """The most memory that this process has ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident_bytes():
    """The memory that this process has now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()
