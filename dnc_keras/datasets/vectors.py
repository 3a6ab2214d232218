"""Your own vectors, that another network computed."""

from __future__ import annotations

import collections

from dnc_keras.datasets.class_split import split_by_classes
from dnc_keras.datasets.columns import index_of
from dnc_keras.datasets.columns import split_by_column
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.vector_tables import read_vectors

_LAYOUT = (
    "your own vectors [num_vectors, dim], as a .npy next to a table of the "
    "same name (.csv with columns label and optional split,role,camera,id; or "
    ".labels.npy) or next to labels.csv; as a .npz with embeddings, labels "
    "and optional split,role,camera,id; as a .parquet with a column of lists "
    "and the same columns; or as a folder of such files"
)


def load(
    data_dir,
    test_fraction=0.5,
    test_classes=None,
    seed=0,
    refuse_unreadable=True,
) -> Dataset:
    """Loads vectors, which are read where they are, never copied whole.

    Args:
        data_dir: a .npy file, memory-mapped, whose table stands next to it:
            `X.csv`, `X.labels.npy` or `X_labels.npy` for `X.npy`, or
            `labels.csv` or `labels.npy` for all files of the folder; a .npz
            file with the vectors as `embeddings`, `features` or `vectors`,
            memory-mapped unless they are compressed, and with `labels`; a
            .parquet file with a column of lists, so named or the only one,
            which is held in memory in its own type; or a folder of one of
            them, taken by name. Columns are those of the csv
            data set, without `path`: `label`, and optionally `split`, `role`,
            `camera` and `id`, which stands for the path.
        test_fraction: share of the classes to test on, drawn at random, where
            there is no `split`.
        test_classes: names of the classes to test on, instead. None, the
            default: use `test_fraction`.
        seed: integer, for the draw of test classes.
        refuse_unreadable: read all vectors once, and refuse those with NaN or
            infinity, or all zeros.

    Returns:
        A `Dataset` whose contents are `VectorRows`.

    Raises:
        ValueError, OSError: for files that are not as they should be; one line
            that says what to do.
    """
    path = existing_path(data_dir, _LAYOUT, may_be_file=True)
    vectors, table = read_vectors(path, _LAYOUT)
    ids = table.pop("id")
    _check_different(ids)
    if refuse_unreadable:
        _refuse_unreadable(vectors, ids)
    source = f"{vectors.dim:,} numbers each, {vectors.shards[0].dtype.name}"
    return Dataset(
        "vectors",
        **_split(vectors, ids, table, test_fraction, test_classes, seed),
        source=source,
    )


def _split(vectors, ids, table, test_fraction, test_classes, seed):
    """The fields of the `Dataset` that depend on its split."""
    if "split" in table:
        if test_classes:
            raise ValueError(
                "The vectors have a column split, so test_classes has no use. "
                f"Received: {first_few(test_classes)}. Drop one of them."
            )
        return split_by_column(ids, table, vectors)
    if "role" in table:
        raise ValueError(
            "Column role needs a column split: it divides the test vectors. "
            "Received: role alone. Add split, or drop role."
        )
    index = index_of(ids, table, vectors)
    train, test = split_by_classes(index, test_fraction, test_classes, seed)
    return {"train": train, "test": test}


def _check_different(ids):
    if len(set(ids)) == len(ids):
        return
    repeated = [id for id, n in collections.Counter(ids).items() if n > 1]
    raise ValueError(
        "Each vector must have an id of its own. Received more than once: "
        f"{first_few(repeated)}. Rename them, or drop the column id."
    )


def _refuse_unreadable(vectors, ids):
    broken = vectors.find_unreadable()
    if broken:
        row, reason = broken[0]
        named = [ids[row] for row, _ in broken]
        raise ValueError(
            "Each vector must be finite, and not all zeros. Received: "
            f"{first_few(named, limit=3)}; of the first, {reason}. Compute "
            "them again, or use --unreadable=skip."
        )
