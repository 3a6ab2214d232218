"""A query to a million embeddings against one reading of them, and faiss."""

import statistics

import numpy as np

from benchmarks.measures import median_ratio
from benchmarks.measures import resident_bytes
from benchmarks.measures import seconds_in_turn
from benchmarks.measures import seconds_of
from benchmarks.measures import unit_rows
from dnc_keras import gallery
from dnc_keras.arrays.memory import aligned_empty

NUM_GALLERY = 1_000_000
DIM = 128
NUM_CENTERS = 10_000
NUM_FAISS_QUERIES = 100
TOP_K = 5
_TITLE = f"%s in {NUM_GALLERY:,} x {DIM}, k={TOP_K}"


def run(arguments):
    rows, queries = _clustered()
    before = resident_bytes()
    index = gallery.ExactIndex(rows)
    index.search(queries[:1], TOP_K)
    held = resident_bytes() - before
    return [
        _exact(index, rows, queries, arguments.runs),
        {
            "work": "memory that the index adds",
            "ours": f"{held / 2**20:.0f} MB",
            "against": f"{rows.nbytes / 2**20:.0f} MB, the embeddings",
            "ratio": round(held / rows.nbytes, 2),
            "goal": "<= 0.1",
        },
        _faiss(index, rows, queries, min(arguments.runs, 5)),
    ]


def _clustered():
    """(gallery, queries): rows of length 1 about as many centres as classes."""
    centers = unit_rows(NUM_CENTERS, DIM, seed=0)
    rows = aligned_empty([NUM_GALLERY, DIM])
    rows[:] = np.repeat(centers, NUM_GALLERY // NUM_CENTERS, axis=0)
    rows += 0.7 * unit_rows(NUM_GALLERY, DIM, seed=1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    queries = centers[:NUM_FAISS_QUERIES]
    queries = queries + 0.7 * unit_rows(NUM_FAISS_QUERIES, DIM, seed=2)
    return rows, queries / np.linalg.norm(queries, axis=1, keepdims=True)


def _exact(index, rows, queries, num_runs):
    work = {
        "ours": lambda: index.search(queries[:1], TOP_K),
        "limit": lambda: rows @ queries[0],
    }
    _check_same(index, rows, queries[0])
    seconds = seconds_in_turn(work, num_runs)
    ours, limit = (statistics.median(seconds[name]) for name in work)
    return {
        "work": _TITLE % "1 query, exact",
        "ours": f"{ours:.3f} s",
        "against": f"{limit:.3f} s, the matrix-vector product alone",
        "ratio": round(median_ratio(seconds["limit"], seconds["ours"]), 2),
        "goal": "< 0.2 s",
    }


def _check_same(index, rows, query):
    squares = np.sum((rows - query) ** 2, axis=1)
    expected = np.argsort(squares)[:TOP_K]
    if not np.array_equal(index.search(query[None], TOP_K)[1][0], expected):
        raise SystemExit("ExactIndex finds other neighbours than a plain loop.")


def _faiss(exact, rows, queries, num_runs):
    title = _TITLE % f"{NUM_FAISS_QUERIES} queries, faiss"
    built = []
    try:
        seconds = seconds_of(lambda: built.append(gallery.FaissIndex(rows)))
    except ValueError:
        return {"work": title, "against": "faiss is not installed"}
    work = {
        "ours": lambda: built[0].search(queries, TOP_K),
        "exact": lambda: exact.search(queries, TOP_K),
    }
    recall = gallery.recall(built[0], exact, rows, TOP_K)
    in_turn = seconds_in_turn(work, num_runs)
    ours, against = (statistics.median(in_turn[name]) for name in work)
    return {
        "work": f"{title}; recall {recall:.3f}, built in {seconds:.0f} s",
        "ours": f"{ours:.3f} s",
        "against": f"{against:.3f} s, exact",
        "ratio": round(median_ratio(in_turn["exact"], in_turn["ours"]), 1),
    }
