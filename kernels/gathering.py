"""Credits gathered in rows as wide as there are columns, before they are added to the table of counts (``kernels.counts``).

Most credits of a chunk go to a few objects, and each raises three columns of up to four of them. In the table a column is looked for among
a row's cells; here it is where its number says:

    credits  (route, code, start)…  ->  number, start |  0 | 1 | 2 | …      ->  one visit of the table for each row
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from kernels.compiled import FLAGS, LONG, LONGS, LONGS_2D, LONGS_2D_OUT, LONGS_3D, LONGS_OUT, VOID, compiled, several
from kernels.counts import NO_ROW, STORE, Store, add, find, find_or_make, mixed_key, room, touch
from kernels.texts import Int64s

NOTHING: Final = -(1 << 62)
"""A start that credits nothing."""
NO_SUMS: Final = -1
OF_SUMS: Final = 0
"""Start of the rows that sum all starts."""
NOBODY: Final = -1
FINISHED: Final = -1

_ROWS: Final = 1_024
_SLOTS: Final = 4 * _ROWS
_FREE: Final = -1
_RAISED: Final = 6
_USED, _POURED = range(2)


Flags = NDArray[np.bool_]


class Gathered(NamedTuple):
    """Rows by (number, start).

    Attributes:
        slots: the row of each hash, or ``_FREE``.
        numbers: of each row.
        starts: of each row.
        opened: start of the open window of each row.
        counts: of each row, shape (rows, columns).
        raised: the first columns that were raised in each row, shape (rows, _RAISED).
        times: how many they are; more than there is room for: look at all columns.
        places: of each row and of its sums in the table, ``NO_ROW`` where they were not there before, shape (rows, 2).
        state: how many rows there are, and are poured already.
    """

    slots: Int64s
    numbers: Int64s
    starts: Int64s
    opened: Int64s
    counts: Int64s
    raised: Int64s
    times: Int64s
    places: Int64s
    state: Int64s


GATHERED: Final = types.NamedTuple((*[LONGS_OUT] * 4, *[LONGS_2D_OUT] * 2, LONGS_OUT, LONGS_2D_OUT, LONGS_OUT), Gathered)


class Credited(NamedTuple):
    """Credits in columns: route, code and start (``NOTHING`` credits nothing) of each, how many times, and its open window's start."""

    route: Int64s
    code: Int64s
    start: Int64s
    times: Int64s
    opened: Int64s


_CREDITED: Final = several(LONGS, 5)


def nothing_gathered(columns: int) -> Gathered:
    """No rows, and room for some."""
    numbers, starts, opened, times = (np.zeros(_ROWS, dtype=np.int64) for _ in range(4))
    counts, raised, places = (np.zeros((_ROWS, width), dtype=np.int64) for width in (columns, _RAISED, 2))
    slots, state = np.full(_SLOTS, _FREE, dtype=np.int64), np.zeros(2, dtype=np.int64)
    return Gathered(slots, numbers, starts, opened, counts, raised, times, places, state)


@compiled(LONG, GATHERED, LONG, LONG, LONG)
def _row(gathered: Gathered, number: int, start: int, opened: int) -> int:
    """The row of a key, made if it is new."""
    slot = mixed_key(0, start, number) & (_SLOTS - 1)
    while gathered.slots[slot] != _FREE:
        row = gathered.slots[slot]
        if gathered.numbers[row] == number and gathered.starts[row] == start:
            return int(row)
        slot = (slot + 1) & (_SLOTS - 1)
    row = gathered.state[_USED]
    gathered.state[_USED] += 1
    gathered.slots[slot] = row
    gathered.numbers[row], gathered.starts[row], gathered.opened[row], gathered.times[row] = number, start, opened, 0
    return int(row)


@compiled(VOID, GATHERED, LONG, LONG, LONG)
def _raise(gathered: Gathered, row: int, column: int, count: int) -> None:
    times = gathered.times[row]
    if gathered.counts[row, column] == 0 and times <= _RAISED:
        if times < _RAISED:
            gathered.raised[row, times] = column
        gathered.times[row] = times + 1
    gathered.counts[row, column] += count


