"""Tables whose columns are divided by blanks."""

from __future__ import annotations

import pytest

from dnc_keras.datasets import text_table


def _columns(root, content, *args, **kwargs):
    (root / "list.txt").write_bytes(content)
    return text_table.read_columns(root / "list.txt", *args, **kwargs)


@pytest.mark.parametrize(
    "content",
    [
        b"id name\n1 a.jpg\n20 b.jpg\n",
        b"id name\r\n1 a.jpg\r\n20 b.jpg\r\n",
        b"\xef\xbb\xbfid name\n\n  1\t  a.jpg  \n20   b.jpg",
    ],
)
def test_columns_are_divided_by_runs_of_blanks(tmp_path, content):
    columns = _columns(tmp_path, content, [int, str], 1)
    assert columns == [[1, 20], ["a.jpg", "b.jpg"]]


def test_a_byte_order_mark_is_no_part_of_the_first_value(tmp_path):
    columns = _columns(tmp_path, b"\xef\xbb\xbf0000001 7\n", [str, int])
    assert columns == [["0000001"], [7]]


def test_names_may_have_blanks_in_the_last_or_the_first_column(tmp_path):
    last = _columns(tmp_path, "1 a  b\u2028é.jpg\n".encode(), [int, str])
    assert last == [[1], ["a  b\u2028é.jpg"]]
    first = _columns(tmp_path, b" a  b.jpg   1\n", [str, int], rest="first")
    assert first == [["a  b.jpg"], [1]]


def test_a_file_of_header_lines_has_empty_columns(tmp_path):
    assert _columns(tmp_path, b"2\nid name\n", [int, str], 2) == [[], []]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"1 a\n2\n", "must be: integer text. Received in line 2: '2'. Down"),
        (b"1 a\n\nx b\n", "integer text. Received in line 3: 'x b'. Download"),
        (b"\xe9 a\n", "is no text in UTF-8: .*0xe9.* Download it again."),
    ],
)
def test_a_wrong_line_is_named(tmp_path, content, message):
    with pytest.raises(ValueError, match=f"list.txt' .*{message}"):
        _columns(tmp_path, content, [int, str])
