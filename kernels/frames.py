"""Rows of keys, values and headers as records of Kafka's batches (Kafka protocol, "Record", magic 2).

A record is

    its size | attributes, timestamp delta | offset delta | key | value | headers

where sizes and the offset delta are numbers of ``kernels.writing.put_long``, a key and a value come behind their sizes (-1: there is none),
attributes and timestamp delta are 0, and headers are bytes already, or one 0 where there are none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kernels.compiled import BYTES, BYTES_OUT, LONG, LONGS, LONGS_OUT, TEXTS, VOID, compiled, several
from kernels.texts import Arrays, Bytes, Int64s, Texts
from kernels.writing import U, long_size, put_bytes, put_long

_ZERO: Final = 0


class Rows(NamedTuple):
    """Records in columns. ``keys`` are numbered by ``key``; a value or key may be absent, headers of no bytes are none."""

    keys: Texts
    key: Int64s
    values: Texts
    headers: Texts


def cut(rows: Rows, chosen: Int64s, most: int) -> list[tuple[Int64s, int]]:
    """The chosen rows in runs whose records take at most ``most`` bytes, with those bytes; a row that takes more is a run for itself."""
    ends, sizes = np.empty(len(chosen), dtype=np.int64), np.empty(len(chosen), dtype=np.int64)
    runs = _cut(ends, sizes, chosen, rows.key, (rows.keys.size, rows.values.size, rows.headers.size), most)
    lows = [0, *ends[:runs].tolist()]
    return [(chosen[low:high], size) for low, high, size in zip(lows, lows[1:], sizes[:runs].tolist(), strict=False)]


def write_frames(into: Bytes, at: int, rows: Rows, run: Int64s) -> None:
    """The records of a run from ``at`` on, where ``into`` has room for them."""
    _write(into, at, run, rows.key, (rows.keys.arrays(), rows.values.arrays(), rows.headers.arrays()))


@compiled(LONG, LONG, LONG, LONG, LONG)
def _body_size(delta: int, key: int, value: int, headers: int) -> int:
    """Bytes of a record behind its size."""
    return 2 + long_size(delta) + long_size(key) + max(key, 0) + long_size(value) + max(value, 0) + max(headers, 1)


@compiled(LONG, LONGS_OUT, LONGS_OUT, LONGS, LONGS, several(LONGS, 3), LONG)
def _cut(ends: Int64s, sizes: Int64s, chosen: Int64s, key: Int64s, columns: tuple[Int64s, Int64s, Int64s], most: int) -> int:
    key_size, value_size, headers_size = columns
    runs, low, full = 0, 0, 0
    for place in range(len(chosen)):
        row = chosen[place]
        sizes_of = (key_size[key[row]], value_size[row], headers_size[row])
        body = _body_size(place - low, *sizes_of)
        taken = long_size(body) + body
        if place > low and full + taken > most:
            ends[runs], sizes[runs] = place, full
            runs, low, full = runs + 1, place, 0
            body = _body_size(0, *sizes_of)
            taken = long_size(body) + body
        full += taken
    if full:
        ends[runs], sizes[runs] = len(chosen), full
        runs += 1
    return runs


@compiled(LONG, BYTES_OUT, LONG, BYTES, LONG, LONG)
def _put_text(into: Bytes, at: int, data: Bytes, start: int, size: int) -> int:
    """A key or a value behind its size."""
    return put_bytes(into, put_long(into, at, size), data, start, max(size, 0))


@compiled(VOID, BYTES_OUT, LONG, LONGS, LONGS, several(TEXTS, 3))
def _write(into: Bytes, at: int, run: Int64s, key: Int64s, columns: tuple[Arrays, Arrays, Arrays]) -> None:
    (keys, key_at, key_size), (values, value_at, value_size), (headers, headers_at, headers_size) = columns
    for place in range(len(run)):
        row = run[place]
        named = key[row]
        at = put_long(into, at, _body_size(place, key_size[named], value_size[row], headers_size[row]))
        into[U(at)] = into[U(at + 1)] = _ZERO
        at = put_long(into, at + 2, place)
        at = _put_text(into, at, keys, key_at[named], key_size[named])
        at = _put_text(into, at, values, value_at[row], value_size[row])
        if headers_size[row] > 0:
            at = put_bytes(into, at, headers, headers_at[row], headers_size[row])
        else:
            into[U(at)] = _ZERO
            at += 1
