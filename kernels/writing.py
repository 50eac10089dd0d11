"""Bytes and numbers put one behind the other into a buffer; every function returns where the next one goes.

Places are turned into unsigned numbers: an index that may be negative costs a test a byte and keeps the compiler from copying many at
once, which takes ten times as long for a text of forty bytes.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kernels.compiled import BYTES, BYTES_OUT, LONG, compiled
from kernels.texts import Bytes

U: Final = np.uint64
_MORE, _REST, _SEVEN = U(0x80), U(0x7F), U(7)
LONGEST: Final = 10
"""Bytes of the longest number of ``put_unsigned`` and ``put_long``."""


@compiled(LONG, BYTES_OUT, LONG, BYTES, LONG, LONG)
def put_bytes(into: Bytes, at: int, data: Bytes, start: int, size: int) -> int:
    """The ``size`` bytes of ``data`` from ``start`` on; ``size`` is not negative."""
    for byte in range(U(size)):
        into[U(at) + byte] = data[U(start) + byte]
    return at + size


@compiled(LONG, BYTES_OUT, LONG, LONG)
def put_unsigned(into: Bytes, at: int, value: int) -> int:
    """The 64 bits of a number in variable length, seven of them a byte, the lowest first."""
    rest = U(value)
    while rest > _REST:
        into[U(at)] = rest & _REST | _MORE
        rest >>= _SEVEN
        at += 1
    into[U(at)] = rest
    return at + 1


@compiled(LONG, BYTES_OUT, LONG, LONG)
def put_long(into: Bytes, at: int, value: int) -> int:
    """A number in zig-zag and variable length, as Avro writes its integers and Kafka the lengths in its records."""
    return put_unsigned(into, at, (value << 1) ^ (value >> 63))


@compiled(LONG, LONG)
def long_size(value: int) -> int:
    """How many bytes ``put_long`` puts."""
    rest = U((value << 1) ^ (value >> 63))
    size = 1
    while rest > _REST:
        rest >>= _SEVEN
        size += 1
    return size


@compiled(LONG, LONG)
def decimal_size(number: int) -> int:
    """How many bytes ``put_decimal`` puts."""
    size = 1
    while number > 9:
        number //= 10
        size += 1
    return size


@compiled(LONG, BYTES_OUT, LONG, LONG)
def put_decimal(into: Bytes, at: int, number: int) -> int:
    """A number that is not negative in digits of ASCII."""
    end = at + decimal_size(number)
    for place in range(end - 1, at - 1, -1):
        into[U(place)] = 48 + number % 10
        number //= 10
    return end
