"""Cells of tables that spreadsheets open."""

from __future__ import annotations

import numbers
import re

# What begins a formula, also in full width; spreadsheets skip what prints
# nothing before it.
_FORMULA = re.compile(
    "[\\s\x00-\x1f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
    "[=+@\\-\uff1d\uff0b\uff20\uff0d]|[\t\r\n]"
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")


def defused(value):
    """The value of a cell, in no form that a spreadsheet takes for a formula.

    Args:
        value: of any type. Numbers and None stay, also numbers in a str.

    Returns:
        Other values as str; one that begins as a formula does has an
        apostrophe in front.

    Example:

    >>> defused("=1+1"), defused("-1.5"), defused(-1.5)
    ("'=1+1", '-1.5', -1.5)
    """
    if value is None or isinstance(value, numbers.Number):
        return value
    text = str(value)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
