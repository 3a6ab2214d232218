"""Sets of rows that are each other's neighbours."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within

NONE = -1
_BLOCK_BYTES = 2**25


def mutual(lists) -> np.ndarray:
    """Those in the list of a row whose lists hold the row.

    Args:
        lists: `[num, k]` integers, a list of rows for each row.

    Returns:
        `[num, k]` integers, `NONE` in the place of the others.
    """
    num, k = lists.shape
    sets = np.empty_like(lists)
    step = rows_within(_BLOCK_BYTES, k * k)
    for start in range(0, num, step):
        part = slice(start, min(start + step, num))
        own = np.arange(part.start, part.stop)[:, None, None]
        held = np.any(lists[lists[part]] == own, axis=2)
        sets[part] = np.where(held, lists[part], NONE)
    return sets


def expanded(sets, halves) -> tuple[np.ndarray, np.ndarray]:
    """Adds the smaller sets of the members that mostly lie in a set.

    Args:
        sets: `[num, k]` integers, members or `NONE`.
        halves: `[num_all + 1, h]` integers, the smaller set of each member;
            the last row is `NONE` only.

    Returns:
        (rows, members): integers, each pair once, by row, then by member.
    """
    size = max(halves.shape[1] * sets.shape[1] ** 2 // 4, 1)
    step = rows_within(_BLOCK_BYTES, size)
    pairs = []
    for start in range(0, len(sets), step):
        rows, members = _expanded(sets[start : start + step], halves)
        pairs.append((start + rows, members))
    rows, members = zip(*pairs)
    return np.concatenate(rows), np.concatenate(members)


def _expanded(sets, halves):
    candidates = halves[np.where(sets == NONE, len(halves) - 1, sets)]
    are_there = candidates != NONE
    shared = np.any(candidates[..., None] == sets[:, None, None], axis=3)
    num_shared = np.sum(shared & are_there, axis=2)
    is_taken = 3 * num_shared >= 2 * np.sum(are_there, axis=2)
    added = np.where(is_taken[..., None], candidates, NONE)
    members = np.sort(
        np.concatenate([sets, added.reshape(len(sets), -1)], axis=1), axis=1
    )
    is_new = members != NONE
    is_new[:, 1:] &= members[:, 1:] != members[:, :-1]
    rows, places = np.nonzero(is_new)
    return rows, members[rows, places]
