"""Partitions of keys, against those of the client that other producers use."""

from __future__ import annotations

import numpy as np
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from kernels.partitions import partition_of_bytes, rows_by_partition
from kernels.texts import places_of

KEYS = st.binary(max_size=20)


def plain(key: bytes | None, partitions: int, without_key: int) -> int:
    return without_key if key is None else int(murmur2(key) & 0x7FFFFFFF) % partitions


@given(KEYS, KEYS, st.integers(1, 1 << 31))
def test_a_key_has_the_partition_of_every_producer(before: bytes, key: bytes, partitions: int) -> None:
    """Contract 1."""
    data = np.frombuffer(before + key, dtype=np.uint8)
    assert partition_of_bytes(data, len(before), len(key), partitions) == plain(key, partitions, 0)


@given(st.lists(st.none() | KEYS, min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=40), st.integers(1, 7), st.data())
def test_rows_keep_their_order_within_a_partition(
    keys: list[bytes | None], numbers: list[int], partitions: int, data: st.DataObject
) -> None:
    without_key = data.draw(st.integers(0, partitions - 1))
    numbers = [number % len(keys) for number in numbers]
    expected: dict[int, list[int]] = {}
    for row, number in enumerate(numbers):
        expected.setdefault(plain(keys[number], partitions, without_key), []).append(row)
    found = rows_by_partition(places_of(keys), np.array(numbers, dtype=np.int64), partitions, without_key)
    assert [(partition, rows.tolist()) for partition, rows in found] == sorted(expected.items())
