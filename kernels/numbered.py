"""Rows of named numbers as bytes of Avro records: what rows have in common is bytes already and only copied.

A record is

    before | numbers | flag | values | after

where ``values`` is a map from each name to a number with a fraction, or to null where that is NaN.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import BYTES, BYTES_OUT, DOUBLES_2D, FLAG, LONG, LONGS, LONGS_2D, LONGS_OUT, compiled
from kernels.texts import Bytes, Int64s, Texts
from kernels.writing import LONGEST, U, put_bytes, put_long

Floats: TypeAlias = NDArray[np.float64]

_NULL: Final = 0
_SOME: Final = 2
_NUMBER: Final = 9
"""Bytes of a number that is there."""


def write_numbered(before: Texts, numbers: Int64s, flag: bool, names: Texts, values: Floats, after: Texts) -> Texts:
    """The records of n rows; see the module. No text is absent.

    Args:
        before: n texts.
        numbers: shape (n, any).
        flag: of all rows.
        names: m texts, each behind its length.
        values: shape (n, m).
        after: n texts.
    """
    rows, width = values.shape
    most = rows * (numbers.shape[1] * LONGEST + 1 + LONGEST + width * _NUMBER + int(names.size.sum()) + 1)
    into = np.empty(int(before.size.sum()) + int(after.size.sum()) + most, dtype=np.uint8)
    starts, sizes = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    texts = (before.data, before.at, before.size, names.data, names.at, names.size, after.data, after.at, after.size)
    end = _write(into, starts, sizes, numbers, flag, values, values.view(np.int64), *texts)
    return Texts(into[:end], starts, sizes)


@compiled(LONG, BYTES_OUT, LONG, LONG)
def _put_number(into: Bytes, at: int, bits: int) -> int:
    into[U(at)] = _SOME
    rest = U(bits)
    for byte in range(1, _NUMBER):
        into[U(at + byte)] = rest & U(0xFF)
        rest >>= U(8)
    return at + _NUMBER


@compiled(LONG, BYTES_OUT, LONG, LONG, DOUBLES_2D, LONGS_2D, BYTES, LONGS, LONGS)
def _put_values(into: Bytes, end: int, row: int, values: Floats, bits: Int64s, names: Bytes, name_at: Int64s, name_size: Int64s) -> int:
    if len(name_at):
        end = put_long(into, end, len(name_at))
    for column in range(len(name_at)):
        end = put_bytes(into, end, names, name_at[column], name_size[column])
        if np.isnan(values[row, column]):
            into[U(end)] = _NULL
            end += 1
        else:
            end = _put_number(into, end, bits[row, column])
    into[U(end)] = 0
    return end + 1


@compiled(LONG, BYTES_OUT, LONGS_OUT, LONGS_OUT, LONGS_2D, FLAG, DOUBLES_2D, LONGS_2D, *[BYTES, LONGS, LONGS] * 3)
def _write(
    into: Bytes,
    starts: Int64s,
    sizes: Int64s,
    numbers: Int64s,
    flag: bool,
    values: Floats,
    bits: Int64s,
    before: Bytes,
    before_at: Int64s,
    before_size: Int64s,
    names: Bytes,
    name_at: Int64s,
    name_size: Int64s,
    after: Bytes,
    after_at: Int64s,
    after_size: Int64s,
) -> int:
    end = 0
    for row in range(len(starts)):
        starts[row] = end
        end = put_bytes(into, end, before, before_at[row], before_size[row])
        for place in range(numbers.shape[1]):
            end = put_long(into, end, numbers[row, place])
        into[U(end)] = flag
        end = _put_values(into, end + 1, row, values, bits, names, name_at, name_size)
        end = put_bytes(into, end, after, after_at[row], after_size[row])
        sizes[row] = end - starts[row]
    return end
