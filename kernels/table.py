"""A hash table in arrays: rows that are found by a number and a text, and hold two numbers more.

    slots   0, or hash << 32 | row + 1: open addressing, the next free place from where the hash says; a power of two of them
    rows    where the text begins in ``held``, number << 32 | size of the text, and the two values
    held    the texts, one behind the other

Rows that are given up are chained by their first column and taken again. Texts that are given up leave gaps, which are closed when
there is no more room. Keys are compared by their bytes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kernels.compiled import BYTES, BYTES_OUT, LONG, LONGS, LONGS_2D_OUT, LONGS_OUT, UNSIGNEDS_OUT, VOID, compiled, named
from kernels.hashing import KEY, UInt64s, hashed
from kernels.texts import Bytes, Int64s, Texts

AT, NAME, FIRST, SECOND = range(4)
"""Columns of a row: where its text is, number and size, the values."""

USED, LIVE, FREE, FILLED, GONE = range(5)
"""Counts: rows that ever were, rows that are, the first one that was given up (-1: none), bytes of texts, those of them given up."""

NOTHING: Final = -1
"""Second value of a row that was given up: those of others are >= 0."""

_LOW: Final = 0xFFFFFFFF
_SPARE: Final = 5 / 4


class Arrays(NamedTuple):
    """A table as compiled loops take it; ``key`` is that of the hashes."""

    slots: Int64s
    rows: Int64s
    held: Bytes
    counts: Int64s
    key: UInt64s


ARRAYS: Final = named(Arrays, LONGS_OUT, LONGS_2D_OUT, BYTES_OUT, LONGS_OUT, UNSIGNEDS_OUT)


class Table:
    """The arrays, and room in them. Numbers and sizes of texts are below 2**31."""

    __slots__ = ("arrays",)

    def __init__(self) -> None:
        counts = np.array([0, 0, NOTHING, 0, 0], dtype=np.int64)
        self.arrays = Arrays(np.zeros(64, dtype=np.int64), np.empty((16, 4), dtype=np.int64), np.empty(256, dtype=np.uint8), counts, KEY)

    def __len__(self) -> int:
        return int(self.arrays.counts[LIVE])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.arrays.slots.nbytes + self.arrays.rows.nbytes + self.arrays.held.nbytes

    def reserve(self, rows: int, size: int) -> None:
        """Make room for so many rows more, and bytes of texts."""
        slots, held_rows, held, counts, key = self.arrays
        _, live, _, filled, gone = counts.tolist()
        needed = live + rows
        if needed > len(held_rows):
            # Where it lies, if the system can: what is copied to new memory costs more than all else. No view of it is kept.
            held_rows.resize((int(needed * _SPARE), 4), refcheck=False)
        if filled + size > len(held) and gone > filled // 4:
            held = np.empty(int((filled - gone + size) * _SPARE), dtype=np.uint8)
            _close_gaps(held_rows, counts, self.arrays.held, held)
        elif filled + size > len(held):
            held.resize(int((filled + size) * _SPARE), refcheck=False)
        if 4 * needed > 3 * len(slots):
            slots = np.zeros(1 << (4 * needed // 3).bit_length(), dtype=np.int64)
            _move_slots(self.arrays.slots, slots)
        self.arrays = Arrays(slots, held_rows, held, counts, key)

    def live(self) -> Int64s:
        """The numbers of all rows."""
        return np.flatnonzero(self.arrays.rows[: self.arrays.counts[USED], SECOND] != NOTHING)

    def numbers(self, rows: Int64s) -> Int64s:
        """The number in the key of each row."""
        numbers: Int64s = self.arrays.rows[rows, NAME] >> 32
        return numbers

    def texts(self, rows: Int64s) -> Texts:
        """The text in the key of each row, in the table's own buffer: good until the table is changed."""
        return Texts(self.arrays.held, self.arrays.rows[rows, AT], self.arrays.rows[rows, NAME] & _LOW)


@compiled(LONG, LONGS, LONG)
def row_in(slots: Int64s, slot: int) -> int:
    """The row in a slot, ``NOTHING`` if it is empty."""
    return int((slots[slot] & _LOW) - 1)


@compiled(LONG, ARRAYS, LONG, LONG, BYTES, LONG, LONG)
def found(table: Arrays, hash_of: int, number: int, data: Bytes, at: int, size: int) -> int:
    """The slot of a key, or the empty one where it belongs."""
    slots, rows, held = table.slots, table.rows, table.held
    mask = len(slots) - 1
    slot = hash_of & mask
    name = number << 32 | size
    while slots[slot] != 0:
        row = (slots[slot] & _LOW) - 1
        if (slots[slot] >> 32) & _LOW == hash_of and rows[row, NAME] == name:
            place = rows[row, AT]
            same = 0
            while same < size and held[place + same] == data[at + same]:
                same += 1
            if same == size:
                return slot
        slot = (slot + 1) & mask
    return slot


@compiled(LONG, ARRAYS, LONG, LONG, LONG, BYTES, LONG, LONG)
def added(table: Arrays, slot: int, hash_of: int, number: int, data: Bytes, at: int, size: int) -> int:
    """The new row of a key, put into its empty slot; there is room for it. Its values are to be set."""
    rows, counts = table.rows, table.counts
    row = counts[FREE]
    if row == NOTHING:
        row = counts[USED]
        counts[USED] += 1
    else:
        counts[FREE] = rows[row, AT]
    place = counts[FILLED]
    for byte in range(size):
        table.held[place + byte] = data[at + byte]
    rows[row, AT] = place
    rows[row, NAME] = number << 32 | size
    table.slots[slot] = hash_of << 32 | (row + 1)
    counts[FILLED] += size
    counts[LIVE] += 1
    return int(row)


@compiled(VOID, ARRAYS, LONG)
def give_up(table: Arrays, row: int) -> None:
    """Forget a row: those behind its slot that could not have theirs move up, so that no search ends too early."""
    slots, rows, counts = table.slots, table.rows, table.counts
    mask = len(slots) - 1
    name = rows[row, NAME]
    hole = hashed(table.key, name >> 32, table.held, rows[row, AT], name & _LOW) & mask
    while (slots[hole] & _LOW) - 1 != row:
        hole = (hole + 1) & mask
    slot = (hole + 1) & mask
    while slots[slot] != 0:
        if (slot - (slots[slot] >> 32)) & mask >= (slot - hole) & mask:
            slots[hole] = slots[slot]
            hole = slot
        slot = (slot + 1) & mask
    slots[hole] = 0
    counts[LIVE] -= 1
    counts[GONE] += name & _LOW
    rows[row, AT] = counts[FREE]
    rows[row, SECOND] = NOTHING
    counts[FREE] = row


@compiled(VOID, LONGS, LONGS_OUT)
def _move_slots(slots: Int64s, into: Int64s) -> None:
    mask = len(into) - 1
    for number in range(len(slots)):
        if slots[number] != 0:
            slot = (slots[number] >> 32) & mask
            while into[slot] != 0:
                slot = (slot + 1) & mask
            into[slot] = slots[number]


@compiled(VOID, LONGS_2D_OUT, LONGS_OUT, BYTES, BYTES_OUT)
def _close_gaps(rows: Int64s, counts: Int64s, held: Bytes, into: Bytes) -> None:
    place = 0
    for row in range(counts[USED]):
        if rows[row, SECOND] != NOTHING:
            start = rows[row, AT]
            rows[row, AT] = place
            for byte in range(rows[row, NAME] & _LOW):
                into[place] = held[start + byte]
                place += 1
    counts[FILLED] = place
    counts[GONE] = 0
