"""The lines of a csv file, as cells of text without blanks around them."""

from __future__ import annotations

import codecs
import functools
import re

# Beyond a line of paths and names; a larger one is not held in memory.
MAX_LINE = 2**20
_BLOCK = 2**16
DELIMITERS = (",", ";", "\t")
# Spaces of all widths, ends of lines, and what prints nothing: zero-width
# characters, byte order marks, marks of direction.
BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003"
    "\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\xad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
# The byte order mark of UTF-16 begins that of UTF-32.
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"", "utf-8-sig"),
)


def read_lines(file, delimiter: str):
    """Yields the records of a csv file that are not blank.

    Quotes as in RFC 4180: a quoted cell may hold delimiters, ends of lines
    and, doubled, quotes. Blanks around cells and around their quotes do not
    count.

    Args:
        file: path of a text file in UTF-8, or in UTF-16 or UTF-32 with a byte
            order mark.
        delimiter: what divides the cells, a character.

    Yields:
        (number, cells): the number of the record's first line, from 1 on as in
        an editor, and a list of str.

    Raises:
        ValueError: for a file of another encoding, and for a line with a 0
            byte, of more than `MAX_LINE` characters, or whose quotes are wrong.
    """
    form = _Form(delimiter)
    lines = _Lines(file)
    for line in lines:
        number = lines.number
        if '"' in line:
            cells = form.quoted_cells(line, lines)
        else:
            cells = line.split(delimiter)
        # All blanks of ASCII are those of `strip`, which takes less time.
        strip = str.strip if line.isascii() else _strip
        cells = list(map(strip, cells))
        if len(cells) > 1 or cells[0]:
            yield number, cells


def _strip(cell):
    return cell.strip(BLANKS)


class _Lines:
    """Iterates over the lines of a text file, and counts them.

    `number` is that of the last line.
    """

    def __init__(self, file):
        self._file = file
        self._lines = self._read()
        self.number = 0

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._lines)

    def _read(self):
        rest = ""
        for block in self._blocks():
            # Faster than to ask for one line after the other.
            *lines, rest = (rest + block).split("\n")
            for line in lines:
                self.number += 1
                yield line
            if len(rest) > MAX_LINE:
                self.refuse(self.number + 1, "is too long")
        self.number += 1
        yield rest

    def _blocks(self):
        try:
            with open(self._file, encoding=_encoding(self._file)) as text:
                for block in iter(lambda: text.read(_BLOCK), ""):
                    if "\0" in block:
                        num_before = block[: block.index("\0")].count("\n")
                        self.refuse(
                            self.number + num_before + 1, "has a 0 byte"
                        )
                    yield block
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{str(self._file)!r} is no csv file in UTF-8: "
                f"{self._place(error)}{error}. Save it as one."
            ) from error

    def refuse(self, number, reason):
        """Raises ValueError for the line of a number."""
        raise ValueError(
            f"Each line of {str(self._file)!r} must be one of a csv file in "
            f"UTF-8. Received: line {number:,}, which {reason}. Correct it, or "
            "save the file again as csv in UTF-8."
        )

    def _place(self, error):
        if not error.encoding.startswith("utf-8"):
            return ""
        with open(self._file, "rb") as file:
            for number, line in enumerate(_pieces(file), 1):
                if line.decode("utf-8", "ignore").encode() != line:
                    return f"line {number:,}: "
        return ""


def _encoding(file):
    with open(file, "rb") as content:
        start = content.read(4)
    return next(name for mark, name in _ENCODINGS if start.startswith(mark))


def _pieces(file):
    """Lines of bytes, the longest of which are cut."""
    return iter(functools.partial(file.readline, 4 * MAX_LINE), b"")


class _Form:
    """Divides lines that have quotes into cells."""

    def __init__(self, delimiter):
        blanks = f"[{re.escape(BLANKS.replace(delimiter, ''))}]*"
        end = re.escape(delimiter)
        self._opening = re.compile(f'{blanks}"')
        self._plain = re.compile(f"([^{end}]*)({end}|$)", re.DOTALL)
        self._closing = re.compile(f"{blanks}({end}|$)")

    def quoted_cells(self, line, lines):
        """The cells of a record.

        Args:
            line: its first line.
            lines: the `_Lines` that it is of, to read more of them.
        """
        cells, place, first = [], 0, lines.number
        while True:
            opened = self._opening.match(line, place)
            if opened:
                text, line, place = _until_quote(
                    line, opened.end(), lines, first
                )
                end = self._closing.match(line, place)
            else:
                end = self._plain.match(line, place)
                text = end[1]
            if end is None:
                lines.refuse(first, "has text behind a closing quote")
            cells.append(text)
            place = end.end()
            if not end[end.lastindex]:
                return cells


# A quote that is not doubled.
_QUOTE = re.compile(r'([^"]*(?:""[^"]*)*)"(?!")')


def _until_quote(line, place, lines, first):
    """(text, line, place): what is quoted, and what stands behind it."""
    parts, length = [], 0
    while True:
        found = _QUOTE.match(line, place)
        if found:
            parts.append(found[1])
            return "".join(parts).replace('""', '"'), line, found.end()
        parts.append(line[place:] + "\n")
        length += len(line) + 1
        line, place = next(lines, None), 0
        if line is None:
            lines.refuse(first, "has a quote that is not closed")
        if length > MAX_LINE:
            lines.refuse(first, "has a cell that is too long")
