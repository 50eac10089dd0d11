"""Avro's integers (zig-zag, variable length) for whole columns; see the Avro specification 1.11, "binary encoding"."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_LIMITS: Final = np.array([1 << (7 * size) for size in range(1, 10)], dtype=np.uint64)


def encode_long(value: int) -> bytes:
    """One integer of 64 bits."""
    rest = (value << 1) ^ (value >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def encode_text(text: str) -> bytes:
    """One string, or the name in a map."""
    encoded = text.encode()
    return encode_long(len(encoded)) + encoded


def _zig_zag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    return ((values << 1) ^ (values >> 63)).astype(np.uint64)


def long_sizes(values: NDArray[np.signedinteger[Any]]) -> NDArray[np.int64]:
    """Number of bytes that each integer takes, shape of ``values``."""
    if len(values):
        low, high = int(values.min()), int(values.max())
        size = len(encode_long(low))
        if low >= 0 and size == len(encode_long(high)):
            return np.full(len(values), size, dtype=np.int64)
    return np.searchsorted(_LIMITS, _zig_zag(values.astype(np.int64)), side="right").astype(np.int64) + 1
