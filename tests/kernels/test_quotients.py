"""Quotients of sums against the same arithmetic, one by one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.quotients import NO_TERM, quotients

WIDTH, GIVEN = 4, 1
WHOLE = st.integers(-(1 << 55), 1 << 55)
COLUMNS = st.lists(st.integers(0, WIDTH - 1), max_size=3)
NUMBERS = st.sampled_from([1.0, 100.0, 1000.0, 3_600_000.0])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]], list[int], list[list[int]]]:
    """The table, the other one, the row of each there, and what is given of each."""
    size, others = draw(st.integers(0, 3)), draw(st.integers(0, 2))

    def rows(count: int, width: int) -> list[list[int]]:
        return draw(st.lists(st.lists(WHOLE, min_size=width, max_size=width), min_size=count, max_size=count))

    other_row = draw(st.lists(st.integers(-1, others - 1), min_size=size, max_size=size))
    return rows(size, WIDTH), rows(others, WIDTH), other_row, rows(size, GIVEN)


@given(
    tables(),
    st.lists(st.tuples(COLUMNS, COLUMNS), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 4), st.integers(NO_TERM, 4), NUMBERS, NUMBERS, NUMBERS), max_size=4),
)
def test_each_is_computed_as_one_would(
    found: tuple[list[list[int]], list[list[int]], list[int], list[list[int]]],
    sums: list[tuple[list[int], list[int]]],
    asked: list[tuple[int, int, float, float, float]],
) -> None:
    table, other, other_row, given_numbers = found
    asked = [(above % (GIVEN + len(sums)), min(below, len(sums)), *numbers) for above, below, *numbers in asked]  # type: ignore[misc]
    expected = []
    for row, own in enumerate(table):
        terms = [float(number) for number in given_numbers[row]]
        for columns, of_other in sums:
            beside = sum(other[other_row[row]][column] for column in of_other) if other_row[row] >= 0 else 0
            terms.append(float(sum(own[column] for column in columns)) + float(beside))
        line = []
        for above, below, factor, unit, unit_below in asked:
            value = factor * terms[above] / unit
            under = terms[below] / unit_below
            line.append(value if below == NO_TERM else value / under if under else math.nan)
        expected.append(line)
    out = np.empty((len(table), len(asked)))
    quotients(
        np.array(table, dtype=np.int64).reshape(-1, WIDTH),
        np.array(other, dtype=np.int64).reshape(-1, WIDTH),
        np.array(other_row, dtype=np.int64),
        np.array(given_numbers, dtype=np.float64).reshape(-1, GIVEN),
        np.cumsum([(0, 0), *((len(columns), len(of_other)) for columns, of_other in sums)], axis=0),
        np.array([column for columns, _ in sums for column in columns], dtype=np.int64),
        np.array([column for _, columns in sums for column in columns], dtype=np.int64),
        np.array([(above, below, place) for place, (above, below, *_) in enumerate(asked)], dtype=np.int64).reshape(-1, 3),
        np.array([(*numbers, math.nan) for _, _, *numbers in asked], dtype=np.float64).reshape(-1, 4),
        np.empty(GIVEN + len(sums)),
        out,
    )
    np.testing.assert_array_equal(out, np.array(expected, dtype=np.float64).reshape(out.shape))
