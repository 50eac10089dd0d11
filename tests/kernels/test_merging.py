"""Merged columns, against sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.merging import merged

SORTED = st.lists(st.integers(-5, 30)).map(sorted)


@given(SORTED, SORTED)
def test_it_is_a_stable_sort_of_both(first: list[int], second: list[int]) -> None:
    both = np.array([*first, *second], dtype=np.int64)
    found = merged(both[: len(first)], both[len(first) :])
    assert found.tolist() == np.argsort(both, kind="stable").tolist()
