"""Intervals against windows: what is added, against a plain sum over them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.intervals import TABLES, add_intervals

KINDS = 3
INTERVALS = st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9)), st.integers(0, KINDS - 1)), max_size=6)


def plain(begin: int, lasted: int | None, start: int, until: int, closed: bool) -> list[int]:
    """What one interval adds to each table."""
    end = until if lasted is None else begin + lasted
    inside = max(min(end, until) - max(begin, start), 0)
    ended = lasted is not None and start <= end and (end < until or (end == until and not closed))
    is_open = begin <= until and (lasted is None or end > until)
    return [ended, inside, inside * ended, (end - begin) * ended, is_open, (until - begin) * is_open]


@given(st.lists(st.tuples(INTERVALS, st.integers(0, 9), st.integers(0, 9)), max_size=4), st.booleans())
def test_every_interval_adds_what_it_is_in_its_window(
    series: list[tuple[list[tuple[int, int | None, int]], int, int]], closed: bool
) -> None:
    expected = np.zeros((len(series), TABLES, KINDS), dtype=np.int64)
    ended, running, bounds = [], [], [(0, 0)]
    for row, (intervals, start, size) in enumerate(series):
        for begin, lasted, kind in intervals:
            if lasted is None:
                running.append((kind, begin))
            elif begin + lasted >= start:
                ended.append((begin + lasted, begin, kind))
            if lasted is None or begin + lasted >= start:
                expected[row, :, kind] += plain(begin, lasted, start, start + size, closed)
        bounds.append((len(ended), len(running)))
    starts = np.array([start for _, start, _ in series], dtype=np.int64)
    untils = starts + np.array([size for *_, size in series], dtype=np.int64)
    ended_at, running_at = (np.array([bound[part] for bound in bounds]) for part in range(2))
    into = np.zeros((len(series), TABLES * KINDS), dtype=np.int64)
    tables = (np.array(ended, dtype=np.int64).reshape(-1, 3), np.array(running, dtype=np.int64).reshape(-1, 2))
    add_intervals(starts, untils, closed, ended_at, tables[0], running_at, tables[1], KINDS, into)
    assert into.reshape(expected.shape).tolist() == expected.tolist()
