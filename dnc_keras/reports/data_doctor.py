"""What looks wrong in the data: a table with pictures, and as a file."""

from __future__ import annotations

import numpy as np

from dnc_keras import analysis
from dnc_keras.datasets.dropping import folder_of
from dnc_keras.reports.tiles import tiles_of
from dnc_keras.support.paths import name_within
from dnc_keras.support.whole_files import write_csv

MAX_SHOWN = 12  # of each kind; the file has all
_TITLES = {
    "probable_wrong_label": "Probably of another class",
    "far_from_class": "Far from their class",
    "near_duplicate": "Nearly the same image, in two classes or two splits",
    "never_used": "Never given to a learner",
}
# Where an image found as alike is looked at closely: height and width.
_COMPARED = 32
_COLUMNS = (
    "kind",
    "score",
    "part",
    "class",
    "file",
    "suggested_class",
    "other_part",
    "other_class",
    "other_file",
)


def data_doctor(record, sheet) -> dict:
    """Examines all images of a run, and writes `data_doctor.csv`.

    Args:
        record: a `TrainedRun`.
        sheet: the `PictureSheet`.
    """
    everything, findings = examine_run(record)
    rows = [everything.describe(finding) for finding in findings]
    write_csv(record.directory.path / "data_doctor.csv", rows, _COLUMNS)
    folder = folder_of(record.config.data_dir)
    for row, finding in zip(rows, findings):
        row["file"] = name_within(row["file"], folder)
        row["picture"] = sheet.add(*everything.place(finding.row))
        if finding.other >= 0:
            row["other_file"] = name_within(row["other_file"], folder)
            row["other_picture"] = sheet.add(*everything.place(finding.other))
    kinds = {kind: [r for r in rows if r["kind"] == kind] for kind in _TITLES}
    return {
        "groups": [
            {
                "title": _TITLES[kind],
                "num": len(found),
                "findings": found[:MAX_SHOWN],
            }
            for kind, found in kinds.items()
        ],
        "num_images": len(everything.labels),
    }


def examine_run(record) -> tuple:
    """(all images of a run, the `Finding`s among them)."""
    everything = _Everything(record.parts)
    findings = analysis.examine(
        everything.embeddings,
        everything.labels,
        part_of=everything.is_test,
        is_used=_is_used(record, everything),
        pictures=everything.grey_pictures,
    )
    return everything, findings


class _Everything:
    """The images of all parts, one after the other."""

    def __init__(self, parts):
        self._parts = parts
        self._names = list(parts)
        sizes = [len(part.index) for part in parts.values()]
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self.embeddings = np.concatenate(
            [part.embeddings for part in parts.values()]
        )
        self.class_names, self.labels = np.unique(
            np.concatenate([_classes_of(p.index) for p in parts.values()]),
            return_inverse=True,
        )
        is_test = [name not in ("train", "held_out") for name in parts]
        self.is_test = np.repeat(is_test, sizes).astype(int)

    def rows_of(self, part):
        start, end = self._starts[self._names.index(part) :][:2]
        return slice(start, end)

    def place(self, row):
        """The name of the part of a row, and the row there."""
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._names[number], int(row - self._starts[number])

    def describe(self, finding):
        described = dict.fromkeys(_COLUMNS, "")
        described.update(
            kind=finding.kind, score=round(float(finding.score), 4)
        )
        described.update(self._named(finding.row))
        if finding.suggested_label >= 0:
            suggested = self.class_names[finding.suggested_label]
            described["suggested_class"] = str(suggested)
        if finding.other >= 0:
            described.update(self._named(finding.other, "other_"))
        return described

    def _named(self, row, prefix=""):
        part, own = self.place(row)
        return {
            f"{prefix}part": part,
            f"{prefix}class": str(self.class_names[self.labels[row]]),
            f"{prefix}file": str(self._parts[part].index.paths[own]),
        }

    def grey_pictures(self, rows):
        """`[num_rows, size, size]` pictures without colour."""
        rows = np.asarray(rows)
        pictures = np.zeros([len(rows), _COMPARED, _COMPARED], np.float32)
        for part in self._names:
            own = self.rows_of(part)
            here = np.flatnonzero((rows >= own.start) & (rows < own.stop))
            index = self._parts[part].index
            colored = tiles_of(index, rows[here] - own.start, _COMPARED)
            pictures[here] = colored.mean(axis=-1)
        return pictures


def _classes_of(index):
    return np.array(index.class_names, object)[index.labels]


def _is_used(record, everything):
    """False for training images that no clustering gave to a learner."""
    is_used = np.ones(len(everything.labels), bool)
    assignments = np.stack(list(record.assignments.values()))
    is_used[everything.rows_of("train")] = (assignments >= 0).any(axis=0)
    return is_used
