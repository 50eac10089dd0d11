"""Columns of fields against lists of records."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.fields import Bounds, FieldColumns, columns_of, field_names, join_columns, within

NAMES = field_names(("a", "b"), ("m", "n", "o"))
ROW = st.tuples(*[st.none() | st.text(max_size=4)] * 2, *[st.none() | st.integers(-5, 5)] * 3)
ROWS = st.lists(ROW, max_size=6)
Row = tuple[Any, ...]


def columns(rows: list[Row]) -> FieldColumns:
    by_column = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
    return columns_of(NAMES, by_column[:2], by_column[2:], len(rows))


def rows_of(found: FieldColumns) -> list[Row]:
    return [
        (*(found.text_at(name, row) for name in NAMES.texts), *(found.number_at(name, row) for name in NAMES.numbers))
        for row in range(len(found))
    ]


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_columns_hold_records(parts: list[list[Row]]) -> None:
    joined = join_columns([columns(part) for part in parts])
    rows = [row for part in parts for row in part]
    assert rows_of(joined) == rows
    assert joined.texts("b").to_list() == [row[1] for row in rows]
    assert joined.present("n").tolist() == [row[3] is not None for row in rows]


@given(ROWS, st.data())
def test_records_are_chosen_by_number(rows: list[Row], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=5)) if rows else []
    assert rows_of(columns(rows).take(np.array(chosen, dtype=np.int64))) == [rows[row] for row in chosen]


def test_a_number_of_more_than_64_bits_is_none() -> None:
    with pytest.raises(OverflowError):
        columns([("", "", 0, 0, 1 << 63)])


@given(ROWS, *[st.tuples(*[st.integers(0, 6)] * 2)] * 2, *[st.tuples(*[st.integers(-5, 5)] * 3)] * 2, st.tuples(*[st.booleans()] * 3))
def test_bounds(rows: list[Row], shortest: Row, longest: Row, least: Row, greatest: Row, needed: Row) -> None:
    bounds = Bounds(*(np.array(one, dtype=np.int64) for one in (shortest, longest, least, greatest, needed)))

    def fits(row: Row) -> bool:
        texts = zip(shortest, [len((text or "").encode()) for text in row[:2]], longest, strict=True)
        numbers = zip(least, row[2:], greatest, needed, strict=True)
        return all(low <= size <= high for low, size, high in texts) and all(
            not must if number is None else low <= number <= high for low, number, high, must in numbers
        )

    assert within(columns(rows), bounds).tolist() == [fits(row) for row in rows]
