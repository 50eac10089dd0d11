"""Records of Avro to columns, by a program that is made of their writer's schema; see the specification 1.11, "binary encoding".

Each record is read within its own bytes, and as strictly as can be: what is not the one way in which a writer would have put it is not
accepted. What becomes of it then is for others to say.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kernels.compiled import (
    BYTES,
    FLAG,
    FLAGS_2D_OUT,
    FLAGS_OUT,
    LONG,
    LONG_PAIR,
    LONGS,
    LONGS_2D,
    LONGS_2D_OUT,
    LONGS_OUT,
    VOID,
    compiled,
)
from kernels.fields import FieldColumns, Flags
from kernels.texts import ABSENT, Bytes, Int64s, Texts
from kernels.utf8 import is_utf8
from kernels.varints import NOWHERE, read_varint

TEXT: Final = 0
BOOLEAN: Final = 1
SYMBOL: Final = 2
NUMBER: Final = 3

NEVER_NULL: Final = -1
SKIPPED: Final = -1
NOT_OURS: Final = -1

STEP: Final = 6
"""Numbers of a step of a program: one of the codes above; the branch of the union that is null, or ``NEVER_NULL``; the column that is
filled, among the texts or the numbers, or ``SKIPPED``; the least and the greatest number; where a symbol's numbers begin."""
_CODE, _NULL, _COLUMN, _LEAST, _GREATEST, _SYMBOLS = range(STEP)

HEADER: Final = 5
"""Bytes before a record: a zero byte, and the id of its schema."""


def schema_ids(values: Texts) -> Int64s:
    """The number behind the zero byte that each value begins with, big-endian in four bytes; -1 where there is no such thing."""
    ids = np.empty(len(values), dtype=np.int64)
    _schema_ids(values.data, values.at, values.size, ids)
    return ids


def read_records(values: Texts, rows: Int64s, program: Int64s, symbols: Int64s, into: FieldColumns) -> Flags:
    """Read what stands behind the header of values.

    Args:
        values: n values, each with its header.
        rows: numbers of those to read, shape (m,); each is written to the same row of the columns.
        program: a step for each field as it is written, shape (fields, STEP).
        symbols: the numbers that symbols are to get, or ``NOT_OURS``: those of all enums, one after the other.
        into: n records.

    Returns:
        Whether each was accepted, shape (m,); in the columns of one that was not, anything may stand.
    """
    accepted = np.empty(len(rows), dtype=np.bool_)
    columns = (into.at, into.size, into.number, into.given)
    _read_records(values.data, values.at, values.size, rows, program, symbols, *columns, accepted)
    return accepted


@compiled(VOID, BYTES, LONGS, LONGS, LONGS_OUT)
def _schema_ids(data: Bytes, at: Int64s, size: Int64s, ids: Int64s) -> None:
    for row in range(len(at)):
        ids[row] = -1
        place = at[row]
        if size[row] >= HEADER and data[place] == 0:
            ids[row] = 0
            for byte in range(place + 1, place + HEADER):
                ids[row] = ids[row] << 8 | data[byte]


@compiled(LONG_PAIR, BYTES, LONG, LONG)
def read_long(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """An integer, and the place behind it; ``NOWHERE`` for the place if there is none before ``end`` in its shortest form."""
    value, place = read_varint(data, at, end)
    return value, NOWHERE if place > at + 1 and data[place - 1] == 0 else place


@compiled(LONG_PAIR, BYTES, LONG, LONG)
def read_text(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Number of bytes of a text, and the place behind it."""
    size, place = read_long(data, at, end)
    if place < 0 or size < 0 or size > end - place or not is_utf8(data, place, place + size):
        return 0, NOWHERE
    return size, place + size


@compiled(LONG_PAIR, BYTES, LONG, LONG, LONGS_2D, LONG, LONGS)
def _read_number(data: Bytes, at: int, end: int, program: Int64s, step: int, symbols: Int64s) -> tuple[int, int]:
    """A boolean, a symbol's number or an integer, and the place behind it."""
    if program[step, _CODE] == BOOLEAN:
        known = at < end and data[at] <= 1
        return int(data[at]) if known else 0, at + 1 if known else NOWHERE
    value, place = read_long(data, at, end)
    if place < 0 or value < program[step, _LEAST] or value > program[step, _GREATEST]:
        return value, NOWHERE
    if program[step, _CODE] == SYMBOL:
        value = symbols[program[step, _SYMBOLS] + value]
        return value, NOWHERE if value == NOT_OURS else place
    return value, place


@compiled(FLAG, BYTES, LONG, LONG, LONG, LONGS_2D, LONGS, LONGS_2D_OUT, LONGS_2D_OUT, LONGS_2D_OUT, FLAGS_2D_OUT)
def _read_record(
    data: Bytes,
    place: int,
    end: int,
    row: int,
    program: Int64s,
    symbols: Int64s,
    text_at: Int64s,
    text_size: Int64s,
    number: Int64s,
    given: Flags,
) -> bool:
    for step in range(len(program)):
        null, column, value = program[step, _NULL], program[step, _COLUMN], ABSENT
        present = True
        if null != NEVER_NULL:
            if place >= end or (data[place] != 0 and data[place] != 2):
                return False
            present = data[place] != 2 * null
            place += 1
        if program[step, _CODE] == TEXT:
            if present:
                value, place = read_text(data, place, end)
            if column != SKIPPED:
                text_at[column, row], text_size[column, row] = place - max(value, 0), value
        else:
            if present:
                value, place = _read_number(data, place, end, program, step, symbols)
            if column != SKIPPED:
                number[column, row], given[column, row] = value, present
        if place == NOWHERE:
            return False
    return place == end


@compiled(
    VOID,
    BYTES,
    LONGS,
    LONGS,
    LONGS,
    LONGS_2D,
    LONGS,
    LONGS_2D_OUT,
    LONGS_2D_OUT,
    LONGS_2D_OUT,
    FLAGS_2D_OUT,
    FLAGS_OUT,
)
def _read_records(
    data: Bytes,
    at: Int64s,
    size: Int64s,
    rows: Int64s,
    program: Int64s,
    symbols: Int64s,
    text_at: Int64s,
    text_size: Int64s,
    number: Int64s,
    given: Flags,
    accepted: Flags,
) -> None:
    for index in range(len(rows)):
        row = rows[index]
        begin, end = at[row] + HEADER, at[row] + size[row]
        accepted[index] = _read_record(data, begin, end, row, program, symbols, text_at, text_size, number, given)
