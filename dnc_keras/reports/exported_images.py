"""All images of a run with their findings, in files of other programs."""

from __future__ import annotations

import base64
import io
import os
import zlib

import numpy as np

from dnc_keras.datasets.dropping import folder_of
from dnc_keras.reports.data_doctor import examine_run
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.paths import name_within
from dnc_keras.support.whole_files import write_json

_COLUMNS = ("file", "class", "part", "learner", "findings", "suggested_class")


def write_fiftyone(record, folder):
    """Writes a data set that FiftyOne opens, with embeddings.

    `fiftyone.Dataset.from_dir(folder, fiftyone.types.LegacyFiftyOneDataset)`
    reads it: `ground_truth` is the class, `suggested` the class that an image
    may be of, tags are the part and the findings of the data doctor, and
    `embedding` is for `fiftyone.brain`. Images stay where they are.

    Args:
        record: a `TrainedRun` with embeddings.
        folder: the folder for `samples.json` and `metadata.json`.

    Raises:
        ValueError: where the images are not files.
    """
    samples = [_sample(image) for image in _images(record)]
    folder = expanded_path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "samples.json", {"samples": samples})
    # Last: it makes the folder a data set.
    write_json(folder / "metadata.json", {"media_type": "image", "info": {}})


def write_wandb(record, file):
    """Writes a table of Weights & Biases, with embeddings.

    Add the file to an artifact under a name that ends in `.table.json`: its
    page shows it, and `artifact.get` returns a `wandb.Table`.

    Args:
        record: a `TrainedRun` with embeddings.
        file: path of the file.

    Raises:
        ValueError: where the name does not end in `.table.json`.
    """
    file = expanded_path(file)
    if not file.name.endswith(".table.json"):
        raise ValueError(
            "The file of a W&B table must end in .table.json. Received: "
            f"{str(file)!r}. Rename it."
        )
    rows = [
        [*(image[name] for name in _COLUMNS), image["embedding"].tolist()]
        for image in _images(record, must_be_files=False)
    ]
    table = {
        "columns": [*_COLUMNS, "embedding"],
        "data": rows,
        "ncols": len(_COLUMNS) + 1,
        "nrows": len(rows),
        "log_mode": "IMMUTABLE",
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, table)


def _images(record, must_be_files=True):
    """Yields a dict of what is known of each image."""
    everything, findings = examine_run(record)
    found = {}
    for finding in findings:
        found.setdefault(finding.row, []).append(finding)
    learners = next(reversed(record.assignments.values()))
    folder = folder_of(record.config.data_dir)
    row = 0
    for name, part in record.parts.items():
        index = part.index
        if must_be_files and index.contents is not None:
            raise ValueError(
                "FiftyOne shows images that are files. Received: "
                f"{record.config.dataset}, which reads them from elsewhere. "
                "Unpack them, and use --dataset=folder or csv."
            )
        for own in range(len(index)):
            own_findings = found.get(row, [])
            labels = [f.suggested_label for f in own_findings]
            suggested = max(labels, default=-1)
            is_trained = name == "train" and learners[own] >= 0
            yield {
                "path": os.path.abspath(index.paths[own]),
                "file": name_within(index.paths[own], folder),
                "class": index.class_names[index.labels[own]],
                "part": name,
                "learner": int(learners[own]) if is_trained else None,
                "findings": ", ".join(f.kind for f in own_findings),
                "suggested_class": str(everything.class_names[suggested])
                if suggested >= 0
                else None,
                "embedding": part.embeddings[own],
            }
            row += 1


def _sample(image):
    tags = [image["part"], *filter(None, image["findings"].split(", "))]
    sample = {
        "filepath": image["path"],
        "tags": tags,
        "ground_truth": _classification(image["class"]),
        "embedding": _binary(image["embedding"]),
    }
    if image["learner"] is not None:
        sample["learner"] = image["learner"]
    if image["suggested_class"] is not None:
        sample["suggested"] = _classification(image["suggested_class"])
    return sample


def _classification(label):
    return {"_cls": "Classification", "label": label}


def _binary(vector):
    """A vector in MongoDB's extended JSON, packed as FiftyOne does."""
    file = io.BytesIO()
    np.save(file, np.asarray(vector, np.float32))
    packed = base64.b64encode(zlib.compress(file.getvalue())).decode()
    return {"$binary": {"base64": packed, "subType": "00"}}
