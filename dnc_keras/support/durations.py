"""Durations as people read them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Returns the two largest units of a duration.

    >>> duration(3.14), duration(75), duration(7380)
    ('3.1 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {seconds} s"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min"
