"""Whether bytes are text in UTF-8 (RFC 3629), as strictly as Python reads it."""

from __future__ import annotations

from kernels.compiled import BYTES, FLAG, LONG, compiled
from kernels.texts import Bytes


@compiled(LONG, LONG)
def _second_least(first: int) -> int:
    """Below it lie characters that fewer bytes would do for."""
    return 0xA0 if first == 0xE0 else 0x90 if first == 0xF0 else 0x80


@compiled(LONG, LONG)
def _second_greatest(first: int) -> int:
    """Above it lie halves of surrogate pairs, and what is beyond the last character."""
    return 0x9F if first == 0xED else 0x8F if first == 0xF4 else 0xBF


@compiled(LONG, BYTES, LONG, LONG)
def _size_at(data: Bytes, at: int, end: int) -> int:
    """Number of bytes of the character at a place; 0 if there is none."""
    first = data[at]
    if first < 0x80:
        return 1
    size = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if first < 0xC2 or first > 0xF4 or at + size > end:
        return 0
    second = data[at + 1]
    if not _second_least(first) <= second <= _second_greatest(first):
        return 0
    for place in range(at + 2, at + size):
        if data[place] & 0xC0 != 0x80:
            return 0
    return size


@compiled(FLAG, BYTES, LONG, LONG)
def is_utf8(data: Bytes, at: int, end: int) -> bool:
    """Of the bytes from ``at`` to ``end`` (exclusive)."""
    place = at
    while place < end and data[place] < 0x80:
        place += 1
    while place < end:
        size = _size_at(data, place, end)
        if size == 0:
            return False
        place += size
    return True
