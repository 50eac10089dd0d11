"""Which of many texts differ, found by hashing their bytes where they are."""

from __future__ import annotations

import numpy as np

from kernels.compiled import BYTES, FLAG, LONG, LONGS, LONGS_OUT, compiled
from kernels.texts import Bytes, Int64s, Texts

_OFFSET_BASIS = -3750763034362895579
_PRIME = 1099511628211
"""Of FNV-1a in 64 bits."""


def last_of_each(texts: Texts) -> Int64s:
    """The last row of each text that there is, in ascending order; an absent text is as an empty one."""
    at, size = np.ascontiguousarray(texts.at), np.ascontiguousarray(texts.size)
    table = np.full(1 << (2 * len(texts)).bit_length(), -1, dtype=np.int64)
    rows = np.empty(len(texts), dtype=np.int64)
    return rows[: _last_of_each(texts.data, at, size, table, rows)][::-1]


@compiled(LONG, BYTES, LONG, LONG)
def _hash(data: Bytes, at: int, size: int) -> int:
    found = _OFFSET_BASIS
    for place in range(at, at + size):
        found = (found ^ data[place]) * _PRIME
    return found ^ (found >> 29)


@compiled(FLAG, BYTES, LONG, LONG, LONG, LONG)
def _same(data: Bytes, at: int, size: int, other_at: int, other_size: int) -> bool:
    if size != other_size:
        return False
    byte = 0
    while byte < size and data[at + byte] == data[other_at + byte]:
        byte += 1
    return byte == size


@compiled(LONG, BYTES, LONGS, LONGS, LONGS_OUT, LONGS_OUT)
def _last_of_each(data: Bytes, at: Int64s, size: Int64s, table: Int64s, rows: Int64s) -> int:
    """How many rows were found; they are put into ``rows``, the last one first. ``table`` is a power of two long, all -1."""
    count, mask = 0, len(table) - 1
    for row in range(len(at) - 1, -1, -1):
        length = max(size[row], 0)
        place = _hash(data, at[row], length) & mask
        while table[place] >= 0 and not _same(data, at[row], length, at[table[place]], max(size[table[place]], 0)):
            place = (place + 1) & mask
        if table[place] < 0:
            table[place] = row
            rows[count] = row
            count += 1
    return count
