"""Kafka's record batches, made of columns: what many records have in common is laid out once, and a batch is one join.

The layout is that of the Kafka protocol, "Record Batch" (magic 2, without compression): a head of 61 bytes, then the records,

    length | attributes, timestamp delta | offset delta | key | value | headers

where length, offset delta, and the lengths of key and value are zig-zag varints, and every record has the batch's timestamp.
aiokafka's own builder takes one call a record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from aiokafka.record.util import calc_crc32c

from transport.job import Columns, Int64s

_HEAD: Final = struct.Struct(">qiibIhiqqqhii")
_BEFORE_CRC: Final = 21
_BEFORE_LENGTH: Final = 12
_MAGIC: Final = 2
_TRANSACTIONAL: Final = 0x10
_MOST_BESIDE: Final = 32
"""What a record takes beside its key, its value and its headers, at most."""
_TWO_BYTES: Final = np.array([1 << 6, 1 << 13, 1 << 20, 1 << 27], dtype=np.int64)
"""From each of these numbers on a varint takes one more byte."""


class _Varints(dict[int, bytes]):
    """Zig-zag varints of small numbers, each made once."""

    def __missing__(self, number: int) -> bytes:
        rest = number << 1 if number >= 0 else (-number << 1) - 1
        encoded = bytearray()
        while rest > 0x7F:
            encoded.append(rest & 0x7F | 0x80)
            rest >>= 7
        encoded.append(rest)
        self[number] = bytes(encoded)
        return self[number]


_VARINT: Final = _Varints()
_DELTAS: Final[list[bytes]] = []
"""Attributes, timestamp delta and offset delta of the first, second … record of a batch."""


class RecordBatch:
    """A finished batch, which aiokafka's producer takes in place of a ``BatchBuilder`` of its own."""

    def __init__(self, records: bytes, count: int, timestamp: int, *, transactional: bool) -> None:
        self._records = records
        self._count = count
        self._timestamp = timestamp
        self._attributes = _TRANSACTIONAL if transactional else 0
        self._producer = (-1, -1, -1)
        self._built: bytes | None = None

    def close(self) -> None:
        """It is closed from the beginning."""

    def closed(self) -> bool:
        """Whether no more records are taken."""
        return True

    def record_count(self) -> int:
        """How many records it has."""
        return self._count

    def size(self) -> int:
        """Bytes of the batch."""
        return _HEAD.size + len(self._records)

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = (producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytes:
        if self._built is None:
            checked = self._head(0)[_BEFORE_CRC:] + self._records
            self._built = self._head(calc_crc32c(checked))[:_BEFORE_CRC] + checked
        return self._built

    def _head(self, crc: int) -> bytes:
        length = self.size() - _BEFORE_LENGTH
        times = (self._timestamp, self._timestamp)
        return _HEAD.pack(0, length, -1, _MAGIC, crc, self._attributes, self._count - 1, *times, *self._producer, self._count)


class _Laid(NamedTuple):
    """Records in columns: framed keys, bytes of the values (-1: none), parts of the values, headers with their number."""

    keys: list[bytes]
    sizes: Int64s
    parts: Sequence[Sequence[bytes]]
    headers: list[bytes]


def record_batches(records: Sequence[tuple[Any, ...]], most: int, timestamp: int, *, transactional: bool) -> Iterator[RecordBatch]:
    """Records in batches of at most ``most`` bytes, in their order; one that is larger than that has a batch for itself.

    Args:
        records: (key, value) or (key, value, headers), or ``Columns``; no key and no value are None.
        most: bytes.
        timestamp: of every record, ms since the epoch.
        transactional: whether the batches are part of a transaction.
    """
    laid = _of_columns(records) if isinstance(records, Columns) else _of_rows(records)
    around = np.fromiter(map(len, laid.keys), dtype=np.int64, count=len(laid.keys))
    around += np.fromiter(map(len, laid.headers), dtype=np.int64, count=len(laid.headers))
    ends = np.cumsum(np.maximum(laid.sizes, 0) + around + _MOST_BESIDE)
    low = 0
    while low < len(ends):
        reached = int(ends[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(ends, reached + most - _HEAD.size, side="right")))
        yield RecordBatch(_joined(laid, around[low:high], low, high), high - low, timestamp, transactional=transactional)
        low = high


def _joined(laid: _Laid, around: Int64s, low: int, high: int) -> bytes:
    while len(_DELTAS) < high - low:
        _DELTAS.append(b"\x00\x00" + _VARINT[len(_DELTAS)])
    sizes = laid.sizes[low:high]
    beside = 3 + np.searchsorted(_TWO_BYTES, np.arange(high - low), side="right")
    lengths = np.maximum(sizes, 0) + around + beside + 1 + np.searchsorted(_TWO_BYTES, sizes, side="right")
    varint = _VARINT.__getitem__
    columns = (
        map(varint, lengths.tolist()),
        _DELTAS,
        laid.keys[low:high],
        map(varint, sizes.tolist()),
        *(part[low:high] for part in laid.parts),
        laid.headers[low:high],
    )
    return b"".join(chain.from_iterable(zip(*columns, strict=False)))  # there are more deltas than records


def _of_columns(columns: Columns) -> _Laid:
    frames = {key: _framed(key) for key in set(columns.keys)}
    keys = list(map(frames.__getitem__, columns.keys))
    return _Laid(keys, columns.sizes, columns.parts, [b"\x00"] * len(keys))


def _of_rows(records: Sequence[tuple[Any, ...]]) -> _Laid:
    values = [record[1] for record in records]
    sizes = np.fromiter((-1 if value is None else len(value) for value in values), dtype=np.int64, count=len(values))
    headers = [_headers(record[2]) if len(record) > 2 and record[2] else b"\x00" for record in records]
    return _Laid([_framed(record[0]) for record in records], sizes, ([value or b"" for value in values],), headers)


def _framed(value: bytes | None) -> bytes:
    return _VARINT[-1] if value is None else _VARINT[len(value)] + value


def _headers(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    return _VARINT[len(headers)] + b"".join(_framed(name.encode(errors="surrogateescape")) + _framed(value) for name, value in headers)
