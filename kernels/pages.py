"""Rows of a table (``kernels.counts``) as bytes of a page, and back; those that only note something are written as those that count.

    rows        how many
    each row    shape, start, number (start and number less those of the row before), 1 + revision, how many cells
    each cell   column (one byte), count

All integers are of variable length (``kernels.varints``); those that can be negative are zig-zagged.
"""

from __future__ import annotations

from typing import Final

from kernels.compiled import BYTES, BYTES_OUT, LONG, LONGS, LONGS_OUT, VOID, compiled
from kernels.counts import DIRTY, NO_PAGE, STORE, UNWRITTEN, Store, add, column_of, count_of, find_or_make, make_room, room, touch, width_of
from kernels.texts import Bytes, Int64s
from kernels.varints import NOWHERE, read_unsigned, read_varint
from kernels.writing import put_long, put_unsigned

LONGEST_ROW: Final = 5 * 10 + 256 * 11
"""Bytes that a row takes at most."""
SHORTEST_ROW: Final = 5
DAMAGED: Final = -1
UNWANTED: Final = -1


@compiled(LONG, STORE, LONGS, LONG, LONGS, LONGS, BYTES_OUT, LONGS_OUT)
def write(store: Store, indices: Int64s, first: int, shapes: Int64s, numbers: Int64s, into: Bytes, end: Int64s) -> int:
    """Write rows, as many as there is room for.

    Args:
        store: the table.
        indices: of the rows.
        first: of them, the one to begin with.
        shapes: what a page calls each shape.
        numbers: what a page calls each number.
        into: where to.
        end: gets the number of bytes, shape (1,).

    Returns:
        the first of the indices that was not written, or how many they are.
    """
    place = end[0]
    start, number = 0, 0
    for position in range(first, len(indices)):
        if place + LONGEST_ROW > len(into):
            end[0] = place
            return position
        index = indices[position]
        row = store.rows[index]
        place = put_unsigned(into, place, shapes[row.shape])
        place = put_long(into, place, row.start - start)
        place = put_long(into, place, numbers[row.number] - number)
        start, number = row.start, numbers[row.number]
        place = put_unsigned(into, place, 1 + row.revision)
        place = put_unsigned(into, place, row.cells)
        for cell in range(row.cells):
            into[place] = column_of(store, index, cell)
            place = put_long(into, place + 1, count_of(store, index, cell))
    end[0] = place
    return len(indices)


@compiled(LONG, BYTES, LONGS_OUT, LONG, LONGS_OUT, LONGS_OUT, LONGS_OUT, LONGS_OUT, LONGS_OUT, LONGS_OUT, LONGS_OUT)
def read(
    data: Bytes,
    place: Int64s,
    widest: int,
    shape: Int64s,
    start: Int64s,
    number: Int64s,
    revision: Int64s,
    end: Int64s,
    columns: Int64s,
    counts: Int64s,
) -> int:
    """Read rows that were written; returns how many cells they have, ``DAMAGED`` if they do not end with the data.

    Args:
        data: the page.
        place: where its rows begin, shape (1,); moves behind them.
        widest: columns are below this.
        shape: gets what was written of each of n rows, shape (n,).
        start: likewise.
        number: likewise.
        revision: likewise.
        end: gets the place behind the cells of each row.
        columns: gets the column of each cell, as many as half of the bytes.
        counts: gets the count of each cell.
    """
    cell, at, size = 0, place[0], len(data)
    started, counted = 0, 0
    for row in range(len(shape)):
        shape[row], at = read_unsigned(data, at, size)
        step, at = read_varint(data, at, size)
        started += step
        step, at = read_varint(data, at, size)
        counted += step
        start[row], number[row] = started, counted
        revised, at = read_unsigned(data, at, size)
        revision[row] = revised - 1
        cells, at = read_unsigned(data, at, size)
        if at == NOWHERE or cells < 0 or at + 2 * cells > size or shape[row] < 0 or counted < 0:
            return DAMAGED
        for _ in range(cells):
            if not 0 <= at < size or data[at] >= widest:
                return DAMAGED
            columns[cell] = data[at]
            counts[cell], at = read_varint(data, at + 1, size)
            cell += 1
        end[row] = cell
    place[0] = at
    return cell if at == size else DAMAGED


@compiled(VOID, STORE, LONG, LONG)
def move_to_page(store: Store, index: int, page: int) -> None:
    """A row is held by another page from now on."""
    row = store.rows[index]
    if row.page != NO_PAGE:
        store.live[row.page] -= 1
    row.page = page
    store.live[page] += 1


@compiled(VOID, STORE, LONGS, LONG)
def move_all_to_page(store: Store, indices: Int64s, page: int) -> None:
    """Rows are held by another page from now on."""
    for index in indices:
        move_to_page(store, index, page)


@compiled(LONG, STORE, LONG, LONGS, LONGS, LONGS, LONGS, LONGS, LONGS, LONGS, LONG, LONGS_OUT)
def load(
    store: Store,
    page: int,
    shape: Int64s,
    start: Int64s,
    number: Int64s,
    revision: Int64s,
    end: Int64s,
    columns: Int64s,
    counts: Int64s,
    first: int,
    loaded: Int64s,
) -> int:
    """Put rows of a page into the table, in place of what it holds of them; returns the first that there was no room for, or n.

    Args:
        store: the table.
        page: that holds them, ``NO_PAGE`` for none.
        shape: the table's, of each of n rows, ``UNWANTED`` for a row that is passed over; so are the next three.
        start: of each row.
        number: the table's.
        revision: of each row.
        end: as ``read`` gives it.
        columns: likewise.
        counts: likewise.
        first: the row to begin with.
        loaded: gets the index of each row, ``UNWANTED`` for those that were passed over.
    """
    for row in range(first, len(shape)):
        loaded[row] = UNWANTED
        if shape[row] == UNWANTED or number[row] == UNWANTED:
            continue
        if not room(store):
            return row
        index = find_or_make(store, shape[row], start[row], number[row])
        found = store.rows[index]
        found.revision, found.cells = revision[row], 0
        low = end[row - 1] if row else 0
        width = found.width
        for cell in range(low, end[row]):
            width = max(width, width_of(counts[cell]))
        if (end[row] - low) * (1 + width) > found.room or width > found.width:
            make_room(store, index, end[row] - low, width)
        for cell in range(low, end[row]):
            add(store, index, columns[cell], counts[cell])
        if page != NO_PAGE:
            move_to_page(store, index, page)
        loaded[row] = index
    return len(shape)


@compiled(VOID, STORE, LONGS, LONG)
def touch_living(store: Store, indices: Int64s, page: int) -> None:
    """Of rows that were written to a page, those that it still holds are to be written again."""
    for index in indices:
        if store.rows[index].page == page:
            touch(store, index)


@compiled(LONG, STORE, LONGS_OUT)
def take_dirty(store: Store, found: Int64s) -> int:
    """The rows that were touched since they were last taken, and are still there; returns how many."""
    count = 0
    for place in range(store.state[DIRTY]):
        index = store.dirty[place]
        row = store.rows[index]
        row.dirty = 0
        if row.shape < UNWRITTEN:
            found[count] = index
            count += 1
    store.state[DIRTY] = 0
    return count
