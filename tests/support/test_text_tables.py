"""Tables of text, against lines written by hand."""

from dnc_keras.support.text_tables import text_table

ROWS = [["a", "0", "1", "2"], ["longer", "1", "30", ""]]


def test_the_first_column_is_aligned_left_and_others_right():
    assert text_table(["", "seed", "x", "last"], ROWS) == [
        "        seed   x  last",
        "a          0   1     2",
        "longer     1  30",
    ]


def test_columns_are_as_wide_as_asked():
    lines = text_table(["", "x"], [["a", "1"]], key_width=3, cell_width=4)
    assert lines == ["        x", "a       1"]


def test_columns_beyond_the_width_stand_below_with_the_keys():
    lines = text_table(["", "seed", "x", "last"], ROWS, width=17, num_keys=2)
    assert lines == [
        "        seed   x",
        "a          0   1",
        "longer     1  30",
        "",
        "        seed  last",
        "a          0     2",
        "longer     1",
    ]


def test_a_table_may_have_no_rows():
    assert text_table(["", "x"], []) == ["  x"]
