"""Measures speed and memory as ratios against a limit in the same run.

Example: python tools/benchmark.py train_step
         python tools/benchmark.py input --data_dir=cars196 --json=result.json
Run it on an otherwise idle machine; it says when that is not the case.
"""

import argparse
import datetime
import importlib
import json
import os
import pathlib
import platform
import sys

import tensorflow as tf
from benchmarks.measures import alone
from markdown_tables import table

import dnc_keras as dnc
from dnc_keras.support.paths import expanded

# Each name has the modules of tools/benchmarks that belong to it.
BENCHMARKS = {
    "train_step": ("train_step",),
    "recluster": ("recluster",),
    "kmeans_memory": ("kmeans_memory",),
    "kmeans": ("kmeans_speed",),
    "neighbors": ("neighbors_speed",),
    "evaluation": ("evaluation_speed",),
    "search": ("search_speed",),
    "margin_loss": ("margin_loss",),
    "vectors": ("vectors_speed",),
    "input": ("input_speed", "input_memory", "csv_rows"),
}
_COLUMNS = ("work", "ours", "against", "ratio", "goal")


def _run(module, arguments):
    return importlib.import_module(f"benchmarks.{module}").run(arguments)


def _machine():
    return {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        **dict([dnc._keras.keras_version().split()]),
    }


def _print_table(machine, rows):
    print("Machine: " + ", ".join(f"{k} {v}" for k, v in machine.items()))
    cells = [[row.get(column, "-") for column in _COLUMNS] for row in rows]
    print(table(_COLUMNS, cells))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", choices=BENCHMARKS)
    parser.add_argument("--runs", type=int, default=15, help="runs of each")
    parser.add_argument(
        "--data_dir", type=expanded, help="input: folder of CARS196"
    )
    parser.add_argument(
        "--json", type=expanded, help="file to write the results to"
    )
    arguments = parser.parse_args()
    machine = _machine()
    if machine["load_before"] > 0.5:
        print("The machine is not idle: do not trust ratios.", file=sys.stderr)
    modules = [m for name in arguments.names for m in BENCHMARKS[name]]
    rows = [row for m in modules for row in alone(_run, m, arguments)]
    _print_table(machine, rows)
    if arguments.json:
        result = {"machine": machine, "results": rows}
        pathlib.Path(arguments.json).write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
