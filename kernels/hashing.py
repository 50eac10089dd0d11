"""Hashes of a number and a text by a key that is another in each process: SipHash-1-3, as Python's own dictionaries have it.

Who sends texts can't choose them so that they collide, and a table of them stays as fast as it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import BYTES, LONG, UNSIGNED, UNSIGNEDS, Type, compiled
from kernels.texts import Bytes

UInt64s = NDArray[np.uint64]

KEY: Final[UInt64s] = np.array([hash("one half of a key") % (1 << 64), hash("the other half") % (1 << 64)], dtype=np.uint64)
"""Drawn from the hashes of this process (``PYTHONHASHSEED``), shape (2,)."""


@compiled(UNSIGNED, UNSIGNED, LONG)
def _rotated(word: Type, by: int) -> Type:
    return (word << np.uint64(by)) | (word >> np.uint64(64 - by))


@compiled(UNSIGNED, BYTES, LONG, LONG)
def _word(data: Bytes, at: int, count: int) -> Type:
    """Up to eight bytes as a number, the first one lowest."""
    word = np.uint64(0)
    for byte in range(count):
        word |= np.uint64(data[at + byte]) << np.uint64(8 * byte)
    return word


@compiled(LONG, UNSIGNEDS, LONG, BYTES, LONG, LONG)
def hashed(key: UInt64s, number: int, data: Bytes, at: int, size: int) -> int:
    """32 bits of the hash of a number and of the ``size`` bytes at ``at``."""
    v0 = key[0] ^ np.uint64(0x736F6D6570736575)
    v1 = key[1] ^ np.uint64(0x646F72616E646F6D)
    v2 = key[0] ^ np.uint64(0x6C7967656E657261)
    v3 = key[1] ^ np.uint64(0x7465646279746573)
    words = size // 8 + 2
    for step in range(words + 3):
        word = np.uint64(0)
        if step == 0:
            word = np.uint64(number)
        elif step < words - 1:
            word = _word(data, at + 8 * (step - 1), 8)
        elif step == words - 1:
            word = _word(data, at + 8 * (step - 1), size % 8) | (np.uint64(size + 8) << np.uint64(56))
        elif step == words:
            v2 ^= np.uint64(0xFF)
        v3 ^= word
        v0 += v1
        v2 += v3
        v1 = _rotated(v1, 13) ^ v0
        v3 = _rotated(v3, 16) ^ v2
        v0 = _rotated(v0, 32)
        v2 += v1
        v0 += v3
        v1 = _rotated(v1, 17) ^ v2
        v3 = _rotated(v3, 21) ^ v0
        v2 = _rotated(v2, 32)
        v0 ^= word
    return int((v0 ^ v1 ^ v2 ^ v3) & np.uint64(0xFFFFFFFF))
