"""Numbers of keys against dictionaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.numbering import Numbering, distinct, grouped, numbered, spread
from kernels.texts import Int64s

KEYS = st.lists(st.integers(-3, 3) | st.integers(-(1 << 63), (1 << 63) - 1), max_size=60)


def column(values: list[int]) -> Int64s:
    return np.array(values, dtype=np.int64)


@given(KEYS)
def test_a_column_is_numbered_as_its_values_appear(keys: list[int]) -> None:
    distinct = list(dict.fromkeys(keys))
    first, number = numbered(column(keys))
    assert [keys[row] for row in first.tolist()] == distinct
    assert first.tolist() == [keys.index(key) for key in distinct]
    assert [distinct[one] for one in number.tolist()] == keys


@given(KEYS)
def test_distinct_values_ascend(keys: list[int]) -> None:
    assert distinct(column(keys)).tolist() == sorted(set(keys))


@given(st.lists(KEYS, max_size=6))
def test_numbers_stay_what_they_are(columns: list[list[int]]) -> None:
    numbering, known = Numbering(), dict[int, int]()
    for keys in columns:
        new = [key for key in dict.fromkeys(keys) if key not in known]
        known |= {key: place for place, key in enumerate(new, start=len(known))}
        number, told = numbering.of(column(keys))
        assert told.tolist() == new
        assert number.tolist() == [known[key] for key in keys]
        assert len(numbering) == len(known)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=5), st.data())
def test_pairs_are_spread_in_order(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    number = data.draw(st.lists(st.integers(0, len(pairs) - 1), max_size=8))
    rows = data.draw(st.lists(st.integers(0, 99), min_size=len(number), max_size=len(number)))
    out = np.empty((4, 2 * len(number)), dtype=np.int64)
    count = spread(np.array(pairs, dtype=np.int64), column(number), column(rows), out)
    expected = [
        [row, ordinal, held, element]
        for element, (one, row) in enumerate(zip(number, rows, strict=True))
        for ordinal, held in enumerate(pairs[one])
        if held >= 0
    ]
    assert out[:, :count].T.tolist() == expected


@given(st.lists(st.integers(-1, 4), max_size=20), st.data())
def test_rows_are_grouped_in_the_order_given(number: list[int], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(number))))
    rows, ends = grouped(column(number), 5, column(list(order)))
    assert ends[0] == 0
    for group in range(5):
        assert rows[ends[group] : ends[group + 1]].tolist() == [row for row in order if number[row] == group]
    assert len(rows) == ends[-1]
