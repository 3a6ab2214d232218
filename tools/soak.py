"""Trains for many steps and reports how the memory of the process grows.

Example: python tools/soak.py --steps=10000 --work_dir=soak
         python tools/soak.py --work_dir=soak -- --recluster_features=cached
The flags after `--` are those of dnc_keras.train, beside those of the digits.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np
from reliability import killing

from dnc_keras.runs import RunDirectory
from dnc_keras.runs.files import read_lines
from dnc_keras.support.paths import expanded_path

STEPS_PER_EPOCH = 100


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--work_dir", type=expanded_path, required=True)
    parser.add_argument("--json", type=expanded_path, help="file to write")
    parser.add_argument("flags", nargs="*")
    return parser.parse_args()


def _megabytes(process):
    """Resident memory of a process."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    lines = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def _num_epochs(run_dir):
    log = RunDirectory(run_dir).log
    return len(read_lines(log)[0]) if log.exists() else 0


def _measure(process, run_dir):
    """(epochs, megabytes) whenever an epoch has ended."""
    samples = []
    while process.poll() is None:
        num_epochs = _num_epochs(run_dir)
        if num_epochs and (not samples or num_epochs > samples[-1][0]):
            samples.append((num_epochs, _megabytes(process)))
        time.sleep(0.05)
    return samples


def main():
    arguments = _arguments()
    arguments.work_dir.mkdir(parents=True)
    num_epochs = arguments.steps // STEPS_PER_EPOCH
    flags = [
        f"--epochs={num_epochs}",
        f"--steps_per_epoch={STEPS_PER_EPOCH}",
        "--noevaluate_before",
        *arguments.flags,
    ]
    run_dir = arguments.work_dir / "run"
    with open(arguments.work_dir / "output.txt", "w") as log:
        process = killing.start(flags, run_dir, log)
        samples = _measure(process, run_dir)
    if process.returncode:
        sys.exit(f"The training failed; {log.name} tells why.")
    # The first fifth fills caches. The last sample is that of the evaluation.
    epochs, megabytes = np.array(samples[len(samples) // 5 : -1]).T
    slope, _ = np.polyfit(epochs * STEPS_PER_EPOCH / 1000, megabytes, 1)
    result = {
        "flags": flags,
        "steps": num_epochs * STEPS_PER_EPOCH,
        "megabytes_first": megabytes[0],
        "megabytes_last": megabytes[-1],
        "megabytes_per_1000_steps": slope,
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        result["epochs_and_megabytes"] = samples
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
