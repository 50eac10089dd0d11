"""What came before, by key: a loop over rows that says of each whether it repeats the one before it, and remembers it.

A row of the table holds the latest instant of its key, and page << 1 | flag: the page on which the key was last written, and the flag of
its last row.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import BYTES, BYTES_OUT, FLAG, FLAGS, FLAGS_OUT, LONG, LONGS, LONGS_2D_OUT, LONGS_OUT, VOID, compiled, together
from kernels.hashing import hashed
from kernels.table import ARRAYS, AT, FIRST, NAME, NOTHING, SECOND, Arrays, added, found, give_up, row_in
from kernels.texts import Bytes, Int64s
from kernels.varints import NOWHERE, read_unsigned, read_varint
from kernels.writing import put_bytes, put_long, put_unsigned

Flags: TypeAlias = NDArray[np.bool_]

Keys: TypeAlias = tuple[Int64s, Bytes, Int64s, Int64s]
"""Key of each of n rows: its number, and its text as a column of ``kernels.texts`` has it: buffer, places and sizes."""

_KEYS: Final = together(LONGS, BYTES, LONGS, LONGS)


@compiled(LONG, ARRAYS, _KEYS, together(LONGS, FLAGS, LONGS), LONG, LONG, FLAGS_OUT, LONGS_OUT)
def note(table: Arrays, keys: Keys, told: tuple[Int64s, Flags, Int64s], memory: int, page: int, repeated: Flags, touched: Int64s) -> int:
    """Note rows in their order; returns how many keys were not on the page before: they are in ``touched``.

    Args:
        table: has room for all.
        keys: a row without a text has none, and repeats nothing.
        told: of each row the instant and the flag that are noted, and the instant at which it comes.
        memory: a key is forgotten when a row comes by more than this past its latest instant.
        page: where they are noted.
        repeated: becomes whether the flag of a row and of the row before it with the same key are set, shape (n,).
        touched: numbers of rows of the table, shape (n,).
    """
    number, data, at, size = keys
    instant, flag, clock = told
    rows = table.rows
    count = 0
    for event in range(len(number)):
        repeated[event] = False
        if size[event] <= 0:
            continue
        hash_of = hashed(table.key, number[event], data, at[event], size[event])
        slot = found(table, hash_of, number[event], data, at[event], size[event])
        row = row_in(table.slots, slot)
        latest = instant[event]
        if row == NOTHING:
            row = added(table, slot, hash_of, number[event], data, at[event], size[event])
            rows[row, SECOND] = NOTHING
        elif clock[event] - rows[row, FIRST] <= memory:
            repeated[event] = flag[event] and (rows[row, SECOND] & 1) != 0
            latest = max(latest, rows[row, FIRST])
        if rows[row, SECOND] >> 1 != page:
            touched[count] = row
            count += 1
        rows[row, FIRST] = latest
        rows[row, SECOND] = page << 1 | flag[event]
    return count


@compiled(LONG, ARRAYS, LONGS, LONG, LONGS, LONGS, LONG, LONGS_OUT)
def sweep(table: Arrays, written: Int64s, page: int, owner: Int64s, clock: Int64s, memory: int, left: Int64s) -> int:
    """Give up those rows of a page whose time is over; returns how many others are on it still: they are in ``left``.

    Args:
        table: the table.
        written: rows that were written on the page, shape (n,).
        page: its number.
        owner: of each number that a key has.
        clock: of each owner, now.
        memory: see ``note``.
        left: numbers of rows, shape (n,).
    """
    rows = table.rows
    count = 0
    for row in written:
        if rows[row, SECOND] == NOTHING or rows[row, SECOND] >> 1 != page:
            continue
        if clock[owner[rows[row, NAME] >> 32]] - rows[row, FIRST] > memory:
            give_up(table, row)
        else:
            left[count] = row
            count += 1
    return count


@compiled(VOID, ARRAYS, _KEYS, LONGS, FLAGS, LONG, LONGS_OUT)
def put(table: Arrays, keys: Keys, latest: Int64s, flag: Flags, page: int, written: Int64s) -> None:
    """Put rows of a page into a table that has room for all, in the place of what it has of the same keys.

    Args:
        table: the table.
        keys: of the rows.
        latest: instant of each.
        flag: of each.
        page: its number.
        written: becomes the row of the table for each, shape (n,).
    """
    number, data, at, size = keys
    for event in range(len(number)):
        hash_of = hashed(table.key, number[event], data, at[event], size[event])
        slot = found(table, hash_of, number[event], data, at[event], size[event])
        row = row_in(table.slots, slot)
        if row == NOTHING:
            row = added(table, slot, hash_of, number[event], data, at[event], size[event])
        table.rows[row, FIRST] = latest[event]
        table.rows[row, SECOND] = page << 1 | flag[event]
        written[event] = row


@compiled(VOID, LONGS_2D_OUT, LONGS, LONG)
def move(rows: Int64s, moved: Int64s, page: int) -> None:
    """Let rows be on another page."""
    for row in moved:
        rows[row, SECOND] = page << 1 | (rows[row, SECOND] & 1)


LONGEST: Final = 19
"""Bytes that a row takes at most beside its text: 32, 63 and 31 bits."""


@compiled(LONG, ARRAYS, LONGS, LONGS, BYTES_OUT)
def write(table: Arrays, written: Int64s, place: Int64s, into: Bytes) -> int:
    """Write rows of a table, one behind the other; returns how many bytes they took.

    Each is place << 1 | flag, the difference of its latest instant to that of the row before, size and bytes of its text.

    Args:
        table: the table.
        written: numbers of rows, shape (n,).
        place: stands for the number in the key of each, shape (n,), >= 0 and below 2**31.
        into: shape (>= texts and ``LONGEST`` for each row,).
    """
    rows = table.rows
    end, before = 0, 0
    for index in range(len(written)):
        row = written[index]
        start, size = rows[row, AT], rows[row, NAME] & 0xFFFFFFFF
        end = put_unsigned(into, end, place[index] << 1 | (rows[row, SECOND] & 1))
        end = put_long(into, end, rows[row, FIRST] - before)
        before = rows[row, FIRST]
        end = put_unsigned(into, end, size)
        end = put_bytes(into, end, table.held, start, size)
    return end


@compiled(FLAG, BYTES, LONGS_OUT, LONG, together(LONGS_OUT, LONGS_OUT, LONGS_OUT, LONGS_OUT, FLAGS_OUT))
def read(data: Bytes, end: Int64s, places: int, columns: tuple[Int64s, Int64s, Int64s, Int64s, Flags]) -> bool:
    """Read what ``write`` wrote; returns whether it is such.

    Args:
        data: shape (bytes,).
        end: where it begins; becomes where it ends, or where the row begins that is none; shape (1,).
        places: every place is below this.
        columns: become place, start and size of the text in ``data``, latest instant and flag of the rows, shape (n,) each.
    """
    place, at, size, latest, flag = columns
    before, reached = 0, end[0]
    for row in range(len(place)):
        end[0] = reached
        named, reached = read_unsigned(data, reached, len(data))
        step, reached = read_varint(data, reached, len(data))
        length, reached = read_unsigned(data, reached, len(data))
        if reached == NOWHERE or not 0 <= named >> 1 < places or not 0 <= length <= len(data) - reached:
            return False
        before += step
        place[row], flag[row] = named >> 1, (named & 1) != 0
        at[row], size[row], latest[row] = reached, length, before
        reached += length
    end[0] = reached
    return True
