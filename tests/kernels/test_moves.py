"""What moved against a comparison number by number."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.moves import keep_rows, note_moved

NUMBERS = st.sampled_from([0.0, 0.5, 1.0, 2.0, math.nan, math.inf])
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=4)


def differs(now: float, before: float, slack: float) -> bool:
    return not (math.isnan(now) and math.isnan(before)) and not abs(now - before) <= slack


@given(ROWS, ROWS, st.lists(st.integers(-1, 3), max_size=4), st.tuples(st.sampled_from([0.0, 0.5]), st.sampled_from([0.0, 1.0])))
def test_a_row_moved_if_one_of_its_numbers_did(
    kept: list[tuple[float, float]], values: list[tuple[float, float]], slots: list[int], slack: tuple[float, float]
) -> None:
    values = values[: len(slots)]
    moved = np.zeros(len(slots), dtype=bool)
    rows = np.array(kept)
    note_moved(rows, np.array(slots, dtype=np.int64), np.array(values).reshape(-1, 2), np.array(slack), moved)
    expected = [slot < 0 or any(map(differs, now, kept[slot], slack)) for slot, now in zip(slots, values, strict=True)]
    assert moved.tolist() == expected


def test_rows_are_kept_in_their_slots() -> None:
    kept = np.zeros((3, 2))
    keep_rows(kept, np.array([2, 0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert kept.tolist() == [[3.0, 4.0], [0.0, 0.0], [1.0, 2.0]]
