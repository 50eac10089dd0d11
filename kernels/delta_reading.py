"""The bytes of Avro records to deltas (``kernels.deltas``), as ``kernels.delta_writing`` writes them.

A record is read within its own bytes, and as strictly as can be: what is not the one way in which it would have been written is not
accepted. Records are gone through twice, first to see which are right and how much is in them, then to put it side by side.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.avro import HEADER, read_long, read_text
from kernels.compiled import BYTES, FLAG, FLAGS_OUT, LONG, LONG_PAIR, LONGS, LONGS_2D, LONGS_2D_OUT, LONGS_OUT, VOID, compiled, several
from kernels.deltas import Deltas, Groups, Inputs, Readings, Rows
from kernels.texts import ABSENT, Bytes, Int64s, Texts
from kernels.varints import NOWHERE

Flags = NDArray[np.bool_]

_TENANT, _LIST, _CAMPAIGN, _INPUTS, _AT, _CREDIT, _COUNT, _PLACE, _READINGS, _TRAIT, _GROUPS, _GROUP = range(0, 24, 2)
"""Where the place of each part of a record is noted; behind it how many bytes, elements or rows it has."""
_NOTES: Final = 24
_SIZE: Final = 1


def read_deltas(values: Texts, rows: Int64s) -> tuple[Flags, Deltas]:
    """Read what stands behind the header of values.

    Args:
        values: n values, each with its header.
        rows: numbers of those to read, shape (m,).

    Returns:
        Whether each was accepted, shape (m,); and those that were, in their order. Places that are not there are those of the rows,
        traits and groups that are not there 0; texts are places in the values.
    """
    notes, accepted = np.empty((len(rows), _NOTES), dtype=np.int64), np.empty(len(rows), dtype=np.bool_)
    _scan_all(values.data, np.ascontiguousarray(values.at), np.ascontiguousarray(values.size), rows, notes, accepted)
    notes = np.ascontiguousarray(notes[accepted])
    ends = [np.cumsum(np.r_[0, notes[:, part + _SIZE]]) for part in (_AT, _INPUTS, _READINGS, _GROUPS)]
    columns = tuple(np.empty(int(ends[0][-1]), dtype=np.int64) for _ in range(6))
    inputs = tuple(np.empty(int(ends[1][-1]), dtype=np.int64) for _ in range(4))
    readings = tuple(np.empty(int(ends[2][-1]), dtype=np.int64) for _ in range(6))
    groups = tuple(np.empty(int(ends[3][-1]), dtype=np.int64) for _ in range(2))
    _fill_rows(values.data, notes, columns)
    _fill_lists(values.data, notes, inputs, readings, groups)
    return accepted, Deltas(
        Texts(values.data, notes[:, _TENANT].copy(), notes[:, _TENANT + _SIZE].copy()),
        Texts(values.data, notes[:, _LIST].copy(), notes[:, _LIST + _SIZE].copy()),
        Rows(ends[0], *columns),
        Inputs(ends[1], Texts(values.data, *inputs[:2]), *inputs[2:]),
        Readings(ends[2], Texts(values.data, *readings[:2]), Texts(values.data, *readings[2:4]), *readings[4:]),
        Groups(ends[3], Texts(values.data, *groups)),
    )


@compiled(LONG_PAIR, BYTES, LONG, LONG)
def _read_optional(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Number of bytes of a text, ``ABSENT`` if there is none, and the place behind it."""
    if at < 0 or at >= end or (data[at] != 0 and data[at] != 2):
        return 0, NOWHERE
    if data[at] == 0:
        return ABSENT, at + 1
    return read_text(data, at + 1, end)


@compiled(LONG, BYTES, LONG, LONG, LONGS_2D_OUT, LONG, LONG)
def _scan_text(data: Bytes, at: int, end: int, notes: Int64s, row: int, part: int) -> int:
    size, place = read_text(data, at, end)
    notes[row, part], notes[row, part + _SIZE] = place - size, size
    return place


@compiled(LONG, BYTES, LONG, LONG, LONGS_2D_OUT, LONG, LONG, LONG)
def _scan_column(data: Bytes, at: int, end: int, notes: Int64s, row: int, part: int, width: int) -> int:
    size, place = read_long(data, at, end)
    if place < 0 or size < 0 or size > end - place or size % width:
        return NOWHERE
    notes[row, part], notes[row, part + _SIZE] = place, size // width
    return place + size


@compiled(LONG, BYTES, LONG, LONG, LONG)
def _pass_element(data: Bytes, at: int, end: int, part: int) -> int:
    """The place behind an input, a reading or a group."""
    if part == _INPUTS:
        _, at = read_text(data, at, end)
    else:
        _, at = _read_optional(data, at, end)
    if part == _READINGS:
        _, at = _read_optional(data, at, end)
    if part != _GROUPS:
        _, at = read_long(data, at, end)
        _, at = read_long(data, at, end)
    return at


@compiled(LONG, BYTES, LONG, LONG, LONGS_2D_OUT, LONG, LONG)
def _scan_list(data: Bytes, at: int, end: int, notes: Int64s, row: int, part: int) -> int:
    count, place = read_long(data, at, end)
    if place < 0 or count < 0:
        return NOWHERE
    notes[row, part], notes[row, part + _SIZE] = place, count
    if count == 0:
        return place
    for _ in range(count):
        place = _pass_element(data, place, end, part)
        if place < 0:
            return NOWHERE
    return place + 1 if place < end and data[place] == 0 else NOWHERE


