"""Deltas (``kernels.deltas``) to the bytes of Avro records, each with its key.

A record is

    head | tenant | list | 0 | inputs | occurred_at | credit | count | place | readings | trait | groups | group

where a text comes behind its length, what may be absent behind 0 or 1, a list is how many, its elements and 0, or 0 alone where it is
empty, and a column of numbers is its bytes, little-endian, behind how many they are.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kernels.compiled import BYTES, BYTES_OUT, LONG, LONGS, LONGS_OUT, TEXTS, VOID, compiled, several, together
from kernels.deltas import Deltas
from kernels.texts import Arrays, Bytes, Int64s, Texts
from kernels.writing import LONGEST, U, put_bytes, put_long

WIDTHS: Final = {"occurred_at": 8, "credit": 2, "count": 8, "place": 4, "trait": 8, "group": 4}
"""Bytes of a number of each column of ``Rows``."""
_ABSENT: Final = 0
_PRESENT: Final = 2
_SLASH: Final = 47
_OF_RECORD: Final = 24 * LONGEST
"""Room for all lengths and zeros of a record."""
_OF_ELEMENT: Final = 6 * LONGEST
"""Room for all numbers and lengths of an input, a reading or a group."""


class Written(NamedTuple):
    """Key and value of each record."""

    keys: Texts
    values: Texts


def write_deltas(head: Bytes, deltas: Deltas) -> Written:
    """The records of deltas; a key is the list's name, or ``tenant/name`` where there is a tenant.

    Args:
        head: what each begins with.
        deltas: numbers beyond the width of their column wrap.
    """
    size, rows = len(deltas), deltas.rows
    columns = tuple(_bytes_of(getattr(rows, name), width) for name, width in WIDTHS.items())
    widths = np.array([width * bool(len(column)) for width, column in zip(WIDTHS.values(), columns, strict=True)], dtype=np.int64)
    names = int(deltas.tenant.size.sum() + deltas.calling_list.size.sum())
    texts = (deltas.inputs.topic, deltas.readings.campaign, deltas.readings.group, deltas.groups.name)
    room = size * (len(head) + _OF_RECORD) + names + sum(int(np.maximum(one.size, 0).sum()) for one in texts)
    room += sum(map(len, columns)) + _OF_ELEMENT * sum(len(one) for one in texts)
    values, value_ends = np.empty(room, dtype=np.uint8), np.zeros(size + 1, dtype=np.int64)
    keys, key_ends = np.empty(names + size, dtype=np.uint8), np.zeros(size + 1, dtype=np.int64)
    _write_keys(keys, key_ends, _arrays(deltas.tenant), _arrays(deltas.calling_list))
    _write(
        values,
        value_ends,
        head,
        (_arrays(deltas.tenant), _arrays(deltas.calling_list)),
        (rows.ends, widths, columns),
        (deltas.inputs.ends, _arrays(deltas.inputs.topic), deltas.inputs.partition, deltas.inputs.offset),
        (deltas.readings.ends, _arrays(texts[1]), _arrays(texts[2]), deltas.readings.occurred_at, deltas.readings.records),
        (deltas.groups.ends, _arrays(deltas.groups.name)),
    )
    return Written(_texts(keys, key_ends), _texts(values, value_ends))


def _texts(data: Bytes, ends: Int64s) -> Texts:
    return Texts(data[: ends[-1]], ends[:-1], np.diff(ends))


def _arrays(texts: Texts) -> Arrays:
    return texts.data, np.ascontiguousarray(texts.at), np.ascontiguousarray(texts.size)


def _bytes_of(column: Int64s, width: int) -> Bytes:
    return np.ascontiguousarray(column.astype(f"<i{width}")).view(np.uint8)


@compiled(LONG, BYTES_OUT, LONG, TEXTS, LONG)
def _put_text(into: Bytes, end: int, texts: Arrays, row: int) -> int:
    data, at, size = texts
    end = put_long(into, end, size[row])
    return put_bytes(into, end, data, at[row], size[row])


@compiled(LONG, BYTES_OUT, LONG, TEXTS, LONG)
def _put_optional(into: Bytes, end: int, texts: Arrays, row: int) -> int:
    if texts[2][row] < 0:
        into[U(end)] = _ABSENT
        return end + 1
    into[U(end)] = _PRESENT
    return _put_text(into, end + 1, texts, row)


@compiled(LONG, BYTES_OUT, LONG, BYTES, LONG, LONG, LONG)
def _put_column(into: Bytes, end: int, column: Bytes, width: int, low: int, high: int) -> int:
    end = put_long(into, end, width * (high - low))
    return put_bytes(into, end, column, width * low, width * (high - low))


@compiled(LONG, BYTES_OUT, LONG, LONG)
def _put_begin(into: Bytes, end: int, count: int) -> int:
    """How many elements a list has; an empty one has no other end."""
    return put_long(into, end, count) if count else end


@compiled(VOID, BYTES_OUT, LONGS_OUT, TEXTS, TEXTS)
def _write_keys(into: Bytes, ends: Int64s, tenants: Arrays, lists: Arrays) -> None:
    end = 0
    for row in range(len(ends) - 1):
        if tenants[2][row] > 0:
            end = put_bytes(into, end, tenants[0], tenants[1][row], tenants[2][row])
            into[U(end)] = _SLASH
            end += 1
        end = put_bytes(into, end, lists[0], lists[1][row], lists[2][row])
        ends[row + 1] = end


_ROWS = together(LONGS, LONGS, several(BYTES, 6))
_INPUTS = together(LONGS, TEXTS, LONGS, LONGS)
_READINGS = together(LONGS, TEXTS, TEXTS, LONGS, LONGS)
_GROUPS = together(LONGS, TEXTS)


@compiled(LONG, BYTES_OUT, LONG, _INPUTS, LONG)
def _put_inputs(into: Bytes, end: int, inputs: tuple[Int64s, Arrays, Int64s, Int64s], row: int) -> int:
    ends, topics, partitions, offsets = inputs
    end = _put_begin(into, end, ends[row + 1] - ends[row])
    for place in range(ends[row], ends[row + 1]):
        end = _put_text(into, end, topics, place)
        end = put_long(into, end, partitions[place])
        end = put_long(into, end, offsets[place])
    into[U(end)] = 0
    return end + 1


@compiled(LONG, BYTES_OUT, LONG, _READINGS, LONG)
def _put_readings(into: Bytes, end: int, readings: tuple[Int64s, Arrays, Arrays, Int64s, Int64s], row: int) -> int:
    ends, campaigns, groups, at, records = readings
    end = _put_begin(into, end, ends[row + 1] - ends[row])
    for place in range(ends[row], ends[row + 1]):
        end = _put_optional(into, end, campaigns, place)
        end = _put_optional(into, end, groups, place)
        end = put_long(into, end, at[place])
        end = put_long(into, end, records[place])
    into[U(end)] = 0
    return end + 1


@compiled(LONG, BYTES_OUT, LONG, _GROUPS, LONG)
def _put_groups(into: Bytes, end: int, groups: tuple[Int64s, Arrays], row: int) -> int:
    ends, names = groups
    end = _put_begin(into, end, ends[row + 1] - ends[row])
    for place in range(ends[row], ends[row + 1]):
        end = _put_optional(into, end, names, place)
    into[U(end)] = 0
    return end + 1


@compiled(VOID, BYTES_OUT, LONGS_OUT, BYTES, together(TEXTS, TEXTS), _ROWS, _INPUTS, _READINGS, _GROUPS)
def _write(
    into: Bytes,
    ends: Int64s,
    head: Bytes,
    names: tuple[Arrays, Arrays],
    rows: tuple[Int64s, Int64s, tuple[Bytes, ...]],
    inputs: tuple[Int64s, Arrays, Int64s, Int64s],
    readings: tuple[Int64s, Arrays, Arrays, Int64s, Int64s],
    groups: tuple[Int64s, Arrays],
) -> None:
    row_ends, widths, (occurred_at, credit, count, place, trait, group) = rows
    end = 0
    for row in range(len(ends) - 1):
        low, high = row_ends[row], row_ends[row + 1]
        end = put_bytes(into, end, head, 0, len(head))
        end = _put_text(into, end, names[0], row)
        end = _put_text(into, end, names[1], row)
        end = put_long(into, end, 0)
        end = _put_inputs(into, end, inputs, row)
        end = _put_column(into, end, occurred_at, widths[0], low, high)
        end = _put_column(into, end, credit, widths[1], low, high)
        end = _put_column(into, end, count, widths[2], low, high)
        end = _put_column(into, end, place, widths[3], low, high)
        end = _put_readings(into, end, readings, row)
        end = _put_column(into, end, trait, widths[4], low, high)
        end = _put_groups(into, end, groups, row)
        end = _put_column(into, end, group, widths[5], low, high)
        ends[row + 1] = end
