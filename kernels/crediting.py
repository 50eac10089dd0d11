"""Loops over tables of counts (``kernels.counts``): credits spread over rows, sums that follow panes, rows read and given up.

What is summed has a ``shape``, and rows of it have the number of who counts and the start of the stretch of time that they count in. The
sums of panes are rows themselves, of the shape ``sums`` and the start ``OF_SUMS``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import FLAGS, LONG, LONGS, LONGS_2D, LONGS_2D_OUT, LONGS_OUT, VOID, compiled
from kernels.counts import (
    COUNT,
    NO_ROW,
    STORE,
    Store,
    add,
    add_row,
    add_to,
    column_of,
    count_of,
    drop,
    find,
    find_or_make,
    room,
    touch,
)
from kernels.gathering import NOBODY, NOTHING, OF_SUMS
from kernels.texts import Int64s

Flags = NDArray[np.bool_]


@compiled(VOID, STORE, LONG, LONG, LONG, LONG)
def _leave(store: Store, shape: int, sums: int, pane: int, number: int) -> None:
    index = find(store, shape, pane, number)
    if index != NO_ROW:
        add_row(store, index, find(store, sums, OF_SUMS, number), -1)
        drop(store, index)


@compiled(LONG, STORE, LONG, LONG, LONG, LONG, LONGS, LONGS, LONGS_OUT, LONGS, LONGS, LONGS_OUT)
def slide(
    store: Store,
    shape: int,
    sums: int,
    step: int,
    size: int,
    owners: Int64s,
    starts: Int64s,
    held_from: Int64s,
    first: Int64s,
    following: Int64s,
    moved: Int64s,
) -> int:
    """Move the windows of owners on to their starts: panes before them are taken from the sums, and given up.

    Args:
        store: the table.
        shape: of the panes.
        sums: shape of the sums.
        step: of the panes, ms.
        size: of the windows, ms.
        owners: numbers, each once.
        starts: of the window of each.
        held_from: by owner, the start of its window so far, ``NOTHING`` before any; moved on.
        first: by owner, the number of one who belongs to it.
        following: by number, the next of the same owner, ``NOBODY`` behind the last.
        moved: gets the owners whose windows moved, of those that had one.

    Returns:
        how many moved.
    """
    count = 0
    for place in range(len(owners)):
        owner, start = owners[place], starts[place]
        before = held_from[owner]
        if start <= before:
            continue
        held_from[owner] = start
        if before == NOTHING:
            continue
        moved[count] = owner
        count += 1
        # No pane begins after the end of the window that was.
        for pane in range(before, min(start, before + size + step), step):
            number = first[owner]
            while number != NOBODY:
                _leave(store, shape, sums, pane, number)
                number = following[number]
    return count


@compiled(LONG, STORE, LONG, LONG, LONGS, LONGS, LONG)
def sum_up(store: Store, shape: int, sums: int, owner: Int64s, held_from: Int64s, first: int) -> int:
    """Make the sums of all panes, and give up those that their owner's window has left behind.

    Args:
        store: the table.
        shape: of the panes.
        sums: shape of the sums, of which there are none yet.
        owner: of each number.
        held_from: by owner, the start of its window.
        first: the row to begin with.

    Returns:
        the first row that there was no room for, or as many as there are.
    """
    for index in range(first, store.state[COUNT]):
        row = store.rows[index]
        if row.shape != shape:
            continue
        if not room(store):
            return index
        if row.start < held_from[owner[row.number]]:
            drop(store, index)
        else:
            add_row(store, index, find_or_make(store, sums, OF_SUMS, row.number), 1)
    return int(store.state[COUNT])


@compiled(VOID, STORE, LONG, LONGS, LONGS, LONGS_2D_OUT, LONG)
def read(store: Store, shape: int, numbers: Int64s, starts: Int64s, counts: Int64s, times: int) -> None:
    """Add the counts of n rows, so many times, to int64s, shape (n, columns); a row that there is not counts nothing."""
    for place in range(len(numbers)):
        index = find(store, shape, starts[place], numbers[place])
        if index != NO_ROW:
            add_to(store, index, counts[place], times)


@compiled(VOID, STORE, LONG, LONG, LONGS, LONGS, LONGS, LONGS_2D_OUT)
def read_panes(store: Store, shape: int, step: int, numbers: Int64s, lows: Int64s, highs: Int64s, counts: Int64s) -> None:
    """Subtract from each row of ``counts`` the panes of ``step`` ms that begin in [low, high)."""
    for place in range(len(numbers)):
        for pane in range(lows[place], highs[place], step):
            index = find(store, shape, pane, numbers[place])
            if index != NO_ROW:
                add_to(store, index, counts[place], -1)


@compiled(VOID, STORE, LONG, LONGS, LONGS, LONGS_OUT)
def find_all(store: Store, shape: int, numbers: Int64s, starts: Int64s, found: Int64s) -> None:
    """The row of each (start, number), ``NO_ROW`` where there is none."""
    for place in range(len(numbers)):
        found[place] = find(store, shape, starts[place], numbers[place])


@compiled(LONG, STORE, LONG, LONGS, LONGS, LONG, LONGS_OUT)
def touch_all(store: Store, shape: int, numbers: Int64s, starts: Int64s, first: int, found: Int64s) -> int:
    """The row of each (start, number), made if it is new; all are to be written. Returns the first without room, or n."""
    for place in range(first, len(numbers)):
        if not room(store):
            return place
        found[place] = find_or_make(store, shape, starts[place], numbers[place])
        touch(store, found[place])
    return len(numbers)


@compiled(LONG, STORE, LONG, LONGS, LONGS, LONGS_2D, LONG)
def note_all(store: Store, shape: int, numbers: Int64s, starts: Int64s, values: Int64s, first: int) -> int:
    """Let rows hold these values, shape (n, columns), instead of theirs, but for ``NOTHING``; all are to be written.

    Returns:
        the first that there was no room for, or n.
    """
    for place in range(first, len(numbers)):
        if not room(store):
            return place
        index = find_or_make(store, shape, starts[place], numbers[place])
        touch(store, index)
        store.rows[index].cells = 0
        for column in range(values.shape[1]):
            if values[place, column] != NOTHING:
                add(store, index, column, values[place, column])
    return len(numbers)


@compiled(VOID, STORE, LONG, LONGS, LONGS, LONGS_2D_OUT)
def noted(store: Store, shape: int, numbers: Int64s, starts: Int64s, values: Int64s) -> None:
    """The values that ``note_all`` let rows hold, shape (n, columns); those that are not kept are left as they are."""
    for place in range(len(numbers)):
        index = find(store, shape, starts[place], numbers[place])
        if index == NO_ROW:
            continue
        for cell in range(store.rows[index].cells):
            column = column_of(store, index, cell)
            if column < values.shape[1]:
                values[place, column] = count_of(store, index, cell)


@compiled(VOID, STORE, LONG, LONGS, LONG)
def drop_all(store: Store, shape: int, numbers: Int64s, start: int) -> None:
    """Give up the rows that begin at ``start``, as far as there are any."""
    for number in numbers:
        index = find(store, shape, start, number)
        if index != NO_ROW:
            drop(store, index)


@compiled(LONG, LONGS, LONGS, LONGS, FLAGS, LONGS_OUT)
def members(owners: Int64s, first: Int64s, following: Int64s, chosen: Flags, found: Int64s) -> int:
    """The numbers that belong to owners and are chosen, as ``slide`` finds them; returns how many."""
    count = 0
    for owner in owners:
        number = first[owner]
        while number != NOBODY:
            if chosen[number]:
                found[count] = number
                count += 1
            number = following[number]
    return count
