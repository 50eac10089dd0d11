"""Rows of counts by a key of three numbers: the table in which windows and panes are summed.

A row is found by (shape, start, number) in a hash table with linear probing, and holds its counts as cells in an arena of bytes: of each
column that was counted, its number and a little-endian integer, as wide as the row's greatest count needs. A row that needs more than its
place has room for moves to the arena's end; what it leaves is waste until the arena is copied.

    slots   | 2 |   | 0 |   | 1 |        by hash of the key
    rows    | key, place, cells, width, … | …
    arena   | 5: 3, 9: 1 | (waste) | 5: 300 |

None of these loops makes anything larger: before each step that may need it, they look whether there is ``room``, and tell where they
stopped if there is none. The caller grows the store and goes on from there.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numba import from_dtype, types
from numpy.typing import NDArray

from kernels.compiled import BYTES_OUT, FLAG, LONG, LONGS_OUT, VOID, compiled
from kernels.texts import Bytes, Int64s

ROW: Final = np.dtype(
    [
        ("start", np.int64),
        ("place", np.int64),
        ("number", np.int32),
        ("revision", np.int32),
        ("page", np.int32),
        ("room", np.uint16),
        ("shape", np.uint16),
        ("cells", np.uint8),
        ("width", np.uint8),
        ("dirty", np.uint8),
    ],
    align=True,
)
"""A row: its key; its cells, of ``width`` bytes and one more each, at ``place`` in the arena, where ``room`` bytes are its own; the page
that holds it, ``NO_PAGE`` if none; whether it was touched since it was last taken."""

NO_ROW: Final = -1
NO_PAGE: Final = -1
FIRST_REVISION: Final = -1
FREE: Final = 0xFFFF
"""The shape of a row that is not in use; ``page`` is then the next of those."""
NOTED: Final = 0x1000
"""Shapes from here on are of rows that count nothing, but keep something of an object: they are not counted as held."""
UNWRITTEN: Final = 0x8000
"""Shapes from here on are of rows that follow from others: they are never dirty, and not counted as held either."""

COUNT, NEXT_FREE, IN_USE, HELD, END, WASTE, DIRTY = range(7)
"""Elements of ``Store.state``: rows that were ever in use, the first free one, those in use, those of them that count something;
bytes of the arena that are given out, those of them that are waste; rows in ``Store.dirty``."""

ROOM_BYTES: Final = 1 << 16
ROOM_ROWS: Final = 8
"""What one step may need: eight rows, each of which moves as often as three additions can make it."""

Rows: TypeAlias = NDArray[np.void]
Int32s: TypeAlias = NDArray[np.int32]


class Store(NamedTuple):
    """All arrays of a table. ``dirty`` is as long as ``rows``, ``slots`` a power of two; ``live`` are the rows of each page."""

    rows: Rows
    slots: Int32s
    arena: Bytes
    state: Int64s
    dirty: Int32s
    live: Int64s


_INTS: Final = types.int32[::1]
STORE: Final = types.NamedTuple((from_dtype(ROW)[::1], _INTS, BYTES_OUT, LONGS_OUT, _INTS, LONGS_OUT), Store)


def new_store(rows: int = 64, slots: int = 128) -> Store:
    """An empty table."""
    state = np.zeros(DIRTY + 1, dtype=np.int64)
    state[NEXT_FREE] = NO_ROW
    return Store(
        np.zeros(rows, dtype=ROW),
        np.full(slots, NO_ROW, dtype=np.int32),
        np.zeros(2 * ROOM_BYTES, dtype=np.uint8),
        state,
        np.zeros(rows, dtype=np.int32),
        np.zeros(16, dtype=np.int64),
    )


@compiled(FLAG, STORE)
def room(store: Store) -> bool:
    """Whether there is room for any one step."""
    state = store.state
    bytes_left = len(store.arena) - int(state[END])
    rows_left = len(store.rows) - int(state[COUNT])
    return bytes_left >= ROOM_BYTES and rows_left >= ROOM_ROWS and 3 * (int(state[IN_USE]) + ROOM_ROWS) <= 2 * len(store.slots)


@compiled(LONG, LONG, LONG, LONG)
def mixed_key(shape: int, start: int, number: int) -> int:
    """A key as one number, whose low bits differ where keys do."""
    mixed = (start * 0x1E3779B97F4A7C15) ^ (number * 0x3F58476D1CE4E5B9) ^ (shape * 0x14D049BB133111EB)
    mixed ^= mixed >> 29
    mixed *= 0x3C6EF372FE94F82B
    return mixed ^ (mixed >> 32)


@compiled(LONG, STORE, LONG, LONG, LONG)
def _slot_of(store: Store, shape: int, start: int, number: int) -> int:
    mask = len(store.slots) - 1
    slot = mixed_key(shape, start, number) & mask
    while store.slots[slot] != NO_ROW:
        row = store.rows[store.slots[slot]]
        if row.start == start and row.number == number and row.shape == shape:
            break
        slot = (slot + 1) & mask
    return slot


@compiled(LONG, STORE, LONG, LONG, LONG)
def find(store: Store, shape: int, start: int, number: int) -> int:
    """The row of a key, ``NO_ROW`` if there is none."""
    return int(store.slots[_slot_of(store, shape, start, number)])


@compiled(LONG, STORE, LONG, LONG, LONG)
def find_or_make(store: Store, shape: int, start: int, number: int) -> int:
    """The row of a key, an empty one if it is new. Needs room."""
    slot = _slot_of(store, shape, start, number)
    if store.slots[slot] != NO_ROW:
        return int(store.slots[slot])
    state = store.state
    index = int(state[NEXT_FREE])
    if index == NO_ROW:
        index = int(state[COUNT])
        state[COUNT] += 1
        store.rows[index].dirty = 0
    else:
        state[NEXT_FREE] = store.rows[index].page
    row = store.rows[index]
    row.start, row.number, row.shape = start, number, shape
    row.place, row.room, row.cells, row.width = 0, 0, 0, 1
    row.revision, row.page = FIRST_REVISION, NO_PAGE
    state[IN_USE] += 1
    state[HELD] += shape < NOTED
    store.slots[slot] = index
    return index


@compiled(VOID, STORE, LONG)
def touch(store: Store, index: int) -> None:
    """A row is to be written next. One that was dropped meanwhile stays in the list, and is known by its shape."""
    row = store.rows[index]
    if not row.dirty and row.shape < UNWRITTEN:
        row.dirty = 1
        store.dirty[store.state[DIRTY]] = index
        store.state[DIRTY] += 1


@compiled(VOID, STORE, LONG)
def _take_out(store: Store, slot: int) -> None:
    """Empty a slot; rows behind it that would no longer be found move up."""
    mask = len(store.slots) - 1
    hole, slot = slot, (slot + 1) & mask
    while store.slots[slot] != NO_ROW:
        row = store.rows[store.slots[slot]]
        home = mixed_key(row.shape, row.start, row.number) & mask
        if (slot - home) & mask >= (slot - hole) & mask:
            store.slots[hole] = store.slots[slot]
            hole = slot
        slot = (slot + 1) & mask
    store.slots[hole] = NO_ROW


@compiled(VOID, STORE, LONG)
def drop(store: Store, index: int) -> None:
    """Give a row up."""
    row, state = store.rows[index], store.state
    _take_out(store, _slot_of(store, row.shape, row.start, row.number))
    if row.page != NO_PAGE:
        store.live[row.page] -= 1
    state[WASTE] += row.room
    state[IN_USE] -= 1
    state[HELD] -= row.shape < NOTED
    row.shape, row.page = FREE, state[NEXT_FREE]
    state[NEXT_FREE] = index


@compiled(LONG, BYTES_OUT, LONG, LONG)
def _number_at(arena: Bytes, place: int, width: int) -> int:
    value = 0
    for byte in range(width):
        value |= int(arena[place + byte]) << (8 * byte)
    unused = 64 - 8 * width
    return (value << unused) >> unused


@compiled(VOID, BYTES_OUT, LONG, LONG, LONG)
def _put_number(arena: Bytes, place: int, width: int, value: int) -> None:
    for byte in range(width):
        arena[place + byte] = (value >> (8 * byte)) & 0xFF


@compiled(LONG, LONG)
def width_of(value: int) -> int:
    """Bytes that a count takes."""
    width = 1
    while width < 8 and not -(1 << (8 * width - 1)) <= value < 1 << (8 * width - 1):
        width *= 2
    return width


@compiled(VOID, STORE, LONG, LONG, LONG)
def make_room(store: Store, index: int, cells: int, width: int) -> None:
    """Move a row to the arena's end, with room for so many cells of a width that is not less than its own. Needs room."""
    row, arena, state = store.rows[index], store.arena, store.state
    place = state[END]
    for cell in range(row.cells):
        old, new = row.place + cell * (1 + row.width), place + cell * (1 + width)
        arena[new] = arena[old]
        _put_number(arena, new + 1, width, _number_at(arena, old + 1, row.width))
    state[WASTE] += row.room
    row.place, row.width, row.room = place, width, cells * (1 + width)
    state[END] += row.room


