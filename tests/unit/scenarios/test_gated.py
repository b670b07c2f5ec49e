"""A data set is changed row by row, and is a CSV with the same columns afterwards."""

from __future__ import annotations

from scenarios.gated import Rows, _changed
from scenarios.worlds import Setting


def test_nothing_changed_is_the_same_text() -> None:
    text = Setting().data(1, 2)
    assert _changed(text, lambda rows: None) == text


def test_cells_rows_and_quoted_text_are_changed_and_kept() -> None:
    def change(rows: Rows) -> None:
        rows[0]["a"] = "x"
        del rows[1]

    assert _changed('a,b\n1,"2, or 3"\n4,5\n6,7\n', change) == 'a,b\nx,"2, or 3"\n6,7\n'
