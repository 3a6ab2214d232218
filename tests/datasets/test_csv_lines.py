"""Lines of csv files, well-formed and not."""

from __future__ import annotations

import csv
import tracemalloc

import pytest

from dnc_keras.datasets import csv_lines
from dnc_keras.datasets.csv_lines import read_lines


def _read(tmp_path, text, delimiter=",", encoding="utf-8"):
    file = tmp_path / "a.csv"
    content = text if isinstance(text, bytes) else text.encode(encoding)
    file.write_bytes(content)
    return list(read_lines(file, delimiter))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 2**16])
def test_quotes_are_those_of_the_csv_module(tmp_path, monkeypatch, block):
    monkeypatch.setattr(csv_lines, "_BLOCK", block)
    rows = [
        ["a", 'say "b"', "c,d"],
        ["", "two\n\nlines", '"'],
        ['5" pipe', "", '""'],
        ["x"],
        [",", "\n", 'a"\n"b'],
    ]
    with open(tmp_path / "a.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    found = list(read_lines(tmp_path / "a.csv", ","))
    assert [cells for _, cells in found] == [
        [cell.strip() for cell in row] for row in rows
    ]
    assert [number for number, _ in found] == [1, 2, 5, 6, 7]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_ends_of_lines_are_read(tmp_path, end):
    text = end.join(["a,b", "", "1,2", " ", "3,4"])
    expected = [(1, ["a", "b"]), (3, ["1", "2"]), (5, ["3", "4"])]
    assert _read(tmp_path, text) == expected
    assert _read(tmp_path, text + end) == expected


@pytest.mark.parametrize(
    "blank",
    [
        " ",
        "\t",
        "\u00a0",
        "\u3000",
        "\u200b",
        "\ufeff",
        "\u2060 \u200e",
        "\xad",
    ],
)
def test_blanks_around_cells_and_quotes_do_not_count(tmp_path, blank):
    text = f'{blank}a{blank},{blank}"b, c{blank}"{blank},{blank}d'
    assert _read(tmp_path, text) == [(1, ["a", "b, c", "d"])]
    # Within a cell they do.
    assert _read(tmp_path, f"a{blank}b") == [(1, [f"a{blank}b"])]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_with_a_byte_order_mark_are_read(tmp_path, encoding):
    assert _read(tmp_path, "é,b\n", encoding=encoding) == [(1, ["é", "b"])]


def test_other_delimiters_divide(tmp_path):
    assert _read(tmp_path, 'a;"b;c"; d,e', ";") == [(1, ["a", "b;c", "d,e"])]
    assert _read(tmp_path, '\t"b\tc"\td e', "\t") == [(1, ["", "b\tc", "d e"])]


@pytest.mark.parametrize(
    "text, message",
    [
        (b"a,b\nc,\0\n", "line 2, which has a 0 byte"),
        ("a,b".encode("utf-16-le"), "line 1, which has a 0 byte"),
        ('a,b\n\nc,"d\ne,f\n', "line 3, which has a quote that is not closed"),
        ('a,"b', "line 1, which has a quote that is not closed"),
        ('a,"b,c\nd,"e",f\n', "line 1, which has text behind a closing quote"),
        ('a\nb,"c"d', "line 2, which has text behind a closing quote"),
        ("ä,b\n1,é\n".encode("latin-1"), "UTF-8: line 1: .* byte 0xe4"),
        (b"a,b\n1,\xe9\n", "UTF-8: line 2: .* byte 0xe9"),
        ("a,b".encode("utf-16")[:-1], "UTF-8: 'utf-16.* truncated data"),
    ],
)
def test_wrong_lines_are_refused_by_their_number(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        _read(tmp_path, text)


@pytest.mark.parametrize("start", ["", '"', '"\n'])
def test_a_huge_cell_is_refused_and_not_held(tmp_path, start):
    text = f"a,b\nc,{start}".encode() + b"x" * 30_000_000
    (tmp_path / "a.csv").write_bytes(text)
    tracemalloc.start()
    with pytest.raises(ValueError, match="line [23], which is too long"):
        list(read_lines(tmp_path / "a.csv", ","))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_huge_cell_of_lines_is_refused(tmp_path):
    with pytest.raises(ValueError, match="line 2, which has a cell that is"):
        _read(tmp_path, 'a\n"' + "x\n" * 2**20)
