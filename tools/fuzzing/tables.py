"""Tables of images by a grammar, most of them odd."""

from __future__ import annotations

import csv
import io

from fuzzing import damage
from fuzzing.outputs import MARKUP

_LABELS = (
    *("ant", "Ant", "ant ", " ant", "ａｎｔ", "an\u0301t", "\u00e1nt"),
    *("", " ", "0", "-1", "1e3", "nan", "=1+1", "@cmd", "+x", "a,b", 'a"b'),
    *("a\nb", "a\rb", "a\tb", "\u202e", "\u0000", "😀", "\ud800x"),
    *(MARKUP, "../x", "a/b", "x" * 3000),
)
_SPLITS = ("train", "test", "Train", "test ", "val", "", "query", "TEST")
_ROLES = ("query", "gallery", "", "Query", "both")
_CAMERAS = ("0", "1", "2", "-1", "", "a", "1.5", "nan", "99999999999999999999")


def any_table(rng, paths) -> bytes:
    """A table of some pictures.

    Args:
        rng: random generator.
        paths: of good pictures.
    """
    columns = ["path", "label", "split"]
    if rng.random() < 0.3:
        columns.append("role")
    if rng.random() < 0.3:
        columns.append("camera")
    oddity = rng.choice((0.0, 0.0, 0.02, 0.2))
    rows = [_row(rng, path, oddity) for path in paths]
    if rng.random() < 0.2:
        rows.append(dict(rng.choice(rows)))
    if rng.random() < 0.3:
        _change_columns(rng, columns)
    text = _written(rng, columns, rows)
    return _encoded(rng, text)


def _row(rng, path, oddity):
    label = path.parent.name

    def odd(choices, usual):
        return rng.choice(choices) if rng.random() < oddity else usual

    others = (f"{path} ", f" {path}", str(path.parent), "", "/dev/null")
    others += (f"{path.parent}/../{label}/{path.name}", "missing.png")
    return {
        "path": odd(others, str(path)),
        "label": odd(_LABELS, label),
        "split": odd(_SPLITS, "train" if label < "d" else "test"),
        "role": odd(_ROLES, rng.choice(("query", "gallery"))),
        "camera": odd(_CAMERAS, rng.choice(("0", "1", "2"))),
        "more": "x",
    }


def _change_columns(rng, columns):
    change = rng.randrange(5)
    if change == 0:
        rng.shuffle(columns)
    elif change == 1:
        columns.insert(rng.randint(0, len(columns)), rng.choice(columns))
    elif change == 2:
        columns.remove(rng.choice(columns))
    elif change == 3:
        columns.insert(rng.randint(0, len(columns)), "more")
    else:
        place = rng.randrange(len(columns))
        columns[place] = rng.choice(("", " ", columns[place].upper(), "lable"))


def _written(rng, columns, rows):
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=rng.choice((",",) * 8 + (";", "\t", "|")),
        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
        lineterminator=rng.choice(("\n", "\n", "\r\n", "\r", "\n\n")),
    )
    if rng.random() < 0.95:
        writer.writerow(columns)
    for row in rows:
        cells = [row.get(column.lower().strip(), "") for column in columns]
        if rng.random() < 0.005:
            cells = cells[: rng.randint(0, len(cells))]
        if rng.random() < 0.005:
            cells.append("one more")
        writer.writerow(cells)
    return text.getvalue()


def _encoded(rng, text):
    encoding = rng.choice(("utf-8",) * 8 + ("utf-8-sig", "utf-16", "latin-1"))
    errors = "surrogatepass" if encoding.startswith("utf") else "replace"
    data = text.encode(encoding, errors)
    return damage.damaged(rng, data) if rng.random() < 0.15 else data


def num_rows(data) -> int:
    """The rows of a table that Python's reader finds, without the header."""
    text = data.decode("utf-8-sig")
    return sum(bool("".join(row)) for row in csv.reader(io.StringIO(text))) - 1
