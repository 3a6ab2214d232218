"""The pairs of classes that are taken for each other, with pictures."""

from __future__ import annotations

NUM_SHOWN = 12


def confused_classes(record, examined, names, sheet) -> dict:
    """The most frequent pairs, each with its nearest pair of images.

    Args:
        record: a `TrainedRun`.
        examined: a `PerClass`.
        names: `num_classes` str.
        sheet: the `PictureSheet`.
    """
    queries, gallery = record.searched
    rows = examined.confusion_rows(names)[:NUM_SHOWN]
    parts = record.dataset.query_part, record.dataset.gallery_part
    for row, pair in zip(rows, examined.confusions):
        row["picture"] = sheet.add(parts[0], pair.query)
        row["file"] = str(queries.index.paths[pair.query])
        row["other_picture"] = sheet.add(parts[1], pair.other)
        row["other_file"] = str(gallery.index.paths[pair.other])
    return {"pairs": rows, "num_pairs": len(examined.confusions)}
