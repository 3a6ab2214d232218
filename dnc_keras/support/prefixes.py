"""Dicts within dicts: their names with a prefix."""

from __future__ import annotations


def with_prefix(entries: dict, prefix: str) -> dict:
    """Returns the entries of a dict, each under its name with a prefix.

    >>> with_prefix({"a": 1}, "part/")
    {'part/a': 1}
    """
    return {prefix + name: value for name, value in entries.items()}


def without_prefix(entries: dict, prefix: str) -> dict:
    """Returns the entries whose names have a prefix, without it.

    >>> without_prefix({"part/a": 1, "b": 2}, "part/")
    {'a': 1}
    """
    return {
        name[len(prefix) :]: value
        for name, value in entries.items()
        if name.startswith(prefix)
    }
