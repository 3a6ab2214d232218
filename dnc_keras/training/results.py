"""What a training run leaves: result, export, projector and report."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras._keras import versions
from dnc_keras.datasets.fingerprint import digest_of_queries
from dnc_keras.evaluation.searched_dataset import describe_test
from dnc_keras.export import export_saved_model
from dnc_keras.export.description import describe_result
from dnc_keras.export.served_inputs import size_taken
from dnc_keras.export.versions import keep_only
from dnc_keras.reports import write_report
from dnc_keras.reports.projector import write_projector
from dnc_keras.runs.queries import QueryValues
from dnc_keras.runs.queries import save_query_values
from dnc_keras.support.formats import stamped
from dnc_keras.support.progress import step
from dnc_keras.support.whole_files import write_json


def write_results(run, config, task, chosen, searched, measured) -> dict:
    """Writes everything that is made of the chosen model.

    Args:
        run: the `RunDirectory`.
        config: all settings.
        task: the `Task`.
        chosen: the model of the selected epoch.
        searched: the `SearchedDataset` of its test images.
        measured: what the run found, a dict for `result.json`.

    Returns:
        What `result.json` holds.
    """
    dataset = task.shown
    result = {
        **describe_test(dataset),
        **searched.matches.describe(),
        **measured,
        "intervals": _intervals(searched),
        "versions": versions(),
        "run_dir": str(run.path),
    }
    result["export_dir"] = None
    if config.export:
        with step("exporting the SavedModel"):
            result["export_dir"] = _export(
                run, config, task.load_image, chosen, result
            )
            _write_projector(run, dataset, searched)
    save_query_values(run, _query_values(dataset, searched))
    _write_summaries(run, result)
    write_json(run.result, stamped(result))
    write_report(run, dataset)
    return result


def _write_summaries(run, result):
    """Puts the test metrics into the charts of those of validation."""
    writer = tf.summary.create_file_writer(str(run.tensorboard / "test"))
    with writer.as_default(step=result["selected_epoch"]):
        for name, value in result["test"].items():
            # As Keras' own callback names them.
            tf.summary.scalar(f"epoch_{name}", value)
    writer.close()


def _export(run, config, load_image, chosen, result):
    version = export_saved_model(
        chosen,
        run.export,
        size_taken(chosen, config.image_size),
        config.center_crop,
        description=describe_result(result),
        load_image=load_image,
    )
    if not run.result.exists():
        # Others are of this run when it ended while it wrote its results.
        version = keep_only(version)
    return str(version)


def _write_projector(run, dataset, searched):
    part = dataset.gallery_part
    index = dataset.test_parts[part]
    write_projector(run.tensorboard, searched.parts[part], index)


def _query_values(dataset, searched):
    index = dataset.test_parts[dataset.query_part]
    return QueryValues(
        searched.values,
        searched.query_labels,
        index.class_names,
        digest_of_queries(dataset),
    )


def _intervals(searched):
    """Of 95%, by metric; none of a single class, which they are drawn of."""
    if len(np.unique(searched.query_labels)) < 2:
        return {}
    low, high = searched.intervals()
    return {name: [low[name], high[name]] for name in low}
