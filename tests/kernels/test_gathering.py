"""Credits spread over rows, against dictionaries: what each row counts, and which rows are late, with room or without."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernels import counts
from kernels.gathering import FINISHED, NO_SUMS, NOBODY, NOTHING, OF_SUMS, Credited, credit, nothing_gathered

COLUMNS, CODES, KINDS, ROUTES = 9, 9, 2, 40
SHAPE, SUMS = 3, counts.UNWRITTEN
NUMBERS = np.array([[route // 2, NOBODY if route % 3 == 0 else 100 + route] for route in range(ROUTES)])
RAISED = np.array([[[code % COLUMNS, (code * 2) % COLUMNS, -1], [COLUMNS - 1, -1, -1]] for code in range(CODES)])
CREDITS = st.tuples(st.integers(0, ROUTES - 1), st.integers(0, CODES - 1), st.sampled_from([NOTHING, 0, 10, 20]), st.integers(-300, 70_000))


def longs(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def counted(store: counts.Store) -> dict[tuple[int, int, int], dict[int, int]]:
    """Counts that are not zero of each row."""
    found = {}
    for index in range(int(store.state[counts.COUNT])):
        row = store.rows[index]
        cells = {counts.column_of(store, index, cell): counts.count_of(store, index, cell) for cell in range(row["cells"])}
        found[int(row["shape"]), int(row["start"]), int(row["number"])] = {column: count for column, count in cells.items() if count}
    return found


@given(st.lists(CREDITS, max_size=40), st.sampled_from([1, 40]), st.booleans(), st.lists(st.booleans(), min_size=2, max_size=2))
def test_rows_count_what_is_credited(credits_: list[tuple[int, int, int, int]], times: int, summed: bool, kinds: list[bool]) -> None:
    """``times`` over on other routes' numbers, so that there are more rows than are gathered at once."""
    numbers = np.concatenate([np.where(NUMBERS == NOBODY, NOBODY, NUMBERS + 1_000 * turn) for turn in range(times)])
    rows = [(route + ROUTES * turn, *rest) for turn in range(times) for route, *rest in credits_]
    route, code, start, count = (longs([row[column] for row in rows]) for column in range(4))
    credited = Credited(route, code, start, count, np.full(len(rows), 15))
    expected: dict[tuple[int, int, int], Counter[int]] = {}
    for one in range(len(rows)):
        for kind in range(KINDS):
            number = int(numbers[route[one], kind])
            if start[one] == NOTHING or not kinds[kind] or number == NOBODY:
                continue
            for key in ((SHAPE, int(start[one]), number), *([(SUMS, OF_SUMS, number)] if summed else [])):
                row = expected.setdefault(key, Counter())
                for column in RAISED[code[one], kind][RAISED[code[one], kind] >= 0]:
                    row[int(column)] += int(count[one])
    store, gathered = counts.new_store(), nothing_gathered(COLUMNS)
    late, done, sums = np.zeros(1 + KINDS * len(rows), dtype=np.int64), 0, SUMS if summed else NO_SUMS
    while (done := credit(store, gathered, SHAPE, sums, numbers, RAISED, np.array(kinds), tuple(credited), done, late)) != FINISHED:
        store = counts.grown(store)
    assert counted(store) == {key: {column: count for column, count in row.items() if count} for key, row in expected.items()}
    told = {(int(store.rows[index]["start"]), int(store.rows[index]["number"])) for index in late[1 : 1 + late[0]]}
    assert told == {(at, number) for shape, at, number in expected if shape == SHAPE and at < 15}
    assert not gathered.counts.any()
