"""In what runs differ, and whether they can be compared at all."""

from __future__ import annotations

import json

_PACKAGES = ("python", "tensorflow", "keras", "dnc_keras")


def differing_settings(runs) -> list[str]:
    """The names of the settings that are not the same in all runs.

    Args:
        runs: a list of `Run`; those without settings are left out.

    Returns:
        The names in the order of the settings, without `run_dir`.
    """
    settings = [run.settings for run in runs if run.settings]
    names = dict.fromkeys(name for each in settings for name in each)
    return [
        name
        for name in names
        if name != "run_dir" and len({_key(s.get(name)) for s in settings}) > 1
    ]


def find_warnings(runs) -> list[str]:
    """What to know before the metrics are compared, in lines.

    Args:
        runs: a list of `Run`; the unfinished are left out.

    Returns:
        A line where the test data or their protocol are not the same, and one
        for each package whose version is not.
    """
    finished = [run for run in runs if run.is_finished]
    lines = [
        f"not comparable: the {what} differ: {told}"
        for what, told in (
            ("data sets", _told(finished, lambda run: measured_on(run)[0])),
            ("protocols", _told(finished, lambda run: measured_on(run)[1])),
            ("test images", _told(finished, lambda run: measured_on(run)[2])),
            ("queries that count", _told(_counting(finished), _num_counted)),
        )
        if told
    ]
    for package in _PACKAGES:
        told = _told(finished, lambda run: run.versions.get(package, "unknown"))
        if told:
            lines.append(f"the versions of {package} differ: {told}")
    return lines


def measured_on(run) -> tuple:
    """(data set, protocol, number of images and classes) of the test."""
    result = run.result
    images, classes = (
        result.get(f"num_test_{what}", "?") for what in ("images", "classes")
    )
    return (
        str(result.get("dataset", "?")),
        str(result.get("protocol", "?")),
        f"{images} of {classes} classes",
    )


def _counting(runs):
    """Those that say how many queries count; earlier versions did not."""
    return [run for run in runs if _num_counted(run) is not None]


def _num_counted(run):
    names = ("num_queries", "num_queries_left_out")
    num, num_left_out = (run.result.get(name) for name in names)
    if not isinstance(num, int) or not isinstance(num_left_out, int):
        return None
    return num - num_left_out


def _told(runs, value_of):
    """Which runs have which value, or "" where all have one."""
    names = {}
    for run in runs:
        names.setdefault(str(value_of(run)), []).append(run.name)
    if len(names) < 2:
        return ""
    return "; ".join(
        f"{value} ({_first(having)})" for value, having in names.items()
    )


def _first(names):
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0] + more


def _key(value):
    return json.dumps(value, sort_keys=True)
