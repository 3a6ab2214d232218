"""Runs the command of a case, and tells what is wrong with what came."""

from __future__ import annotations

import json
import pathlib
import re
import shutil

from fuzzing import commands
from fuzzing import outputs
from fuzzing import prepared
from fuzzing.processes import Ended
from fuzzing.processes import Process

NAMES = (
    *("train", "evaluate", "export_model", "search", "report", "compare"),
    *("datasets", "experiment"),
)
_BAD_INPUT = 2
_RUN_FAILED = 1  # Of an experiment, which names the run.
_ANSWER = 5  # Times the seconds of a program: the server waits for it.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Programs:
    """Runs programs in forks of one process that has imported them.

    Args:
        folder: for what they need and leave.
        seconds: a program that is busy for longer hangs, as does one that
            is idle for four times as long.
        megabytes: a program must not have more memory.
    """

    def __init__(self, folder, seconds=20.0, megabytes=4000.0):
        self._folder = pathlib.Path(folder).resolve()
        (self._folder / "home").mkdir(parents=True, exist_ok=True)
        self._seconds = seconds
        self._megabytes = megabytes
        self._server = Process(
            "program_server", [], self._folder / "program_server.txt"
        )
        self.prepared = None
        self._flags = {}

    def prepare(self):
        """Makes the good inputs, and asks the programs for their flags."""
        self.prepared = prepared.prepare(self._folder / "prepared", self._train)
        for name in NAMES:
            self.run(name, ["--help"], self._folder)
            text = (self._folder / "stdout.txt").read_text()
            self._flags[name] = re.findall(r"^ +--(?:\[no\])?(\w+)", text, re.M)

    def _train(self, program, arguments):
        return self.run(program, arguments, self._folder, 300.0)["code"]

    def run(self, program, arguments, folder, seconds=None) -> dict:
        """Runs a program; its output is in `stdout.txt` and `stderr.txt`.

        Raises:
            Ended: where the server did not answer.
        """
        seconds = seconds or self._seconds
        request = {
            "program": program,
            # Arguments may hold any bytes.
            "arguments": [_bytes(a).hex() for a in arguments],
            "folder": str(folder),
            "stdout": str(self._folder / "stdout.txt"),
            "stderr": str(self._folder / "stderr.txt"),
            "seconds": seconds,
            "megabytes": self._megabytes,
            # Not the user's, and not that of the case.
            "environment": {
                "HOME": str(self._folder / "home"),
                "XDG_CACHE_HOME": "",
            },
        }
        return self._server.ask(request, _ANSWER * seconds + 20)

    def try_case(self, case) -> list[str]:
        """Runs the command of a case; tells what is wrong."""
        folder = self.build_folder()
        command = commands.build(case, self.prepared, folder, self._flags)
        (self._folder / "command.txt").write_text(told(command))
        before = outputs.snapshot(folder)
        try:
            ended = self.run(command.program, command.arguments, folder)
        except Ended as error:
            return [f"{command.program}: {error}"]
        found = self.complaints(ended)
        found += outputs.complaints(
            before,
            outputs.snapshot(folder),
            has_failed=ended["code"] not in (0, _RUN_FAILED),
            may_change=command.may_change or bool(ended["killed"]),
        )
        if not ended["code"]:
            found += _wrong_number(command, folder)
        return [f"{command.program}: {each}" for each in found]

    def build_folder(self):
        """An empty folder to run in, always the same one."""
        folder = self._folder / "case"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        return folder

    def complaints(self, ended) -> list[str]:
        """What is wrong with how a program ended and what it printed."""
        texts = {
            name: (self._folder / f"{name}.txt").read_bytes()
            for name in ("stdout", "stderr")
        }
        errors = texts["stderr"].decode(errors="replace")
        found = []
        if ended["killed"]:
            found.append(
                f"{ended['killed']}: {ended['seconds']:.0f} s, "
                f"{ended['megabytes']:.0f} MB"
            )
        elif ended["code"] == _RUN_FAILED and re.search("^failed: ", errors, 8):
            pass
        elif ended["code"] not in (0, _BAD_INPUT):
            found.append(f"exit code {ended['code']}")
        for line in ("Traceback (most recent call last)", "Exception ignored"):
            if line in errors:
                found.append(f"traceback: {_last_line(errors)}")
        if ended["code"] == _BAD_INPUT and not re.search("^error: ", errors, 8):
            found.append(f"no line of advice: {_last_line(errors)}")
        for name, text in texts.items():
            if _CONTROL.search(text.decode(errors="replace")):
                found.append(f"control characters in {name}")
        return found

    @property
    def files(self) -> list:
        """What tells of the last case."""
        names = ("command.txt", "stdout.txt", "stderr.txt", "case")
        return [self._folder / name for name in names]

    def end(self):
        self._server.end()


def _bytes(argument):
    return str(argument).encode("utf-8", "surrogateescape")


def _last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "nothing"


def told(command) -> str:
    """A command as a line of a shell."""
    words = [
        _bytes(word).decode(errors="backslashreplace")
        for word in command.arguments
    ]
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    return f"python -m dnc_keras.{command.program} {quoted}\n"


def _wrong_number(command, folder):
    """Whether a program that counts images counted others than were given."""
    if command.num_rows is None:
        return []
    found = json.loads((folder / "out.json").read_text())
    # Of queries and a gallery the images of "test" are made.
    splits = [found["splits"][name] for name in ("train", "test")]
    counted = sum(split["num_images"] for split in splits)
    if counted == command.num_rows:
        return []
    return [
        f"accepted nonsense: {command.num_rows} rows, {counted} images counted"
    ]
