"""Numbers by combinations of texts: an open-addressing hash table over their bytes, for looking up whole columns."""

from __future__ import annotations

from typing import Final

import numpy as np

from kernels.compiled import BYTES, BYTES_OUT, FLAG, LONG, LONGS, LONGS_2D, LONGS_2D_OUT, LONGS_OUT, UNSIGNEDS, VOID, compiled
from kernels.fields import FieldColumns
from kernels.hashing import KEY, UInt64s, hashed
from kernels.texts import Bytes, Int64s

UNKNOWN: Final = -1

_FREE: Final = -1
_HASH, _NUMBER, _PLACE, _SIZES = range(4)
"""Columns of an entry; from the last one on, the sizes of its texts."""
_SMALLEST: Final = 64


class NameTable:
    """Only grows. A text that is absent is the same as an empty one.

    Args:
        names: of the fields whose texts make a combination.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._count = 0
        self._used = 0
        self._slots = np.full(2 * _SMALLEST, _FREE, dtype=np.int64)
        self._entries = np.empty((_SMALLEST, _SIZES + len(names)), dtype=np.int64)
        self._kept = np.empty(_SMALLEST, dtype=np.uint8)

    def __len__(self) -> int:
        return self._count

    def find(self, records: FieldColumns) -> Int64s:
        """The number of each record's texts, or ``UNKNOWN``, shape (n,)."""
        numbers = np.empty(len(records), dtype=np.int64)
        columns = self._columns(records)
        _find(KEY, records.data, records.at, records.size, columns, self._slots, self._entries, self._kept, numbers)
        return numbers

    def add(self, records: FieldColumns, numbers: Int64s) -> None:
        """Give the texts of each record its number; those that have one keep it."""
        columns = self._columns(records)
        self._reserve(len(records), int(np.maximum(records.size[columns], 0).sum()))
        filled = np.array([self._count, self._used], dtype=np.int64)
        _add(KEY, records.data, records.at, records.size, columns, numbers, self._slots, self._entries, self._kept, filled)
        self._count, self._used = filled.tolist()

    def _columns(self, records: FieldColumns) -> Int64s:
        return np.array([records.names.texts[name] for name in self._names], dtype=np.int64)

    def _reserve(self, entries: int, size: int) -> None:
        """Make room for so many entries and bytes more."""
        if self._count + entries > len(self._entries):
            grown = np.empty((2 * (self._count + entries), self._entries.shape[1]), dtype=np.int64)
            grown[: self._count] = self._entries[: self._count]
            self._entries = grown
            self._slots = np.full(_slots_for(len(grown)), _FREE, dtype=np.int64)
            _place_all(self._entries, self._count, self._slots)
        if self._used + size > len(self._kept):
            kept = np.empty(2 * (self._used + size), dtype=np.uint8)
            kept[: self._used] = self._kept[: self._used]
            self._kept = kept


def _slots_for(entries: int) -> int:
    """A power of two, so that at most half of the slots are taken."""
    return 1 << (2 * entries - 1).bit_length()


@compiled(LONG, UNSIGNEDS, BYTES, LONGS_2D, LONGS_2D, LONGS, LONG)
def _hash_of(key: UInt64s, data: Bytes, at: Int64s, size: Int64s, columns: Int64s, row: int) -> int:
    found = 0
    for column in columns:
        found = hashed(key, found, data, at[column, row], max(size[column, row], 0))
    return found


@compiled(FLAG, BYTES, LONGS_2D, LONGS_2D, LONGS, LONG, LONGS_2D, LONG, BYTES)
def _is_entry(data: Bytes, at: Int64s, size: Int64s, columns: Int64s, row: int, entries: Int64s, entry: int, kept: Bytes) -> bool:
    for index in range(len(columns)):
        if max(size[columns[index], row], 0) != entries[entry, _SIZES + index]:
            return False
    place = entries[entry, _PLACE]
    for column in columns:
        for byte in range(max(size[column, row], 0)):
            if data[at[column, row] + byte] != kept[place + byte]:
                return False
        place += max(size[column, row], 0)
    return True


@compiled(LONG, LONGS_2D, LONG, LONGS)
def _free_slot(entries: Int64s, entry: int, slots: Int64s) -> int:
    """Where an entry that is in no slot goes."""
    slot = int(entries[entry, _HASH]) & (len(slots) - 1)
    while slots[slot] != _FREE:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@compiled(LONG, BYTES, LONGS_2D, LONGS_2D, LONGS, LONG, LONG, LONGS, LONGS_2D, BYTES)
def _entry_of(
    data: Bytes,
    at: Int64s,
    size: Int64s,
    columns: Int64s,
    row: int,
    hashed: int,
    slots: Int64s,
    entries: Int64s,
    kept: Bytes,
) -> int:
    """The entry of the texts of a record, or ``_FREE``."""
    slot = hashed & (len(slots) - 1)
    while slots[slot] != _FREE:
        entry = int(slots[slot])
        if entries[entry, _HASH] == hashed and _is_entry(data, at, size, columns, row, entries, entry, kept):
            return entry
        slot = (slot + 1) & (len(slots) - 1)
    return _FREE


@compiled(VOID, UNSIGNEDS, BYTES, LONGS_2D, LONGS_2D, LONGS, LONGS, LONGS_2D, BYTES, LONGS_OUT)
def _find(
    key: UInt64s, data: Bytes, at: Int64s, size: Int64s, columns: Int64s, slots: Int64s, entries: Int64s, kept: Bytes, numbers: Int64s
) -> None:
    for row in range(len(numbers)):
        hashed = _hash_of(key, data, at, size, columns, row)
        entry = _entry_of(data, at, size, columns, row, hashed, slots, entries, kept)
        numbers[row] = UNKNOWN if entry == _FREE else entries[entry, _NUMBER]


@compiled(VOID, UNSIGNEDS, BYTES, LONGS_2D, LONGS_2D, LONGS, LONGS, LONGS_OUT, LONGS_2D_OUT, BYTES_OUT, LONGS_OUT)
def _add(
    key: UInt64s,
    data: Bytes,
    at: Int64s,
    size: Int64s,
    columns: Int64s,
    numbers: Int64s,
    slots: Int64s,
    entries: Int64s,
    kept: Bytes,
    filled: Int64s,
) -> None:
    """``filled`` are the entries and the bytes in use."""
    for row in range(len(numbers)):
        hashed = _hash_of(key, data, at, size, columns, row)
        if _entry_of(data, at, size, columns, row, hashed, slots, entries, kept) != _FREE:
            continue
        entry, place = filled[0], filled[1]
        entries[entry, _HASH], entries[entry, _NUMBER], entries[entry, _PLACE] = hashed, numbers[row], place
        for index in range(len(columns)):
            column = columns[index]
            length = max(size[column, row], 0)
            entries[entry, _SIZES + index] = length
            for byte in range(length):
                kept[place + byte] = data[at[column, row] + byte]
            place += length
        slots[_free_slot(entries, entry, slots)] = entry
        filled[0], filled[1] = entry + 1, place


@compiled(VOID, LONGS_2D, LONG, LONGS_OUT)
def _place_all(entries: Int64s, count: int, slots: Int64s) -> None:
    for entry in range(count):
        slots[_free_slot(entries, entry, slots)] = entry
