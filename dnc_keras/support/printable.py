"""Text that a terminal shows, and does not obey."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Text whose characters that print nothing, or move, are escaped.

    A file may be called anything: names may clear a screen, begin a line or
    turn the order of letters round.

    >>> printable("a\nb")
    'a\\nb'
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in text
    )
