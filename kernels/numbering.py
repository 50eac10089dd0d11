"""Numbers of distinct keys as they first appear: what grouping and looking up begin with, without sorting."""

from __future__ import annotations

import numpy as np

from kernels.compiled import LONG, LONGS, LONGS_2D, LONGS_2D_OUT, LONGS_OUT, VOID, compiled
from kernels.texts import Int64s


def numbered(values: Int64s) -> tuple[Int64s, Int64s]:
    """The distinct values of a column in order of appearance.

    Args:
        values: shape (n,).

    Returns:
        The row where each distinct value appears first, shape (distinct,), and the number of each row's value among them, shape (n,).
    """
    keys, first, number = (np.empty(len(values), dtype=np.int64) for _ in range(3))
    return first[: _number(values, _slots_for(len(values)), keys, 0, first, number)], number


def distinct(values: Int64s) -> Int64s:
    """The distinct values of a column, shape (n,), ascending."""
    keys, first, number = (np.empty(len(values), dtype=np.int64) for _ in range(3))
    return np.sort(keys[: _number(values, _slots_for(len(values)), keys, 0, first, number)])


class Numbering:
    """The numbers of all keys that were ever given."""

    __slots__ = ("_count", "_keys", "_slots")

    def __init__(self) -> None:
        self._slots = _slots_for(32)
        self._keys = np.empty(32, dtype=np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of(self, values: Int64s) -> tuple[Int64s, Int64s]:
        """The number of each value, shape (n,), and the values that are new, which have the next numbers in their order."""
        self._reserve(len(values))
        first, number = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=np.int64)
        before = self._count
        self._count = _number(values, self._slots, self._keys, before, first, number)
        return number, self._keys[before : self._count]

    def _reserve(self, more: int) -> None:
        if self._count + more > len(self._keys):
            keys = np.empty(2 * (self._count + more), dtype=np.int64)
            keys[: self._count] = self._keys[: self._count]
            self._keys, self._slots = keys, _slots_for(len(keys))
            _fill(keys, self._count, self._slots)


def _slots_for(count: int) -> Int64s:
    """Each holds 1 more than a number, 0 if it is free; half of them stay free."""
    return np.zeros(1 << (2 * count).bit_length(), dtype=np.int64)


@compiled(LONG, LONG, LONGS, LONGS)
def _slot(key: int, slots: Int64s, keys: Int64s) -> int:
    mask = len(slots) - 1
    mixed = key * -7046029254386353131
    slot = (mixed ^ mixed >> 32) & mask
    while slots[slot] != 0 and keys[slots[slot] - 1] != key:
        slot = (slot + 1) & mask
    return slot


@compiled(LONG, LONGS, LONGS_OUT, LONGS_OUT, LONG, LONGS_OUT, LONGS_OUT)
def _number(values: Int64s, slots: Int64s, keys: Int64s, count: int, first: Int64s, number: Int64s) -> int:
    before = count
    for row in range(len(values)):
        if row > 0 and values[row] == values[row - 1]:
            number[row] = number[row - 1]
            continue
        slot = _slot(values[row], slots, keys)
        if slots[slot] == 0:
            keys[count] = values[row]
            first[count - before] = row
            count += 1
            slots[slot] = count
        number[row] = slots[slot] - 1
    return count


@compiled(VOID, LONGS, LONG, LONGS_OUT)
def _fill(keys: Int64s, count: int, slots: Int64s) -> None:
    for number in range(count):
        slots[_slot(keys[number], slots, keys)] = number + 1


def grouped(number: Int64s, groups: int, order: Int64s) -> tuple[Int64s, list[int]]:
    """Rows by group, and in each in a given order.

    Args:
        number: group of each row, shape (n,); rows of negative groups are left out.
        groups: how many there are.
        order: the rows in their order, shape (n,).

    Returns:
        The rows of all groups, one behind the other, and where each group ends, with 0 before the first.
    """
    ends, rows = np.zeros(groups + 1, dtype=np.int64), np.empty(len(number), dtype=np.int64)
    _group(number, order, ends, rows)
    bounds: list[int] = ends.tolist()
    return rows[: bounds[-1]], bounds


@compiled(VOID, LONGS, LONGS, LONGS_OUT, LONGS_OUT)
def _group(number: Int64s, order: Int64s, ends: Int64s, rows: Int64s) -> None:
    """``ends`` are zeros: they become where each group begins, and move on as it is filled."""
    for row in range(len(number)):
        if number[row] >= 0 and number[row] + 2 < len(ends):
            ends[number[row] + 2] += 1
    for group in range(2, len(ends)):
        ends[group] += ends[group - 1]
    for row in order:
        if number[row] >= 0:
            rows[ends[number[row] + 1]] = row
            ends[number[row] + 1] += 1


@compiled(LONG, LONGS_2D, LONGS, LONGS, LONGS_2D_OUT)
def spread(pairs: Int64s, number: Int64s, rows: Int64s, out: Int64s) -> int:
    """For each element of ``number``, in order, what of its pair is not negative; returns how many there are.

    Args:
        pairs: shape (numbers, 2).
        number: shape (n,).
        rows: what stands for each element, shape (n,).
        out: becomes, side by side, the element's row, the place within the pair, what is there, and the element, shape (4, 2 n).
    """
    count = 0
    for element in range(len(number)):
        for ordinal in range(2):
            held = pairs[number[element], ordinal]
            if held >= 0:
                out[0, count], out[1, count], out[2, count], out[3, count] = rows[element], ordinal, held, element
                count += 1
    return count
