"""Numbers of variable length, seven bits a byte, the lowest first; zig-zag, as Avro and Kafka's record batches write whole numbers."""

from __future__ import annotations

import numpy as np

from kernels.compiled import BYTES, LONG, LONG_PAIR, compiled
from kernels.texts import Bytes

NOWHERE = -1
"""The place behind something that does not end where it should. Reading on from there leads nowhere again."""


@compiled(LONG_PAIR, BYTES, LONG, LONG)
def read_unsigned(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The 64 bits of the number at ``at`` and the place behind it; ``NOWHERE`` if it does not end before ``end`` or has more of them."""
    value = np.uint64(0)
    shift = np.uint64(0)
    if at < 0:
        return 0, NOWHERE
    while at < end:
        byte = np.uint64(data[at])
        at += 1
        if shift == np.uint64(63) and byte > np.uint64(1):
            return 0, NOWHERE
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            return int(np.int64(value)), at
        shift += np.uint64(7)
    return 0, NOWHERE


@compiled(LONG_PAIR, BYTES, LONG, LONG)
def read_varint(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """As ``read_unsigned``, of a number that is zig-zagged."""
    bits, place = read_unsigned(data, at, end)
    value = np.uint64(bits)
    return int(np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))), place
