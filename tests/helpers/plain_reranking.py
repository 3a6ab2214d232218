"""Re-ranking and fusion by plain loops, written from the papers."""

from __future__ import annotations

import numpy as np


def unit(vector):
    return vector / np.linalg.norm(vector)


def ranked(query, rows, without=None):
    """The rows from the nearest on, but for one; the lower index first."""
    squares = [np.sum((row - query) ** 2) for row in rows]
    order = sorted(range(len(rows)), key=lambda row: (squares[row], row))
    return [row for row in order if row != without]


def expanded_query(query, rows, k, alpha=None, without=None):
    """Chum et al. 2007; with alpha Radenovic et al. 2018."""
    total = query.copy()
    for row in ranked(query, rows, without)[:k]:
        cosine = max(float(query @ rows[row]), 0.0)
        total += rows[row] * (1.0 if alpha is None else cosine**alpha)
    return unit(total)


def augmented(rows, k, absent=None):
    """Gordo et al. 2017, in a gallery without one of its rows."""
    result = []
    for number, row in enumerate(rows):
        total = row.copy()
        others = ranked(row, rows, number)
        others = [other for other in others if other != absent][:k]
        for rank, other in enumerate(others, 1):
            total += rows[other] * (k + 1 - rank) / (k + 1)
        result.append(unit(total))
    return np.array(result)


def mutual_set(row, k, lists):
    """R(p, k) of Zhong et al. 2017; a row is the first of its list."""
    return {m for m in lists[row][: k + 1] if row in lists[m][: k + 1]}


def expanded_set(members, k1, lists):
    """R*(p, k1): with the half-size sets that lie in it by two thirds."""
    result = set(members)
    for member in members:
        if member in lists:
            half = mutual_set(member, round(k1 / 2), lists)
            if len(half & members) >= 2 / 3 * len(half):
                result |= half
    return result


def weights(own, members, squares):
    """A dict of `exp(-distance)` over a set, of sum 1."""
    farthest = max(s for row, s in enumerate(squares) if row != own)
    values = {
        m: np.exp(-squares[m] / farthest) if m != own else 1.0 for m in members
    }
    total = sum(values.values())
    return {m: value / total for m, value in values.items()}


def mean(vectors):
    keys = {key for vector in vectors for key in vector}
    return {k: sum(v.get(k, 0.0) for v in vectors) / len(vectors) for k in keys}


def jaccard(one, other):
    """1 - sum of the smaller weights / sum of the larger ones."""
    keys = set(one) | set(other)
    pairs = [(one.get(key, 0.0), other.get(key, 0.0)) for key in keys]
    return 1.0 - sum(map(min, pairs)) / sum(map(max, pairs))


def k_reciprocal(queries, rows, k1, k2, distance_weight, alone):
    """The distances of Zhong et al. 2017, of one query after the other."""
    num = len(rows)
    squares = np.sum((rows[:, None] - rows) ** 2, axis=2)
    lists = {i: [i, *ranked(rows[i], rows, i)] for i in range(num)}
    vectors = [
        weights(
            i,
            expanded_set(mutual_set(i, k1, lists), k1, lists),
            squares[i],
        )
        for i in range(num)
    ]
    smooth = [mean([vectors[j] for j in lists[i][:k2]]) for i in range(num)]
    result = np.full([len(queries), num], np.inf)
    for number, query in enumerate(queries):
        own = number if alone else num
        near = np.sum((rows - query) ** 2, axis=1)
        order = ranked(query, rows, own)
        if alone:
            members = {m for m in order[:k1] if own in lists[m][: k1 + 1]}
        else:
            members = {
                m for m in order[:k1] if near[m] <= squares[m][lists[m][k1]]
            }
        members = expanded_set({own} | members, k1, lists)
        vector = weights(own, members, near)
        vector = mean([vector] + [vectors[j] for j in order[: k2 - 1]])
        farthest = max(near[j] for j in range(num) if j != own)
        for row in range(num):
            if row != own:
                result[number, row] = (1 - distance_weight) * jaccard(
                    vector, smooth[row]
                ) + distance_weight * near[row] / farthest
    return result
