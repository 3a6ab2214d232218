"""Trains what is missing, several runs at a time, and keeps the results."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import tqdm

from dnc_keras import comparison


def train_missing(flags_of, results, work, num_jobs):
    """Trains each run that has no result yet; may be stopped and continued.

    Args:
        flags_of: a dict of (variant, seed) and the flags of the program.
        results: folder of the results, `VARIANT/SEED/result.json`.
        work: folder of the runs.
        num_jobs: runs at a time, which share the cores.
    """
    missing = [run for run in flags_of if not _folder(results, *run).exists()]
    threads = str(max(1, os.cpu_count() // num_jobs))

    def train(run):
        run_dir = f"{run[0]}-{run[1]}"
        _start([*flags_of[run], f"--run_dir={run_dir}"], work, threads)
        _keep(pathlib.Path(work) / run_dir, _folder(results, *run))

    with concurrent.futures.ThreadPoolExecutor(num_jobs) as pool:
        list(
            tqdm.tqdm(
                pool.map(train, missing), total=len(missing), disable=None
            )
        )


def read(results, variant, seeds):
    """The results of a variant, a `comparison.Group` with a run a seed."""
    folders = [_folder(results, variant, seed) for seed in seeds]
    return comparison.Group(variant, list(map(comparison.read_run, folders)))


def _start(flags, work, threads):
    subprocess.run(
        [sys.executable, "-m", "dnc_keras.train", *flags],
        cwd=work,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": threads},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _keep(run, folder):
    """Copies result and log, without the paths of this machine."""
    result = json.loads((run / "result.json").read_text())
    config = result["config"]
    config["data_dir"] = "DIR"
    config["weights"] = pathlib.Path(config["weights"]).name
    folder.mkdir(parents=True)
    (folder / "log.jsonl").write_text((run / "log.jsonl").read_text())
    (folder / "result.json").write_text(json.dumps(result, indent=2) + "\n")


def _folder(results, variant, seed):
    return pathlib.Path(results) / variant / str(seed)
