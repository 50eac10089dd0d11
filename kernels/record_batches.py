"""The records of Kafka's record batches (Kafka protocol, "Record Batch", magic 2), laid out as numbers and places in the buffer.

    length | attributes | timestamp delta | offset delta | key | value | headers

Whatever the bytes are, none is read beyond its batch: a record that does not end where its length says makes its batch malformed.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from kernels.compiled import BYTES, LONG, LONGS_2D, LONGS_2D_OUT, compiled
from kernels.texts import ABSENT, Bytes, Int64s
from kernels.varints import NOWHERE, read_varint

LEAST_RECORD: Final = 7
"""Bytes of a record without anything in it."""


class Laid(IntEnum):
    """Rows of what records are laid out to. Headers are a place too: their number, and what each is, in the encoding of the batch."""

    OFFSET = 0
    TIMESTAMP = 1
    KEY_AT = 2
    KEY_SIZE = 3
    VALUE_AT = 4
    VALUE_SIZE = 5
    HEADERS_AT = 6
    HEADERS_SIZE = 7


class OfBatch(IntEnum):
    """What is to be known of a batch: where its records are, how many they are, what their deltas are added to, and from which on."""

    START = 0
    END = 1
    COUNT = 2
    BASE_OFFSET = 3
    BASE_TIMESTAMP = 4
    TIMESTAMP_COUNTS = 5
    """1 if a record's own delta counts, 0 if all have the batch's timestamp."""
    FROM_OFFSET = 6
    """Records before this offset are passed over."""


_OFFSET, _TIMESTAMP, _KEY, _VALUE, _HEADERS = (
    int(row) for row in (Laid.OFFSET, Laid.TIMESTAMP, Laid.KEY_AT, Laid.VALUE_AT, Laid.HEADERS_AT)
)

_START, _END, _COUNT, _BASE_OFFSET, _BASE_TIMESTAMP, _COUNTS, _FROM = (int(column) for column in OfBatch)


@compiled(LONG, LONG, LONG, LONG)
def _behind(at: int, size: int, end: int) -> int:
    if at < 0 or size > end - at:
        return NOWHERE
    return at + max(size, 0)


@compiled(LONG, BYTES, LONG, LONG)
def _behind_headers(data: Bytes, at: int, end: int) -> int:
    count, at = read_varint(data, at, end)
    if count < 0:
        return NOWHERE
    while count > 0 and at >= 0:
        size, at = read_varint(data, at, end)
        if size < 0:
            return NOWHERE
        at = _behind(at, size, end)
        size, at = read_varint(data, at, end)
        at = _behind(at, size, end)
        count -= 1
    return at


@compiled(LONG, BYTES, LONG, LONG, LONGS_2D_OUT, LONG)
def _record(data: Bytes, at: int, end: int, laid: Int64s, row: int) -> int:
    """The place behind the record at ``at``, which is laid out to a row, with its deltas in place of offset and timestamp."""
    length, at = read_varint(data, at, end)
    if at < 0 or length < 1 or length > end - at:
        return NOWHERE
    end = at + length
    at += 1  # attributes, none of which means anything
    laid[_TIMESTAMP, row], at = read_varint(data, at, end)
    laid[_OFFSET, row], at = read_varint(data, at, end)
    for place in (_KEY, _VALUE):
        size, at = read_varint(data, at, end)
        laid[place, row] = at
        laid[place + 1, row] = max(size, ABSENT)
        at = _behind(at, size, end)
    laid[_HEADERS, row] = at
    laid[_HEADERS + 1, row] = end - at
    at = _behind_headers(data, at, end)
    return at if at == end else NOWHERE


@compiled(LONG, BYTES, LONGS_2D, LONGS_2D_OUT)
def lay_out(data: Bytes, batches: Int64s, laid: Int64s) -> int:
    """Lay out the records of some batches, in their order, without those that are passed over.

    Args:
        data: the buffer.
        batches: shape (batches, 7), see ``OfBatch``; no negative count, and all places in the buffer.
        laid: shape (8, at least all counts), see ``Laid``; written to.

    Returns:
        How many records were laid out; -1 - b if batch b is malformed.
    """
    row = 0
    for number in range(len(batches)):
        at, end, wanted = batches[number, _START], batches[number, _END], batches[number, _FROM]
        for _ in range(batches[number, _COUNT]):
            at = _record(data, at, end, laid, row)
            if at < 0:
                return -1 - number
            offset = batches[number, _BASE_OFFSET] + laid[_OFFSET, row]
            if offset < wanted:
                continue
            wanted = offset + 1
            laid[_OFFSET, row] = offset
            laid[_TIMESTAMP, row] = batches[number, _BASE_TIMESTAMP] + batches[number, _COUNTS] * laid[_TIMESTAMP, row]
            row += 1
        if at != end:
            return -1 - number
    return row
