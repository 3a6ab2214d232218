"""Measures a trained model, or an exported one, on unseen classes.

Example: python -m dnc_keras.evaluate --run_dir=runs/digits
         python -m dnc_keras.evaluate --run_dir=runs/digits \\
             --confidence=0.95 --json=digits.json
         python -m dnc_keras.evaluate --run_dir=runs/digits --nonmi \\
             --per_class=classes.csv
         python -m dnc_keras.evaluate --export_dir=runs/digits/export/1 \\
             --dataset=digits --ks=1,10,100 --nonmi
         python -m dnc_keras.evaluate --run_dir=runs/digits --nonmi \\
             --rerank=k_reciprocal
"""

from __future__ import annotations

import dataclasses

from absl import flags

from dnc_keras import _after_search
from dnc_keras import _cli
from dnc_keras import metrics
from dnc_keras._keras import versions
from dnc_keras._outputs import say
from dnc_keras.analysis import examine_classes
from dnc_keras.batches.ordered import encoded_images
from dnc_keras.config import TrainConfig
from dnc_keras.config.settings import DATA_SETTINGS
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.configured import unreadable_named
from dnc_keras.evaluation.after_search import WHITEN_ON
from dnc_keras.evaluation.after_search import Chain
from dnc_keras.evaluation.after_search import Model
from dnc_keras.evaluation.after_search import search_after
from dnc_keras.evaluation.searched_dataset import NUM_NMI_RUNS
from dnc_keras.evaluation.searched_dataset import describe_test
from dnc_keras.evaluation.searched_dataset import search_arguments
from dnc_keras.evaluation.searched_dataset import search_dataset
from dnc_keras.export.mirroring import embed_mirrored
from dnc_keras.export.mirroring import mirrored_pixels
from dnc_keras.export.served_model import ServedModel
from dnc_keras.metrics.arguments import check_confidence
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_number
from dnc_keras.support.whole_files import write_csv
from dnc_keras.support.whole_files import write_json

_DATA_FLAGS = (*DATA_SETTINGS, "cache", "unreadable")


def _check_nmi_runs(name, value):
    if value < 1:
        raise ValueError(
            f"--{name} must be at least 1. Received: {value}. Use --nonmi for "
            "none."
        )
    check_count(name, value)


_cli.define_path("run_dir", "folder of a training: model and data set")
_cli.define_path("export_dir", "SavedModel, or the folder of its versions")
_cli.define_path("json", "file to write the metrics to")
_cli.define_path(
    "per_class",
    "file for the classes: .csv for the table of classes, worst first; .json "
    "also has confusions, distances of pairs, thresholds and class sizes; of "
    "the search before any re-ranking",
)
_cli.define_flag(
    "ks", "", "the k of recall at k, as 1,10,100; default: the data set's"
)
_cli.define_flag(
    "confidence",
    0.0,
    "add bootstrap intervals over the test classes, as 0.95; 0 for none",
    rule=check_number,
)
_cli.define_flag(
    "nmi",
    True,
    "cluster the test images for NMI and AMI: long for thousands of classes",
)
_cli.define_flag(
    "nmi_runs",
    NUM_NMI_RUNS,
    "k-means runs that NMI and AMI are the means of",
    rule=_check_nmi_runs,
)
_after_search.define(whiten_on="the images of --whiten_on")
_cli.define_flag(
    "whiten_on",
    "train",
    f"whiten: the images that it is fitted on: {' | '.join(WHITEN_ON)}",
    rule=lambda name, value: check_choice(name, value, WHITEN_ON),
)
_cli.define_trust()
_cli.define_flags(TrainConfig, _DATA_FLAGS)


def main():
    values = flags.FLAGS
    if bool(values.run_dir) == bool(values.export_dir):
        raise ValueError(
            "Give one of --run_dir and --export_dir. Received: "
            f"{'both' if values.run_dir else 'neither'}."
        )
    if values.run_dir:
        _cli.refuse_flags(
            _DATA_FLAGS,
            "A run knows its data set. Received: {} next to --run_dir. Leave "
            "them out, or evaluate the run's export with --export_dir.",
        )
    ks = _read_ks(values.ks)
    num_nmi_runs = values.nmi_runs if values.nmi else 0
    if values.confidence:
        check_confidence(values.confidence)
    chain = _read_chain()
    _check_per_class(values.per_class)
    _cli.check_output_files("json", "per_class")
    dataset, model, facts = (
        _of_run(values.run_dir)
        if values.run_dir
        else _of_export(values.export_dir)
    )
    chain.check(dataset)
    after = None
    with unreadable_named(dataset):
        searched = search_dataset(model.embed, dataset, model.batches_of, ks)
        if chain.any:
            after = search_after(chain, dataset, searched.parts, model, ks)
    columns = _columns(searched, num_nmi_runs, after)
    _cli.print_metrics(**columns)
    _print_facts(dataset, num_nmi_runs)
    _cli.print_left_out(searched.matches.describe())
    if after:
        _after_search.print_steps(chain.describe(), after.seconds)
        columns["after_search"] = {
            "methods": chain.describe(),
            "seconds": after.seconds,
        }
    if values.json:
        result = {
            **describe_test(dataset),
            **searched.matches.describe(),
            **columns,
            "confidence": values.confidence or None,
            "nmi_runs": num_nmi_runs,
            "versions": versions(),
            **facts,
        }
        write_json(values.json, result)
    if values.per_class:
        _write_per_class(values.per_class, dataset, searched)


