"""Which partition a key belongs to, as Kafka's own producers choose it (murmur2), and rows by the partition of their key."""

from __future__ import annotations

from typing import Final

import numpy as np

from kernels.compiled import BYTES, LONG, LONGS, LONGS_OUT, TEXTS, VOID, compiled
from kernels.texts import Arrays, Bytes, Int64s, Texts
from kernels.writing import U

_SEED: Final = U(0x9747B28C)
_FACTOR: Final = U(0x5BD1E995)
_LOW: Final = U(0xFFFFFFFF)
_POSITIVE: Final = U(0x7FFFFFFF)


@compiled(LONG, BYTES, LONG, LONG, LONG)
def partition_of_bytes(data: Bytes, start: int, size: int, partitions: int) -> int:
    """The partition of the key that is the ``size`` bytes of ``data`` from ``start`` on."""
    at, left = U(start), size
    found = _SEED ^ U(size)
    while left >= 4:
        word = U(data[at]) | U(data[at + U(1)]) << U(8) | U(data[at + U(2)]) << U(16) | U(data[at + U(3)]) << U(24)
        word = word * _FACTOR & _LOW
        word = (word ^ word >> U(24)) * _FACTOR & _LOW
        found = (found * _FACTOR & _LOW) ^ word
        at += U(4)
        left -= 4
    if left:
        rest = U(0)
        for byte in range(left):
            rest |= U(data[at + U(byte)]) << U(8 * byte)
        found = (found ^ rest) * _FACTOR & _LOW
    found = (found ^ found >> U(13)) * _FACTOR & _LOW
    found ^= found >> U(15)
    return int((found & _POSITIVE) % U(partitions))


def rows_by_partition(keys: Texts, key: Int64s, partitions: int, without_key: int) -> list[tuple[int, Int64s]]:
    """The rows of each partition that has some, in their order.

    Args:
        keys: by number; a row whose key is absent goes to ``without_key``.
        key: number of each row's key.
        partitions: how many there are.
        without_key: a partition.
    """
    rows, of_key = np.empty(len(key), dtype=np.int64), np.full(len(keys), -1, dtype=np.int64)
    ends = np.zeros(partitions + 1, dtype=np.int64)
    _sort(rows, ends, of_key, keys.arrays(), key, without_key)
    return [(number, rows[ends[number] : ends[number + 1]]) for number in np.flatnonzero(np.diff(ends)).tolist()]


@compiled(VOID, LONGS_OUT, LONGS_OUT, LONGS_OUT, TEXTS, LONGS, LONG)
def _sort(rows: Int64s, ends: Int64s, of_key: Int64s, keys: Arrays, key: Int64s, without_key: int) -> None:
    """Sort by counting; in the end ``ends[p]`` to ``ends[p + 1]`` are the places in ``rows`` of partition p."""
    partitions = len(ends) - 1
    data, key_at, key_size = keys
    for row in range(len(key)):
        named = key[row]
        if of_key[named] < 0:
            absent = key_size[named] < 0
            of_key[named] = without_key if absent else partition_of_bytes(data, key_at[named], key_size[named], partitions)
        ends[of_key[named] + 1] += 1
    for partition in range(partitions):
        ends[partition + 1] += ends[partition]
    for row in range(len(key) - 1, -1, -1):
        partition = of_key[key[row]]
        ends[partition + 1] -= 1
        rows[ends[partition + 1]] = row
    for partition in range(partitions):
        ends[partition] = ends[partition + 1]
    ends[partitions] = len(key)
