"""Puts the sections of a report together into one file."""

from __future__ import annotations

import base64
import gzip
import itertools
import zipfile
from typing import NamedTuple
from typing import Optional
from typing import Union

from absl import logging
from plotly.offline import get_plotlyjs

from dnc_keras.datasets import Dataset
from dnc_keras.datasets.dropping import folder_of
from dnc_keras.reports.classes import classes
from dnc_keras.reports.cluster_atlas import cluster_atlas
from dnc_keras.reports.curves import curves
from dnc_keras.reports.data_doctor import data_doctor
from dnc_keras.reports.embedding_map import test_map
from dnc_keras.reports.embedding_map import train_map
from dnc_keras.reports.overview import epochs
from dnc_keras.reports.overview import facts
from dnc_keras.reports.overview import results
from dnc_keras.reports.overview import settings
from dnc_keras.reports.pictures import PictureSheet
from dnc_keras.reports.retrieval import retrieval
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support import progress
from dnc_keras.support.formats import FORMAT_VERSION
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.templates import render
from dnc_keras.support.whole_files import check_writable
from dnc_keras.support.whole_files import write_text
from dnc_keras.version import __version__

# What a file that is broken, of another version or not there may raise.
_MISSING = (LookupError, ValueError, TypeError, OSError, zipfile.BadZipFile)


class Section(NamedTuple):
    """name: also that of its template; content: None where it is missing."""

    name: str
    title: str
    content: Optional[dict]
    missing: str = ""


_NUMBERS = (
    ("results", "Results", results),
    ("curves", "Curves", curves),
    ("epochs", "Epochs", epochs),
    ("facts", "Time and data", facts),
    ("settings", "Settings", settings),
)
_PICTURES = (
    ("retrieval", "Neighbours", retrieval),
    ("classes", "Classes", classes),
    ("map", "Map of the test images", test_map),
    ("learners", "Map of the learners", train_map),
    ("atlas", "Cluster atlas", cluster_atlas),
    ("doctor", "Data doctor", data_doctor),
)
_ORDER = (
    "results",
    "curves",
    "retrieval",
    "classes",
    "map",
    "learners",
    "atlas",
    "doctor",
    "facts",
    "epochs",
    "settings",
)


def write_report(
    run: Union[RunDirectory, TrainedRun],
    dataset: Dataset = None,
    compared: RunDirectory = None,
    data_dir: str = "",
) -> list[Section]:
    """Writes `report.html`, which needs no other file and no network.

    Whatever of a run is missing or broken is told in its place, and the rest
    is there. A user's own `fit` leaves no sections of images.

    Args:
        run: the `RunDirectory` of a training, finished or not, or its
            `TrainedRun`, which brings data set and `data_dir`.
        dataset: its data set. None, the default: load it.
        compared: another run, whose numbers stand beside, such as a control.
        data_dir: where the images are now; "", the default: where they were.

    Returns:
        The sections.

    Raises:
        OSError: where the file cannot be written.
    """
    is_opened = isinstance(run, TrainedRun)
    record = run if is_opened else TrainedRun(run, dataset, data_dir)
    run = record.directory
    check_writable(run.report)
    control = TrainedRun(compared) if compared else None
    sheet = _sheet(record)
    of_images = () if record.is_by_fit else _PICTURES
    numbers = ((*each, record, control) for each in _NUMBERS)
    pictures = ((*each, record, sheet) for each in of_images)
    sections = [
        _section(*each)
        for each in progress.track(
            itertools.chain(numbers, pictures),
            "writing the report",
            len(_NUMBERS) + len(of_images),
        )
    ]
    sections.sort(key=lambda section: _ORDER.index(section.name))
    page = _render(run, sections, sheet, _lost_images(record))
    write_text(run.report, page)
    return sections


def _sheet(record):
    """Where the pictures are collected; without images it stays empty."""
    try:
        return PictureSheet(record.indices, folder_of(record.config.data_dir))
    except _MISSING:
        return PictureSheet({})


def _lost_images(record):
    """Where the images of a run were, if they are not found there."""
    if record.is_by_fit:
        return ""
    try:
        data_dir = record.config.data_dir
    except _MISSING:  # Told in its place.
        return ""
    is_lost = data_dir and not expanded_path(data_dir).exists()
    return data_dir if is_lost else ""


def _section(name, title, build, *arguments):
    try:
        return Section(name, title, build(*arguments))
    except _MISSING as error:
        logging.info("The report lacks %s.", title, exc_info=True)
        return Section(name, title, None, _one_line(error))


def _one_line(error):
    told = " ".join(str(error).split())
    if isinstance(error, LookupError):
        told = f"no entry {told}"
    return told or type(error).__name__


def _render(run, sections, sheet, lost_images):
    return render(
        "dnc_keras.reports",
        "report.html",
        title=run.path.name,
        version=__version__,
        format_version=FORMAT_VERSION,
        sections=sections,
        is_finished=run.result.exists(),
        lost_images=lost_images,
        sheet=sheet,
        pictures=sheet.content(),
        plotly=_packed(get_plotlyjs()),
    )


def _packed(text):
    """A text that the page's script unpacks: a third of its size."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