@compiled(VOID, STORE, LONG, LONG, LONG)
def add(store: Store, index: int, column: int, amount: int) -> None:
    """Add to a column of a row. Needs room."""
    row, arena = store.rows[index], store.arena
    stride = 1 + row.width
    place, end = row.place, row.place + row.cells * stride
    while place < end and arena[place] != column:
        place += stride
    value = amount
    if place < end:
        value += _number_at(arena, place + 1, row.width)
    width = width_of(value)
    if width > row.width:
        cell = (place - row.place) // stride
        make_room(store, index, row.cells + 1 + row.cells // 2, width)
        place = row.place + cell * (1 + width)
    if place == row.place + row.cells * (1 + row.width):
        if (row.cells + 1) * (1 + row.width) > row.room:
            make_room(store, index, 4 + row.cells + row.cells // 2, row.width)
        place = row.place + row.cells * (1 + row.width)
        row.cells += 1
        arena[place] = column
    _put_number(arena, place + 1, row.width, value)


@compiled(VOID, STORE, LONG, LONGS_OUT, LONG)
def add_to(store: Store, index: int, counts: Int64s, times: int) -> None:
    """Add a row's counts, so many times, to one int64 for each column."""
    row = store.rows[index]
    for cell in range(row.cells):
        place = row.place + cell * (1 + row.width)
        counts[store.arena[place]] += times * _number_at(store.arena, place + 1, row.width)


@compiled(VOID, STORE, LONG, LONG, LONG)
def add_row(store: Store, index: int, to: int, times: int) -> None:
    """Add a row's counts, so many times, to another row. Needs room for each cell but the first."""
    row = store.rows[index]
    for cell in range(row.cells):
        place = row.place + cell * (1 + row.width)
        add(store, to, store.arena[place], times * _number_at(store.arena, place + 1, row.width))


@compiled(LONG, STORE, LONG, LONG)
def column_of(store: Store, index: int, cell: int) -> int:
    """The column of a row's cell."""
    row = store.rows[index]
    return int(store.arena[row.place + cell * (1 + row.width)])


@compiled(LONG, STORE, LONG, LONG)
def count_of(store: Store, index: int, cell: int) -> int:
    """The count of a row's cell."""
    row = store.rows[index]
    return _number_at(store.arena, row.place + cell * (1 + row.width) + 1, row.width)


@compiled(VOID, STORE, LONG, LONGS_OUT, LONGS_OUT)
def unpack(store: Store, index: int, columns: Int64s, values: Int64s) -> None:
    """Column and count of each of a row's cells."""
    for cell in range(store.rows[index].cells):
        columns[cell] = column_of(store, index, cell)
        values[cell] = count_of(store, index, cell)


@compiled(VOID, STORE)
def refill(store: Store) -> None:
    """Enter all rows into slots that are empty."""
    mask = len(store.slots) - 1
    for index in range(store.state[COUNT]):
        row = store.rows[index]
        if row.shape != FREE:
            slot = mixed_key(row.shape, row.start, row.number) & mask
            while store.slots[slot] != NO_ROW:
                slot = (slot + 1) & mask
            store.slots[slot] = index


@compiled(VOID, STORE, BYTES_OUT)
def copy_cells(store: Store, arena: Bytes) -> None:
    """Copy the cells of all rows, without waste, to another arena, which takes the place of the old one."""
    end = 0
    for index in range(store.state[COUNT]):
        row = store.rows[index]
        if row.shape == FREE:
            continue
        size = row.cells * (1 + row.width)
        for byte in range(size):
            arena[end + byte] = store.arena[row.place + byte]
        row.place, row.room = end, size
        end += size
    store.state[END], store.state[WASTE] = end, 0


def grown(store: Store) -> Store:
    """The table with room for a step, and more: half as many rows again, twice as many slots, an arena without waste."""
    state = store.state
    rows, slots, arena, dirty = store.rows, store.slots, store.arena, store.dirty
    if state[COUNT] + ROOM_ROWS > len(rows):
        size = len(rows) + len(rows) // 2 + ROOM_ROWS
        rows, dirty = _longer(rows, size), _longer(dirty, size)
    if 3 * (int(state[IN_USE]) + ROOM_ROWS) > 2 * len(slots):
        slots = np.full(2 * len(slots), NO_ROW, dtype=np.int32)
        refill(Store(rows, slots, arena, state, dirty, store.live))
    if state[END] + ROOM_BYTES > len(arena):
        used = int(state[END] - state[WASTE])
        arena = np.zeros(used + used // 2 + 2 * ROOM_BYTES, dtype=np.uint8)
        copy_cells(Store(rows, slots, store.arena, state, dirty, store.live), arena)
    return Store(rows, slots, arena, state, dirty, store.live)


def _longer(array: NDArray[Any], size: int) -> NDArray[Any]:
    longer = np.zeros(size, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
