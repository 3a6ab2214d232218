"""Findings: a line each, a folder each, and their numbers at the end."""

from __future__ import annotations

import collections
import json
import os
import pathlib
import shutil
import stat

_MAX_COPIED = 2**24  # Bytes of a file.


class Findings:
    """Keeps what was found.

    Args:
        folder: where each has a folder, named after its case.
    """

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._num_cases = collections.Counter()
        self._found = []

    def __len__(self):
        return len(self._found)

    def add(self, case, complaints, files) -> list[str]:
        """Counts a case; keeps its files if something is wrong.

        Args:
            case: the `Case`.
            complaints: what is wrong, lines.
            files: files and folders that tell of it.

        Returns:
            A line for each complaint.
        """
        self._num_cases[case.kind] += 1
        if not complaints:
            return []
        folder = self._folder / f"{case.seed}-{case.number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file in files:
            _copy(file, folder / file.name)
        lines = [
            f"--seed={case.seed} --case={case.number} ({case.kind}): "
            + complaint.encode(errors="backslashreplace").decode()
            for complaint in complaints
        ]
        (folder / "findings.txt").write_text("\n".join(lines) + "\n")
        self._found += [
            {"seed": case.seed, "case": case.number, "what": complaint}
            for complaint in complaints
        ]
        return lines

    def summary(self) -> dict:
        """Numbers of cases by kind, and all findings."""
        return {"cases": dict(self._num_cases), "findings": self._found}

    def write_summary(self):
        path = self._folder / "summary.json"
        path.write_text(json.dumps(self.summary(), indent=2) + "\n")
        return path


def _copy(source, target):
    """Copies what can be copied: no pipes, nothing large."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=_left_out)
    elif source.is_file():
        shutil.copy(source, target)


def _left_out(folder, names):
    def is_small_file_or_folder(name):
        status = os.lstat(os.path.join(folder, name))
        is_small = status.st_size <= _MAX_COPIED
        return is_small and not stat.S_ISFIFO(status.st_mode)

    return {
        name
        for name in names
        if not is_small_file_or_folder(name)
        or stat.S_ISSOCK(os.lstat(os.path.join(folder, name)).st_mode)
    }