@compiled(LONG, GATHERED, LONGS_2D, LONGS_3D, FLAGS, _CREDITED, LONG)
def _gather(gathered: Gathered, numbers: Int64s, columns: Int64s, kinds: Flags, credited: tuple[Int64s, ...], first: int) -> int:
    """Gather credits from ``first`` on; returns the first that there are no rows for, or n."""
    routes, codes, starts, counts, opened = credited
    for place in range(first, len(routes)):
        if gathered.state[_USED] + len(kinds) > _ROWS:
            return place
        start = starts[place]
        if start == NOTHING:
            continue
        for kind in range(len(kinds)):
            number = numbers[routes[place], kind]
            if not kinds[kind] or number == NOBODY:
                continue
            row = _row(gathered, number, start, opened[place])
            for column in columns[codes[place], kind]:
                if column >= 0:
                    _raise(gathered, row, column, counts[place])
    return len(routes)


@compiled(VOID, STORE, GATHERED, LONG, LONG)
def _seek(store: Store, gathered: Gathered, shape: int, sums: int) -> None:
    """Find all rows before one is poured: none waits for another, so most of the time that memory takes passes for many at once."""
    for row in range(gathered.state[_USED]):
        gathered.places[row, 0] = find(store, shape, gathered.starts[row], gathered.numbers[row])
        gathered.places[row, 1] = find(store, sums, OF_SUMS, gathered.numbers[row]) if sums != NO_SUMS else NO_ROW


@compiled(VOID, STORE, GATHERED, LONG, LONG, LONG, LONG)
def _pour_column(store: Store, gathered: Gathered, row: int, column: int, index: int, sum_index: int) -> None:
    count = gathered.counts[row, column]
    if count:
        add(store, index, column, count)
        if sum_index != index:
            add(store, sum_index, column, count)
        gathered.counts[row, column] = 0


@compiled(VOID, STORE, GATHERED, LONG, LONG, LONG, LONGS_OUT)
def _pour_row(store: Store, gathered: Gathered, row: int, shape: int, sums: int, late: Int64s) -> None:
    number, start = gathered.numbers[row], gathered.starts[row]
    index, sum_index = gathered.places[row, 0], gathered.places[row, 1]
    if index == NO_ROW:
        index = find_or_make(store, shape, start, number)
    if sums == NO_SUMS:
        sum_index = index
    elif sum_index == NO_ROW:
        sum_index = find_or_make(store, sums, OF_SUMS, number)
    touch(store, index)
    if start < gathered.opened[row]:
        late[0] += 1
        late[late[0]] = index
    if gathered.times[row] <= _RAISED:
        for place in range(gathered.times[row]):
            _pour_column(store, gathered, row, gathered.raised[row, place], index, sum_index)
    else:
        for column in range(gathered.counts.shape[1]):
            _pour_column(store, gathered, row, column, index, sum_index)


@compiled(LONG, STORE, GATHERED, LONG, LONG, LONGS_2D, LONGS_3D, FLAGS, _CREDITED, LONG, LONGS_OUT)
def credit(
    store: Store,
    gathered: Gathered,
    shape: int,
    sums: int,
    numbers: Int64s,
    columns: Int64s,
    kinds: Flags,
    credited: tuple[Int64s, ...],
    first: int,
    late: Int64s,
) -> int:
    """Add each credit to the rows of all that are on its route.

    Args:
        store: the table.
        gathered: no rows at first; if there was no room, what it was left with.
        shape: of the rows.
        sums: shape of the sums over all starts, or ``NO_SUMS``.
        numbers: of who is on each route, by kind, ``NOBODY`` where there is none, shape (routes, kinds).
        columns: that each code raises, by kind, shape (codes, kinds, 3); negative ones are none.
        kinds: which take part.
        credited: n credits, as ``Credited`` holds them. All of one number have the same ``opened``: rows that start before it are late.
        first: the credit to begin with.
        late: gets the late rows, which may repeat, behind their number in its first element; shape (1 + n * kinds).

    Returns:
        ``FINISHED``, or the credit to go on with when there is room again.
    """
    place, state = first, gathered.state
    while True:
        place = _gather(gathered, numbers, columns, kinds, credited, place)
        if state[_POURED] == 0:
            _seek(store, gathered, shape, sums)
        while state[_POURED] < state[_USED]:
            if not room(store):
                return int(place)
            _pour_row(store, gathered, state[_POURED], shape, sums, late)
            state[_POURED] += 1
        state[_USED], state[_POURED] = 0, 0
        gathered.slots[:] = _FREE
        if place == len(credited[0]):
            return FINISHED
