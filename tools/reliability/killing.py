"""Starts a training and kills it."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys
import time

_PAUSE = 0.0005


def start(flags, run_dir, log):
    """Starts the program of the training; its output goes to a file."""
    command = [sys.executable, "-m", "dnc_keras.train", f"--run_dir={run_dir}"]
    return subprocess.Popen(
        [*command, *flags], stdout=log, stderr=subprocess.STDOUT
    )


def kill_after(process, seconds, run_dir, while_writing):
    """Sends SIGKILL, unless the process ends before.

    Args:
        process: what `start` returned.
        seconds: to wait.
        run_dir: folder of the run.
        while_writing: whether to wait on until a file is half written.

    Returns:
        The names of the files that were half written; None where the process
        ended by itself.
    """
    end = time.monotonic() + seconds
    while process.poll() is None:
        is_time = time.monotonic() >= end
        if is_time and (not while_writing or unfinished(run_dir)):
            process.send_signal(signal.SIGKILL)
            process.wait()
            return unfinished(run_dir)
        time.sleep(_PAUSE)
    return None


def unfinished(run_dir):
    """Names of the files of a run that are being written."""
    folders = (pathlib.Path(run_dir), pathlib.Path(run_dir) / "checkpoints")
    return [path.name for f in folders for path in f.glob(".*.tmp*")]
