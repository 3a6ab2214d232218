"""The runs of an experiment in one archive, without paths of a machine."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import tempfile
import zipfile

from dnc_keras import comparison
from dnc_keras.config import TrainConfig

_NEVER = (1980, 1, 1, 0, 0, 0)  # The same archive of the same runs.


def keep(work_dir: pathlib.Path, variants, archive: pathlib.Path):
    """Writes an archive of VARIANT-SEED/result.json and log.jsonl.

    Args:
        work_dir: where `dnc_keras.experiment` has written, finished or not.
        variants: their names, in the order of the plan.
        archive: the file to write.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as file:
        for variant in variants:
            for result in sorted(work_dir.glob(f"{variant}-*/result.json")):
                log = result.with_name("log.jsonl")
                _write(file, result, _without_paths(result.read_text()))
                _write(file, log, log.read_text())


def _write(file, path, text):
    name = f"{path.parent.name}/{path.name}"
    entry = zipfile.ZipInfo(name, _NEVER)
    file.writestr(entry, text, zipfile.ZIP_DEFLATED)


def groups_of(archive: pathlib.Path) -> list:
    """The runs that an archive keeps, a `comparison.Group` for each variant."""
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
            names = dict.fromkeys(n.split("/")[0] for n in file.namelist())
        for name in names:
            run = comparison.read_run(pathlib.Path(folder) / name)
            runs.setdefault(name.rpartition("-")[0], []).append(run)
    return [comparison.Group(variant, found) for variant, found in runs.items()]


def _without_paths(text):
    result = json.loads(text)
    for field in dataclasses.fields(TrainConfig):
        value = result["config"].get(field.name)
        if field.metadata["is_path"] and value:
            result["config"][field.name] = pathlib.Path(value).name
    for name in ("run_dir", "export_dir"):
        if result.get(name):
            result[name] = pathlib.Path(result["run_dir"]).name
    return json.dumps(result, indent=2) + "\n"
