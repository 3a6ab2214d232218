"""Processes that answer requests, one JSON line each way, and may die."""

from __future__ import annotations

import json
import os
import pathlib
import select
import signal
import subprocess
import sys

_FOLDER = pathlib.Path(__file__).parent
# Short programs are faster with one thread, and the machine has others to do.
_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


class Ended(Exception):
    """The process ended, or did not answer in time; says which."""


class Process:
    """A module of this folder, started when it is first asked.

    Args:
        module: its name.
        arguments: of its command line.
        log: file for what it prints.
    """

    def __init__(self, module, arguments, log):
        self._module = module
        self._arguments = [str(argument) for argument in arguments]
        self._log = log
        self._process = None

    def ask(self, request: dict, seconds: float) -> dict:
        """The answer to a request.

        Raises:
            Ended: where none came in time; the next request starts anew.
        """
        if self._process is None:
            self._start()
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer(seconds)

    def _start(self):
        path = os.pathsep.join([str(_FOLDER.parent), *sys.path])
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", f"fuzzing.{self._module}"),
                    *self._arguments,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": path},
            )
        self._answer(seconds=300)  # That it is ready.

    def _answer(self, seconds):
        pipe = self._process.stdout
        ready, _, _ = select.select([pipe], [], [], seconds)
        line = pipe.readline() if ready else b""
        if line.endswith(b"\n"):
            return json.loads(line)
        why = "died" if ready else f"no answer within {seconds:g} s"
        code = self.end()
        if ready and code:
            why = f"died of {_cause(code)}"
        raise Ended(why)

    def end(self):
        """Ends the process and all that it started; returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.stdin.close()
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.stdout.close()
        return process.wait()


def _cause(code):
    return f"exit code {code}" if code > 0 else signal.Signals(-code).name


def serve(answer):
    """Answers the requests of a `Process` until there are no more.

    Args:
        answer: function from a request to its answer, both dicts.
    """
    # What libraries print must not come between.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    out.write(b"{}\n")
    out.flush()
    for line in sys.stdin.buffer:
        out.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
        out.flush()
