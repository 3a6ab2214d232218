"""A data set from columns: label, split, role, camera."""

from __future__ import annotations

from absl import logging

from dnc_keras.datasets.csv_lines import DELIMITERS
from dnc_keras.datasets.dataset import QUERY_AGAINST_GALLERY
from dnc_keras.datasets.dataset import with_roles
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.similar_names import warn_of_similar


def index_of(paths, table, contents=None) -> ImageIndex:
    """The images of some rows.

    Args:
        paths: `[num_rows]` object array of str.
        table: `TextColumn` of `num_rows` rows by name: `label`, and `camera`
            where that is known.
        contents: as in `ImageIndex`.
    """
    class_names, labels = table["label"].numbered()
    cameras = _number_cameras(table.get("camera"))
    return ImageIndex(paths, labels, class_names, contents, cameras)


def split_by_column(paths, table, contents=None) -> dict:
    """Divides rows into train and test as their column `split` says.

    Args:
        paths, contents: as for `index_of`.
        table: as for `index_of`, with `split`, and `role` where there are
            such.

    Returns:
        The fields of a `Dataset` but its name, a dict.

    Raises:
        ValueError: for a column that holds something else.
    """
    split = table["split"]
    _check_values("split", split, ("train", "test"))
    is_test = split.equals("test")
    train, test = (
        index_of(
            paths[is_in],
            {name: column[is_in] for name, column in table.items()},
            None if contents is None else contents[is_in],
        )
        for is_in in (~is_test, is_test)
    )
    roles = table["role"][is_test] if "role" in table else None
    return {"train": train, **_test_fields(test, roles)}


def check_labels(labels):
    """Refuses rows that an unclosed quote makes a part of a label."""
    wrong = [x for x in labels if "\n" in x and set(x) & set(DELIMITERS)]
    if wrong:
        raise ValueError(
            "A label must not hold other rows. Received: "
            f"{first_few(wrong, limit=3)}. Close its quote."
        )


def _check_values(name, column, expected):
    received = column.distinct()
    if received != sorted(expected):
        raise ValueError(
            f"Column {name} must hold {' and '.join(expected)}, both and "
            f"nothing else. Received: {first_few(received) or 'no lines'}."
        )


def _number_cameras(column):
    if column is None or column.distinct() == [""]:
        return None
    num_empty = column.count("")
    if num_empty:
        raise ValueError(
            "Column camera must be filled for all images of a split or for "
            f"none. Empty: {num_empty} of {len(column)}."
        )
    warn_of_similar(column.distinct(), "Cameras")
    return column.numbered()[1]


def _test_fields(test, roles):
    """What a `Dataset` says of its test images, by field."""
    if roles is None or roles.distinct() == [""]:
        if test.cameras is not None:
            logging.warning(
                "Column camera is not used: it tells which images of the "
                "gallery a query ignores, and column role names neither."
            )
        return {"test": test}
    _check_values("role", roles, ("query", "gallery"))
    return {
        **with_roles(test, roles.equals("query")),
        "protocol": QUERY_AGAINST_GALLERY,
    }
