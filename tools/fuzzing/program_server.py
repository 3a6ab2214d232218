"""The process that runs programs: it has imported all, and forks for each.

To import TensorFlow takes longer than most programs do. No operation has run
before the fork, so TensorFlow has no threads that would be missing after it.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pathlib
import resource
import runpy
import signal
import sys
import time
import traceback
import warnings

from fuzzing import processes

_IMPORTED = (
    *("_cli", "training", "reports", "gallery", "comparison", "projector"),
    *("export.export_run", "runs.trained", "datasets.inspection"),
)
_MAX_FILE = 2**32  # Bytes, so that the disk does not fill.
_PAUSE = 0.05  # Seconds.
# Others use the machine, too: a program has this part of a processor at least.
_SHARE = 4


def _answer(request):
    """Runs a program; says how it ended, in how many seconds, how large."""
    begin = time.monotonic()
    child = os.fork()
    if not child:
        _run(request)
    killed, peak = "", 0
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        peak = max(peak, _resident(child))
        seconds = time.monotonic() - begin
        if max(_busy(child), seconds / _SHARE) > request["seconds"]:
            killed = "hang"
        elif peak > request["megabytes"]:
            killed = "memory"
        if killed:
            _kill(child)
        time.sleep(_PAUSE)
    _kill(child)  # What it may have started itself.
    return {
        "code": os.waitstatus_to_exitcode(status),
        "killed": killed,
        "seconds": time.monotonic() - begin,
        "megabytes": max(peak, usage.ru_maxrss / 1024),
    }


def _busy(process):
    """Seconds of processors that it has used."""
    try:
        status = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0.0
    ticks = status.rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _resident(process):
    try:
        pages = pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize() / 2**20


def _kill(child):
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # Not yet a group, or none any more.


def _run(request):
    """In the child: never returns."""
    code = 1
    try:
        os.setsid()
        _redirect(request)
        os.chdir(request["folder"])
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE, _MAX_FILE))
        code = _code_of(request)
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        code = code or 1
    finally:
        os._exit(code)


def _redirect(request):
    for name, number, flags in (
        (os.devnull, 0, os.O_RDONLY),
        (request["stdout"], 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (request["stderr"], 2, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", closefd=False)


def _code_of(request):
    os.environ.update(request.get("environment", {}))
    program = request["program"]
    arguments = [os.fsdecode(bytes.fromhex(x)) for x in request["arguments"]]
    sys.argv = [program, *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if program.endswith(".py"):
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(
                f"dnc_keras.{program}", run_name="__main__", alter_sys=True
            )
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main():
    warnings.simplefilter("default")
    for name in _IMPORTED:
        importlib.import_module(f"dnc_keras.{name}")
    processes.serve(_answer)


if __name__ == "__main__":
    main()
