"""Intervals one by one, against a plain look at each instant."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.measures import Lasted, Windows
from kernels.lengths import FIGURES, add_lengths, note_most

KINDS = 3
Interval = tuple[int, int | None, int]
SERIES = st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9)), st.integers(0, KINDS - 1)), max_size=6)
WINDOWS = st.tuples(st.integers(0, 9), st.integers(0, 9))
CHOICES = st.lists(st.tuples(st.sets(st.integers(0, KINDS - 1)), st.booleans(), st.integers(0, 5), st.integers(0, 9)), max_size=3)


def lasted(series: list[tuple[list[Interval], tuple[int, int]]], closed: bool) -> Lasted:
    """The series in columns: what ended in order of time, none of it before its window."""
    ended, running, bounds = [], [], [(0, 0)]
    for intervals, (start, _) in series:
        found = [(begin + size, begin, kind) for begin, size, kind in intervals if size is not None and begin + size >= start]
        ended += sorted(found)
        running += [(kind, begin) for begin, size, kind in intervals if size is None]
        bounds.append((len(ended), len(running)))
    starts = np.array([start for _, (start, _) in series], dtype=np.int64)
    windows = Windows(starts, starts + np.array([size for _, (_, size) in series], dtype=np.int64), closed)
    ended_at, running_at = (np.array([bound[part] for bound in bounds]) for part in range(2))
    return Lasted(
        windows, ended_at, np.array(ended, dtype=np.int64).reshape(-1, 3), running_at, np.array(running, dtype=np.int64).reshape(-1, 2)
    )


def figures(intervals: list[Interval], start: int, until: int, closed: bool, current: bool, low: int, high: int) -> list[float]:
    lengths = []
    for begin, size, _ in intervals:
        end = math.inf if size is None else begin + size
        if current and begin <= until < end:
            lengths.append(until - begin)
        if not current and size is not None and start <= end and (end < until or (end == until and not closed)):
            lengths.append(size)
    within = [length for length in lengths if low <= length < high]
    return [len(lengths), sum(lengths), max(lengths, default=math.nan), min(lengths, default=math.nan), len(within), sum(within)]


def chosen_of(intervals: list[Interval], kinds: set[int]) -> list[Interval]:
    return [one for one in intervals if one[2] in kinds]


def flags_of(choices: list[set[int]]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.array([[kind in kinds for kind in range(KINDS)] for kinds in choices], dtype=bool).reshape(-1, KINDS)


@given(st.lists(st.tuples(SERIES, WINDOWS), max_size=3), CHOICES, st.booleans())
def test_figures_are_of_the_lengths_that_are_looked_at(
    series: list[tuple[list[Interval], tuple[int, int]]], choices: list[tuple[set[int], bool, int, int]], closed: bool
) -> None:
    into = np.empty((len(series), FIGURES * len(choices)))
    current = np.array([now for _, now, _, _ in choices], dtype=bool)
    ranges = np.array([(low, high) for *_, low, high in choices], dtype=np.float64).reshape(-1, 2)
    add_lengths(*lasted(series, closed).columns, flags_of([kinds for kinds, *_ in choices]), current, ranges, into)
    expected = [
        [figure for kinds, *asked in choices for figure in figures(chosen_of(intervals, kinds), start, start + size, closed, *asked)]
        for intervals, (start, size) in series
    ]
    np.testing.assert_array_equal(into, np.array(expected, dtype=np.float64).reshape(into.shape))


@given(st.lists(st.tuples(SERIES, WINDOWS), max_size=3), st.lists(st.sets(st.integers(0, KINDS - 1)), max_size=3), st.booleans())
def test_the_most_and_least_at_once_are_those_of_all_instants(
    series: list[tuple[list[Interval], tuple[int, int]]], choices: list[set[int]], closed: bool
) -> None:
    columns = lasted(series, closed)
    into = np.empty((len(series), 2 * len(choices)))
    note_most(columns.windows.start, columns.windows.until - closed, *columns.ends, *columns.begins, flags_of(choices), into)
    expected = []
    for intervals, (start, size) in series:
        for kinds in choices:
            instants = range(start, max(start + size - closed, start) + 1)
            at_once = [
                sum(begin <= now and (lasts is None or begin + lasts > now) for begin, lasts, _ in chosen_of(intervals, kinds))
                for now in instants
            ]
            expected += [max(at_once), min(at_once)]
    assert into.ravel().tolist() == expected