def _check_per_class(path):
    if path and not path.endswith((".csv", ".json")):
        raise ValueError(
            f"--per_class must end in .csv or .json. Received: {path!r}. Use "
            "classes.csv for a table, or classes.json for all there is."
        )


def _write_per_class(path, dataset, searched):
    examined = examine_classes(
        searched.values,
        searched.query_labels,
        **search_arguments(dataset, searched.parts),
    )
    names = dataset.test.class_names
    if path.endswith(".csv"):
        write_csv(path, examined.class_rows(names))
    else:
        told = {**describe_test(dataset), **examined.describe(names)}
        write_json(path, told)


def _read_chain():
    values = flags.FLAGS
    methods = _after_search.read_methods()
    return Chain(values.flip, values.whiten, values.whiten_on, methods)


def _columns(searched, num_nmi_runs, after):
    """The metrics as "test", and what else was asked for."""
    columns = {"test": searched.metrics(num_nmi_runs)}
    confidence = flags.FLAGS.confidence
    if confidence:
        low, high = searched.intervals(confidence)
        columns.update(low=low, high=high)
    if after:
        columns["after"] = after.metrics
        columns["gain"] = {
            name: value - searched.retrieval[name]
            for name, value in after.metrics.items()
        }
    if after and confidence:
        gains = metrics.query_differences(
            after.values, searched.values, searched.query_labels, confidence
        )
        for end in ("low", "high"):
            columns[f"gain_{end}"] = {
                name: getattr(gain, end) for name, gain in gains.items()
            }
    return columns


def _of_run(path):
    """(data set, the `Model`, what to say of it)."""
    run = TrainedRun(path, trust_own_code=flags.FLAGS.trust_own_code)
    facts = {"config": dataclasses.asdict(run.config), "run_dir": path}
    model = Model(
        run.embed, run.images, lambda batch: run.embed(mirrored_pixels(batch))
    )
    return run.dataset, model, facts


def _of_export(export_dir):
    """As `_of_run`, through the signatures: the model as it is served."""
    config = _cli.read_flags(TrainConfig, _DATA_FLAGS)
    served = ServedModel(export_dir)
    dataset = load_dataset(config)
    width = dataset.test.feature_dim
    if width is None:
        served.check_takes("images", f"the images of {dataset.name}")
    else:
        served.check_takes_vectors(width, f"data set {dataset.name}")
    (argument,) = served.signature.structured_input_signature[1]

    def embed(batch):
        return served.signature(**{argument: batch})["embedding"]

    def batches_of(index):
        return encoded_images(index) if width is None else index.contents

    model = Model(
        embed,
        batches_of,
        lambda batch: embed_mirrored(served, batch.numpy()),
    )
    return dataset, model, {"export_dir": str(served.path)}


def _read_ks(text):
    """The numbers of `--ks`, or None."""
    if not text:
        return None
    try:
        ks = tuple(int(number) for number in text.split(","))
    except ValueError:
        ks = ()
    if not ks or min(ks) < 1:
        raise ValueError(
            "--ks must be integers of at least 1, separated by commas. "
            f"Received: {text!r}. Use --ks=1,2,4,8."
        )
    return ks


def _print_facts(dataset, num_nmi_runs):
    test = dataset.test
    say(f"Data set    {dataset.title}")
    say(f"Protocol    {dataset.protocol}")
    say(f"Images      {test.num_images:,} of {test.num_classes:,} classes")
    if num_nmi_runs:
        say(f"NMI, AMI    mean of {num_nmi_runs} runs of k-means")
    if flags.FLAGS.confidence:
        percent = f"{100 * flags.FLAGS.confidence:g}%"
        say(f"low, high   {percent} interval, bootstrap over these classes")


if __name__ == "__main__":
    _cli.run(main, prints_answer=True)