@compiled(LONG, BYTES, LONG, LONG)
def _number(data: Bytes, at: int, width: int) -> int:
    """A number of so many bytes, little-endian; one of eight has a sign."""
    value = 0
    for byte in range(width):
        value |= int(data[at + byte]) << (8 * byte)
    return value


@compiled(FLAG, BYTES, LONGS_2D_OUT, LONG)
def _is_parallel(data: Bytes, notes: Int64s, row: int) -> bool:
    """Whether all columns of a record have as many rows, or none where they may, and name groups that there are."""
    rows = notes[row, _AT + _SIZE]
    if notes[row, _CREDIT + _SIZE] != rows or notes[row, _COUNT + _SIZE] != rows:
        return False
    for part in (_PLACE, _TRAIT, _GROUP):
        if notes[row, part + _SIZE] != 0 and notes[row, part + _SIZE] != rows:
            return False
    for place in range(notes[row, _GROUP + _SIZE]):
        if _number(data, notes[row, _GROUP] + 4 * place, 4) >= notes[row, _GROUPS + _SIZE]:
            return False
    return True


@compiled(FLAG, BYTES, LONG, LONG, LONGS_2D_OUT, LONG)
def _scan(data: Bytes, place: int, end: int, notes: Int64s, row: int) -> bool:
    place = _scan_text(data, place, end, notes, row, _TENANT)
    place = _scan_text(data, place, end, notes, row, _LIST)
    place = _scan_text(data, place, end, notes, row, _CAMPAIGN)
    place = _scan_list(data, place, end, notes, row, _INPUTS)
    place = _scan_column(data, place, end, notes, row, _AT, 8)
    place = _scan_column(data, place, end, notes, row, _CREDIT, 2)
    place = _scan_column(data, place, end, notes, row, _COUNT, 8)
    place = _scan_column(data, place, end, notes, row, _PLACE, 4)
    place = _scan_list(data, place, end, notes, row, _READINGS)
    place = _scan_column(data, place, end, notes, row, _TRAIT, 8)
    place = _scan_list(data, place, end, notes, row, _GROUPS)
    place = _scan_column(data, place, end, notes, row, _GROUP, 4)
    return place >= 0 and place == end and _is_parallel(data, notes, row)


@compiled(VOID, BYTES, LONGS, LONGS, LONGS, LONGS_2D_OUT, FLAGS_OUT)
def _scan_all(data: Bytes, at: Int64s, size: Int64s, rows: Int64s, notes: Int64s, accepted: Flags) -> None:
    for index in range(len(rows)):
        row = rows[index]
        accepted[index] = _scan(data, at[row] + HEADER, at[row] + size[row], notes, index)


@compiled(VOID, BYTES, LONGS_2D, several(LONGS_OUT, 6))
def _fill_rows(data: Bytes, notes: Int64s, columns: tuple[Int64s, ...]) -> None:
    occurred_at, credit, count, place, trait, group = columns
    done = 0
    for row in range(len(notes)):
        of_record = notes[row]
        for number in range(of_record[_AT + _SIZE]):
            occurred_at[done] = _number(data, of_record[_AT] + 8 * number, 8)
            credit[done] = _number(data, of_record[_CREDIT] + 2 * number, 2)
            count[done] = _number(data, of_record[_COUNT] + 8 * number, 8)
            place[done] = _number(data, of_record[_PLACE] + 4 * number, 4) if of_record[_PLACE + _SIZE] else number
            trait[done] = _number(data, of_record[_TRAIT] + 8 * number, 8) if of_record[_TRAIT + _SIZE] else 0
            group[done] = _number(data, of_record[_GROUP] + 4 * number, 4) if of_record[_GROUP + _SIZE] else 0
            done += 1


@compiled(LONG, BYTES, LONG, LONG, LONGS_OUT, LONGS_OUT, LONG)
def _take_optional(data: Bytes, place: int, end: int, at: Int64s, size: Int64s, done: int) -> int:
    size[done], place = _read_optional(data, place, end)
    at[done] = place - max(size[done], 0)
    return place


@compiled(VOID, BYTES, LONGS_2D, several(LONGS_OUT, 4), several(LONGS_OUT, 6), several(LONGS_OUT, 2))
def _fill_lists(data: Bytes, notes: Int64s, inputs: tuple[Int64s, ...], readings: tuple[Int64s, ...], groups: tuple[Int64s, ...]) -> None:
    topic_at, topic_size, partition, offset = inputs
    campaign_at, campaign_size, group_at, group_size, occurred_at, records = readings
    name_at, name_size = groups
    end = len(data)
    input_, reading, group = 0, 0, 0
    for row in range(len(notes)):
        place = notes[row, _INPUTS]
        for _ in range(notes[row, _INPUTS + _SIZE]):
            topic_size[input_], place = read_text(data, place, end)
            topic_at[input_] = place - topic_size[input_]
            partition[input_], place = read_long(data, place, end)
            offset[input_], place = read_long(data, place, end)
            input_ += 1
        place = notes[row, _READINGS]
        for _ in range(notes[row, _READINGS + _SIZE]):
            place = _take_optional(data, place, end, campaign_at, campaign_size, reading)
            if campaign_size[reading] <= 0:
                campaign_at[reading], campaign_size[reading] = notes[row, _CAMPAIGN], notes[row, _CAMPAIGN + _SIZE]
            place = _take_optional(data, place, end, group_at, group_size, reading)
            occurred_at[reading], place = read_long(data, place, end)
            records[reading], place = read_long(data, place, end)
            reading += 1
        place = notes[row, _GROUPS]
        for _ in range(notes[row, _GROUPS + _SIZE]):
            place = _take_optional(data, place, end, name_at, name_size, group)
            group += 1
