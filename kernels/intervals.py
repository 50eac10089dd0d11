"""Intervals of many series against a window of each: how many ended in it, how long they were, what of them lies inside."""

from __future__ import annotations

from kernels.compiled import FLAG, LONG, LONGS, LONGS_2D, LONGS_2D_OUT, VOID, compiled
from kernels.texts import Int64s

ENDED, INSIDE, INSIDE_ENDED, WHOLE_ENDED, OPEN, OPEN_AGE = range(6)
"""Tables side by side in a row of ``add_intervals``: of each kind of interval, how many ended in the window; the time of all inside it, and
of those that ended in it; the whole length of those; how many are open at the window's end, and how long they have been."""

TABLES = 6


@compiled(VOID, LONGS_2D_OUT, LONG, LONG, LONG, LONG, LONG, LONG, LONG, FLAG)
def _add_ended(into: Int64s, row: int, kinds: int, kind: int, begin: int, end: int, start: int, until: int, closed: bool) -> None:
    inside = max(min(end, until) - max(begin, start), 0)
    if start <= end and (end < until or (end == until and not closed)):
        into[row, ENDED * kinds + kind] += 1
        into[row, WHOLE_ENDED * kinds + kind] += end - begin
        into[row, INSIDE_ENDED * kinds + kind] += inside
    elif begin <= until < end:
        into[row, OPEN * kinds + kind] += 1
        into[row, OPEN_AGE * kinds + kind] += until - begin
    into[row, INSIDE * kinds + kind] += inside


@compiled(VOID, LONGS_2D_OUT, LONG, LONG, LONG, LONG, LONG, LONG)
def _add_open(into: Int64s, row: int, kinds: int, kind: int, begin: int, start: int, until: int) -> None:
    if begin <= until:
        into[row, INSIDE * kinds + kind] += until - max(begin, start)
        into[row, OPEN * kinds + kind] += 1
        into[row, OPEN_AGE * kinds + kind] += until - begin


@compiled(VOID, LONGS, LONGS, FLAG, LONGS, LONGS_2D, LONGS, LONGS_2D, LONG, LONGS_2D_OUT)
def add_intervals(
    start: Int64s,
    until: Int64s,
    closed: bool,
    ended_at: Int64s,
    ended: Int64s,
    open_at: Int64s,
    still_open: Int64s,
    kinds: int,
    into: Int64s,
) -> None:
    """Add what lies in the window of each of n series.

    Args:
        start: of the window, shape (n,).
        until: its end, which belongs to it unless it is ``closed``, shape (n,).
        closed: see ``until``.
        ended_at: where the intervals of each series begin in ``ended``, shape (n + 1,).
        ended: end (at or after ``start``), begin, kind; shape (all, 3).
        open_at: as ``ended_at``, for ``still_open``.
        still_open: kind and begin of intervals without an end, shape (all, 2).
        kinds: how many there are.
        into: the tables side by side, shape (n, TABLES x kinds).
    """
    for row in range(len(start)):
        for place in range(ended_at[row], ended_at[row + 1]):
            _add_ended(into, row, kinds, ended[place, 2], ended[place, 1], ended[place, 0], start[row], until[row], closed)
        for place in range(open_at[row], open_at[row + 1]):
            _add_open(into, row, kinds, still_open[place, 0], still_open[place, 1], start[row], until[row])
