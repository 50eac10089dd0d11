"""Intervals of many series one by one: how long those were that ended in a window, or are open at its end; how many there were at once."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import DOUBLE, DOUBLES_2D, DOUBLES_2D_OUT, FLAG, FLAGS, FLAGS_2D, LONG, LONGS, LONGS_2D, VOID, compiled
from kernels.texts import Int64s

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

COUNT, TOTAL, GREATEST, LEAST, COUNT_WITHIN, TOTAL_WITHIN = range(6)
"""What ``add_lengths`` tells of lengths: greatest and least of none are NaN."""

FIGURES = 6


_NOT_YET: Final = 1 << 62
"""The end of an interval that is open."""
_NONE: Final = -1


@compiled(LONG, LONG, LONG, LONG, LONG, FLAG, FLAG)
def _length(begin: int, end: int, start: int, until: int, closed: bool, current: bool) -> int:
    """The length of an interval that is looked at, or ``_NONE``."""
    if current:
        return until - begin if begin <= until < end else _NONE
    return end - begin if start <= end and (end < until or (end == until and not closed)) else _NONE


@compiled(VOID, DOUBLES_2D_OUT, LONG, LONG, LONG, DOUBLE, DOUBLE)
def _add_length(into: Floats, row: int, first: int, length: int, low: float, high: float) -> None:
    if length == _NONE:
        return
    into[row, first + COUNT] += 1
    into[row, first + TOTAL] += length
    if not length <= into[row, first + GREATEST]:
        into[row, first + GREATEST] = length
    if not length >= into[row, first + LEAST]:
        into[row, first + LEAST] = length
    if low <= length < high:
        into[row, first + COUNT_WITHIN] += 1
        into[row, first + TOTAL_WITHIN] += length


@compiled(VOID, LONGS, LONGS, FLAG, LONGS, LONGS_2D, LONGS, LONGS_2D, FLAGS_2D, FLAGS, DOUBLES_2D, DOUBLES_2D_OUT)
def add_lengths(
    start: Int64s,
    until: Int64s,
    closed: bool,
    ended_at: Int64s,
    ended: Int64s,
    open_at: Int64s,
    still_open: Int64s,
    kinds: Flags,
    current: Flags,
    ranges: Floats,
    into: Floats,
) -> None:
    """Figures of the lengths of some kinds of intervals, for n series and g choices of kinds.

    Args:
        start: see ``kernels.intervals.add_intervals``, as for all to ``still_open``.
        until: as there.
        closed: as there.
        ended_at: as there.
        ended: as there.
        open_at: as there.
        still_open: as there.
        kinds: which kinds each choice looks at, shape (g, kinds).
        current: whether it looks at how long those have been that are open at the end, or at those that ended; shape (g,).
        ranges: lengths that are within: [low, high), shape (g, 2).
        into: shape (n, g x FIGURES).
    """
    for row in range(len(start)):
        window = (start[row], until[row], closed)
        for group in range(len(kinds)):
            place, low, high = group * FIGURES, ranges[group, 0], ranges[group, 1]
            into[row, place : place + FIGURES] = 0.0
            into[row, place + GREATEST] = into[row, place + LEAST] = np.nan
            for one in range(ended_at[row], ended_at[row + 1]):
                if kinds[group, ended[one, 2]]:
                    _add_length(into, row, place, _length(ended[one, 1], ended[one, 0], *window, current[group]), low, high)
            for one in range(open_at[row], open_at[row + 1]):
                if kinds[group, still_open[one, 0]]:
                    _add_length(into, row, place, _length(still_open[one, 1], _NOT_YET, *window, current[group]), low, high)


@compiled(LONG, LONGS_2D, LONG, LONG, LONG)
def _after(moves: Int64s, place: int, stop: int, now: int) -> int:
    """The place of the first move after an instant."""
    while place < stop and moves[place, 0] <= now:
        place += 1
    return place


@compiled(LONG, LONGS_2D, LONG, LONG, FLAGS_2D, LONG)
def _moved(moves: Int64s, low: int, high: int, kinds: Flags, group: int) -> int:
    """How many of some moves are of the chosen kinds."""
    count = 0
    for place in range(low, high):
        count += kinds[group, moves[place, 1]]
    return count


@compiled(LONG, LONGS_2D, LONG, LONG, LONG)
def _instant(moves: Int64s, place: int, stop: int, otherwise: int) -> int:
    """When the next move is, or another instant if that is earlier."""
    return min(moves[place, 0], otherwise) if place < stop else otherwise


@compiled(VOID, DOUBLES_2D_OUT, LONG, LONG, LONG)
def _note_number(into: Floats, row: int, place: int, number: int) -> None:
    into[row, place] = max(into[row, place], number)
    into[row, place + 1] = min(into[row, place + 1], number)


@compiled(VOID, LONGS, LONGS, LONGS, LONGS_2D, LONGS, LONGS_2D, FLAGS_2D, DOUBLES_2D_OUT)
def note_most(
    start: Int64s, last: Int64s, end_at: Int64s, ends: Int64s, begin_at: Int64s, begins: Int64s, kinds: Flags, into: Floats
) -> None:
    """The greatest and the least number of intervals at once over a window, for n series and g choices of kinds.

    What begins and ends in one instant does not exist here.

    Args:
        start: first instant of each window, shape (n,).
        last: its last instant, shape (n,).
        end_at: where the ends of each series begin in ``ends``, shape (n + 1,).
        ends: instant and kind, in order of time within each series, none before its window; shape (all, 2).
        begin_at: as ``end_at``, for ``begins``.
        begins: as ``ends``, of all those intervals and of those without an end.
        kinds: which kinds each choice looks at, shape (g, kinds).
        into: shape (n, 2 g).
    """
    for row in range(len(start)):
        for group in range(len(kinds)):
            began, ended, number, now = begin_at[row], end_at[row], 0, start[row]
            into[row, 2 * group], into[row, 2 * group + 1] = -np.inf, np.inf
            while now <= last[row] or now == start[row]:
                so_far, gone = _after(begins, began, begin_at[row + 1], now), _after(ends, ended, end_at[row + 1], now)
                number += _moved(begins, began, so_far, kinds, group) - _moved(ends, ended, gone, kinds, group)
                _note_number(into, row, 2 * group, number)
                began, ended = so_far, gone
                now = _instant(begins, began, begin_at[row + 1], _instant(ends, ended, end_at[row + 1], _NOT_YET))
