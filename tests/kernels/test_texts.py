"""Columns of texts against lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.texts import join_texts, texts_of

TEXTS = st.lists(st.none() | st.text(max_size=6), max_size=8)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_joined_columns_are_joined_lists(columns: list[list[str | None]]) -> None:
    joined = join_texts([texts_of(column) for column in columns])
    assert joined.to_list() == [text for column in columns for text in column]


@given(TEXTS, st.data())
def test_rows_are_chosen_by_number(column: list[str | None], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(column) - 1), max_size=5)) if column else []
    assert texts_of(column).take(np.array(rows, dtype=np.int64)).to_list() == [column[row] for row in rows]


@given(TEXTS, st.integers(0, 8), st.integers(0, 8))
def test_a_part_is_a_slice(column: list[str | None], low: int, high: int) -> None:
    assert texts_of(column).part(low, high).to_list() == column[low:high]
